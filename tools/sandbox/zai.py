"""image.z.ai in the sandbox: as strict about the request as seed 000 is.

In: a request to paint. Out: an answer of `tests/wire/zai`, or a complaint that says what was wrong
with the request.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from tools.sandbox.faults import Fault, fault_in
from tools.sandbox.pictures import SIZES_1K, draw, pad_jpeg, size_of
from tools.sandbox.state import Sandbox

PATH: Final = "/api/proxy/images/generate"
SAMPLES: Final = Path(__file__).resolve().parents[2] / "tests/wire/zai"

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

_DEFAULT_SLOW_SECONDS: Final = 20
_HUGE_BYTES: Final = 2_000_000

# Any other token is as good as the next.
_REJECTED_TOKEN: Final = "invalid"


def sample(name: str) -> dict[str, Any]:
    """A recorded answer: its `status`, `headers` and `body`."""
    loaded: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def _respond(answer: dict[str, Any]) -> Response:
    body = answer["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    return Response(content, answer["status"], answer["headers"])


def _complaint(message: str) -> Response:
    """A refusal of a request that Easel should not have sent; said aloud, as Easel will not."""
    print(f"sandbox: image.z.ai would refuse this: {message}", file=sys.stderr, flush=True)
    answer = sample("invalid")
    answer["body"]["message"] = message
    return _respond(answer)


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
    if name != "session" or value in ("", _REJECTED_TOKEN):
        return _respond(sample("unauthorized"))
    try:
        body = await request.json()
    except ValueError:
        return _complaint("body: expected JSON")
    wrong = _wrong_header(request, sandbox.zai_base_url) or _wrong_body(body)
    if wrong is not None:
        return _complaint(wrong)
    try:
        fault, number = fault_in(body["prompt"])
    except ValueError as error:
        return _complaint(str(error))
    seconds = number or _DEFAULT_SLOW_SECONDS if fault is Fault.SLOW else sandbox.paint_seconds
    if not await sandbox.still_there_after(seconds, request):
        return Response(status_code=499)
    if fault in _ANSWERS:
        return _respond(sample(_ANSWERS[fault]))
    return await _painted(body, fault, number, sandbox)


async def _painted(
    body: dict[str, Any], fault: Fault | None, number: int, sandbox: Sandbox
) -> Response:
    size = size_of(body["ratio"], body["resolution"])
    image_format: Literal["JPEG", "PNG"] = "PNG" if fault is Fault.PICTURE_PNG else "JPEG"
    content = await asyncio.to_thread(draw, body["prompt"], size, image_format)
    if number:
        content = pad_jpeg(content, number)
    # JPEG under a .png name, as the real service serves it; and the other way round.
    suffix = "jpg" if fault is Fault.PICTURE_PNG else "png"
    answer = sample("success")
    answer["body"]["data"]["image"].update(
        prompt=body["prompt"],
        ratio=body["ratio"],
        resolution=body["resolution"],
        size=f"{size[0]}x{size[1]}",
        width=size[0],
        height=size[1],
        image_url=sandbox.keep_picture(content, suffix, fault),
    )
    if fault is Fault.HUGE_ANSWER:
        answer["body"]["message"] = "." * _HUGE_BYTES
    if fault is Fault.EVENT_STREAM:
        stream = sample("event_stream")
        stream["body"] = stream["body"].replace("{ANSWER}", json.dumps(answer["body"]))
        return _respond(stream)
    return _respond(answer)
