"""The typed face of `platform.js`, and what becomes of its failures.

In: plain values. Out: JavaScript objects that Python hands on and does not look into, or an
`EaselError`. Bytes cross the border only where Python has to read them.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol, TypeVar

from pyodide.ffi import JsException, jsnull, to_js
from workers import import_from_javascript

from easel.blob import HEAD_BYTES, Blob, LongTexts
from easel.body import MAX_TEXT_BYTES, FormField, body_failure
from easel.errors import UpstreamBroken
from easel.sniff import SNIFFED_BYTES
from easel.wire import LONG_TEXT, HttpRequest, HttpResponse, failure_of

_T = TypeVar("_T")


class JsBytes(Protocol):
    """A Uint8Array."""

    def to_bytes(self) -> bytes: ...


class JsLifetime(Protocol):
    """How long work for one request goes on, and what is kept until it ends."""

    def keep(self, content: Any) -> Any: ...

    def release(self) -> None: ...


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
        _module = import_from_javascript("edge/platform.js")
    return _module


def respond(body: Any, status: int, headers: Mapping[str, str]) -> JsResponse:
    """A Response with a text, a stream, or None for its body."""
    response: JsResponse = _platform().respond(body, status, json.dumps(headers))
    return response


def openapi() -> object:
    """`openapi.json` for `respond`: an ArrayBuffer, so that its bytes stay out of Python."""
    return import_from_javascript("edge/openapi.json").default


def is_given(variable: object) -> bool:
    """Whether a variable of the deployment is there at all."""
    return variable is not None and variable is not jsnull


def begin(request: Any, context: Any, request_id: str) -> JsLifetime:
    """How long work for this request goes on: until its client leaves, or something breaks off."""
    lifetime: JsLifetime = _platform().Lifetime.new(request, context, request_id)
    return lifetime


async def drain(request: Any) -> None:
    """Reads what is left of the body of a request that is refused, so that the answer arrives."""
    await _platform().drain(request)


async def read_json(
    request: Any, limit: int, kept_limit: int, mark: str, lifetime: JsLifetime
) -> tuple[bytes, LongTexts]:
    """A body of JSON in which `mark` and a number stand for each long text, and those texts.

    Of these the last `kept_limit` bytes are kept. Raises BodyTooLarge once more than `limit` bytes
    have come, and InvalidRequest where the client breaks off.
    """
    try:
        body = await _platform().readJson(request, limit, MAX_TEXT_BYTES, kept_limit, mark)
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
    """The fields of a multipart form. Raises BodyTooLarge, and InvalidRequest where it is none."""
    try:
        fields = await _platform().readForm(request, limit, lifetime)
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
    """Sends a request to an image service and reads its answer whole.

    Raises UpstreamTooSlow after `timeout_seconds`, and UpstreamBroken when there is no answer, or
    one that is too long.
    """
    answer = await _or_upstream_error(
        _platform().send(
            lifetime,
            request.method,
            request.url,
            json.dumps(request.headers),
            _outgoing(request),
            timeout_seconds * 1000,
            request.max_answer_bytes,
            LONG_TEXT,
        ),
        "The image service",
    )
    body: bytes = answer.body.to_bytes()
    return HttpResponse(
        answer.status, body, answer.contentType, answer.retryAfter, tuple(answer.longTexts)
    )


async def open_picture(url: str, lifetime: JsLifetime, stall_seconds: float) -> JsPicture:
    """Opens a picture without any credential, and without following a redirect.

    Raises UpstreamTooSlow when nothing comes for `stall_seconds`, and UpstreamBroken when the host
    does not answer.
    """
    opening: Awaitable[JsPicture] = _platform().openPicture(
        lifetime, url, stall_seconds * 1000, SNIFFED_BYTES
    )
    return await _or_upstream_error(opening, "The picture's host")


def open_base64(base64: object) -> JsPicture:
    """Opens a picture that came as base64. Raises UpstreamBroken where it is none."""
    try:
        picture: JsPicture = _platform().openBase64(base64, SNIFFED_BYTES)
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


async def _or_upstream_error(call: Awaitable[_T], who: str) -> _T:
    try:
        return await call
    except JsException as error:
        raise failure_of(error.name, who) from None
