"""How Gemini's Interactions API spells an error, and the dialect itself.

In: an error. Out: its status, and its words as JSON. Nothing raises.

google-genai for Python and @google/genai ask again by themselves, up to four times, on a 408, 409,
429 or 5xx, and heed no `x-should-retry`. A failure that would be paid again has a status that they
leave alone.
Sources: Google's "API errors" of the Interactions API and google.rpc.ErrorInfo, read 2026-11-21;
google-genai 3.4 and @google/genai 3.1.
"""

from __future__ import annotations

import json
import re
from typing import Final

from easel.dialects.dialect import Dialect
from easel.dialects.gemini_errors import error_info
from easel.errors import EaselError, QuotaExhausted

# What the clients ask again on, beside every 5xx.
_ASKED_AGAIN: Final = frozenset({408, 409, 429})

_PAYMENT_REQUIRED: Final = 402
# RFC 4918, 11.4: what was asked depended on something that failed.
_FAILED_DEPENDENCY: Final = 424

# status → Google's code; what its table has not is the status in snake case, as it says.
CODES: Final = {
    400: "invalid_request",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "invalid_request",
    408: "request_timeout",
    413: "content_too_large",
    415: "invalid_request",
    424: "failed_dependency",
    429: "rate_limit_exceeded",
}

# Easel's own code → Google's, where it has a narrower one.
_NARROWER: Final = {
    "unknown_parameter": "parameter_unknown",
    "content_policy_violation": "prohibited_content",
    "model_not_found": "model_not_found",
}


def status(error: EaselError) -> int:
    """The HTTP status of an error: its own, unless the clients would ask again in vain."""
    own = error.status
    asked_again = own in _ASKED_AGAIN or own >= 500
    if error.should_retry is not False or not asked_again:
        return own
    return _PAYMENT_REQUIRED if isinstance(error, QuotaExhausted) else _FAILED_DEPENDENCY


def error_fields(error: EaselError) -> dict[str, object]:
    """`code`, `message` and `details`, which have Easel's own code, field and status."""
    sent = status(error)
    metadata = {} if sent == error.status else {"status": str(error.status)}
    return {
        "code": _NARROWER.get(error.code, CODES[sent]),
        "message": error.message,
        "details": [error_info(error, **metadata)],
    }


def error_object(error: EaselError) -> bytes:
    """`{"error": {…}}`."""
    return json.dumps({"error": error_fields(error)}).encode()


GEMINI_INTERACTIONS: Final = Dialect(
    "GeminiInteractions",
    error_object,
    re.compile(r"/v1(beta)?/interactions([/:].*)?"),
    query_key=True,
    status=status,
)
