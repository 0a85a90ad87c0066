"""The errors by status, in the form of each dialect.

Out: `responses` of the document, by name. A test compares the codes with Easel's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from easel.dialects.dialect import Dialect
from easel.dialects.gemini_errors import GEMINI
from easel.dialects.gemini_errors import STATUSES as GEMINI_STATUSES
from easel.dialects.gemini_interactions_errors import GEMINI_INTERACTIONS
from easel.dialects.mcp_errors import MCP
from easel.dialects.openai_errors import OPENAI
from easel.headers import CHALLENGE
from tools.openapi.schema import INTEGER, Schema, const, described, enum, ref

# status → (when, codes)
ERRORS: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    400: (
        "The request cannot be supported (`param` names the field), or the service refuses it.",
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
    403: (
        "The service denies the account access, or who asks may not.",
        ("access_denied", "origin_not_allowed", "deletion_not_allowed"),
    ),
    404: (
        "There is no such path, model, task or picture; the message says what is legal.",
        ("path_not_found", "model_not_found", "task_not_found", "picture_not_found"),
    ),
    405: ("The path is served, with another method.", ("method_not_allowed",)),
    406: ("The client takes no form of the answer.", ("not_acceptable",)),
    408: ("The request stopped arriving.", ("request_timeout",)),
    409: ("The service is already working on this request.", ("conflict",)),
    413: ("The request is larger than Easel or the service takes.", ("request_too_large",)),
    415: ("The body is of another type.", ("unsupported_media_type",)),
    429: (
        "Too many pictures or uploads for now, or no money or pictures left.",
        ("rate_limit_exceeded", "overloaded", "insufficient_quota"),
    ),
    500: ("Easel failed, or is misconfigured.", ("internal_error", "misconfigured")),
    502: (
        "The service, or the host of its picture, answered what cannot be used.",
        (
            *("upstream_broken", "upstream_no_picture", "picture_missing", "picture_too_large"),
            *("task_failed", "tokens_unusable", "sign_in_failed", "surplus_pictures"),
            "picture_linked",
        ),
    ),
    504: ("The service did not answer within the limit.", ("upstream_too_slow",)),
}

# Its clients ask again by themselves on a 409, 429 or 5xx, so that what must not be asked again has
# another status there.
_NOT_ASKED_AGAIN: Final = (409, 500, 502, 504)
INTERACTIONS_ERRORS: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    **{status: told for status, told in ERRORS.items() if status not in _NOT_ASKED_AGAIN},
    402: ("The account has no money or pictures left.", ("insufficient_quota",)),
    424: (
        "It is of no use to ask again, and may have been paid: elsewhere a 409, 500, 502 or 504.",
        tuple(code for status in _NOT_ASKED_AGAIN for code in ERRORS[status][1]),
    ),
    429: ("Too many pictures or uploads for now.", ("rate_limit_exceeded", "overloaded")),
}

# What any endpoint may answer, what one that names a model may, and what one that paints may.
ALWAYS: Final = (405, 500)
NAMING: Final = (404, *ALWAYS)
# Those that one dialect alone has by a status.
_MCP_ONLY: Final = (406, 415)
PAINTING: Final = tuple(status for status in ERRORS if status not in _MCP_ONLY)
INTERACTING: Final = tuple(status for status in INTERACTIONS_ERRORS if status not in _MCP_ONLY)
# What a tool does not achieve is told in its result.
MCP_STATUSES: Final = (400, 401, 403, *NAMING[:1], 405, 406, 408, 413, 415, 429, 500)


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
    "WwwAuthenticate": {
        "description": "What is wanted: a Bearer token.",
        "required": True,
        "schema": {"type": "string", "const": CHALLENGE},
    },
    "Allow": {
        "description": "The methods that are served here.",
        "required": True,
        "schema": {"type": "string"},
    },
}

ANSWER_HEADERS: Final = {"x-request-id": _header("RequestId")}

_OWN_HEADERS: Final = {
    401: {"www-authenticate": _header("WwwAuthenticate")},
    405: {"Allow": _header("Allow")},
    429: {"retry-after": _header("RetryAfter")},
}


def _openai_fields(status: int, codes: Iterable[str]) -> Schema:
    del status
    return {"code": enum(*codes)}


def _gemini_fields(status: int, codes: Iterable[str]) -> Schema:
    reason = {"properties": {"reason": enum(*codes)}}
    return {
        "code": const(status),
        "status": const(GEMINI_STATUSES[status]),
        "details": {"items": reason},
    }


def _interactions_fields(status: int, codes: Iterable[str]) -> Schema:
    del status
    return {"details": {"items": {"properties": {"reason": enum(*codes)}}}}


def _mcp_fields(status: int, codes: Iterable[str]) -> Schema:
    del status
    return {"data": {"properties": {"code": enum(*codes)}}}


# dialect → the fields of its error, with the words that it has under a status
_FIELDS: Final[dict[str, Callable[[int, Iterable[str]], Schema]]] = {
    OPENAI.name: _openai_fields,
    GEMINI.name: _gemini_fields,
    GEMINI_INTERACTIONS.name: _interactions_fields,
    MCP.name: _mcp_fields,
}


def _narrowed(dialect: Dialect, status: int, codes: Iterable[str]) -> Schema:
    """The dialect's error under a status; anything for one that has no words here yet."""
    fields = _FIELDS.get(dialect.name)
    if fields is None:
        return {}
    error = {"properties": {"error": {"properties": fields(status, codes)}}}
    return {"allOf": [ref(f"{dialect.name}Error"), error]}


def _response(status: int, dialects: Sequence[Dialect]) -> Schema:
    table = INTERACTIONS_ERRORS if dialects[0] is GEMINI_INTERACTIONS else ERRORS
    when, codes = table[status]
    schemas = [_narrowed(dialect, status, codes) for dialect in dialects]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    response = {
        "headers": {
            **ANSWER_HEADERS,
            "x-should-retry": _header("ShouldRetry"),
            **_OWN_HEADERS.get(status, {}),
        },
        "content": {"application/json": {"schema": schema}},
    }
    return described(response, when)


def _name(dialects: Sequence[Dialect], status: int) -> str:
    spelled = dialects[0].name if len(dialects) == 1 else "Either"
    return f"{spelled}{status}"


def error_responses(dialects: Sequence[Dialect], statuses: Iterable[int]) -> dict[str, Schema]:
    """`OpenAI400` and so on: errors that are spelled in one of `dialects`."""
    return {_name(dialects, status): _response(status, dialects) for status in statuses}


def errors_of(dialects: Sequence[Dialect], statuses: Iterable[int]) -> dict[str, Schema]:
    """The `responses` of an operation with these errors."""
    return {
        str(status): {"$ref": f"#/components/responses/{_name(dialects, status)}"}
        for status in statuses
    }
