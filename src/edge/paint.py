"""Drives flows to their ends, several side by side.

In: flows, each of which asks for one step at a time. Out: what each has painted, as soon as it has.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from easel.errors import EaselError, UpstreamError
from easel.images.result import ImageResult
from easel.services.wire import WAITED, Flow, HttpResponse, ReadOn, Step, Wait, check_time_left
from easel.settings import Settings
from edge import platform
from edge.platform import JsLifetime

# The platform has six connections for a request; one is left for the download of a picture, so that
# answers that wait to be passed on never keep out what they wait for.
_AT_ONCE: Final = 5


class Painting:
    """Flows on their way. `failures` are why some of those that have ended painted nothing."""

    def __init__(self, flows: Sequence[Flow], lifetime: JsLifetime, settings: Settings) -> None:
        self.failures: list[EaselError] = []
        self._lifetime = lifetime
        self._limit_seconds = settings.upstream_timeout_seconds
        self._waiting = list(flows)
        self._tasks: set[asyncio.Task[ImageResult]] = set()

    async def next(self) -> ImageResult | None:
        """What the next flow has painted, or None when all have ended."""
        while self._waiting or self._tasks:
            try:
                return await self._first()
            except EaselError as error:
                self.failures.append(error)
            finally:
                if not self._waiting and not self._tasks:
                    self._lifetime.release()
        return None

    @property
    def is_over(self) -> bool:
        """Whether all flows have ended."""
        return not self._waiting and not self._tasks

    async def _first(self) -> ImageResult:
        """What the next flow has painted. Raises what it raises."""
        if len(self._waiting) == 1 and not self._tasks:
            # The usual case needs no task.
            return await self._drive(self._waiting.pop())
        while self._waiting and len(self._tasks) < _AT_ONCE:
            self._tasks.add(asyncio.ensure_future(self._drive(self._waiting.pop(0))))
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = done.pop()
        self._tasks.remove(ended)
        return ended.result()

    async def _drive(self, flow: Flow) -> ImageResult:
        """What a flow paints; it is told where a step fails. Once all of them took too long, each
        fails with UpstreamTooSlow.
        """
        deadline = time.monotonic() + self._limit_seconds
        try:
            step = next(flow)
            while True:
                try:
                    answer = await self._take(step, check_time_left(deadline, time.monotonic()))
                except UpstreamError as failure:
                    step = flow.throw(failure)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            painted: ImageResult = end.value
            return painted

    async def _take(self, step: Step, seconds_left: float) -> HttpResponse:
        """What comes of a step. Raises UpstreamError."""
        if isinstance(step, Wait):
            await platform.wait(min(step.seconds, seconds_left), self._lifetime)
            return WAITED
        if isinstance(step, ReadOn):
            return await platform.read_on(step.response)
        return await platform.send(step, self._lifetime, seconds_left)
