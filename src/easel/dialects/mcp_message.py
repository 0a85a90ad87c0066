"""One message of MCP, as it comes in the body and the headers of a POST.

In: a request with a JSON body, and a message of it. Out: a `Message`; a `DirectReply` where there
is nothing to do, or where the message cannot be served; `InvalidRequest` for what is no JSON.

Revision 2026-07-28 has no handshake: each message says its version in `_meta`, and repeats in
headers what a gateway wants to know. The revisions before it begin with `initialize`; since Easel
keeps no session, it takes their messages in any order. Which of the two a message is, its version
says.
Sources: MCP, "Streamable HTTP", revisions 2025-03-26 to 2026-07-28; `mcp` 2.3 and
`@modelcontextprotocol/sdk` 1.32, read 2026-11.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from easel import VERSION
from easel.dialects.body import MAX_DEPTH, MAX_TEXT_BYTES
from easel.dialects.dialect import DirectReply, Incoming
from easel.dialects.mcp_errors import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    UNSUPPORTED_VERSION,
    Identity,
    rpc_error,
)
from easel.errors import InvalidRequest
from easel.foreign_json import NotReadable, parse_json
from easel.images.blobs import LongTexts

# Oldest first. 2024-11-05 had another transport.
HANDSHAKE_VERSIONS: Final = ("2025-03-26", "2025-06-18", "2025-11-25")
MODERN_VERSION: Final = "2026-07-28"
VERSIONS: Final = (*HANDSHAKE_VERSIONS, MODERN_VERSION)

# The one that has batches (`mcp_batch`).
BATCH_VERSION: Final = "2025-03-26"

VERSION_HEADER: Final = "mcp-protocol-version"
METHOD_HEADER: Final = "mcp-method"
NAME_HEADER: Final = "mcp-name"

_VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
_CAPABILITIES_KEY: Final = "io.modelcontextprotocol/clientCapabilities"
_SERVER_KEY: Final = "io.modelcontextprotocol/serverInfo"

# What Easel says of itself.
SERVER_INFO: Final = {"name": "easel", "title": "Easel", "version": VERSION}

# An id comes back in the answer, and a token in each notification.
_LONGEST_ID: Final = 200

# How a header holds what is not visible ASCII (2026-07-28, "Value Encoding").
_ENCODED: Final = re.compile(r"=\?base64\?(.*)\?=")

# The parameter that `Mcp-Name` repeats, by method.
_NAMED: Final = {"tools/call": "name"}

# The statuses of JSON-RPC errors. Only 2026-07-28 has them for what a message asks for: before it,
# clients take a status for a failure of the transport, and show no reason.
_STATUSES: Final = {METHOD_NOT_FOUND: 404}


@dataclass(frozen=True, slots=True)
class Message:
    """A request in JSON-RPC. `modern` is whether it is of revision 2026-07-28.

    `progress_token` is set where the client wants to hear of progress.
    """

    identity: int | str
    method: str
    params: Mapping[str, Any] = field(repr=False)
    modern: bool
    progress_token: int | str | None = None

    def result(self, result: Mapping[str, object]) -> bytes:
        """The answer with this result."""
        answer = {"jsonrpc": "2.0", "id": self.identity, "result": self.stamped(result)}
        return json.dumps(answer).encode()

    def stamped(self, result: Mapping[str, object]) -> dict[str, object]:
        """A result with what its revision wants in each."""
        if not self.modern:
            return {**result}
        meta = {**_object(result.get("_meta")), _SERVER_KEY: SERVER_INFO}
        return {**result, "resultType": "complete", "_meta": meta}

    def error(self, code: int, message: str, data: object = None) -> DirectReply:
        """The answer where it cannot be served."""
        status = _STATUSES.get(code, 400) if self.modern else 200
        return DirectReply(status, rpc_error(self.identity, code, message, data), _WORDS[code])


# What the log calls an error of JSON-RPC.
_WORDS: Final = {
    INVALID_REQUEST: "invalid_request",
    METHOD_NOT_FOUND: "method_not_found",
    INVALID_PARAMS: "invalid_params",
    HEADER_MISMATCH: "header_mismatch",
    UNSUPPORTED_VERSION: "unsupported_version",
}

_ACCEPTED: Final = DirectReply(202)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def refused(code: int, message: str, identity: Identity = None, data: object = None) -> DirectReply:
    """What is no message that could be served."""
    return DirectReply(400, rpc_error(identity, code, message, data), _WORDS[code])


def _is_identity(value: object, long_texts: LongTexts) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_ID and not long_texts.holds(value)
    return isinstance(value, int) and not isinstance(value, bool)


def identity_of(value: Mapping[str, Any], long_texts: LongTexts) -> Identity:
    """The id of what need not be a message; None where it has none that can be used."""
    identity = value.get("id")
    return identity if _is_identity(identity, long_texts) else None


def read_body(incoming: Incoming) -> Any:
    """What a body holds: a message, or several. Raises InvalidRequest."""
    try:
        return parse_json(incoming.body, max_bytes=MAX_TEXT_BYTES, max_depth=MAX_DEPTH)
    except NotReadable as error:
        raise InvalidRequest(f"The body {error}.", code="invalid_json") from None


def read_message(value: Any, incoming: Incoming) -> Message | DirectReply:
    """The request that a value of a body is; a reply for all else."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        return refused(INVALID_REQUEST, 'A message must be an object with "jsonrpc": "2.0".')
    version = incoming.headers.get(VERSION_HEADER)
    meta = _object(_object(value.get("params")).get("_meta"))
    modern = version == MODERN_VERSION or _VERSION_KEY in meta
    if version is not None and version not in VERSIONS and not modern:
        return _unsupported(version, identity_of(value, incoming.long_texts))
    if "method" not in value and ("result" in value or "error" in value) and not modern:
        # The answer to something that Easel never asks.
        return _ACCEPTED
    return _read_request(value, meta, incoming, modern=modern)


