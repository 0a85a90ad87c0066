from __future__ import annotations

import json

import pytest

from easel import VERSION
from easel.deployment import Limiter
from easel.effects import Begin, CheckRate, Hold, KeepAlive, OpenAddress, ReadJson, Send
from easel.errors import Misconfigured
from easel.life import Asset, Head
from easel.outcomes import HELD, Allowed, Failed
from tests.easel.life import (
    NONCE,
    chat,
    deployment,
    head,
    json_body,
    opened,
    painted,
    play,
)

PROXY = {"EASEL_KEYS": "key", "ZAI_TOKENS": "own-token"}


def error_of(body: object) -> dict[str, str]:
    assert isinstance(body, bytes)
    error: dict[str, str] = json.loads(body)["error"]
    return error


def test_a_chat_is_read_painted_opened_and_answered() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    assert life.job(ReadJson) == ReadJson(f"easel:{NONCE}:")
    life.tell(json_body(chat(stream=True)))
    assert life.wants(Hold) == Hold(5)
    asked = life.job(Send)
    assert asked.request.url == "https://image.z.ai/api/proxy/images/generate"
    assert asked.seconds == 300
    life.tell(painted())
    assert life.job(OpenAddress) == OpenAddress("https://z.ai/cat.png")
    life.tell(opened(7))
    ending = life.ending
    assert ending.begin is not None
    assert ending.begin.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert ending.picture == 7
    whole = json.loads(
        (ending.head + b"QUJD" + ending.tail).removeprefix(b"data: ").split(b"\n")[0]
    )
    part = whole["candidates"][0]["content"]["parts"][0]
    assert part == {"inlineData": {"mimeType": "image/png", "data": "QUJD"}}
    assert whole["easel"] == {"pictures": [{"size": "1024x512"}]}


def test_the_line_of_the_log_says_what_was_asked_and_nothing_that_was_typed() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    life.tell(json_body(chat("secret words", stream=True)))
    life.tell(painted())
    life.tell(opened())
    assert life.ending.begin is not None
    assert life.ending.begin.log is not None
    assert json.loads(life.ending.begin.log) == {
        "request": f"req_{NONCE}",
        "operation": "chat",
        "service": "zai",
        "model": "gemini-3-image-1k",
        "stream": True,
        "key": None,
        "status": 200,
        "code": None,
    }


def test_no_line_is_logged_where_a_deployment_wants_none() -> None:
    life = play(head("GET", "/health"), deployment(variables={"LOG_REQUESTS": "false"}))
    assert life.reply.log is None


def test_an_answer_that_was_held_begins_and_is_kept_alive() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    life.tell(json_body(chat(stream=True)))
    life.tell(None, HELD)
    assert life.wants(Begin).headers["x-request-id"] == f"req_{NONCE}"
    assert life.wants(KeepAlive) == KeepAlive(b"\n", 10, b"\n")
    life.tell(painted())
    life.tell(opened())
    assert life.ending.begin is None


def test_an_error_after_the_headers_is_told_in_the_body() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    life.tell(json_body(chat(stream=True)))
    life.tell(None, HELD)
    life.tell(painted(status=500))
    assert life.ending.error_code == "upstream_broken"
    assert life.ending.head.startswith(b'data: {"error": ')


def test_an_error_before_the_headers_has_its_true_status() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    life.tell(json_body(chat(stream=True)))
    life.tell(painted(status=429))
    assert life.reply.status == 429
    assert error_of(life.reply.body)["code"] == "rate_limit_exceeded"


def test_what_breaks_in_easel_itself_is_an_error_and_is_reported() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    # No shell says this: a job of one kind ends in the outcome of another.
    life.tell(Allowed(allowed=True))
    assert life.reply.status == 500
    assert error_of(life.reply.body)["code"] == "internal_error"
    assert isinstance(life.reply.exception, AssertionError)


@pytest.mark.parametrize(
    ("host", "url"),
    [("a b", "https://easel.example/v1/models"), ("[", "https://[/v1/models")],
)
def test_a_host_that_is_none_is_told(host: str, url: str) -> None:
    reply = play(Head("GET", url, {"host": host})).reply
    assert reply.status == 400
    assert "Host" in error_of(reply.body)["message"]


def test_a_preflight_is_answered_whatever_it_asks_for() -> None:
    asked = {"access-control-request-headers": "x-one, authorization"}
    reply = play(head("OPTIONS", "/anywhere", asked)).reply
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-headers"] == "x-one, authorization"


