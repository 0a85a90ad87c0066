"""Answers while the pictures are still being painted.

In: work that ends in pictures, and the caller's `Answer`. Out: a Response whose headers leave when
the first picture is open or the wait is over, and whose body is kept alive until then. A failure
that comes before the headers is raised; after them it is told in the body.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from js import IdentityTransformStream

from easel import headers, sse
from easel.answer import Answer
from easel.errors import EaselError, InternalError
from easel.image import with_sizes
from easel.settings import Settings, hold_seconds
from edge import platform
from edge.paint import Outcome
from edge.picture import OpenPicture, open_picture
from edge.platform import JsLifetime, JsResponse, JsWriter


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request being answered: who it is, what it may take, and what ends it."""

    request_id: str
    settings: Settings
    lifetime: JsLifetime
    context: Any


def log_failure(request_id: str, error: BaseException) -> None:
    """Logs where an exception of ours arose; not its message, which may hold prompt or token."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    print(f"{request_id} {type(error).__qualname__}\n{frames}", file=sys.stderr)


async def respond_pictures(
    work: Coroutine[Any, Any, Outcome], answer: Answer, exchange: Exchange
) -> JsResponse:
    """The answer to a request for pictures.

    Raises the EaselError of a failure that came before the headers had to leave.
    """
    painting = asyncio.ensure_future(work)
    await asyncio.wait({painting}, timeout=hold_seconds(exchange.settings, stream=answer.stream))
    if painting.done():
        painting.result()  # Raises what went wrong.
    pipe = IdentityTransformStream.new()
    writer = pipe.writable.getWriter()
    if painting.done():
        _write_outcome(painting, writer, answer, exchange)
    else:
        writing = _write_later(painting, writer, answer, exchange)
        exchange.context.waitUntil(_or_break_off(writing, writer, exchange))
    return platform.respond(
        pipe.readable,
        200,
        headers.stream_headers(exchange.request_id, answer.content_type),
    )


async def _or_break_off(
    writing: Coroutine[Any, Any, None], writer: JsWriter, exchange: Exchange
) -> None:
    """Where an exception of ours ends the writing, the transfer is cut instead of left open."""
    try:
        await writing
    except Exception as error:
        log_failure(exchange.request_id, error)
        await platform.break_off(exchange.lifetime, writer)


async def _write_later(
    painting: asyncio.Future[Outcome], writer: JsWriter, answer: Answer, exchange: Exchange
) -> None:
    """Keeps the answer alive until there is something to write."""
    keeper = platform.keep_alive(
        writer, sse.KEEP_ALIVE, exchange.settings.keep_alive_seconds, exchange.lifetime
    )
    await asyncio.wait({painting})
    await keeper.stop()
    _write_outcome(painting, writer, answer, exchange)


def _write_outcome(
    painting: asyncio.Future[Outcome], writer: JsWriter, answer: Answer, exchange: Exchange
) -> None:
    """Writes the pictures, or the failure that came after the headers, and ends the answer."""
    try:
        outcome = painting.result()
    except Exception as error:
        fault = error if isinstance(error, EaselError) else InternalError()
        if fault is not error:
            log_failure(exchange.request_id, error)
        platform.conclude(exchange.lifetime, writer, answer.late_error(fault))
        return
    painted, first = outcome.painted, outcome.first
    if first is None:
        whole = answer.closing(painted, outcome.failures, carried=False)
        platform.conclude(exchange.lifetime, writer, whole)
    elif len(painted.pictures) == 1:
        # One picture is the usual case, and goes on without waking Python again.
        painted = with_sizes(painted, [first.opened.size])
        head, tail = answer.around(0, first.opened)
        closing = answer.closing(painted, outcome.failures, carried=True)
        around = answer.opening(painted) + head, tail + closing
        limit = exchange.settings.max_picture_bytes
        platform.pump(exchange.lifetime, writer, first.body, around, limit)
    else:
        writing = _write_several(outcome, first, writer, answer, exchange)
        exchange.context.waitUntil(_or_break_off(writing, writer, exchange))


async def _write_several(
    outcome: Outcome, first: OpenPicture, writer: JsWriter, answer: Answer, exchange: Exchange
) -> None:
    """Writes one picture after another; each is opened when its turn comes.

    The platform has six connections, and a picture that waits in one would hold it for nothing.
    """
    settings, lifetime = exchange.settings, exchange.lifetime
    painted, failures = outcome.painted, list(outcome.failures)
    pictures, sizes = [first.opened.picture], [first.opened.size]
    before = answer.opening(painted)
    for turn, picture in enumerate(painted.pictures):
        try:
            opened = first if turn == 0 else await open_picture(picture, lifetime, settings)
        except EaselError as error:
            failures.append(error)
            continue
        if turn:
            pictures.append(picture)
            sizes.append(opened.opened.size)
        head, tail = answer.around(len(pictures) - 1, opened.opened)
        around = (before + head, tail)
        limit = settings.max_picture_bytes
        if not await platform.write_one(lifetime, writer, opened.body, around, limit):
            return
        before = b""
    shown = with_sizes(replace(painted, pictures=tuple(pictures)), sizes)
    platform.conclude(lifetime, writer, answer.closing(shown, failures, carried=True))
