"""The Model Context Protocol, in which assistants ask for pictures.

In: a message of `POST /mcp` or `/mcp/<service>`, or a batch of them. Out: what it asks for, and how
to answer; a reply at once for whatever paints nothing. `mcp_encoder` answers a tool that paints.
There are no sessions: each request stands alone (docs/decisions/0013).
Sources: MCP, revisions 2025-03-26 to 2026-07-28; `mcp-types` 2.3, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from easel.dialects.dialect import (
    Body,
    Decoded,
    Delivery,
    DirectReply,
    Incoming,
    MessageOperation,
    Operation,
)
from easel.dialects.mcp_admission import ACCEPT, READS, admit, takes_events
from easel.dialects.mcp_arguments import (
    Arguments,
    check_none,
    image_request,
    to_edit,
    to_generate,
)
from easel.dialects.mcp_batch import Answered, answer_batch
from easel.dialects.mcp_encoder import McpEncoder
from easel.dialects.mcp_errors import (
    INVALID_PARAMS,
    MCP,
    METHOD_NOT_FOUND,
    error_object,
    error_result,
)
from easel.dialects.mcp_message import (
    HANDSHAKE_VERSIONS,
    METHOD_HEADER,
    NAME_HEADER,
    SERVER_INFO,
    VERSION_HEADER,
    VERSIONS,
    Message,
    read_body,
    read_message,
)
from easel.dialects.mcp_tools import EDIT, GENERATE, INSTRUCTIONS, LIST_MODELS, listed, tools
from easel.errors import EaselError, PathNotFound
from easel.settings import Settings

# What a client may keep: a deployment rarely changes, and its list depends on its keys.
_CACHING: Final = {"ttlMs": 3_600_000, "cacheScope": "private"}

_CAPABILITIES: Final[dict[str, object]] = {"tools": {}}


def _told(message: Message, result: dict[str, object]) -> DirectReply:
    return DirectReply(200, message.result(result))


def _failed(message: Message, error: EaselError) -> DirectReply:
    """An error of a tool. A token that is no use is one of the whole request."""
    if error.status == 401:
        return DirectReply(401, error_object(error, message.identity), error.code)
    return DirectReply(200, message.result(error_result(error)), error.code)


def _initialize(message: Message, incoming: Incoming) -> DirectReply:
    del incoming
    asked = message.params.get("protocolVersion")
    if not isinstance(asked, str):
        return message.error(INVALID_PARAMS, "params.protocolVersion: must be a string.")
    return _told(
        message,
        {
            "protocolVersion": asked if asked in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[-1],
            "capabilities": _CAPABILITIES,
            "serverInfo": SERVER_INFO,
            "instructions": INSTRUCTIONS,
        },
    )


def _discover(message: Message, incoming: Incoming) -> DirectReply:
    del incoming
    return _told(
        message,
        {
            "supportedVersions": list(VERSIONS),
            "capabilities": _CAPABILITIES,
            "instructions": INSTRUCTIONS,
            **_CACHING,
        },
    )


def _ping(message: Message, incoming: Incoming) -> DirectReply:
    del incoming
    return _told(message, {})


def _list_tools(message: Message, incoming: Incoming) -> DirectReply:
    if message.params.get("cursor") is not None:
        return message.error(INVALID_PARAMS, "params.cursor: there is one page. Leave it out.")
    caching = _CACHING if message.modern else {}
    return _told(message, {"tools": tools(incoming.catalogue()), **caching})


def _call_tool(message: Message, incoming: Incoming) -> Answered:
    name, arguments = message.params.get("name"), message.params.get("arguments")
    tool = _TOOLS.get(name) if isinstance(name, str) else None
    if tool is None:
        return message.error(INVALID_PARAMS, f"Unknown tool. The tools are {', '.join(_TOOLS)}.")
    if not isinstance(arguments, dict | None):
        return message.error(INVALID_PARAMS, "params.arguments: must be an object.")
    try:
        return tool(message, arguments or {}, incoming)
    except EaselError as error:
        return _failed(message, error)


def _generate(message: Message, arguments: dict[str, Any], incoming: Incoming) -> Decoded:
    return _painting(message, to_generate(arguments, incoming), incoming)


def _edit(message: Message, arguments: dict[str, Any], incoming: Incoming) -> Decoded:
    return _painting(message, to_edit(arguments, incoming), incoming)


def _list_models(message: Message, arguments: dict[str, Any], incoming: Incoming) -> DirectReply:
    check_none(arguments, incoming)
    return _told(message, listed(incoming.catalogue()))


def _painting(message: Message, asked: Arguments, incoming: Incoming) -> Decoded:
    """What a tool is to paint, and how it is answered. Raises InvalidRequest and BodyTooLarge."""
    request = image_request(asked, incoming)
    stream = takes_events(incoming.headers.get(ACCEPT)) and message.progress_token is not None
    encoder = McpEncoder(message, request.model, stream, links=asked.output == "link")
    delivery = _delivery(message, asked, encoder, incoming.settings)
    return Decoded(request, request.model, encoder, delivery)


def _delivery(
    message: Message, asked: Arguments, encoder: McpEncoder, settings: Settings
) -> Delivery:
    limit = min(settings.mcp_inline_bytes, settings.max_inline_bytes)
    return Delivery(
        tell=lambda error: _failed(message, error),
        keep_alive=encoder.progress,
        inline_bytes=None if asked.output == "image" else limit,
    )


_Tool: TypeAlias = Callable[[Message, dict[str, Any], Incoming], Answered]

_TOOLS: Final[dict[str, _Tool]] = {
    GENERATE: _generate,
    EDIT: _edit,
    LIST_MODELS: _list_models,
}


@dataclass(frozen=True, slots=True)
class _Method:
    """A method of MCP, and whether it is one of 2026-07-28, and of the revisions before it."""

    answer: Callable[[Message, Incoming], Answered]
    modern: bool
    before: bool


_METHODS: Final = {
    "initialize": _Method(_initialize, modern=False, before=True),
    "ping": _Method(_ping, modern=False, before=True),
    "server/discover": _Method(_discover, modern=True, before=False),
    "tools/list": _Method(_list_tools, modern=True, before=True),
    "tools/call": _Method(_call_tool, modern=True, before=True),
}


def _check_address(incoming: Incoming) -> None:
    """Raises PathNotFound where nothing is served at the address of a request.

    A token belongs to one service, and an assistant chooses the model: without keys of the
    deployment's the address must say which service it is.
    """
    names = [painter.name for painter in incoming.catalogue().painters]
    addresses = ", ".join(f"/mcp/{name}" for name in names)
    if incoming.name and incoming.name not in names:
        raise PathNotFound(f"There is no such service here. Addresses: {addresses or 'none'}.")
    if not incoming.name and not incoming.settings.easel_keys:
        raise PathNotFound(
            "Your token belongs to one image service, and the address says which. Use one of "
            f"{addresses}. Only a deployment with keys of its own (EASEL_KEYS) serves all of them "
            "at /mcp."
        )


def decode(incoming: Incoming) -> Answered:
    """What a body asks for. Raises PathNotFound, and InvalidRequest for what is no JSON."""
    _check_address(incoming)
    value = read_body(incoming)
    if isinstance(value, list):
        return answer_batch(value, incoming, _answer)
    return _answer(value, incoming)


def _answer(value: Any, incoming: Incoming) -> Answered:
    """What one message asks for."""
    message = read_message(value, incoming)
    if isinstance(message, DirectReply):
        return message
    method = _METHODS.get(message.method)
    if method is None or not (method.modern if message.modern else method.before):
        return message.error(METHOD_NOT_FOUND, "Method not found.")
    return method.answer(message, incoming)


def _operation(path: str) -> MessageOperation:
    return MessageOperation(
        name="mcp",
        method="POST",
        path=path,
        dialect=MCP,
        body=Body.JSON,
        decode=decode,
        reads=(*READS, VERSION_HEADER, METHOD_HEADER, NAME_HEADER),
        admit=admit,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (_operation("/mcp"), _operation("/mcp/{}"))
