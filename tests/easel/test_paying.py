from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from easel.deployment import Deployment, Store
from easel.effects import Send
from easel.life import Head
from easel.services.token_pool import fingerprint
from easel.services.wire import HttpResponse, Recall, Remember, Wait
from tests.easel.flows import json_answer
from tests.easel.life import (
    Played,
    asks,
    error_of,
    head,
    json_body,
    opened,
    painted,
    play,
    proxy,
    told,
)
from tests.easel.samples import answer as recorded

URL = "https://h/cat.png"
GEEKAI_PROXY = {"EASEL_KEYS": "key", "GEEKAI_API_KEYS": "one,two"}
TASKS: dict[str, Any] = {"async": True}
TASK = "11111111-2222"


def asks_for_task(name: str, deployed: Deployment | None = None, token: str = "token") -> Played:
    return play(head("GET", f"/v1/images/{name}", token=token), deployed)


def used(life: Played) -> str:
    """The token with which a service is asked."""
    return dict(life.job(Send).request.headers)["Authorization"].removeprefix("Bearer ")


def running(task_id: str = TASK) -> HttpResponse:
    return json_answer({"task_id": task_id, "task_status": "running"})


def done(url: str = URL) -> HttpResponse:
    return json_answer({"task_status": "succeed", "data": [{"url": url}]})


# --- Whose token. ---


def test_the_callers_own_token_is_sent_to_the_service() -> None:
    assert used(asks(token="mine")) == "mine"


def test_a_service_that_is_named_by_its_header_gets_the_token_in_it() -> None:
    given = {"geekai-api-key": "geekai-token", "authorization": "Bearer other"}
    life = play(Head("POST", "https://easel.example/v1/images/generations", given))
    life.tell(json_body({"model": "gpt-image-1", "prompt": "a cat"}))
    assert dict(life.job(Send).request.headers)["GeekAI-API-Key"] == "geekai-token"


def test_a_personal_proxy_paints_with_its_tokens_in_turn() -> None:
    deployed = proxy(GEEKAI_PROXY)
    assert [used(asks(deployed, token="key")) for _ in range(3)] == ["one", "two", "one"]


def test_a_personal_proxy_goes_on_with_the_next_token() -> None:
    life = asks(proxy(GEEKAI_PROXY), token="key")
    assert used(life) == "one"
    life.tell(json_answer({}, status=429))
    assert used(life) == "two"
    life.tell(json_answer({"data": [{"url": URL}]}))
    assert told(life)["data"] == [{"url": URL}]


def test_a_personal_proxy_has_no_model_of_a_service_for_which_it_has_no_token() -> None:
    life = asks(proxy(GEEKAI_PROXY), token="key", model="gemini-3-image-1k")
    assert error_of(life)["code"] == "model_not_found"
    assert life.jobs(Send) == []


def test_each_of_several_calls_of_a_personal_proxy_takes_the_next_token() -> None:
    deployed = proxy({"EASEL_KEYS": "key", "ZAI_TOKENS": "one,two"})
    life = asks(deployed, token="key", model="gemini-3-image-1k", n=3)
    cookies = [dict(job.request.headers)["Cookie"] for job in life.jobs(Send)]
    assert cookies == ["session=one", "session=two", "session=one"]


def test_a_personal_proxy_paints_with_a_session_that_it_gets_by_itself() -> None:
    deployed = proxy({"EASEL_KEYS": "key", "ZAI_CHAT_TOKENS": "chat-token"})
    life = asks(deployed, token="key", model="gemini-3-image-1k")
    for name in ("address", "approved", "given"):
        assert life.job(Send).seconds == 20
        life.tell(recorded("zai_session", name))
    assert dict(life.job(Send).request.headers)["Cookie"] == "session=session-of-the-sandbox"
    assert life.job(Send).seconds == 300
    life.tell(painted())
    assert told(life)["data"] == [{"url": "https://z.ai/cat.png"}]
    later = asks(deployed, token="key", model="gemini-3-image-1k")
    assert dict(later.job(Send).request.headers)["Cookie"] == "session=session-of-the-sandbox"


def test_where_there_is_a_store_it_is_asked_for_a_session_first() -> None:
    given = {"EASEL_KEYS": "key", "ZAI_CHAT_TOKENS": "chat-token", "LINK_SECRET": "a" * 32}
    deployed = replace(proxy(given), store=Store.BOUND)
    life = asks(deployed, token="key", model="gemini-3-image-1k")
    # A session of one address is none of another.
    assert life.job(Recall).name == "https://image.z.ai chat-token"
    life.tell(HttpResponse(200, b""))
    for name in ("address", "approved", "given"):
        life.tell(recorded("zai_session", name))
    remembers = life.job(Remember)
    assert remembers.name == "https://image.z.ai chat-token"
    assert "session-of-the-sandbox" in remembers.text
    life.tell(None)
    assert dict(life.job(Send).request.headers)["Cookie"] == "session=session-of-the-sandbox"


