"""What clients send, and the row of a table that says what may come of it.

In: a `Case`. Out: the bytes of a request. In a row, which is a `Hostile`, `may` holds the statuses
that are right; 0 is a connection that is closed without an answer, as workerd does with what is no
HTTP. The tables are in `odd_requests` and `hostile_bodies`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.torture.host import Case

MIB: Final = 1024 * 1024
CHAT: Final = "/v1/chat/completions"
GENERATIONS: Final = "/v1/images/generations"
EDITS: Final = "/v1/images/edits"
RESPONSES: Final = "/v1/responses"
INTERACTIONS: Final = "/v1beta/interactions"
MCP: Final = "/mcp/zai"
GEMINI: Final = "/v1beta/models/gemini-3-image-1k:generateContent"


def request(
    case: Case,
    body: bytes = b"",
    *headers: str,
    path: str = CHAT,
    method: str = "POST",
    version: str = "HTTP/1.1",
    host: str | None = "easel.example",
    token: str | None = None,
    length: object = None,
) -> bytes:
    """A request as HTTP has it, but for what a row says."""
    token = case.token if token is None else token
    rows = [f"{method} {path} {version}"]
    rows += [] if host is None else [f"Host: {host}"]
    rows += [f"Authorization: Bearer {token}"] if token else []
    rows += [f"Content-Length: {len(body) if length is None else length}"] if length != "" else []
    return "\r\n".join((*rows, *headers, "", "")).encode("latin-1") + body


def chat(case: Case, **more: Any) -> bytes:
    """A good body of a chat, and more."""
    message = {"role": "user", "content": case.prompt}
    return json.dumps({"model": "gemini-3-image-1k", "messages": [message], **more}).encode()


def images(case: Case, **more: Any) -> bytes:
    fields = {"model": "gemini-3-image-1k", "prompt": case.prompt, "response_format": "b64_json"}
    return json.dumps({**fields, **more}).encode()


def gemini(case: Case) -> bytes:
    return json.dumps({"contents": [{"parts": [{"text": case.prompt}]}]}).encode()


@dataclass(frozen=True, slots=True)
class Hostile:
    """A request. `seconds` is how long its answer may take, `megabytes` what may be held for it."""

    name: str
    may: frozenset[int]
    build: Callable[[Case], bytes]
    seconds: float = 3
    megabytes: float = 60
    quick: bool = False
    head: bool = False


def may(*statuses: int) -> frozenset[int]:
    return frozenset(statuses)
