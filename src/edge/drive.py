"""Drives upstreams to their end.

In: flows, each of which asks for one step at a time. Out: what they painted, or why not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from easel.errors import EaselError
from easel.image import Painted, merge
from easel.wire import Flow, HttpResponse, check_time_left
from edge import platform
from edge.platform import JsLifetime


async def drive(flow: Flow, lifetime: JsLifetime, limit_seconds: float) -> Painted:
    """What a flow paints. Raises UpstreamTooSlow once all its steps took `limit_seconds`."""
    deadline = time.monotonic() + limit_seconds
    answer: HttpResponse | None = None
    while True:
        try:
            step = flow.send(answer)
        except StopIteration as end:
            painted: Painted = end.value
            return painted
        left = check_time_left(deadline, time.monotonic())
        answer = await platform.send(step, lifetime, left)


async def drive_all(
    flows: Sequence[Flow], lifetime: JsLifetime, limit_seconds: float
) -> tuple[Painted, tuple[EaselError, ...]]:
    """What several flows paint side by side, and why some of them did not.

    Raises the first failure where none painted.
    """
    if len(flows) == 1:
        return await drive(flows[0], lifetime, limit_seconds), ()
    outcomes = await asyncio.gather(
        *(drive(flow, lifetime, limit_seconds) for flow in flows), return_exceptions=True
    )
    painted = [each for each in outcomes if isinstance(each, Painted)]
    failures = [each for each in outcomes if isinstance(each, EaselError)]
    for each in outcomes:
        if isinstance(each, BaseException) and not isinstance(each, EaselError):
            raise each
    if not painted:
        raise failures[0]
    return merge(painted), tuple(failures)
