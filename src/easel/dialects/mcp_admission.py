"""Who may send a message of MCP, by the headers alone: pages of other origins may not.

In: what is known of a request before its body. Out: nothing, or a `CallerError`; whether a client
takes a stream of events.
Sources: MCP, "Streamable HTTP", "Security Warning", revisions 2025-03-26 to 2026-07-28; RFC 9110,
12.5.1.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from easel.dialects.dialect import Arrival
from easel.errors import NotAcceptable, OriginRefused, UnsupportedMediaType

ACCEPT: Final = "accept"
_CONTENT_TYPE: Final = "content-type"
_ORIGIN: Final = "origin"

# The headers that are read here; none of them holds a token.
READS: Final = (ACCEPT, _CONTENT_TYPE, _ORIGIN)

_JSON_TYPES: Final = frozenset({"*/*", "application/*", "application/json"})
_EVENT_TYPES: Final = frozenset({"*/*", "text/*", "text/event-stream"})

# What a page on this machine has for an origin. A page elsewhere cannot pretend to be one of them,
# also where its name leads to this machine.
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _accepted(headers: str | None) -> frozenset[str]:
    """The media types of an Accept header; all where there is none."""
    types = (each.partition(";")[0].strip().lower() for each in (headers or "*/*").split(","))
    return frozenset(types)


def takes_events(accept: str | None) -> bool:
    """Whether a client takes a stream of events, by its Accept header."""
    return bool(_accepted(accept) & _EVENT_TYPES)


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
    if not _accepted(arrival.headers.get(ACCEPT)) & _JSON_TYPES:
        raise NotAcceptable("Accept: must allow application/json and text/event-stream.")
    content_type = arrival.headers.get(_CONTENT_TYPE, "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedMediaType("Content-Type: must be application/json.")
