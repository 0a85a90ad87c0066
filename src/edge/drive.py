"""Drives an upstream to its end.

In: a flow, which asks for one step at a time. Out: the pictures it returns, or its `EaselError`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from easel.errors import UpstreamTooSlow
from easel.image import Picture
from easel.wire import Flow, HttpResponse, Wait
from edge import platform
from edge.platform import JsLifetime

# An answer names a picture and does not hold it; the largest seen had 2 KB.
MAX_ANSWER_BYTES: Final = 1024 * 1024


async def drive(flow: Flow, lifetime: JsLifetime, limit_seconds: float) -> tuple[Picture, ...]:
    """The pictures of a flow. Raises UpstreamTooSlow once all its steps took `limit_seconds`."""
    deadline = time.monotonic() + limit_seconds
    answer: HttpResponse | None = None
    while True:
        try:
            step = flow.send(answer)
        except StopIteration as end:
            pictures: tuple[Picture, ...] = end.value
            return pictures
        left = deadline - time.monotonic()
        if left <= 0:
            raise UpstreamTooSlow("The image service did not answer in time.")
        if isinstance(step, Wait):
            await asyncio.sleep(min(step.seconds, left))
            answer = None
        else:
            answer = await platform.send(step, lifetime, left, MAX_ANSWER_BYTES)
