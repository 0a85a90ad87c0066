"""Messages of MCP as clients send them, and lives of requests that bring one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from easel.images.blobs import NO_LONG_TEXTS, LongTexts
from tests.easel.life import Played, deployment, head, json_body, play

ACCEPT = "application/json, text/event-stream"
MODERN = "2026-07-28"

ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


def message(method: str, params: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A request of a revision with a handshake."""
    found = {"jsonrpc": "2.0", "id": 7, "method": method, **more}
    return found if params is None else {**found, "params": params}


def modern(method: str, **params: Any) -> dict[str, Any]:
    """A request of 2026-07-28."""
    return message(method, {**params, "_meta": {**ENVELOPE, **params.get("_meta", {})}})


def modern_headers(method: str, name: str | None = None) -> dict[str, str]:
    named = {} if name is None else {"mcp-name": name}
    return {"mcp-protocol-version": MODERN, "mcp-method": method, **named}


def call(tool: str, token: object = None, /, **arguments: Any) -> dict[str, Any]:
    """A call of a tool."""
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    if token is not None:
        params["_meta"] = {"progressToken": token}
    return message("tools/call", params)


def send(
    body: object,
    path: str = "/mcp/zai",
    headers: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    long_texts: LongTexts = NO_LONG_TEXTS,
    token: str = "token",
) -> Played:
    """The life of a request that brings a message, after its body was read."""
    given = {"content-type": "application/json", "accept": ACCEPT, **(headers or {})}
    given = {name: value for name, value in given.items() if value}
    life = play(head("POST", path, given, token), deployment(variables=variables))
    if life.end is None:
        life.tell(json_body(body, long_texts))
    return life


def answer(life: Played) -> dict[str, Any]:
    """The answer of a life that has replied at once."""
    body = life.reply.body
    assert isinstance(body, bytes)
    found: dict[str, Any] = json.loads(body)
    return found
