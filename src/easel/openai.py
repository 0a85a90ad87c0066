"""The words that OpenAI's APIs share: the error object.

Out: JSON. Source: OpenAI's API reference, "Errors", read 2026-11.
"""

from __future__ import annotations

import json
from typing import Final

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
