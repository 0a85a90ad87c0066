"""What a request has under way: its flows, several side by side, and one job of its own.

In: flows, each of which asks for one step at a time. Out: the effects that advance them, and what
each has painted as soon as it is done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeAlias, TypeVar

from easel.effects import Effect, Effects, GiveBack, Job, ReleaseUploads, Send, Start
from easel.errors import EaselError, UpstreamError
from easel.images.result import ImageResult
from easel.outcomes import HELD, Done, Failed, Outcome
from easel.services.wire import (
    WAITED,
    Flow,
    HttpRequest,
    HttpResponse,
    Step,
    Wait,
    check_time_left,
    platform_error,
)

# The platform has six connections for a request; one is left for the download of a picture, so that
# answers that wait to be passed on never keep out what they wait for.
_AT_ONCE: Final = 5

# The key of the request's own job; those of flows follow.
_OWN: Final = HELD + 1

_Result = TypeVar("_Result")
Stage: TypeAlias = Generator[Effects, Done, _Result]


class _Running(NamedTuple):
    flow: Flow
    deadline: float


class Jobs:
    """Flows, and one job beside them. `errors` say why flows painted nothing.

    `now` is when the last of them ended, in Unix seconds.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self.errors: list[EaselError] = []
        self._limit_seconds = 0.0
        self._on_held: Callable[[], Effects] = tuple
        self._waiting: deque[Flow] = deque()
        self._running: dict[int, _Running] = {}
        self._results: deque[ImageResult] = deque()
        self._due: list[Effect] = []
        self._next_key = _OWN + 1

    def paint(
        self, flows: Sequence[Flow], limit_seconds: float, on_held: Callable[[], Effects]
    ) -> None:
        """Takes on flows, each of which may take `limit_seconds`.

        `on_held` says what to do when the answer has been held for long enough.
        """
        self._waiting.extend(flows)
        self._limit_seconds = limit_seconds
        self._on_held = on_held

    @property
    def are_over(self) -> bool:
        """Whether all flows have ended, and all their results were taken."""
        return not (self._waiting or self._running or self._results)

    def also(self, *effects: Effect) -> None:
        """Adds effects to those that are yielded next."""
        self._due.extend(effects)

    @property
    def gives_back(self) -> tuple[GiveBack, ...]:
        """What is still to be given back; a job that begins now would have nobody to report to."""
        return tuple(effect for effect in self._due if isinstance(effect, GiveBack))

    def do(self, job: Job) -> Stage[Outcome]:
        """The outcome of a job, while the flows go on."""
        self._due.append(Start(_OWN, job))
        while True:
            done = yield from self._next()
            if done.key == _OWN:
                return done.outcome

    def next_result(self) -> Stage[ImageResult | None]:
        """What the next flow has painted, or None when all have ended."""
        while True:
            # A result that was not taken may still be reading its answer, and counts.
            while self._waiting and len(self._running) + len(self._results) < _AT_ONCE:
                flow = self._waiting.popleft()
                running = _Running(flow, self.now + self._limit_seconds)
                self._advance(running, partial(next, flow))
            if self._results:
                return self._results.popleft()
            if not self._running:
                return None
            yield from self._next()

    def _next(self) -> Stage[Done]:
        """What ends next. Advances the flow that waited for it."""
        effects, self._due = tuple(self._due), []
        done = yield effects
        self.now = done.now
        if done.key == HELD:
            self._due.extend(self._on_held())
        elif done.key != _OWN:
            running = self._running.pop(done.key)
            self._advance(running, partial(_tell, running.flow, done.outcome))
        return done

    def _advance(self, running: _Running, next_step: Callable[[], Step]) -> None:
        """Starts the next step of a flow, or takes what it has painted."""
        try:
            job = self._job(running, next_step())
        except StopIteration as end:
            self._results.append(end.value)
        except EaselError as error:
            self.errors.append(error)
        else:
            self._running[self._next_key] = running
            self._due.append(Start(self._next_key, job))
            self._next_key += 1
            return
        if not self._waiting and not self._running:
            self._due.append(ReleaseUploads())

    def _job(self, running: _Running, step: Step) -> Job:
        """The job of a step. Once a flow has taken too long, each of its steps fails."""
        while True:
            try:
                seconds = check_time_left(running.deadline, self.now)
            except UpstreamError as error:
                step = running.flow.throw(error)
                continue
            if isinstance(step, HttpRequest):
                return Send(step, min(seconds, step.max_seconds))
            return Wait(min(step.seconds, seconds)) if isinstance(step, Wait) else step


def _tell(flow: Flow, outcome: Outcome) -> Step:
    """Tells a flow what came of its step. Raises what it raises, and StopIteration at its end."""
    if isinstance(outcome, Failed):
        return flow.throw(platform_error(outcome.name, "The image service"))
    return flow.send(outcome if isinstance(outcome, HttpResponse) else WAITED)
