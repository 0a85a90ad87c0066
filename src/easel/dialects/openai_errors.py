"""The words that OpenAI's APIs share: content types and the error object.

Out: JSON, or an event of it. Source: OpenAI's API reference, "Errors", read 2026-11.
"""

from __future__ import annotations

import json
from typing import Final

from easel.dialects import sse
from easel.errors import EaselError

JSON_TYPE: Final = "application/json; charset=utf-8"


def error_fields(error: EaselError) -> dict[str, str | None]:
    """`message`, `type`, `param`, `code`: all four always there."""
    return {
        "message": error.message,
        "type": error.kind,
        "param": error.param,
        "code": error.code,
    }


def error_object(error: EaselError) -> bytes:
    """`{"error": {…}}`."""
    return json.dumps({"error": error_fields(error)}).encode()


def content_type(*, stream: bool) -> str:
    """The Content-Type of an answer."""
    return sse.CONTENT_TYPE if stream else JSON_TYPE


def late_error(error: EaselError, *, stream: bool) -> bytes:
    """The whole answer when all fails after the headers have left."""
    body = error_object(error)
    return sse.encode_event(body) + sse.DONE if stream else body
