"""What OpenAI's APIs share: the dialect, and its error object.

Out: JSON, or an event of it. Source: OpenAI's API reference, "Errors", read 2026-11.
"""

from __future__ import annotations

import json
import re
from typing import Final

from easel.dialects import sse
from easel.dialects.dialect import JSON_TYPE, Dialect
from easel.errors import EaselError


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


# At these paths clients speak OpenAI's dialect, whatever header the key is in.
OPENAI: Final = Dialect("OpenAI", error_object, re.compile(r"/v1/(chat|images|responses)(/.*)?"))
