"""A task that a service began where the caller waits for the picture.

In: the state of the task, and how it is polled. Out: a flow that polls, with growing pauses, until
it is done. It was paid for, so a poll that fails is repeated, and every error names the task: its
pictures can be asked for later.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final

from easel.errors import (
    AccessDenied,
    OutOfCalls,
    QuotaExhausted,
    TokenRejected,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamError,
    UpstreamTooSlow,
)
from easel.images.result import ImageResult
from easel.images.task_id import public_id
from easel.services.answers import read_painted
from easel.services.wire import Flow, HttpRequest, HttpResponse, Step, Wait

# The services' words for a task that is not done, as the GeekAI document has them.
UNFINISHED: Final = frozenset({"pending", "running"})

# In seconds. A quick picture is seen soon, and one of five minutes takes 29 of the forty questions
# that the platform leaves to a request (`edge/js/lifetime.js`).
_FIRST_PAUSE: Final = 1.0
_GROWTH: Final = 1.3
_LONGEST_PAUSE: Final = 15.0

# How often in a row an answer may be unreadable: a page of a gateway is gone the next time, another
# form of answer is not.
_MOST_UNREADABLE: Final = 3


@dataclass(frozen=True, slots=True)
class TaskPoll:
    """How a task is polled: `check` raises where an answer is an error, `parse` reads it."""

    request: HttpRequest = field(repr=False)
    check: Callable[[HttpResponse], None]
    parse: Callable[[HttpResponse], ImageResult]


def finished(task: ImageResult, poll: TaskPoll) -> Flow:
    """What a task has painted once it is done.

    Raises what `parse` raises of one that failed, and of anything else an UpstreamError with the
    `task_id`.
    """
    pause, unreadable = _FIRST_PAUSE, 0
    while task.task_status in UNFINISHED:
        try:
            yield Wait(pause)
        except UpstreamError as error:
            # The time is over, or the client has left.
            raise _named(error, task) from None
        response, least_pause = yield from _ask(task, poll)
        pause = max(min(pause * _GROWTH, _LONGEST_PAUSE), least_pause)
        if response is None:
            continue
        try:
            task = yield from read_painted(response, poll.parse)
        except UpstreamBroken as error:
            unreadable += 1
            if error.code == "task_failed":
                raise
            if error.code != UpstreamBroken.code or unreadable == _MOST_UNREADABLE:
                raise _named(error, task) from None
        else:
            unreadable = 0
    return task


def _ask(
    task: ImageResult, poll: TaskPoll
) -> Generator[Step, HttpResponse, tuple[HttpResponse | None, float]]:
    """The answer, or None where the poll is worth repeating after at least so many seconds."""
    try:
        response = yield poll.request
        poll.check(response)
    except UpstreamBusy as error:
        return None, error.retry_after or 0
    except UpstreamError as error:
        if isinstance(error, UpstreamBroken | UpstreamTooSlow) and not isinstance(
            error, OutOfCalls
        ):
            return None, 0
        raise _named(error, task) from None
    return response, 0


def _named(error: UpstreamError, task: ImageResult) -> UpstreamError:
    """The error, with the task's id.

    Another token would paint anew, and be paid again, so that it is no longer a token's fault.
    """
    if isinstance(error, TokenRejected | AccessDenied | QuotaExhausted):
        error = UpstreamBroken(error.message)
    error.task_id = task.task_id
    return error


def naming_its_task(flow: Flow, prefix: str) -> Flow:
    """The same flow, whose error says how the task is asked for that goes on in spite of it.

    `prefix` is what a public id of the service's tasks begins with.
    """
    try:
        return (yield from flow)
    except UpstreamError as error:
        if error.task_id is not None:
            name = prefix + public_id(error.task_id, error.task_issuer)
            error.message += f" The task goes on. GET /v1/images/{name} returns its pictures."
        raise
