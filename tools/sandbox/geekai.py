"""GeekAI in the sandbox: as strict about the request as its document is.

In: a request to paint, at once or as a task, or to look at a task. Out: an answer of
`tests/wire/geekai`, or a complaint that says what was wrong with the request.
"""

from __future__ import annotations

import time
import uuid
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from tools.sandbox.answers import GONE, Answer, filled, huge, of_status, respond, sample, say
from tools.sandbox.checks import (
    BOOLEAN,
    REJECTED_TOKEN,
    TEXT,
    Rule,
    Unfit,
    bearer,
    check_fields,
    check_headers,
    is_picture,
    one_of,
    read_faults,
    read_json,
    whole,
)
from tools.sandbox.faults import PICTURE_FAULTS, Fault, Faults, chosen, seconds_to_paint
from tools.sandbox.geekai_models import rules_of, size_of
from tools.sandbox.painting import Order, fulfil
from tools.sandbox.pictures import Format
from tools.sandbox.state import Sandbox, Task

PATH: Final = "/api/v1/images/generations"
TASK_PATH: Final = "/api/v1/images/{task_id}"

_SERVICE: Final = "geekai"
_KEY_HEADER: Final = "geekai-api-key"
_FORMATS: Final[dict[str, Format]] = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}

# The document has no limit; this is that of OpenAI, with whose requests it claims to agree.
_MAX_PICTURES: Final = 10
_MAX_SEQUENCE: Final = 15

# A group is as large as its model sees fit; so many are enough to see that it is one.
_PAINTED_SEQUENCE: Final = 3


def _is_picture_text(value: object) -> bool:
    """Whether it is an address, or base64 of a picture, with or without `data:` before it."""
    if not isinstance(value, str):
        return False
    if value.startswith(("https://", "http://")):
        return True
    head, _, tail = value.partition(";base64,")
    try:
        return is_picture(
            b64decode(tail if head.startswith("data:image/") else value, validate=True)
        )
    except ValueError:
        return False


def _are_picture_texts(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_picture_text, value))
    return _is_picture_text(value)


_OBJECT: Final = Rule(lambda value: isinstance(value, dict), "an object")
_RULES: Final = {
    "model": TEXT,
    "prompt": TEXT,
    "negative_prompt": Rule(lambda value: isinstance(value, str), "a text, or an empty one"),
    "image": Rule(_are_picture_texts, "an address or base64 of a picture, or a list of them"),
    "strength": Rule(
        lambda value: type(value) in (int, float) and 0 <= value <= 1, "a number of 0 to 1"
    ),
    "size": TEXT,
    "aspect_ratio": TEXT,
    "n": whole(1, _MAX_PICTURES),
    "quality": TEXT,
    "style_preset": TEXT,
    "response_format": one_of("url", "b64_json"),
    "output_format": one_of(*_FORMATS),
    "mask": Rule(_is_picture_text, "an address or base64 of a picture"),
    "watermark": BOOLEAN,
    "background": one_of("transparent", "opaque", "auto"),
    "extra_body": _OBJECT,
    "async": BOOLEAN,
    "retries": whole(0),
}
_EXTRA_RULES: Final = {
    "sequential_image_generation": one_of("auto", "disabled"),
    "sequential_image_generation_options": _OBJECT,
}
_SEQUENCE_RULES: Final = {"max_images": whole(1, _MAX_SEQUENCE)}

# Faults that are nothing but another answer.
_ANSWERS: Final = {
    Fault.BUSY: "busy",
    Fault.EXPIRED: "unauthorized",
    Fault.FORBIDDEN: "forbidden",
    Fault.REFUSED: "refused",
    Fault.BROKEN: "failed",
    Fault.NOT_JSON: "not_json",
}
# Faults that are another end: of a task, or of painting at once.
_ENDS: Final = {
    Fault.NO_PICTURE: "no_picture",
    Fault.REFUSED_IN_BAND: "task_refused",
    Fault.FAILED_TASK: "task_failed",
}
_STATUSES: Final = {
    400: "invalid",
    401: "unauthorized",
    402: "no_balance",
    403: "forbidden",
    404: "not_found",
    413: "too_large",
    429: "busy",
    503: "unavailable",
    504: "timeout",
}
_FAULTS: Final = PICTURE_FAULTS | {
    *_ANSWERS,
    *_ENDS,
    Fault.STATUS,
    Fault.SLOW,
    Fault.UNFINISHED,
    Fault.POLL_BROKEN,
    Fault.HUGE_ANSWER,
    Fault.BASE64,
}


def _complaint(unfit: Unfit) -> Response:
    """A refusal of a request that Easel should not have sent."""
    say("GeekAI", str(unfit))
    answer = sample(_SERVICE, unfit.answer)
    if unfit.answer == "invalid":
        answer["body"]["details"] = {unfit.field: str(unfit)}
    return respond(answer)


