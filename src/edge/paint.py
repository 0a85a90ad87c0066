"""Drives upstreams to their end, and opens the first picture.

In: flows, each of which asks for one step at a time. Out: an `Outcome`, or why nothing was painted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from easel.answer import Answer
from easel.errors import EaselError
from easel.image import Painted, merge
from easel.settings import Settings
from easel.wire import Flow, HttpResponse, check_time_left
from edge import platform
from edge.picture import OpenPicture, open_picture
from edge.platform import JsLifetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was painted, why some is missing, and the first picture where the answer carries it."""

    painted: Painted
    failures: tuple[EaselError, ...]
    first: OpenPicture | None


async def paint(
    flows: Sequence[Flow], answer: Answer, lifetime: JsLifetime, settings: Settings
) -> Outcome:
    """Paints, and opens the first picture that can be opened where the answer carries pictures.

    Raises the first failure where there is no picture at all.
    """
    try:
        painted, failures = await _drive_all(flows, lifetime, settings.upstream_timeout_seconds)
    finally:
        lifetime.release()
    if not answer.carries_pictures(painted):
        return Outcome(painted, failures, None)
    missing: list[EaselError] = []
    for turn, picture in enumerate(painted.pictures):
        try:
            first = await open_picture(picture, lifetime, settings)
        except EaselError as error:
            missing.append(error)
            continue
        left = replace(painted, pictures=painted.pictures[turn:])
        return Outcome(left, (*failures, *missing), first)
    raise missing[0]


async def _drive(flow: Flow, lifetime: JsLifetime, limit_seconds: float) -> Painted:
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


async def _drive_all(
    flows: Sequence[Flow], lifetime: JsLifetime, limit_seconds: float
) -> tuple[Painted, tuple[EaselError, ...]]:
    """What several flows paint side by side, and why some of them did not.

    Raises the first failure where none painted.
    """
    if len(flows) == 1:
        return await _drive(flows[0], lifetime, limit_seconds), ()
    outcomes = await asyncio.gather(
        *(_drive(flow, lifetime, limit_seconds) for flow in flows), return_exceptions=True
    )
    painted = [each for each in outcomes if isinstance(each, Painted)]
    failures = [each for each in outcomes if isinstance(each, EaselError)]
    for each in outcomes:
        if isinstance(each, BaseException) and not isinstance(each, EaselError):
            raise each
    if not painted:
        raise failures[0]
    return merge(painted), tuple(failures)
