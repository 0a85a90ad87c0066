"""The errors by status, in the forms of OpenAI and of Gemini.

Out: `responses` of the document, by name. A test compares the codes with Easel's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from easel.dialects.gemini import _STATUSES as GEMINI_STATUSES
from tools.openapi.schema import INTEGER, Schema, const, described, enum, ref

# status → (when, codes)
ERRORS: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    400: (
        "The request cannot be honoured (`param` names the field), or the service refuses it.",
        (
            *("invalid_json", "invalid_form", "incomplete_body", "invalid_request"),
            *("unknown_parameter", "unsupported_input"),
            *("upstream_refused", "content_policy_violation"),
        ),
    ),
    401: (
        "The token is missing, unfit, past its own expiry, or rejected.",
        ("invalid_api_key", "token_expired"),
    ),
    403: ("The service denies the account access.", ("access_denied",)),
    404: (
        "There is no such path, model or task; the message says what is legal.",
        ("path_not_found", "model_not_found", "task_not_found"),
    ),
    405: ("The path is served, with another method.", ("method_not_allowed",)),
    408: ("The request stopped coming.", ("request_timeout",)),
    409: ("The service is busy with this very request.", ("conflict",)),
    413: ("The request is larger than Easel or the service takes.", ("request_too_large",)),
    429: (
        "Too many pictures or uploads for now, or no money or pictures left.",
        ("rate_limit_exceeded", "overloaded", "insufficient_quota"),
    ),
    500: ("Easel failed, or is misconfigured.", ("internal_error", "misconfigured")),
    502: (
        "The service, or the host of its picture, answered what cannot be used.",
        (
            *("upstream_broken", "upstream_no_picture", "picture_missing", "picture_too_large"),
            *("task_failed", "tokens_unusable"),
        ),
    ),
    504: ("The service did not answer within the limit.", ("upstream_too_slow",)),
}

# What any endpoint may answer, what one that names a model may, and what one that paints may.
ALWAYS: Final = (405, 500)
NAMING: Final = (404, *ALWAYS)
PAINTING: Final = tuple(ERRORS)


def _header(name: str) -> Schema:
    return {"$ref": f"#/components/headers/{name}"}


HEADERS: Final[dict[str, Schema]] = {
    "RequestId": {
        "description": "What Easel's log calls this request.",
        "required": True,
        "schema": {"type": "string", "pattern": "^req_[0-9a-f]{32}$"},
    },
    "ShouldRetry": {
        "description": "`false` once a service has been asked, but for a 429 worth asking again.",
        "schema": enum("true", "false"),
    },
    "RetryAfter": {"description": "Seconds, where the service says so.", "schema": INTEGER},
    "Allow": {
        "description": "The methods that are served here.",
        "required": True,
        "schema": {"type": "string"},
    },
}

ANSWER_HEADERS: Final = {"x-request-id": _header("RequestId")}

_OWN_HEADERS: Final = {
    405: {"Allow": _header("Allow")},
    429: {"retry-after": _header("RetryAfter")},
}


def _narrowed(dialect: str, status: int, codes: Iterable[str]) -> Schema:
    """The dialect's error, with the words that it has under this status."""
    if dialect == "OpenAI":
        fields: Schema = {"code": enum(*codes)}
    else:
        reason = {"properties": {"reason": enum(*codes)}}
        fields = {
            "code": const(status),
            "status": const(GEMINI_STATUSES[status]),
            "details": {"items": reason},
        }
    return {
        "allOf": [
            ref(f"{dialect}Error"),
            {"properties": {"error": {"properties": fields}}},
        ]
    }


def _headers(status: int) -> Schema:
    return {
        **ANSWER_HEADERS,
        "x-should-retry": _header("ShouldRetry"),
        **_OWN_HEADERS.get(status, {}),
    }


def error_responses() -> dict[str, Schema]:
    """`OpenAI400` and so on."""
    return {
        f"{dialect}{status}": described(
            {
                "headers": _headers(status),
                "content": {"application/json": {"schema": _narrowed(dialect, status, codes)}},
            },
            when,
        )
        for dialect in ("OpenAI", "Gemini")
        for status, (when, codes) in ERRORS.items()
    }


def errors_in_both(statuses: Iterable[int]) -> dict[str, Schema]:
    """The same where the header of the key says which dialect is spoken."""
    either = ("OpenAI", "Gemini")
    return {
        str(status): {
            "description": f"{ERRORS[status][0]} In Gemini's form where x-goog-api-key came.",
            "headers": _headers(status),
            "content": {
                "application/json": {
                    "schema": {
                        "anyOf": [_narrowed(each, status, ERRORS[status][1]) for each in either]
                    }
                }
            },
        }
        for status in statuses
    }


def errors_of(dialect: str, statuses: Iterable[int]) -> dict[str, Schema]:
    """The `responses` of an operation that fails in these ways."""
    return {
        str(status): {"$ref": f"#/components/responses/{dialect}{status}"} for status in statuses
    }