def _is_known(request: Request) -> bool:
    """Whether a token came, in either header. Raises Unfit for both headers at once."""
    if _KEY_HEADER not in request.headers:
        return bearer(request) is not None
    if "authorization" in request.headers:
        raise Unfit(f"header {_KEY_HEADER}", "not expected together with authorization")
    return request.headers[_KEY_HEADER] not in ("", REJECTED_TOKEN)


def _check_known(bag: dict[str, Any], rules: Mapping[str, Rule]) -> None:
    """Raises Unfit for what the document knows of a bag; it is open for more."""
    check_fields({name: value for name, value in bag.items() if name in rules}, rules, ())


async def _read(request: Request) -> dict[str, Any]:
    """The fields of a request to paint. Raises Unfit."""
    check_headers(request)
    body = await read_json(request, _RULES, ("model", "prompt"))
    check_fields(body, {**_RULES, **rules_of(body["model"])}, ())
    extra = body.get("extra_body", {})
    _check_known(extra, _EXTRA_RULES)
    _check_known(extra.get("sequential_image_generation_options", {}), _SEQUENCE_RULES)
    return body


def _count(body: dict[str, Any]) -> int:
    extra = body.get("extra_body", {})
    if extra.get("sequential_image_generation") != "auto":
        return int(body.get("n", 1))
    options = extra.get("sequential_image_generation_options", {})
    return min(_PAINTED_SEQUENCE, int(options.get("max_images", _MAX_SEQUENCE)))


def _error(faults: Faults) -> Answer | None:
    if Fault.STATUS in faults:
        return of_status(_SERVICE, faults[Fault.STATUS], _STATUSES)
    name = chosen(faults, _ANSWERS)
    return None if name is None else sample(_SERVICE, name)


async def _end(body: dict[str, Any], faults: Faults, sandbox: Sandbox) -> Answer:
    """What becomes of a request in the end: pictures, or what a fault makes of them."""
    name = chosen(faults, _ENDS)
    if name is not None:
        return sample(_SERVICE, name)
    order = Order(
        body["prompt"],
        size_of(body),
        count=_count(body),
        image_format=_FORMATS[body.get("output_format", "png")],
        base64=Fault.BASE64 in faults or body.get("response_format") == "b64_json",
        faults=faults,
    )
    return filled(_SERVICE, await fulfil(order, sandbox))


async def paint(request: Request, sandbox: Sandbox) -> Response:
    """Answers one request to paint, at once or as a task."""
    try:
        if not _is_known(request):
            return respond(sample(_SERVICE, "unauthorized"))
        body = await _read(request)
        faults = read_faults(body["prompt"], _FAULTS)
    except Unfit as unfit:
        return _complaint(unfit)
    seconds = seconds_to_paint(faults, sandbox.paint_seconds)
    asynchronous, error = body.get("async", False), _error(faults)
    # A task is accepted at once; what is slow is the task.
    at_once = asynchronous and error is None
    if not at_once and not await sandbox.still_there_after(seconds, request):
        return Response(status_code=GONE)
    if error is not None:
        return respond(error)
    task_id = str(uuid.UUID(int=sandbox.number(), version=4))
    end = await _end(body, faults, sandbox)
    end["body"].update(task_id=task_id)
    if not asynchronous and Fault.UNFINISHED not in faults:
        return respond(huge(end) if Fault.HUGE_ANSWER in faults else end)
    accepted, pending, running = (
        sample(_SERVICE, name) for name in ("task_accepted", "task_pending", "task_running")
    )
    for answer in (accepted, pending, running, end):
        answer["body"].update(task_id=task_id)
    for answer in (pending, running, end):
        answer["body"].update(model=body["model"])
    end = huge(end) if Fault.HUGE_ANSWER in faults else end
    broken = (sample(_SERVICE, "unavailable"), sample(_SERVICE, "failed"))
    waiting = (*broken, running) if Fault.POLL_BROKEN in faults else (pending, running)
    # Whoever waits has waited already.
    done_at = time.monotonic() + (seconds if asynchronous else 0)
    least_polls = faults.get(Fault.UNFINISHED, 1)
    sandbox.keep_task(_SERVICE, task_id, Task(waiting, end, done_at, least_polls=least_polls))
    return respond(accepted if asynchronous else running)


async def poll(request: Request, sandbox: Sandbox) -> Response:
    """Answers how far a task is."""
    task = sandbox.tasks.get((_SERVICE, request.path_params["task_id"]))
    try:
        if not _is_known(request):
            return respond(sample(_SERVICE, "unauthorized"))
        check_headers(request)
    except Unfit as unfit:
        return _complaint(unfit)
    if task is None:
        return _complaint(Unfit("task_id", "no such task", answer="not_found"))
    return respond(task.poll())
