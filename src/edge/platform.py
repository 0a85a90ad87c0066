"""The typed face of `platform.js`, and what becomes of its failures.

In: plain values. Out: JavaScript objects that Python hands on and does not look into, or an
`EaselError`. Bytes cross the border only where Python has to read them.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from pyodide.ffi import JsException, jsnull, to_js
from workers import import_from_javascript

from easel.dialects.body import (
    MAX_DEPTH,
    MAX_PARTS,
    MAX_TEXT_BYTES,
    MAX_VALUES,
    FormField,
    body_failure,
)
from easel.errors import UpstreamBroken
from easel.images.blobs import HEAD_BYTES, Blob, LongTexts
from easel.images.sniffing import SNIFFED_BYTES
from easel.services.wire import (
    LONG_TEXT,
    MAX_ANSWER_BYTES,
    HttpRequest,
    HttpResponse,
    download_failure,
    failure_of,
)
from easel.settings import Settings


class JsBytes(Protocol):
    """A Uint8Array."""

    def to_bytes(self) -> bytes: ...


class JsJournal(Protocol):
    """What becomes of one request, until its line is logged."""

    code: str

    def answer(self, fields: str) -> None: ...


class JsLifetime(Protocol):
    """How long work for one request goes on, and what is kept until it ends."""

    journal: JsJournal

    def keep(self, content: Any) -> Any: ...

    def settle(self, ms: float) -> None: ...

    def release(self) -> None: ...

    def send_once(self) -> None: ...

    def wait(self, ms: float) -> Awaitable[None]: ...


class JsPicture(Protocol):
    """An opened picture: its first bytes are `sniffed`, where there is a body at all."""

    status: int
    location: Any
    length: int
    sniffed: JsBytes


class JsWriter(Protocol):
    """A WritableStreamDefaultWriter of bytes."""


class JsKeepAlive(Protocol):
    """Newlines that are written until it is stopped."""

    def stop(self) -> Awaitable[None]: ...


class JsResponse(Protocol):
    """A Response as JavaScript knows it."""


_module: Any = None


def _platform() -> Any:
    """The JavaScript module, which can only be imported while a request is handled."""
    global _module  # noqa: PLW0603 - one import an isolate instead of one a call
    if _module is None:
        _module = import_from_javascript("edge/js/platform.js")
    return _module


def respond(body: Any, status: int, headers: Mapping[str, str]) -> JsResponse:
    """A Response with a text, a stream, or None for its body."""
    response: JsResponse = _platform().respond(body, status, json.dumps(headers))
    return response


def log_whole(lifetime: JsLifetime | None, fields: str, length: int) -> None:
    """Logs a request whose answer has `length` bytes and is whole."""
    _platform().logWhole(lifetime, fields, length)


def openapi() -> object:
    """`openapi.json` for `respond`: an ArrayBuffer, so that its bytes stay out of Python."""
    return import_from_javascript("edge/openapi.json").default


def is_given(variable: object) -> bool:
    """Whether a variable of the deployment is there at all."""
    return variable is not None and variable is not jsnull


def limits(settings: Settings) -> str:
    """What of everything may be read, held and waited for, in bytes and milliseconds, as JSON."""
    return json.dumps(
        {
            "requestBytes": settings.max_request_bytes,
            "inputBytes": settings.max_input_bytes,
            "formBytes": form_limit(settings),
            "textBytes": MAX_TEXT_BYTES,
            "values": MAX_VALUES,
            "depth": MAX_DEPTH,
            "parts": MAX_PARTS,
            "answerTextBytes": MAX_ANSWER_BYTES,
            "sniffedBytes": SNIFFED_BYTES,
            "upload": _times(settings.upload_stall_seconds, settings.upload_timeout_seconds),
            "download": _times(settings.picture_stall_seconds, settings.picture_timeout_seconds),
        }
    )


def _times(stall_seconds: float, total_seconds: float) -> dict[str, float]:
    return {"stallMs": stall_seconds * 1000, "totalMs": total_seconds * 1000}


def form_limit(settings: Settings) -> int:
    """How many bytes a form may have: all of it is held."""
    return min(settings.max_request_bytes, settings.max_input_bytes)


def begin(request: Any, context: Any, request_id: str, limits: str) -> JsLifetime:
    """How long work for this request goes on: until its client leaves, or something breaks off."""
    lifetime: JsLifetime = _platform().Lifetime.new(request, context, request_id, limits)
    return lifetime


async def drain(request: Any) -> None:
    """Reads what is left of the body of a request that is refused, so that the answer arrives."""
    await _platform().drain(request)


async def read_json(
    request: Any, limit: int, mark: str, lifetime: JsLifetime
) -> tuple[bytes, LongTexts]:
    """A body of JSON in which `mark` and a number stand for each long text, and those texts.

    Raises BodyTooLarge once more than `limit` bytes have come, InvalidRequest where the client
    breaks off, RequestTooSlow where it stalls, and Overloaded.
    """
    try:
        body = await _platform().readJson(request, mark, lifetime)
    except JsException as error:
        raise body_failure(error.name, limit) from None
    long_texts = body.longTexts

    def read(number: int) -> str:
        try:
            text: str = long_texts.text(number)
        except JsException as error:
            raise body_failure(error.name, limit) from None
        return text

    def decode(number: int) -> Blob | None:
        try:
            content = long_texts.decode(number)
        except JsException as error:
            raise body_failure(error.name, limit) from None
        return None if content is None else _blob(lifetime.keep(content))

    return body.json.to_bytes(), LongTexts(mark, read, decode, long_texts.free)


def _blob(content: Any) -> Blob:
    """A Uint8Array that stays where it is."""
    return Blob(content.subarray(0, HEAD_BYTES).to_bytes(), content)


async def read_form(request: Any, limit: int, lifetime: JsLifetime) -> list[FormField]:
    """The fields of a multipart form.

    Raises BodyTooLarge, InvalidRequest where it is none, RequestTooSlow, and Overloaded.
    """
    try:
        fields = await _platform().readForm(request, lifetime)
    except JsException as error:
        raise body_failure(error.name, limit) from None
    return [
        FormField(field.name, field.text)
        if hasattr(field, "text")
        else FormField(field.name, None, _blob(field.content))
        for field in fields
    ]


def _outgoing(request: HttpRequest) -> Any:
    """The body of a request, put together in JavaScript where pictures go into it."""
    if request.body is None or not request.inserts:
        return None if request.body is None else to_js(request.body)
    body, written = _platform().OutgoingBody.new(), 0
    for insert in request.inserts:
        body.add(to_js(request.body[written : insert.at]))
        source = insert.blob.source
        body.insert(to_js(source) if isinstance(source, bytes) else source, insert.base64)
        written = insert.at
    body.add(to_js(request.body[written:]))
    return body


async def send(request: HttpRequest, lifetime: JsLifetime, timeout_seconds: float) -> HttpResponse:
    """Sends a request to an image service and reads its answer, up to the first long text in it.

    Raises UpstreamTooSlow after `timeout_seconds`, and UpstreamBroken when there is no answer.
    """
    try:
        answer = await _platform().send(
            lifetime,
            request.method,
            request.url,
            json.dumps(request.headers),
            _outgoing(request),
            timeout_seconds * 1000,
            request.max_answer_bytes,
            LONG_TEXT,
        )
    except JsException as error:
        raise failure_of(error.name, "The image service") from None
    response = HttpResponse(answer.status, b"", answer.contentType, answer.retryAfter)
    return _with_body(response, answer)


async def wait(seconds: float, lifetime: JsLifetime) -> None:
    """Lets the time pass. Raises UpstreamBroken once all work for the request has ended."""
    try:
        await lifetime.wait(seconds * 1000)
    except JsException as error:
        raise failure_of(error.name, "The image service") from None


async def read_on(response: HttpResponse) -> HttpResponse:
    """The same response with more of its body: up to the next long text behind the one that waits.

    Nothing raises; where the answer breaks off it is `cut`.
    """
    return _with_body(response, await _platform().readOn(response.rest))


def close_answer(response: HttpResponse) -> None:
    """Gives up what was not read of an answer: it would keep one of six connections."""
    if response.rest is not None:
        rest: Any = response.rest
        rest.close()


def _with_body(response: HttpResponse, answer: Any) -> HttpResponse:
    rest = None if answer.rest is None or answer.rest is jsnull else answer.rest
    return replace(
        response,
        body=answer.json.to_bytes(),
        long_texts=tuple(answer.texts),
        rest=rest,
        cut=answer.cut,
    )


async def open_picture(url: str, lifetime: JsLifetime) -> JsPicture:
    """Opens a picture without any credential, and without following a redirect.

    Raises UpstreamTooSlow when nothing comes, and UpstreamBroken when the host does not answer.
    """
    try:
        picture: JsPicture = await _platform().openPicture(lifetime, url)
    except JsException as error:
        raise download_failure(error.name) from None
    return picture


async def open_base64(base64: object, lifetime: JsLifetime) -> JsPicture:
    """Opens a picture that came as base64. Raises UpstreamBroken where it is none."""
    try:
        picture: JsPicture = await _platform().openBase64(base64, lifetime)
    except JsException:
        raise UpstreamBroken("What the image service sent is no picture.") from None
    return picture


async def close_picture(picture: JsPicture) -> None:
    """Gives up a picture that was opened."""
    await _platform().closePicture(picture)


def keep_alive(
    writer: JsWriter, newline: bytes, interval_seconds: float, lifetime: JsLifetime
) -> JsKeepAlive:
    """Writes a newline at once and then every `interval_seconds`, without waking Python."""
    keeper: JsKeepAlive = _platform().KeepAlive.new(
        writer, to_js(newline), interval_seconds * 1000, lifetime
    )
    return keeper


async def break_off(lifetime: JsLifetime, writer: JsWriter) -> None:
    """Ends all work, and cuts the transfer."""
    await _platform().breakOff(lifetime, writer)


def conclude(lifetime: JsLifetime, writer: JsWriter, body: bytes) -> None:
    """Writes the rest of an answer, and ends it, while Python goes on."""
    _platform().conclude(lifetime, writer, to_js(body))


async def write(lifetime: JsLifetime, writer: JsWriter, piece: bytes) -> bool:
    """Writes a piece of an answer; False where the client has left."""
    whole: bool = await _platform().write(lifetime, writer, to_js(piece))
    return whole


async def write_one(
    lifetime: JsLifetime,
    writer: JsWriter,
    picture: JsPicture,
    around: tuple[bytes, bytes],
    limit: int,
) -> bool:
    """Writes one picture of several, with what stands around it; False where it broke off."""
    head, tail = around
    whole: bool = await _platform().writeOne(
        lifetime, writer, picture, to_js(head), to_js(tail), limit
    )
    return whole


def pump(
    lifetime: JsLifetime,
    writer: JsWriter,
    picture: JsPicture,
    around: tuple[bytes, bytes],
    limit: int,
) -> None:
    """Writes a picture as base64 with what stands around it, and ends it, while Python goes on.

    Where the client leaves or the picture breaks off, or has more than `limit` bytes, the transfer
    is cut and all other work for the request ends.
    """
    head, tail = around
    _platform().pump(lifetime, writer, picture, to_js(head), to_js(tail), limit)
