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
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from js import IdentityTransformStream
from pyodide.ffi import JsException

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
        painting.result()
    pipe = IdentityTransformStream.new()
    exchange.context.waitUntil(_write(painting, pipe.writable.getWriter(), answer, exchange))
    return platform.respond(
        pipe.readable,
        200,
        headers.stream_headers(exchange.request_id, answer.content_type),
    )


async def _write(
    painting: asyncio.Future[OpenPicture], writer: JsWriter, answer: Answer, exchange: Exchange
) -> None:
    """Writes the body. Whatever breaks it off ends the upstream call and the download too."""
    try:
        if not painting.done():
            await _keep_alive(painting, writer, exchange)
        await _write_outcome(painting, writer, answer, exchange)
    except JsException:
        # The client has left, or the picture broke off: a cut transfer tells the client that
        # what it has is not whole.
        exchange.lifetime.abort()
        with suppress(JsException):  # Where the client has left, there is nobody to tell.
            await writer.abort("the picture broke off")


async def _keep_alive(
    painting: asyncio.Future[OpenPicture], writer: JsWriter, exchange: Exchange
) -> None:
    keeper = platform.keep_alive(
        writer, sse.KEEP_ALIVE, exchange.settings.keep_alive_seconds, exchange.lifetime
    )
    await asyncio.wait({painting})
    await keeper.stop()


async def _write_outcome(
    painting: asyncio.Future[OpenPicture], writer: JsWriter, answer: Answer, exchange: Exchange
) -> None:
    try:
        opened = painting.result()
    except EaselError as error:
        await platform.finish(writer, answer.late_error(error))
        return
    except Exception as error:
        log_failure(exchange.request_id, error)
        await platform.finish(writer, answer.late_error(InternalError()))
        return
    head, tail = answer.around(opened.picture, opened.mime_type)
    await platform.pump(opened.body, writer, head, tail, exchange.settings.max_picture_bytes)
