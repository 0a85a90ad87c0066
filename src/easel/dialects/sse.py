"""Server-sent events as Easel writes them.

Out: events and keep-alives as bytes that every client survives. Nothing raises.
Source: WHATWG HTML, "Server-sent events"; what clients survive was tried on 2026-11-20.
"""

from __future__ import annotations

from typing import Final

EVENT_START: Final = b"data: "
EVENT_END: Final = b"\n\n"

# OpenAI's end of a stream; nothing may follow it.
DONE: Final = b"data: [DONE]\n\n"

# A bare newline is an empty line between events, and white space before JSON. A comment (`:`)
# would do for most, but google-genai throws on it.
KEEP_ALIVE: Final = b"\n"

CONTENT_TYPE: Final = "text/event-stream; charset=utf-8"


def encode_event(data: bytes) -> bytes:
    """One event. `data` is JSON on one line."""
    return EVENT_START + data + EVENT_END


def encode_comment(text: str) -> bytes:
    """One line that says nothing to a client. Not for google-genai, which throws on it."""
    return b": " + text.encode() + EVENT_END