def test_both_kinds_of_tokens_take_turns() -> None:
    given = {"EASEL_KEYS": "key", "ZAI_TOKENS": "one", "ZAI_CHAT_TOKENS": "two"}
    life = asks(proxy(given), token="key", model="gemini-3-image-1k")
    assert dict(life.job(Send).request.headers)["Cookie"] == "session=one"
    life.tell(painted(status=401))
    for name in ("address", "approved", "given"):
        life.tell(recorded("zai_session", name))
    assert dict(life.job(Send).request.headers)["Cookie"] == "session=session-of-the-sandbox"


def test_many_pictures_at_once_get_one_session_and_wait_for_it_with_a_timer() -> None:
    deployed = proxy({"EASEL_KEYS": "key", "ZAI_CHAT_TOKENS": "chat-token"})
    life = asks(deployed, token="key", model="gemini-3-image-1k", n=10)
    assert (len(life.jobs(Send)), len(life.jobs(Wait))) == (1, 4)
    (signing_in,) = life.keys(Send)
    for name in ("address", "approved", "given"):
        life.tell(recorded("zai_session", name), signing_in)
        signing_in = max(life.keys(Send))
    for waiting in life.keys(Wait):
        life.tell(None, waiting)
    cookies = {dict(job.request.headers)["Cookie"] for job in life.jobs(Send)}
    assert (len(life.jobs(Send)), cookies) == (5, {"session=session-of-the-sandbox"})


# --- Tasks. ---


def test_a_task_that_is_begun_has_an_id_that_easel_knows_again() -> None:
    life = asks(**TASKS)
    life.tell(running())
    task = told(life)
    assert (task["task_id"], task["task_status"]) == (f"geekai-{TASK}", "running")
    again = asks_for_task(task["task_id"])
    assert again.job(Send).request.url.endswith(f"/images/{TASK}")
    again.tell(done())
    assert told(again)["data"] == [{"url": URL}]
    assert told(again)["task_id"] == task["task_id"]


def test_a_task_of_a_personal_proxy_is_asked_for_with_the_token_that_made_it() -> None:
    deployed = proxy(GEEKAI_PROXY)
    asks(deployed, token="key")
    life = asks(deployed, token="key", **TASKS)
    assert used(life) == "two"
    life.tell(running())
    name = told(life)["task_id"]
    assert name == f"geekai-{TASK}~{fingerprint('two')}"
    for _ in range(2):
        assert used(asks_for_task(name, deployed, "key")) == "two"


def test_a_task_of_a_token_that_is_gone_is_not_asked_for() -> None:
    deployed = proxy(GEEKAI_PROXY)
    life = asks_for_task(f"geekai-{TASK}~{fingerprint('three')}", deployed, "key")
    assert (life.reply.status, error_of(life)["code"]) == (404, "task_not_found")


def test_a_task_of_a_service_that_has_none_is_not_asked_for() -> None:
    assert asks_for_task("zai-1").reply.status == 404


def test_a_task_is_asked_for_with_growing_pauses_until_it_is_done() -> None:
    life = asks()
    life.tell(running())
    pauses = []
    for answer in (running(), running(), done()):
        pauses.append(life.job(Wait).seconds)
        life.tell(None, after=life.job(Wait).seconds)
        assert life.job(Send).request.url.endswith(f"/images/{TASK}")
        life.tell(answer)
    assert pauses == sorted(set(pauses))
    assert told(life)["data"] == [{"url": URL}]


def test_a_task_that_takes_too_long_is_told_with_its_id() -> None:
    life = asks()
    life.tell(running())
    life.tell(None, after=1)
    # What is left of 300 seconds.
    assert life.job(Send).seconds == 299
    life.tell(running(), after=298.5)
    assert life.job(Wait).seconds == pytest.approx(0.5)
    life.tell(None, after=0.5)
    assert (life.reply.status, error_of(life)["code"]) == (504, "upstream_too_slow")
    assert f"GET /v1/images/geekai-{TASK} returns its pictures" in error_of(life)["message"]


def test_a_task_of_a_personal_proxy_that_takes_too_long_names_its_token_too() -> None:
    life = asks(proxy(GEEKAI_PROXY), token="key")
    life.tell(running())
    life.tell(None, after=301)
    assert f"/v1/images/geekai-{TASK}~{fingerprint('one')} " in error_of(life)["message"]


def test_a_picture_of_a_task_may_be_carried() -> None:
    life = asks(response_format="b64_json")
    life.tell(running())
    life.tell(None, after=1)
    life.tell(done())
    life.tell(opened(3))
    assert life.ending.picture == 3
    answered = json.loads(life.ending.head + b"QUJD" + life.ending.tail)
    assert answered["task_id"] == f"geekai-{TASK}"
