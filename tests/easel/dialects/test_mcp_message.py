from __future__ import annotations

import base64
from typing import Any

import pytest

from easel.dialects.dialect import DirectReply
from easel.dialects.mcp_message import SERVER_INFO, VERSIONS, Message, read_message
from easel.images.blobs import NO_LONG_TEXTS, LongTexts
from easel.outcomes import JsonBody
from tests.easel.dialects.incoming import incoming
from tests.easel.life import deployment, head, play
from tests.easel.mcp_messages import (
    ENVELOPE,
    MODERN,
    answer,
    call,
    message,
    modern,
    modern_headers,
    send,
)

LONG = LongTexts("mark:", str, lambda _: None, lambda: None)


def refused(body: object, headers: dict[str, str] | None = None) -> tuple[int, int, Any]:
    """Status, code and id of a message that is not served."""
    life = send(body, headers=headers)
    found = answer(life)
    return life.reply.status, found["error"]["code"], found["id"]


def test_a_request_has_its_id_method_and_parameters() -> None:
    found = read_message({"jsonrpc": "2.0", "id": "a", "method": "ping"}, incoming(b""))
    assert found == Message("a", "ping", {}, modern=False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("text", -32600),
        ({"id": 1, "method": "ping"}, -32600),
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, -32600),
        (message("ping", id=None), -32600),
        (message("ping", id=1.5), -32600),
        (message("ping", id=True), -32600),
        (message("ping", id=[]), -32600),
        (message("ping", id="i" * 201), -32600),
        ({"jsonrpc": "2.0", "method": 5}, -32600),
    ],
)
def test_what_is_no_message_is_refused(body: object, code: int) -> None:
    assert refused(body) == (400, code, None)


def test_what_is_no_json_is_a_parse_error() -> None:
    life = play(head("POST", "/mcp/zai", {"content-type": "application/json"}), deployment())
    life.tell(JsonBody(b"{", NO_LONG_TEXTS))
    found = answer(life)
    assert (life.reply.status, found["error"]["code"], found["id"]) == (400, -32700, None)


@pytest.mark.parametrize(
    "body", [{"jsonrpc": "2.0", "id": 1}, {**message(""), "id": 1, "method": 5}]
)
def test_what_has_no_method_is_refused_by_its_id(body: object) -> None:
    assert refused(body) == (400, -32600, 1)


def test_parameters_are_an_object() -> None:
    assert refused({**message("ping"), "params": []}) == (400, -32600, 7)


@pytest.mark.parametrize("token", [1.5, [], "t" * 201])
def test_a_progress_token_is_a_number_or_a_short_text(token: object) -> None:
    assert refused(call("generate_image", token, prompt="a cat")) == (200, -32602, 7)
    body = modern("tools/call", name="list_models", _meta={"progressToken": token})
    assert refused(body, modern_headers("tools/call", "list_models")) == (400, -32602, 7)


def test_an_id_that_was_kept_apart_is_refused() -> None:
    long_texts = LongTexts("mark:", str, lambda _: None, lambda: None)
    life = send(message("ping", id="mark:0"), long_texts=long_texts)
    assert answer(life)["error"]["code"] == -32600


@pytest.mark.parametrize(
    "body",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "m"}},
    ],
)
def test_what_wants_no_answer_gets_none(body: object) -> None:
    reply = send(body).reply
    assert (reply.status, reply.body) == (202, b"")
    assert "content-type" not in reply.headers


def test_a_notification_of_2026_07_28_gets_no_answer() -> None:
    body = {"jsonrpc": "2.0", "method": "notifications/progress"}
    assert send(body, headers={"mcp-protocol-version": MODERN}).reply.status == 202


def test_a_response_is_no_message_of_2026_07_28() -> None:
    headers = {"mcp-protocol-version": MODERN}
    assert refused({"jsonrpc": "2.0", "id": 1, "result": {}}, headers) == (400, -32600, 1)


@pytest.mark.parametrize("identity", [7, {}])
def test_an_unknown_version_is_refused_with_those_that_are_served(identity: object) -> None:
    life = send(message("ping", id=identity), headers={"mcp-protocol-version": "2024-11-05"})
    error = answer(life)["error"]
    assert (life.reply.status, error["code"]) == (400, -32022)
    assert error["data"] == {"supported": list(VERSIONS), "requested": "2024-11-05"}
    assert answer(life)["id"] == (7 if identity == 7 else None)


def test_an_unknown_version_in_the_envelope_is_refused_too() -> None:
    meta = {**ENVELOPE, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}
    body = message("tools/list", {"_meta": meta})
    headers = {**modern_headers("tools/list"), "mcp-protocol-version": "2099-01-01"}
    assert refused(body, headers) == (400, -32022, 7)


@pytest.mark.parametrize("version", [None, 5, [], {}])
def test_a_version_in_the_envelope_is_a_text(version: object) -> None:
    meta = {**ENVELOPE, "io.modelcontextprotocol/protocolVersion": version}
    assert refused(message("tools/list", {"_meta": meta})) == (400, -32602, 7)


@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", "2025-11-25", None])
def test_each_revision_with_a_handshake_is_served_in_any_order(version: str | None) -> None:
    headers = {} if version is None else {"mcp-protocol-version": version}
    assert answer(send(message("ping"), headers=headers))["result"] == {}


def test_a_result_of_2026_07_28_says_what_it_is_and_whose() -> None:
    found = answer(send(modern("server/discover"), headers=modern_headers("server/discover")))
    result = found["result"]
    assert result["resultType"] == "complete"
    assert result["_meta"] == {"io.modelcontextprotocol/serverInfo": SERVER_INFO}
    assert result["supportedVersions"] == list(VERSIONS)


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (message("tools/list"), modern_headers("tools/list"), -32602),
        (message("tools/list", {"_meta": "text"}), modern_headers("tools/list"), -32602),
        (modern("tools/list"), {}, -32020),
        (modern("tools/list"), {"mcp-protocol-version": "2025-11-25"}, -32020),
        (modern("tools/list"), {"mcp-protocol-version": MODERN}, -32020),
        (modern("tools/list"), modern_headers("tools/call"), -32020),
        (modern("tools/call", name="a"), modern_headers("tools/call"), -32020),
        (modern("tools/call", name="a"), modern_headers("tools/call", "b"), -32020),
        (modern("tools/call", name="a"), modern_headers("tools/call", "=?base64?!?="), -32020),
        (modern("tools/call", name="a"), modern_headers("tools/call", "=?base64?/w==?="), -32020),
        (modern("tools/call", name="a"), modern_headers("tools/call", "a"), -32602),
    ],
)
def test_the_envelope_of_2026_07_28_and_its_headers_must_agree(
    body: object, headers: dict[str, str], code: int
) -> None:
    assert refused(body, headers) == (400, code, 7)


def test_a_header_may_be_encoded() -> None:
    name = f"=?base64?{base64.b64encode(b'list_models').decode()}?="
    body = modern("tools/call", name="list_models")
    found = answer(send(body, headers=modern_headers("tools/call", name)))
    assert found["result"]["isError"] is False


def test_a_reply_is_told_to_the_log() -> None:
    found = read_message([], incoming(b""))
    assert isinstance(found, DirectReply)
    assert found.code == "invalid_request"
