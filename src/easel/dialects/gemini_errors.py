"""How Gemini's API spells an error, and the dialect itself.

Source: Google's API reference, "Error codes" and google.rpc.ErrorInfo, read 2026-11.
"""

from __future__ import annotations

import json
import re
from typing import Final

from easel.dialects.dialect import Dialect
from easel.errors import EaselError

# Gemini's word for an HTTP status. Source: google.rpc.Code.
STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    406: "INVALID_ARGUMENT",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def error_info(error: EaselError, **metadata: str) -> dict[str, object]:
    """google.rpc.ErrorInfo; Easel's own code is the `reason`, and `param` is in its metadata."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": error.code,
        "domain": "easel",
        "metadata": {**({"param": error.param} if error.param else {}), **metadata},
    }


def error_object(error: EaselError) -> bytes:
    """`{"error": {"code", "message", "status", "details"}}`."""
    return json.dumps(
        {
            "error": {
                "code": error.status,
                "message": error.message,
                "status": STATUSES[error.status],
                "details": [error_info(error)],
            }
        }
    ).encode()


GEMINI: Final = Dialect(
    "Gemini",
    error_object,
    re.compile(r"/v1beta(/.*)?|.*:[A-Za-z]+"),
    key_header="x-goog-api-key",
    query_key=True,
)
