from __future__ import annotations

import pytest

from tests.easel.life import deployment, head, json_body, play
from tests.easel.mcp_messages import ACCEPT, answer, message, send


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://localhost:6274", 200),
        ("http://127.0.0.1", 200),
        ("https://[::1]:8443", 200),
        ("https://easel.example", 200),
        ("https://EASEL.example", 200),
        ("http://easel.example", 403),
        ("https://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("app://localhost", 403),
        ("http://[", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_a_page_may_ask_only_from_this_machine_or_the_deployment(
    origin: str | None, status: int
) -> None:
    given = {"content-type": "application/json", "accept": ACCEPT}
    if origin is not None:
        given["origin"] = origin
    life = play(head("POST", "/mcp/zai", given), deployment())
    if life.end is None:
        life.tell(json_body(message("ping")))
    assert life.reply.status == status
    if status == 403:
        assert answer(life)["error"]["data"]["code"] == "origin_not_allowed"
        assert life.reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("allowed", "status"), [("https://evil.example", 200), ("*", 200), ("https://a.example", 403)]
)
def test_an_operator_may_allow_other_pages(allowed: str, status: int) -> None:
    headers = {"origin": "https://Evil.example"}
    life = send(message("ping"), headers=headers, variables={"MCP_ALLOWED_ORIGINS": allowed})
    assert life.reply.status == status


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("*/*", 200),
        ("application/json", 200),
        ("application/*;q=0.5, text/plain", 200),
        ("text/event-stream", 406),
        ("text/html", 406),
    ],
)
def test_the_client_must_take_json(accept: str, status: int) -> None:
    assert send(message("ping"), headers={"accept": accept}).reply.status == status


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json; charset=utf-8", 200), ("Application/JSON", 200), ("text/plain", 415)],
)
def test_the_body_must_be_announced_as_json(content_type: str, status: int) -> None:
    assert send(message("ping"), headers={"content-type": content_type}).reply.status == status
    assert send(message("ping"), headers={"content-type": ""}).reply.status == 415
