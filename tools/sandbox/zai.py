"""image.z.ai in the sandbox: as strict about the request as the image.z.ai document (2026-01) is.

In: a request to paint. Out: an answer of `tests/wire/zai`, or a complaint that says what was wrong
with the request.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from tools.sandbox.answers import GONE, huge, of_status, packed, respond, sample, say
from tools.sandbox.checks import REJECTED_TOKEN, Unfit, read_faults
from tools.sandbox.faults import PICTURE_FAULTS, Fault, Faults, chosen, seconds_to_paint
from tools.sandbox.painting import Order, fulfil
from tools.sandbox.pictures import SIZES_1K, size_of
from tools.sandbox.state import Sandbox

PATH: Final = "/api/proxy/images/generate"

_USER_AGENT: Final = "Mozilla/5.0 AppleWebKit/537.36 Chrome/143 Safari/537"
_FIELDS: Final = {"prompt", "ratio", "resolution", "rm_label_watermark"}

# Faults that are nothing but another answer.
_ANSWERS: Final = {
    Fault.BUSY: "busy",
    Fault.EXPIRED: "unauthorized",
    Fault.EXPIRED_IN_BAND: "unauthorized_in_band",
    Fault.FORBIDDEN: "forbidden",
    Fault.REFUSED: "refused",
    Fault.NO_PICTURE: "no_picture",
    Fault.BROKEN: "failed",
    Fault.NOT_JSON: "not_json",
}

_STATUSES: Final = {401: "unauthorized", 403: "forbidden", 429: "busy"}

_FAULTS: Final = PICTURE_FAULTS | {
    *_ANSWERS,
    Fault.STATUS,
    Fault.HUGE_ANSWER,
    Fault.HUGE_PACKED,
    Fault.FLAKY,
    Fault.EVENT_STREAM,
    Fault.SLOW,
}


def _complaint(message: str) -> Response:
    """A refusal of a request that Easel should not have sent."""
    say("image.z.ai", message)
    answer = sample("zai", "invalid")
    answer["body"]["message"] = message
    return respond(answer)


def _wrong_header(request: Request, base_url: str) -> str | None:
    """What is wrong with the headers, each compared to the letter."""
    expected = {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "origin": base_url,
        "referer": f"{base_url}/",
        "user-agent": _USER_AGENT,
    }
    for name, value in expected.items():
        if request.headers.get(name) != value:
            return f"header {name}: expected {value!r}"
    if "authorization" in request.headers:
        return "header authorization: not expected"
    return None


def _wrong_body(body: object) -> str | None:
    if not isinstance(body, dict) or set(body) != _FIELDS:
        return f"body: expected an object with {sorted(_FIELDS)}"
    if not isinstance(body["prompt"], str) or not body["prompt"].strip():
        return "prompt: expected a text"
    if body["ratio"] not in SIZES_1K:
        return f"ratio: expected one of {', '.join(SIZES_1K)}"
    if body["resolution"] not in ("1K", "2K"):
        return "resolution: expected 1K or 2K"
    if not isinstance(body["rm_label_watermark"], bool):
        return "rm_label_watermark: expected true or false"
    return None


async def paint(request: Request, sandbox: Sandbox) -> Response:
    """Answers one request to paint."""
    name, _, value = request.headers.get("cookie", "").partition("=")
    if name != "session" or value in ("", REJECTED_TOKEN):
        return respond(sample("zai", "unauthorized"))
    session = sandbox.sessions.get(value)
    if session is not None and not session.is_good:
        return respond(sample("zai", "unauthorized_in_band" if session.in_band else "unauthorized"))
    try:
        body = await request.json()
    except ValueError:
        return _complaint("body: expected JSON")
    wrong = _wrong_header(request, sandbox.zai_base_url) or _wrong_body(body)
    if wrong is not None:
        return _complaint(wrong)
    try:
        faults = read_faults(body["prompt"], _FAULTS)
    except Unfit as unfit:
        return _complaint(str(unfit))
    seconds = seconds_to_paint(faults, sandbox.paint_seconds)
    if not await sandbox.still_there_after(seconds, request):
        return Response(status_code=GONE)
    if Fault.FLAKY in faults and next(sandbox.flaky):
        return respond(sample("zai", "busy"))
    if Fault.STATUS in faults:
        answer = of_status("zai", faults[Fault.STATUS], _STATUSES)
        answer["body"]["code"] = faults[Fault.STATUS]
        return respond(answer)
    error = chosen(faults, _ANSWERS)
    if error is not None:
        return respond(sample("zai", error))
    return await _painted(body, faults, sandbox)


async def _painted(body: dict[str, Any], faults: Faults, sandbox: Sandbox) -> Response:
    size = size_of(body["ratio"], body["resolution"])
    (picture,) = await fulfil(Order(body["prompt"], size, faults=faults), sandbox)
    answer = sample("zai", "success")
    answer["body"]["data"]["image"].update(
        prompt=body["prompt"],
        ratio=body["ratio"],
        resolution=body["resolution"],
        size=f"{size[0]}x{size[1]}",
        width=size[0],
        height=size[1],
        image_url=picture["url"],
    )
    if Fault.HUGE_ANSWER in faults:
        return respond(huge(answer))
    if Fault.HUGE_PACKED in faults:
        return packed(huge(answer))
    if Fault.EVENT_STREAM in faults:
        stream = sample("zai", "event_stream")
        stream["body"] = stream["body"].replace("{ANSWER}", json.dumps(answer["body"]))
        return respond(stream)
    return respond(answer)
