"""BigModel in the sandbox: as strict about the request as its document is.

In: a request to paint, at once or as a task, or to look at a task. Out: an answer of
`tests/wire/bigmodel`, or a complaint that says what was wrong with the request.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from easel.services import bigmodel_errors
from easel.services.bigmodel_errors import CODES
from easel.services.error_table import FAILED, FILTERED
from tools.sandbox.answers import GONE, Answer, filled, huge, of_status, respond, sample, say
from tools.sandbox.checks import (
    BOOLEAN,
    TEXT,
    Rule,
    Unfit,
    bearer,
    check_headers,
    one_of,
    read_faults,
    read_json,
)
from tools.sandbox.faults import PICTURE_FAULTS, Fault, Faults, chosen, seconds_to_paint
from tools.sandbox.painting import Order, fulfil
from tools.sandbox.pictures import pixels_in
from tools.sandbox.state import Sandbox, Task

PATH: Final = "/api/paas/v4/images/generations"
ASYNC_PATH: Final = "/api/paas/v4/async/images/generations"
TASK_PATH: Final = "/api/paas/v4/async-result/{task_id}"

_SERVICE: Final = "bigmodel"
_GLM_IMAGE: Final = "glm-image"
_MODELS: Final = (_GLM_IMAGE, "cogview-4-250304", "cogview-4", "cogview-3-flash")
# That the others do not paint in the background is from clients' source (2026-11): the document of
# that interface is not ours.
_ASYNC_MODELS: Final = (_GLM_IMAGE,)
_DEFAULT_SIZES: Final = {_GLM_IMAGE: "1280x1280"}
_DEFAULT_SIZE: Final = "1024x1024"

_MAX_GLM_PROMPT_CHARACTERS: Final = 1000
_MAX_GLM_PIXELS: Final = 2**22
_MAX_COGVIEW_PIXELS: Final = 2**21

_RULES: Final = {
    "model": TEXT,
    "prompt": TEXT,
    "quality": one_of("hd", "standard"),
    # The document prints some sizes with a multiplication sign, which is no part of the wire.
    "size": Rule(
        lambda value: isinstance(value, str) and "x" in value and pixels_in(value) is not None,
        "WxH in pixels, with an ASCII x",
    ),
    "watermark_enabled": BOOLEAN,
    "user_id": Rule(
        lambda value: isinstance(value, str) and 6 <= len(value) <= 128, "6 to 128 characters"
    ),
}

# The answer that stands for each meaning of a code; those of one group have one HTTP status.
_MEANINGS: Final = {
    FAILED: "network",
    bigmodel_errors.REJECTED: "unauthorized",
    bigmodel_errors.LOCKED: "account_locked",
    bigmodel_errors.ARREARS: "arrears",
    bigmodel_errors.ILLEGAL: "invalid",
    bigmodel_errors.TOO_LONG: "too_long",
    bigmodel_errors.UNKNOWN: "no_such_model",
    bigmodel_errors.NOT_PERMITTED: "no_permission",
    bigmodel_errors.DUPLICATE: "duplicate",
    FILTERED: "refused",
    bigmodel_errors.BUSY: "busy",
    bigmodel_errors.SPENT: "daily_cap",
}

# 434 and 435 are the service's own.
_STATUSES: Final = {
    400: "invalid",
    401: "unauthorized",
    403: "account_locked",
    404: "no_such_model",
    429: "busy",
    434: "no_permission",
    435: "invalid",
}

# Faults that are nothing but another answer.
_ANSWERS: Final = {
    Fault.BUSY: "busy",
    Fault.EXPIRED: "unauthorized",
    Fault.FORBIDDEN: "no_permission",
    Fault.REFUSED: "refused",
    Fault.BROKEN: "failed",
    Fault.NOT_JSON: "not_json",
}
_SYNCHRONOUS_ANSWERS: Final = {
    **_ANSWERS,
    Fault.NO_PICTURE: "no_picture",
    Fault.REFUSED_IN_BAND: "refused_in_band",
}

# Faults that are another end of a task.
_ENDS: Final = {
    Fault.NO_PICTURE: "task_without_picture",
    Fault.REFUSED_IN_BAND: "task_refused",
    Fault.FAILED_TASK: "task_failed",
}

_FAULTS: Final = PICTURE_FAULTS | {Fault.CODE, Fault.STATUS, Fault.SLOW, Fault.HUGE_ANSWER}


def _complaint(unfit: Unfit) -> Response:
    """A refusal of a request that Easel should not have sent."""
    say("BigModel", str(unfit))
    answer = sample(_SERVICE, unfit.answer)
    answer["body"]["error"]["message"] = str(unfit)
    return respond(answer)


def _check_size(model: str, size: str) -> None:
    sides = [int(side) for side in size.split("x")]
    area = sides[0] * sides[1]
    if model == _GLM_IMAGE:
        if any(side % 32 for side in sides) or area > _MAX_GLM_PIXELS:
            raise Unfit("size", "expected sides in multiples of 32 and at most 2^22 pixels")
    elif any(side % 16 or not 512 <= side <= 2048 for side in sides) or area > _MAX_COGVIEW_PIXELS:
        raise Unfit(
            "size", "expected sides of 512 to 2048, in multiples of 16, and at most 2^21 pixels"
        )


async def _read(request: Request, models: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a request to paint. Raises Unfit."""
    check_headers(request, "geekai-api-key")
    body = await read_json(request, _RULES, ("model", "prompt"))
    if body["model"] not in models:
        raise Unfit("model", f"expected one of {', '.join(models)}", answer="no_such_model")
    if body["model"] == _GLM_IMAGE:
        if body.get("quality", "hd") != "hd":
            raise Unfit("quality", "glm-image has hd alone")
        if len(body["prompt"]) > _MAX_GLM_PROMPT_CHARACTERS:
            most = f"expected at most {_MAX_GLM_PROMPT_CHARACTERS} characters"
            raise Unfit("prompt", most, answer="too_long")
    if "size" in body:
        _check_size(body["model"], body["size"])
    return body