def test_a_deployment_that_is_misconfigured_says_so_where_its_settings_are_needed() -> None:
    broken = Misconfigured("STREAM_HOLD_SECONDS: must be a number.")
    assert play(head("GET", "/openapi.json"), broken).reply.body is Asset.OPENAPI
    reply = play(head("GET", "/health"), broken).reply
    assert error_of(reply.body)["message"] == "STREAM_HOLD_SECONDS: must be a number."
    assert reply.log is not None


def test_models_are_listed_without_a_token_where_there_are_no_keys() -> None:
    reply = play(Head("GET", "https://easel.example/v1/models", {})).reply
    assert isinstance(reply.body, bytes)
    assert "glm-image" in {model["id"] for model in json.loads(reply.body)["data"]}


def test_models_are_listed_for_a_key_where_there_are_keys() -> None:
    proxy = deployment(variables=PROXY)
    assert play(head("GET", "/v1/models"), proxy).reply.status == 401
    assert play(head("GET", "/v1/models", token="key"), proxy).reply.status == 200


def test_the_key_of_the_query_counts_where_geminis_clients_send_it() -> None:
    proxy = deployment(variables=PROXY)
    url = "https://easel.example/v1beta/models?key=key"
    assert play(Head("GET", url, {}), proxy).reply.status == 200


def test_the_key_of_the_query_does_not_count_where_other_clients_ask() -> None:
    url = "https://easel.example/v1/chat/completions?key=key"
    reply = play(Head("POST", url, {}), deployment(variables=PROXY)).reply
    assert (reply.status, error_of(reply.body)["code"]) == (401, "invalid_api_key")


def test_an_error_at_a_path_that_dialects_share_is_told_in_that_of_the_key() -> None:
    given = {"x-goog-api-key": "key"}
    reply = play(Head("GET", "https://easel.example/v1/models/nothing", given)).reply
    assert (reply.status, error_of(reply.body)["status"]) == (404, "NOT_FOUND")


def test_what_an_application_asks_by_itself_is_answered_at_once() -> None:
    life = play(head("POST", "/v1/chat/completions"))
    life.tell(json_body(chat("hi")))
    assert life.reply.status == 200
    assert isinstance(life.reply.body, bytes)
    assert json.loads(life.reply.body)["choices"][0]["message"]["content"]


def test_a_key_that_is_limited_is_counted_before_the_body_is_read() -> None:
    limited = deployment(Limiter.BOUND, PROXY)
    life = play(head("POST", "/v1/chat/completions", token="key"), limited)
    assert life.job(CheckRate) == CheckRate(1)
    life.tell(Allowed(allowed=True))
    assert life.job(ReadJson) == ReadJson(f"easel:{NONCE}:")
    refused = play(head("POST", "/v1/chat/completions", token="key"), limited)
    refused.tell(Allowed(allowed=False))
    assert refused.reply.status == 429
    assert error_of(refused.reply.body)["code"] == "rate_limit_exceeded"


def test_nobody_paints_where_the_limiter_does_not_answer() -> None:
    life = play(head("POST", "/v1/chat/completions", token="key"), deployment(Limiter.BOUND, PROXY))
    life.tell(Failed("TimeoutError"))
    assert life.reply.status == 500


def test_what_is_no_limiter_is_named() -> None:
    deployed = deployment(Limiter.NOT_A_LIMITER, PROXY)
    reply = play(head("POST", "/v1/chat/completions", token="key"), deployed).reply
    assert "KEY_LIMITER" in error_of(reply.body)["message"]


def test_a_task_is_not_counted_by_the_limiter() -> None:
    deployed = deployment(Limiter.BOUND, {"EASEL_KEYS": "key", "GEEKAI_API_KEYS": "own"})
    life = play(head("GET", "/v1/images/geekai-abc", token="key"), deployed)
    # The token that made it is not here.
    assert life.reply.status == 404


@pytest.mark.parametrize("keys", [{}, {"EASEL_KEYS": "a-key", "ZAI_TOKENS": "z"}])
def test_whoever_asks_hears_that_it_paints_on_the_sandbox(keys: dict[str, str]) -> None:
    told = {"status": "ok", "version": VERSION, "sandbox": True}
    life = play(head("GET", "/health"), deployment(variables={"ON_SANDBOX": "true", **keys}))
    assert isinstance(life.reply.body, bytes)
    assert json.loads(life.reply.body).items() >= told.items()