def _unsupported(version: str, identity: Identity) -> DirectReply:
    data = {"supported": list(VERSIONS), "requested": version[:_LONGEST_ID]}
    return refused(UNSUPPORTED_VERSION, "Unsupported protocol version.", identity, data)


def _read_request(
    value: dict[str, Any], meta: dict[str, Any], incoming: Incoming, *, modern: bool
) -> Message | DirectReply:
    method, params, token = value.get("method"), value.get("params"), meta.get("progressToken")
    identity = identity_of(value, incoming.long_texts)
    if not isinstance(method, str):
        return refused(INVALID_REQUEST, "method: must be a string.", identity)
    if "id" not in value:
        # Of a notification nothing follows here: without sessions there is nothing to cancel.
        return _ACCEPTED
    if identity is None:
        return refused(
            INVALID_REQUEST,
            f"id: must be a whole number, or a string of up to {_LONGEST_ID} characters.",
        )
    if not isinstance(params, dict | None):
        return refused(INVALID_REQUEST, "params: must be an object.", identity)
    message = Message(identity, method, params or {}, modern, token)
    if token is not None and not _is_identity(token, incoming.long_texts):
        return message.error(
            INVALID_PARAMS,
            "params._meta.progressToken: must be a whole number, or a string of up to "
            f"{_LONGEST_ID} characters.",
        )
    return (_mismatch(message, meta, incoming.headers) if modern else None) or message


def _mismatch(
    message: Message, meta: Mapping[str, Any], headers: Mapping[str, str]
) -> DirectReply | None:
    """What is wrong with the envelope of a message of 2026-07-28, or None."""
    missing = [key for key in (_VERSION_KEY, _CAPABILITIES_KEY) if key not in meta]
    if missing:
        return message.error(INVALID_PARAMS, f"params._meta: {' and '.join(missing)} missing.")
    version = meta[_VERSION_KEY]
    if not isinstance(version, str):
        return message.error(INVALID_PARAMS, f"params._meta.{_VERSION_KEY}: must be a string.")
    if headers.get(VERSION_HEADER) != version:
        return message.error(HEADER_MISMATCH, f"{VERSION_HEADER}: must be that of params._meta.")
    if version != MODERN_VERSION:
        return _unsupported(version, message.identity)
    if headers.get(METHOD_HEADER) != message.method:
        return message.error(HEADER_MISMATCH, f"{METHOD_HEADER}: must be that of the body.")
    name = _NAMED.get(message.method)
    if name and _decoded(headers.get(NAME_HEADER)) != message.params.get(name):
        return message.error(HEADER_MISMATCH, f"{NAME_HEADER}: must be params.{name} of the body.")
    return None


def _decoded(value: str | None) -> str | None:
    """What a header holds; None where it cannot be read."""
    found = _ENCODED.fullmatch(value or "")
    if found is None:
        return value
    try:
        return b64decode(found[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