def _read_faults(prompt: str, others: Collection[Fault]) -> Faults:
    faults = read_faults(prompt, {*_FAULTS, *others})
    if Fault.CODE in faults and str(faults[Fault.CODE]) not in CODES:
        raise Unfit("prompt", f"{faults[Fault.CODE]} is no code of the document")
    return faults


def _error(faults: Faults, answers: dict[Fault, str]) -> Answer | None:
    if Fault.STATUS in faults:
        return of_status(_SERVICE, faults[Fault.STATUS], _STATUSES)
    if Fault.CODE in faults:
        code = str(faults[Fault.CODE])
        answer = sample(_SERVICE, _MEANINGS[CODES[code]])
        answer["body"]["error"]["code"] = code
        return answer
    name = chosen(faults, answers)
    return None if name is None else sample(_SERVICE, name)


async def _paint(body: dict[str, Any], faults: Faults, sandbox: Sandbox) -> list[dict[str, str]]:
    size = pixels_in(body.get("size") or _DEFAULT_SIZES.get(body["model"], _DEFAULT_SIZE))
    assert size is not None
    return await fulfil(Order(body["prompt"], size, faults=faults), sandbox)


async def paint(request: Request, sandbox: Sandbox) -> Response:
    """Answers one request to paint at once."""
    if bearer(request) is None:
        return respond(sample(_SERVICE, "unauthorized"))
    try:
        body = await _read(request, _MODELS)
        faults = _read_faults(body["prompt"], _SYNCHRONOUS_ANSWERS)
    except Unfit as unfit:
        return _complaint(unfit)
    seconds = seconds_to_paint(faults, sandbox.paint_seconds)
    if not await sandbox.still_there_after(seconds, request):
        return Response(status_code=GONE)
    error = _error(faults, _SYNCHRONOUS_ANSWERS)
    if error is not None:
        return respond(error)
    answer = filled(_SERVICE, await _paint(body, faults, sandbox))
    return respond(huge(answer) if Fault.HUGE_ANSWER in faults else answer)


async def start_task(request: Request, sandbox: Sandbox) -> Response:
    """Answers one request to paint in the background."""
    if bearer(request) is None:
        return respond(sample(_SERVICE, "unauthorized"))
    try:
        body = await _read(request, _ASYNC_MODELS)
        faults = _read_faults(body["prompt"], {**_ANSWERS, **_ENDS})
    except Unfit as unfit:
        return _complaint(unfit)
    seconds, error = seconds_to_paint(faults, sandbox.paint_seconds), _error(faults, _ANSWERS)
    if error is not None:
        # What is accepted is accepted at once; then the task is slow.
        there = await sandbox.still_there_after(seconds, request)
        return respond(error) if there else Response(status_code=GONE)
    named = {
        # The real ids are 19 digits long too.
        "id": f"{8 * 10**18 + sandbox.number()}",
        "model": body["model"],
        "request_id": f"{time.time_ns()}",
    }
    accepted, waiting = sample(_SERVICE, "task_accepted"), sample(_SERVICE, "task_processing")
    name = chosen(faults, _ENDS)
    if name is not None:
        end = sample(_SERVICE, name)
    else:
        end = sample(_SERVICE, "task_success")
        end["body"]["image_result"] = await _paint(body, faults, sandbox)
    for answer in (accepted, waiting, end):
        answer["body"].update(named)
    end = huge(end) if Fault.HUGE_ANSWER in faults else end
    task = Task((waiting,), end, time.monotonic() + seconds)
    sandbox.keep_task(_SERVICE, named["id"], task)
    return respond(accepted)


async def poll(request: Request, sandbox: Sandbox) -> Response:
    """Answers how far a task is."""
    if bearer(request) is None:
        return respond(sample(_SERVICE, "unauthorized"))
    task = sandbox.tasks.get((_SERVICE, request.path_params["task_id"]))
    try:
        check_headers(request, "geekai-api-key")
    except Unfit as unfit:
        return _complaint(unfit)
    if task is None:
        return _complaint(Unfit("id", "no such task"))
    return respond(task.poll())
