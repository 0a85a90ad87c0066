"""Paints what a request asks for, and lays it where the answer says that it is.

In: an order. Out: for each picture what an answer holds of it: its address as `url`, or itself as
`b64_json`.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final

from tools.sandbox.faults import Fault, Faults
from tools.sandbox.pictures import Format, draw, pad
from tools.sandbox.state import Sandbox

# JPEG under a .png name, as image.z.ai was seen to serve it.
_SUFFIXES: Final[dict[Format, str]] = {"JPEG": "png", "PNG": "png", "WEBP": "webp"}


# How long a picture is at least where its fault says no number. One that breaks off has to be
# longer than what is looked at before it is passed on.
_LEAST_BYTES: Final = {
    Fault.BASE64: 0,
    Fault.PICTURE_BYTES: 0,
    Fault.PICTURE_CHUNKED: 0,
    Fault.PICTURE_CUT: 3_000_000,
    Fault.PICTURE_STALLED: 3_000_000,
}


@dataclass(frozen=True, slots=True)
class Order:
    """Pictures to paint. A number in `faults` is how many bytes each has at least."""

    prompt: str
    size: tuple[int, int]
    count: int = 1
    image_format: Format = "JPEG"
    base64: bool = False
    faults: Faults = field(default_factory=dict)


async def fulfil(order: Order, sandbox: Sandbox) -> list[dict[str, str]]:
    """The pictures, side by side, each kept or encoded."""
    return list(
        await asyncio.gather(*(_paint_one(order, at, sandbox) for at in range(order.count)))
    )


async def _paint_one(order: Order, at: int, sandbox: Sandbox) -> dict[str, str]:
    wants_png = Fault.PICTURE_PNG in order.faults
    image_format: Format = "PNG" if wants_png else order.image_format
    # Pictures of one request must be told apart.
    prompt = f"{order.prompt} ({at + 1})" if order.count > 1 else order.prompt
    content = await asyncio.to_thread(draw, prompt, order.size, image_format)
    lengths = [
        number or _LEAST_BYTES[fault]
        for fault, number in order.faults.items()
        if fault in _LEAST_BYTES
    ]
    content = pad(content, max(lengths, default=0))
    if order.base64:
        return {"b64_json": b64encode(content).decode()}
    suffix = "jpg" if wants_png else _SUFFIXES[image_format]
    return {"url": sandbox.keep_picture(content, suffix, order.faults)}
