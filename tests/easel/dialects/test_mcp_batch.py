from __future__ import annotations

import json
from typing import Any

import pytest

from easel.effects import Send
from easel.outcomes import Failed
from easel.services.wire import HttpResponse
from tests.easel.life import Played, opened, painted
from tests.easel.mcp_messages import MODERN, answer, call, message, modern, send

PING = message("ping", id="p")
NOTIFICATION = {"jsonrpc": "2.0", "method": "notifications/initialized"}
PAINT = call("generate_image", prompt="a cat", output="link")
PROGRESS = call("generate_image", "t", prompt="a cat", output="link")


def ids(answers: Any) -> list[object]:
    """The ids of the answers in an array, in their order."""
    return [each["id"] for each in answers]


def array(life: Played) -> list[dict[str, Any]]:
    """The array that a life has replied with at once."""
    assert isinstance(life.reply.body, bytes)
    found = json.loads(life.reply.body)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("version", [None, "2025-03-26"])
def test_each_message_of_a_batch_is_answered(version: str | None) -> None:
    headers = {"mcp-protocol-version": version} if version else {}
    body = [PING, NOTIFICATION, message("tools/list", id=2), message("nope", id=3), 5]
    life = send(body, headers=headers)
    assert life.reply.status == 200
    found = array(life)
    assert ids(found) == ["p", 2, 3, None]
    assert [each.get("error", {}).get("code") for each in found] == [None, None, -32601, -32600]


def test_a_batch_that_wants_no_answer_gets_none() -> None:
    life = send([NOTIFICATION, {"jsonrpc": "2.0", "id": 1, "result": {}}])
    assert (life.reply.status, life.reply.body) == (202, b"")


@pytest.mark.parametrize("body", [[], [PING] * 21])
def test_a_batch_has_a_message_and_not_too_many(body: list[object]) -> None:
    life = send(body)
    error = answer(life)["error"]
    assert (life.reply.status, error["code"]) == (400, -32600)
    assert "1 to 20 messages" in error["message"]


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25", MODERN])
def test_other_revisions_have_no_batches(version: str) -> None:
    life = send([PING], headers={"mcp-protocol-version": version})
    assert (life.reply.status, answer(life)["error"]["code"]) == (400, -32600)


def test_a_handshake_and_what_came_later_are_in_no_batch() -> None:
    begin = message("initialize", {"protocolVersion": "2025-03-26"}, id=1)
    first, second = array(send([begin, modern("tools/list")]))
    assert (first["id"], first["error"]["code"]) == (1, -32600)
    assert (second["id"], second["error"]["code"]) == (7, -32020)


def test_the_picture_of_a_batch_comes_behind_the_other_answers() -> None:
    life = send([PAINT, PING])
    life.tell(painted())
    found = json.loads(life.ending.head)
    assert ids(found) == ["p", 7]
    (picture,) = found[1]["result"]["structuredContent"]["pictures"]
    assert picture == {"url": "https://z.ai/cat.png", "size": "1024x512"}


def test_a_picture_itself_is_in_the_array_too() -> None:
    life = send([PING, call("generate_image", prompt="a cat")])
    life.tell(painted())
    life.tell(opened())
    found = json.loads(life.ending.head + b"AAAA" + life.ending.tail)
    assert found[1]["result"]["content"][0]["data"] == "AAAA"


def test_a_stream_has_an_event_for_each_answer() -> None:
    life = send([PROGRESS, PING])
    life.tell(painted())
    events = [json.loads(each[6:]) for each in life.ending.head.decode().split("\n\n")[:-1]]
    assert ids(events) == ["p", 7]


def test_a_batch_paints_once() -> None:
    life = send([PAINT, PING, {**PAINT, "id": 8}, {**PAINT, "id": 9}])
    assert len(life.jobs(Send)) == 1
    life.tell(painted())
    *others, last = json.loads(life.ending.head)
    assert ids(others) == ["p", 8, 9]
    assert last["id"] == 7
    assert others[1]["result"]["isError"] is True
    assert "A batch paints once" in others[1]["result"]["content"][0]["text"]


def test_a_failure_before_the_headers_is_in_its_place() -> None:
    life = send([PING, PAINT])
    life.tell(Failed("TypeError"))
    assert life.reply.status == 200
    ping, failed = array(life)
    assert (ping["result"], failed["result"]["isError"]) == ({}, True)


def test_a_token_that_is_no_use_is_one_of_the_whole_batch() -> None:
    life = send([PING, PAINT])
    life.tell(HttpResponse(401, b"{}", "application/json"))
    assert life.reply.status == 401
    assert answer(life)["error"]["data"]["code"] == "invalid_api_key"
