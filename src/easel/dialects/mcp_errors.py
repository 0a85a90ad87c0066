"""How MCP spells an error, and the dialect itself.

Out: a JSON-RPC error where a message itself cannot be served; the result of a tool with `isError`
where the tool was found, in words that a model can act on.
Sources: JSON-RPC 2.0, 5.1; MCP, "Tools", "Error Handling", and the codes of revision 2026-07-28
(`mcp-types` 2.3, read 2026-11).
"""

from __future__ import annotations

import json
import re
from typing import Final, TypeAlias

from easel.dialects.dialect import Dialect
from easel.errors import (
    AccessDenied,
    CallerError,
    EaselError,
    InternalError,
    Overloaded,
    PictureUnreachable,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
    TokenRejected,
    TokenUnusable,
    UpstreamBusy,
)

# An id of a request, or None where it could not be read.
Identity: TypeAlias = int | str | None

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
HEADER_MISMATCH: Final = -32020
UNSUPPORTED_VERSION: Final = -32022

# Where an error of a tool has what a program needs of it.
ERROR_META: Final = "easel/error"

# What is to be done about an error; the first kind that fits counts. A caller's own mistake says
# itself what is legal.
_ADVICE: Final[tuple[tuple[tuple[type[EaselError], ...], str], ...]] = (
    (
        (TokenUnusable, TokenRejected, AccessDenied, QuotaExhausted, InternalError),
        "Calling again does not help. Tell the user.",
    ),
    ((UpstreamBusy, Overloaded, RateLimited), "Wait{seconds}, then call again."),
    ((RequestRefused,), "Change the prompt or the arguments before you call again."),
    ((CallerError,), ""),
    (
        (PictureUnreachable,),
        "The picture was painted and paid for. Ask the user before you paint it again.",
    ),
    ((EaselError,), "It may have been paid for. Ask the user before you call again."),
)


def rpc_error(identity: Identity, code: int, message: str, data: object = None) -> bytes:
    """A JSON-RPC error."""
    error: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return json.dumps({"jsonrpc": "2.0", "id": identity, "error": error}).encode()


def _rpc_code(error: EaselError) -> int:
    if error.code == "invalid_json":
        return PARSE_ERROR
    return INVALID_REQUEST if isinstance(error, CallerError) else INTERNAL_ERROR


def error_object(error: EaselError, identity: Identity = None) -> bytes:
    """An error of a request that is not served, with its HTTP status beside it."""
    data = {"code": error.code, "param": error.param}
    return rpc_error(identity, _rpc_code(error), error.message, data)


def advice(error: EaselError) -> str:
    """What a model should do about an error, "" where the error says it."""
    words = next(words for kinds, words in _ADVICE if isinstance(error, kinds))
    seconds = f" {error.retry_after} seconds" if error.retry_after else " a minute"
    return words.replace("{seconds}", seconds)


def error_result(error: EaselError) -> dict[str, object]:
    """The result of a tool that failed."""
    text = f"{error.message} {advice(error)}".rstrip()
    told = {"code": error.code, "status": error.status, "param": error.param}
    return {
        "content": [{"type": "text", "text": text}],
        "isError": True,
        "_meta": {ERROR_META: told},
    }


MCP: Final = Dialect("MCP", error_object, re.compile(r"/mcp(/.*)?"))
