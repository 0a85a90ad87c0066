"""GeekAI's tasks where the caller waits: Easel asks on for as long as it may, on workerd."""

from __future__ import annotations

import io
import itertools
import re
import time

import httpx
import pytest
from PIL import Image

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import DIALECTS, Ask, Dialect
from tests.worker.reading import Timed, eventually, read_all
from tools.sandbox.state import Call

MODEL = "geekai/gpt-image-2"
HEADERS = {"authorization": f"Bearer {TOKEN}"}


def last_call(internet: Internet) -> Call | None:
    """The sandbox keeps the last calls alone, so they are not counted."""
    return internet.sandbox.calls[-1] if internet.sandbox.calls else None


def calls_since(internet: Internet, before: Call | None) -> list[Call]:
    """The calls behind that one, in their order."""
    latest = reversed(list(internet.sandbox.calls))
    return list(itertools.takewhile(lambda call: call is not before, latest))[::-1]


def polls(internet: Internet, before: Call | None) -> list[str]:
    """The addresses that were asked since then, in their order."""
    calls = calls_since(internet, before)
    return [call.url for call in calls if call.method == "GET" and "/api/v1/images/" in call.url]


FAULTS = ("unfinished=1", "unfinished=1 sandbox:base64")


@pytest.fixture(scope="module")
def waited_for(client: httpx.Client, easel: Easel) -> dict[tuple[str, bool, str], Timed]:
    """The answers that take their time, of all languages side by side."""
    return read_all(
        client,
        {
            (dialect.name, stream, fault): dialect.request(
                easel.url, Ask(MODEL, f"sandbox:{fault}", stream)
            )
            for dialect in DIALECTS
            for stream in (False, True)
            for fault in FAULTS
        },
    )


@pytest.fixture(scope="module")
def given_up(client: httpx.Client, easel: Easel) -> dict[str, Timed]:
    """The answers where the picture takes longer than Easel waits."""
    ask = Ask(MODEL, "sandbox:unfinished=9", stream=True)
    return read_all(client, {dialect.name: dialect.request(easel.url, ask) for dialect in DIALECTS})


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_task_where_a_picture_was_asked_for_is_waited_for(
    waited_for: dict[tuple[str, bool, str], Timed], dialect: Dialect, fault: str, *, stream: bool
) -> None:
    response = waited_for[dialect.name, stream, fault].whole
    assert response.status_code == 200
    # It is kept alive meanwhile.
    if stream and dialect.has_prelude:
        assert b"\n\n\n" in response.content
    else:
        kept_alive = dialect.keep_alive if stream else re.compile(rb"\n*")
        found = kept_alive.match(response.content)
        assert found is not None
        assert found[0] != b""
    (picture,) = dialect.pictures(dialect.answer(response, stream=stream))
    assert Image.open(io.BytesIO(picture)).size == (1024, 1024)


def test_the_answer_carries_the_task(client: httpx.Client, easel: Easel, marker: str) -> None:
    for fault in ("unfinished=1", "slow=1"):
        body = {"model": MODEL, "prompt": f"sandbox:{fault} {marker}"}
        response = client.post(f"{easel.url}/v1/images/generations", json=body, headers=HEADERS)
        answer = response.json()
        assert answer["task_status"] == "succeed"
        assert re.fullmatch(r"geekai-[0-9a-f-]{36}", answer["task_id"])


def test_questions_that_come_to_nothing_are_asked_again(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    before = last_call(internet)
    body = {"model": MODEL, "prompt": f"sandbox:unfinished=3 sandbox:poll-broken {marker}"}
    started = time.monotonic()
    response = client.post(f"{unchanged.url}/v1/images/generations", json=body, headers=HEADERS)
    assert response.json()["task_status"] == "succeed", response.text
    # The pauses grow: 1, 1.3, 1.69 and 2.2 s.
    assert time.monotonic() - started > 6
    assert len(polls(internet, before)) >= 4


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_where_the_time_is_over_the_error_names_the_task(
    client: httpx.Client, easel: Easel, given_up: dict[str, Timed], dialect: Dialect
) -> None:
    response = given_up[dialect.name].whole
    answer = dialect.answer(response, stream=True)
    assert dialect.error(answer)[1] == "upstream_too_slow"
    found = re.search(r"GET (/v1/images/geekai-[0-9a-f-]{36}) returns", response.text)
    assert found is not None
    task = client.get(f"{easel.url}{found[1]}", headers=HEADERS).json()
    assert task["task_status"] in ("running", "succeed")


def test_a_client_that_leaves_ends_the_questions(
    client: httpx.Client, typed: Easel, internet: Internet, marker: str
) -> None:
    before = last_call(internet)
    ask = Ask(MODEL, f"sandbox:unfinished=99 {marker}", stream=True)
    # It is kept alive five times a second, so that it is soon known to have left.
    response = client.send(DIALECTS[0].request(typed.url, ask), stream=True)
    assert eventually(lambda: bool(polls(internet, before)), seconds=4)
    response.close()
    time.sleep(1)
    asked = len(polls(internet, before))
    # The next pauses would be 1.69 and 2.2 s.
    time.sleep(5)
    assert len(polls(internet, before)) == asked


def test_in_a_personal_proxy_the_task_is_asked_for_with_the_token_that_made_it(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str
) -> None:
    before = last_call(internet)
    headers = {"authorization": "Bearer a-key"}
    body = {"model": MODEL, "prompt": f"sandbox:unfinished=1 {marker}"}
    response = client.post(f"{proxy.url}/v1/images/generations", json=body, headers=headers)
    task_id = response.json()["task_id"]
    assert re.fullmatch(r"geekai-[0-9a-f-]{36}~[0-9a-f]{8}", task_id)
    task = client.get(f"{proxy.url}/v1/images/{task_id}", headers=headers).json()
    assert (task["task_id"], task["task_status"]) == (task_id, "succeed")
    calls = [call for call in calls_since(internet, before) if "/api/v1/" in call.url]
    mine = [call for call in calls if task_id[7:43] in call.url or marker.encode() in call.body]
    assert len({call.headers["authorization"] for call in mine}) == 1
    assert len(mine) > 2
