"""Answers while the picture is still being painted.

In: work that ends in an open picture, and the caller's `Answer`. Out: a Response whose headers
leave when the picture is open or the wait is over, and whose body is kept alive until then. A
failure that comes before the headers is raised; after them it is told in the body.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from js import IdentityTransformStream

from easel import headers, openai, sse
from easel.answer import Answer
from easel.errors import EaselError, InternalError
from easel.settings import Settings
from edge import platform
from edge.picture import OpenPicture
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


def respond_error(error: EaselError, request_id: str) -> JsResponse:
    """An error as a whole answer, with its true status."""
    return platform.respond(
        openai.error_object(error).decode(),
        error.status,
        headers.error_headers(error, request_id, openai.JSON_TYPE),
    )


async def respond_picture(
    work: Coroutine[Any, Any, OpenPicture], answer: Answer, exchange: Exchange
) -> JsResponse:
    """The answer to a request for a picture.

    Raises the EaselError of a failure that came before the headers had to leave.
    """
    settings = exchange.settings
    hold = settings.stream_hold_seconds if answer.stream else settings.plain_hold_seconds
    painting = asyncio.ensure_future(work)
    await asyncio.wait({painting}, timeout=hold)
    if painting.done():
        painting.result()  # Raises what went wrong.
    pipe = IdentityTransformStream.new()
    writer = pipe.writable.getWriter()
    if painting.done():
        _write_outcome(painting, writer, answer, exchange)
    else:
        exchange.context.waitUntil(_write_later(painting, writer, answer, exchange))
    return platform.respond(
        pipe.readable,
        200,
        headers.stream_headers(exchange.request_id, answer.content_type),
    )


async def _write_later(
    painting: asyncio.Future[OpenPicture], writer: JsWriter, answer: Answer, exchange: Exchange
) -> None:
    """Keeps the answer alive until there is something to write."""
    keeper = platform.keep_alive(
        writer, sse.KEEP_ALIVE, exchange.settings.keep_alive_seconds, exchange.lifetime
    )
    await asyncio.wait({painting})
    await keeper.stop()
    _write_outcome(painting, writer, answer, exchange)


def _write_outcome(
    painting: asyncio.Future[OpenPicture], writer: JsWriter, answer: Answer, exchange: Exchange
) -> None:
    """Writes the picture, or the failure that came after the headers, and ends the answer."""
    try:
        opened = painting.result()
    except Exception as error:
        fault = error if isinstance(error, EaselError) else InternalError()
        if fault is not error:
            log_failure(exchange.request_id, error)
        late = answer.late_error(fault)
        platform.conclude(exchange.lifetime, writer, late)
        return
    around = answer.around(opened.picture, opened.mime_type)
    limit = exchange.settings.max_picture_bytes
    platform.pump(exchange.lifetime, writer, opened.body, around, limit)
