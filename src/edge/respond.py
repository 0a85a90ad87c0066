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
from workers import Response

from easel import headers, openai, sse
from easel.answer import Answer
from easel.errors import EaselError, InternalError
from easel.settings import Settings
from edge import platform
from edge.picture import OpenPicture
from edge.platform import JsLifetime, JsWriter


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


def respond_error(error: EaselError, request_id: str) -> Response:
    """An error as a whole answer, with its true status."""
    return Response(
        openai.error_object(error),
        status=error.status,
        headers=headers.error_headers(error, request_id, openai.JSON_TYPE),
    )


async def respond_picture(
    work: Coroutine[Any, Any, OpenPicture], answer: Answer, exchange: Exchange
) -> Response:
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
    return Response(
        pipe.readable,
        headers=headers.stream_headers(exchange.request_id, answer.content_type),
    )


async def _write(
    painting: asyncio.Future[OpenPicture], writer: JsWriter, answer: Answer, exchange: Exchange
) -> None:
    """Writes the body. Whatever breaks it off ends the upstream call and the download too."""
    try:
        await _keep_alive(painting, writer, exchange.settings.keep_alive_seconds)
        await _write_outcome(painting, writer, answer, exchange)
        await writer.close()
    except JsException:
        # The client has left, or the picture broke off: a cut transfer tells the client that
        # what it has is not whole.
        exchange.lifetime.abort()
        await _abort(writer)
    finally:
        painting.cancel()


async def _keep_alive(
    painting: asyncio.Future[OpenPicture], writer: JsWriter, interval: float
) -> None:
    newline = platform.js_bytes(sse.KEEP_ALIVE)
    # The headers leave with the first byte behind some intermediaries, so one goes at once.
    while not painting.done():
        await writer.write(newline)
        await asyncio.wait({painting}, timeout=interval)


async def _write_outcome(
    painting: asyncio.Future[OpenPicture], writer: JsWriter, answer: Answer, exchange: Exchange
) -> None:
    try:
        opened = painting.result()
    except EaselError as error:
        await writer.write(platform.js_bytes(answer.late_error(error)))
        return
    except Exception as error:
        log_failure(exchange.request_id, error)
        fault = InternalError("Easel failed; its log has the details.")
        await writer.write(platform.js_bytes(answer.late_error(fault)))
        return
    head, tail = answer.around(opened.picture, opened.mime_type)
    await platform.pump(opened.body, writer, head, tail, exchange.settings.max_picture_bytes)


async def _abort(writer: JsWriter) -> None:
    with suppress(JsException):  # The client may be gone already.
        await writer.abort("the picture broke off")
