"""Answers while the pictures are still being painted.

In: work that ends in pictures, and the caller's `Encoder`. Out: a Response whose headers leave when
the first picture is open or the wait is over, and whose body is kept alive until then. A failure
that comes before the headers is raised; after them it is told in the body.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from js import IdentityTransformStream

from easel import headers
from easel.dialects import sse
from easel.dialects.encoder import Encoder
from easel.errors import EaselError, InternalError
from easel.settings import Settings, hold_seconds
from edge import platform
from edge.gallery import Gallery
from edge.journal import Journal
from edge.picture import OpenPicture
from edge.platform import JsLifetime, JsResponse, JsWriter


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request being answered: who it is, what it may take, and what ends it."""

    request_id: str
    settings: Settings
    lifetime: JsLifetime
    journal: Journal
    context: Any


def log_failure(request_id: str, error: BaseException) -> None:
    """Logs where an exception of ours arose; not its message, which may hold prompt or token."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    print(f"{request_id} {type(error).__qualname__}\n{frames}", file=sys.stderr)


async def respond_pictures(gallery: Gallery, answer: Encoder, exchange: Exchange) -> JsResponse:
    """The answer to a request for pictures.

    Raises the EaselError of a failure that came before the headers had to leave.
    """
    first = asyncio.ensure_future(gallery.first(answer))
    await asyncio.wait({first}, timeout=hold_seconds(exchange.settings, stream=answer.stream))
    if first.done():
        first.result()  # Raises what went wrong.
    exchange.journal.answering()
    pipe = IdentityTransformStream.new()
    writer = pipe.writable.getWriter()
    if first.done():
        _begin(first, gallery, writer, answer, exchange)
    else:
        writing = _begin_later(first, gallery, writer, answer, exchange)
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


async def _kept_alive(
    coming: asyncio.Future[OpenPicture | None],
    writer: JsWriter,
    pause: bytes,
    exchange: Exchange,
) -> None:
    """Writes `pause` again and again until the picture is there, or is sure not to come."""
    keeper = platform.keep_alive(
        writer, pause, exchange.settings.keep_alive_seconds, exchange.lifetime
    )
    await asyncio.wait({coming})
    await keeper.stop()


async def _begin_later(
    first: asyncio.Future[OpenPicture | None],
    gallery: Gallery,
    writer: JsWriter,
    answer: Encoder,
    exchange: Exchange,
) -> None:
    await _kept_alive(first, writer, sse.KEEP_ALIVE, exchange)
    _begin(first, gallery, writer, answer, exchange)


def _begin(
    first: asyncio.Future[OpenPicture | None],
    gallery: Gallery,
    writer: JsWriter,
    answer: Encoder,
    exchange: Exchange,
) -> None:
    """Writes the pictures, or the failure that came after the headers, and ends the answer."""
    try:
        opened = first.result()
    except Exception as error:
        fault = error if isinstance(error, EaselError) else InternalError()
        if fault is not error:
            log_failure(exchange.request_id, error)
        exchange.journal.failed_late(fault.code)
        platform.conclude(exchange.lifetime, writer, answer.late_error(fault))
        return
    if opened is None:
        whole = answer.closing(gallery.painted, gallery.failures, carried=False)
        platform.conclude(exchange.lifetime, writer, whole)
    elif gallery.is_over:
        # One picture is the usual case, and goes on without waking Python again.
        shown = gallery.shown
        head, tail = answer.around(0, opened.opened)
        closing = answer.closing(shown, gallery.failures, carried=True)
        around = answer.opening(shown) + head, tail + closing
        limit = exchange.settings.max_picture_bytes
        platform.pump(exchange.lifetime, writer, opened.body, around, limit)
    else:
        writing = _write_several(opened, gallery, writer, answer, exchange)
        exchange.context.waitUntil(_or_break_off(writing, writer, exchange))


async def _write_several(
    first: OpenPicture, gallery: Gallery, writer: JsWriter, answer: Encoder, exchange: Exchange
) -> None:
    """Writes one picture after another; each is opened when its turn comes.

    The platform has six connections, and a picture that waits in one would hold it for nothing.
    """
    lifetime, limit = exchange.lifetime, exchange.settings.max_picture_bytes
    opened: OpenPicture | None = first
    before, index = answer.opening(gallery.painted), 0
    while opened is not None:
        head, tail = answer.around(index, opened.opened)
        tells_more = opened.is_embedded
        around = (before + head, b"" if tells_more else tail)
        if not await platform.write_one(lifetime, writer, opened.body, around, limit):
            return
        if tells_more:
            opened = await gallery.told_behind(opened)
            _, tail = answer.around(index, opened.opened)
            if not await platform.write(lifetime, writer, tail):
                return
        before, index = b"", index + 1
        opened = await _next(gallery, writer, answer.pause, exchange)
    closing = answer.closing(gallery.shown, gallery.failures, carried=True)
    platform.conclude(lifetime, writer, closing)


async def _next(
    gallery: Gallery, writer: JsWriter, pause: bytes, exchange: Exchange
) -> OpenPicture | None:
    """The next picture; where it takes its time, the answer is kept alive."""
    coming = asyncio.ensure_future(gallery.next())
    await asyncio.wait({coming}, timeout=exchange.settings.keep_alive_seconds)
    if not coming.done():
        await _kept_alive(coming, writer, pause, exchange)
    return coming.result()
