"""The Model Context Protocol, in which assistants ask for pictures.

In: a message of `POST /mcp` or `/mcp/<service>`. Out: what it asks for, and how to answer; a reply
at once for whatever paints nothing. `mcp_encoder` answers a tool that paints. There are no
sessions: each request stands alone (docs/decisions/0013).
Sources: MCP, revisions 2025-03-26 to 2026-07-28; `mcp-types` 2.3, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field

from easel.dialects import image_fields
from easel.dialects.body import BodyModel, read_value
from easel.dialects.dialect import (
    Arrival,
    Body,
    Decoded,
    Delivery,
    DirectReply,
    Incoming,
    MessageOperation,
    Operation,
)
from easel.dialects.image_fields import ImageFields
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
    read_message,
)
from easel.dialects.mcp_tools import EDIT, GENERATE, INSTRUCTIONS, LIST_MODELS, listed, tools
from easel.errors import (
    EaselError,
    InvalidRequest,
    NotAcceptable,
    OriginRefused,
    PathNotFound,
    UnsupportedMediaType,
)
from easel.images.request import MAX_PICTURES, Action, ImageRequest
from easel.settings import Settings

_ACCEPT: Final = "accept"
_CONTENT_TYPE: Final = "content-type"
_ORIGIN: Final = "origin"

_JSON_TYPES: Final = frozenset({"*/*", "application/*", "application/json"})
_EVENT_TYPES: Final = frozenset({"*/*", "text/*", "text/event-stream"})

# What a page on this machine has for an origin. A page elsewhere cannot pretend to be one of them,
# also where its name leads to this machine.
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})

# What a client may keep: a deployment rarely changes, and its list depends on its keys.
_CACHING: Final = {"ttlMs": 3_600_000, "cacheScope": "private"}

_CAPABILITIES: Final[dict[str, object]] = {"tools": {}}


class _Arguments(BodyModel):
    # An unknown argument would be dropped in silence, and the picture be paid for all the same.
    model_config = ConfigDict(extra="forbid")

    prompt: str
    model: str | None = None
    n: Annotated[int, Field(ge=1, le=MAX_PICTURES)] | None = None
    aspect_ratio: str | None = None
    size: str | None = None
    resolution: str | None = None
    quality: str | None = None
    style: str | None = None
    background: str | None = None
    output_format: str | None = None
    negative_prompt: str | None = None
    watermark: bool | None = None
    output: Literal["image", "link"] | None = None


class GenerateArguments(_Arguments):
    """The arguments of `generate_image`."""


class EditArguments(_Arguments):
    """The arguments of `edit_image`."""

    image: str | list[str]
    mask: str | None = None
    strength: float | None = None


class ListModelsArguments(BodyModel):
    """The arguments of `list_models`: none."""

    model_config = ConfigDict(extra="forbid")


def _accepted(headers: str | None) -> frozenset[str]:
    """The media types of an Accept header; all where there is none (RFC 9110, 12.5.1)."""
    types = (each.partition(";")[0].strip().lower() for each in (headers or "*/*").split(","))
    return frozenset(types)


def _is_local(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.hostname in _LOCAL_HOSTS
    except ValueError:
        return False


def _may_ask(origin: str, arrival: Arrival) -> bool:
    """Whether a page may ask.

    The address of this request is taken for its own origin only with TLS: a name that somebody has
    led to this machine has no certificate, but any name may stand in `Host`.
    """
    origin = origin.lower()
    allowed = arrival.settings.mcp_allowed_origins
    own = origin.startswith("https://") and origin == arrival.address.lower()
    return own or _is_local(origin) or origin in allowed or "*" in allowed


def admit(arrival: Arrival) -> None:
    """Raises CallerError for a request that is not read: by its origin or type."""
    origin = arrival.headers.get(_ORIGIN)
    if origin is not None and not _may_ask(origin, arrival):
        raise OriginRefused(
            "Pages of this origin may not ask. The operator can allow it: MCP_ALLOWED_ORIGINS."
        )
    if not _accepted(arrival.headers.get(_ACCEPT)) & _JSON_TYPES:
        raise NotAcceptable("Accept: must allow application/json and text/event-stream.")
    content_type = arrival.headers.get(_CONTENT_TYPE, "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedMediaType("Content-Type: must be application/json.")


_Answered: TypeAlias = DirectReply | Decoded


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


def _call_tool(message: Message, incoming: Incoming) -> _Answered:
    name, arguments = message.params.get("name"), message.params.get("arguments")
    tool = _TOOLS.get(name) if isinstance(name, str) else None
    if tool is None:
        return message.error(INVALID_PARAMS, f"Unknown tool. There are {', '.join(_TOOLS)}.")
    try:
        return tool(message, {} if arguments is None else arguments, incoming)
    except EaselError as error:
        return _failed(message, error)


def _generate(message: Message, arguments: Any, incoming: Incoming) -> Decoded:
    asked = read_value(GenerateArguments, arguments, long_texts=incoming.long_texts)
    return _painting(message, asked, incoming)


def _edit(message: Message, arguments: Any, incoming: Incoming) -> Decoded:
    asked = read_value(EditArguments, arguments, long_texts=incoming.long_texts)
    return _painting(message, asked, incoming)


def _list_models(message: Message, arguments: Any, incoming: Incoming) -> DirectReply:
    read_value(ListModelsArguments, arguments, long_texts=incoming.long_texts)
    return _told(message, listed(incoming.catalogue()))


def _painting(message: Message, asked: _Arguments, incoming: Incoming) -> Decoded:
    """What a tool is to paint. Raises InvalidRequest and BodyTooLarge."""
    long_texts, settings = incoming.long_texts, incoming.settings
    own = {name: getattr(asked, name) for name in asked.model_fields_set}
    fields = image_fields.with_long_texts(
        ImageFields.model_construct(
            **{name: value for name, value in own.items() if name in ImageFields.model_fields}
        ),
        long_texts,
    )
    prompt = long_texts.whole(asked.prompt)
    if not prompt.strip():
        raise InvalidRequest("prompt: must not be empty.", param="prompt")
    images = image_fields.pictures(fields, long_texts)
    model = long_texts.whole(asked.model or incoming.catalogue().default_model)
    request = ImageRequest(
        model,
        prompt,
        image_fields.shape(fields),
        Action.EDIT if images else Action.GENERATE,
        asked.n or 1,
        images,
        image_fields.mask(fields, long_texts),
        image_fields.options(fields, long_texts),
    )
    events = bool(_accepted(incoming.headers.get(_ACCEPT)) & _EVENT_TYPES)
    stream = events and message.progress_token is not None
    encoder = McpEncoder(message, model, stream, links=asked.output == "link")
    return Decoded(request, model, encoder, _delivery(message, asked, encoder, settings))


def _delivery(
    message: Message, asked: _Arguments, encoder: McpEncoder, settings: Settings
) -> Delivery:
    limit = min(settings.mcp_inline_bytes, settings.max_inline_bytes)
    return Delivery(
        tell=lambda error: _failed(message, error),
        keep_alive=encoder.progress,
        inline_bytes=None if asked.output == "image" else limit,
    )


_Tool: TypeAlias = Callable[[Message, Any, Incoming], _Answered]

_TOOLS: Final[dict[str, _Tool]] = {
    GENERATE: _generate,
    EDIT: _edit,
    LIST_MODELS: _list_models,
}


@dataclass(frozen=True, slots=True)
class _Method:
    """A method of MCP, and whether it is one of 2026-07-28, and of the revisions before it."""

    answer: Callable[[Message, Incoming], _Answered]
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


def decode(incoming: Incoming) -> _Answered:
    """What a message asks for. Raises PathNotFound, and InvalidRequest for what is no JSON."""
    _check_address(incoming)
    message = read_message(incoming)
    if isinstance(message, DirectReply):
        return message
    method = _METHODS.get(message.method)
    if method is None or not (method.modern if message.modern else method.before):
        return message.error(METHOD_NOT_FOUND, "Method not found.")
    return method.answer(message, incoming)


_READS: Final = (
    _ACCEPT,
    _CONTENT_TYPE,
    _ORIGIN,
    VERSION_HEADER,
    METHOD_HEADER,
    NAME_HEADER,
)


def _operation(path: str) -> MessageOperation:
    return MessageOperation(
        name="mcp",
        method="POST",
        path=path,
        dialect=MCP,
        body=Body.JSON,
        decode=decode,
        reads=_READS,
        admit=admit,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (_operation("/mcp"), _operation("/mcp/{}"))
