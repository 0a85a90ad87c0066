"""Plays an image service to an upstream's generator."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from easel.errors import EaselError
from easel.images.result import ImageResult
from easel.services.service import Access
from easel.services.wire import Flow, HttpRequest, HttpResponse
from easel.settings import Settings
from easel.token import Token


def painter(
    settings: Settings | None = None,
    base_url: str = "https://painter.example",
    token: str = "token",
) -> Access:
    """How a service is asked that is none of Easel's."""
    return Access("Painter", base_url, Token(token), settings or Settings(), 0, "nonce")


def outcome(flow: Flow, response: HttpResponse) -> ImageResult:
    """What a flow of one call paints when it is answered like this."""
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send(response)
    painted: ImageResult = end.value.value
    return painted


def error_from(flow: Flow, response: HttpResponse) -> EaselError:
    """The error of a flow of one call when it is answered like this."""
    next(flow)
    with pytest.raises(EaselError) as caught:
        flow.send(response)
    return caught.value


def sent(request: HttpRequest) -> bytes:
    """The body of a request with its pictures in it, as the shell sends it."""
    body, written = b"", 0
    for insert in request.inserts:
        content = insert.blob.source
        assert isinstance(content, bytes)
        body += (request.body or b"")[written : insert.at]
        body += b64encode(content) if insert.base64 else content
        written = insert.at
    return body + (request.body or b"")[written:]


def json_answer(body: object, status: int = 200) -> HttpResponse:
    """An answer with this object as its body."""
    return HttpResponse(status, json.dumps(body).encode(), "application/json")
