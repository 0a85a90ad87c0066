"""Zhaotou in the sandbox: as strict about the request as its document is.

In: a request to paint, to edit a picture or to vary one. Out: an answer of `tests/wire/zhaotou`, or
a complaint that says what was wrong with the request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from tools.sandbox.answers import GONE, filled, huge, of_status, respond, sample, say
from tools.sandbox.checks import (
    PICTURE_FILE,
    TEXT,
    Rule,
    Unfit,
    bearer,
    check_headers,
    one_of,
    read_faults,
    read_form,
    read_json,
    whole,
)
from tools.sandbox.faults import PICTURE_FAULTS, Fault, chosen, seconds_to_paint
from tools.sandbox.painting import Order, fulfil
from tools.sandbox.pictures import affordable, pixels_in
from tools.sandbox.state import Sandbox

GENERATIONS_PATH: Final = "/v1/images/generations"
EDITS_PATH: Final = "/v1/images/edits"
VARIATIONS_PATH: Final = "/v1/images/variations"

_SERVICE: Final = "zhaotou"
_DEFAULT_MODEL: Final = "gemini-3-pro-image-preview"
_DEFAULT_SIZE: Final = (1024, 1024)
_MAX_PICTURES: Final = 10

# A model of no family takes any size: the document does not say which.
_SIZES: Final = {
    "gemini*": ("1024x1024", "1792x1024", "1024x1792"),
    "gpt-4o-image": ("1024x1024", "1536x1024", "1024x1536"),
    "seedream*": ("1024x1024", "1920x1080", "1080x1920"),
    "flux*": ("1024x1024", "1280x720", "720x1280", "1792x1024"),
}

_JSON_RULES: Final = {
    "prompt": TEXT,
    "model": TEXT,
    "n": whole(1, _MAX_PICTURES),
    "size": TEXT,
    "quality": one_of("standard", "hd"),
    "style": one_of("vivid", "natural"),
    "response_format": one_of("url", "b64_json"),
}
_VARIATION_RULES: Final = {
    "image": PICTURE_FILE,
    "model": TEXT,
    "n": Rule(
        # A form holds texts alone.
        lambda value: value in map(str, range(1, _MAX_PICTURES + 1)),
        f"a whole number of 1 to {_MAX_PICTURES}",
    ),
    "size": TEXT,
    "response_format": one_of("url", "b64_json"),
}
_EDIT_RULES: Final = {**_VARIATION_RULES, "prompt": TEXT, "mask": PICTURE_FILE}

# Faults that are nothing but another answer.
_ANSWERS: Final = {
    Fault.BUSY: "busy",
    Fault.EXPIRED: "unauthorized",
    Fault.FORBIDDEN: "forbidden",
    Fault.REFUSED: "refused",
    Fault.NO_PICTURE: "no_picture",
    Fault.BROKEN: "failed",
    Fault.NOT_JSON: "not_json",
}
_STATUSES: Final = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    413: "too_large",
    429: "busy",
}
_FAULTS: Final = PICTURE_FAULTS | {
    *_ANSWERS,
    Fault.STATUS,
    Fault.SLOW,
    Fault.HUGE_ANSWER,
    Fault.BASE64,
}


def _complaint(unfit: Unfit) -> Response:
    """A refusal of a request that Easel should not have sent."""
    say("Zhaotou", str(unfit))
    answer = sample(_SERVICE, unfit.answer)
    answer["body"]["error"].update(message=str(unfit), param=unfit.field)
    return respond(answer)


def _check_size(body: dict[str, Any]) -> None:
    model = body.get("model", _DEFAULT_MODEL).lower()
    for family, sizes in _SIZES.items():
        if fnmatchcase(model, family) and body.get("size", sizes[0]) not in sizes:
            raise Unfit("size", f"{family} has {', '.join(sizes)}")


async def generate(request: Request, sandbox: Sandbox) -> Response:
    """Answers one request to paint from a text."""
    return await _answer(request, sandbox, lambda: read_json(request, _JSON_RULES, ("prompt",)))


async def edit(request: Request, sandbox: Sandbox) -> Response:
    """Answers one request to paint a picture anew as a text says."""
    required = ("image", "prompt")
    return await _answer(request, sandbox, lambda: read_form(request, _EDIT_RULES, required))


async def vary(request: Request, sandbox: Sandbox) -> Response:
    """Answers one request to paint a picture anew. Its fault is in the name of the file."""
    required = ("image",)
    return await _answer(request, sandbox, lambda: read_form(request, _VARIATION_RULES, required))


async def _answer(
    request: Request, sandbox: Sandbox, read: Callable[[], Awaitable[dict[str, Any]]]
) -> Response:
    if bearer(request) is None:
        return respond(sample(_SERVICE, "unauthorized"))
    try:
        check_headers(request, "geekai-api-key")
        body = await read()
        _check_size(body)
        prompt = body["prompt"] if "prompt" in body else body["image"].filename
        faults = read_faults(prompt, _FAULTS)
    except Unfit as unfit:
        return _complaint(unfit)
    seconds = seconds_to_paint(faults, sandbox.paint_seconds)
    if not await sandbox.still_there_after(seconds, request):
        return Response(status_code=GONE)
    if Fault.STATUS in faults:
        return respond(of_status(_SERVICE, faults[Fault.STATUS], _STATUSES))
    name = chosen(faults, _ANSWERS)
    if name is not None:
        return respond(sample(_SERVICE, name))
    order = Order(
        prompt,
        affordable(pixels_in(body.get("size", "")) or _DEFAULT_SIZE),
        count=int(body.get("n", 1)),
        base64=Fault.BASE64 in faults or body.get("response_format") == "b64_json",
        faults=faults,
    )
    answer = filled(_SERVICE, await fulfil(order, sandbox))
    return respond(huge(answer) if Fault.HUGE_ANSWER in faults else answer)
