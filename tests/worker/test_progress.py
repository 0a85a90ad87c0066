"""How long a picture has been painted, in the stream of a chat, and what clients make of it."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import httpx
import openai
import pytest

from tests.worker.clients.node import Outcome, Scene, play
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.reading import picture, read

SLOW: Final = "sandbox:slow=2"
ASKED: Final = {"progress": "reasoning"}
# The hold is 0.75 s and the interval 0.25 s, in whole seconds.
THOUGHTS: Final = re.compile(r"(painting… [123] s\n){2,}")
WAYS: Final = ("candidates", "images", "link", "markdown")


def request(easel: Easel, prompt: str, **fields: object) -> httpx.Request:
    message = {"role": "user", "content": prompt}
    body = {"model": "gemini-3-image-1k", "messages": [message], "stream": True, **fields}
    headers = {"authorization": f"Bearer {TOKEN}"}
    return httpx.Request("POST", f"{easel.url}/v1/chat/completions", headers=headers, json=body)


def events(body: bytes) -> list[Any]:
    """The events of a stream that has its end."""
    lines = [line for line in body.decode().splitlines() if line]
    assert lines.pop() == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines]


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_tells_the_seconds_and_then_the_picture(
    client: httpx.Client, easel: Easel, marker: str, way: str
) -> None:
    timed = read(client, request(easel, f"{SLOW} {marker}", chat_picture=way, **ASKED))
    told: list[Any] = []
    painted: list[Any] = []
    for event in events(timed.body):
        delta = event["choices"][0]["delta"]
        (told if "reasoning_content" in delta else painted).append(event)
    assert len(told) >= 2
    assert len({event["id"] for event in told + painted}) == 1
    thoughts = [event["choices"][0]["delta"]["reasoning_content"] for event in told]
    assert THOUGHTS.fullmatch("".join(thoughts))
    seconds = [int(re.findall(r"\d+", thought)[0]) for thought in thoughts]
    assert seconds == sorted(seconds)
    assert painted[-1]["choices"][0]["finish_reason"] == "stop"
    # Each comes when it is due.
    assert timed.pieces[0][0] < 1.9


def test_nothing_is_told_where_nobody_asks_or_the_picture_is_there_at_once(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    for prompt, fields in ((SLOW, {}), ("a cat", ASKED)):
        body = client.send(request(easel, f"{prompt} {marker}", **fields)).content
        assert b"reasoning_content" not in body
        assert len(events(body)) == 1


def test_a_late_error_comes_after_the_seconds(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = client.send(request(easel, f"sandbox:slow=9 {marker}", **ASKED))
    assert response.status_code == 200
    assert b"reasoning_content" in response.content
    assert b'"code": "upstream_too_slow"' in response.content


def test_a_plain_answer_that_is_to_tell_it_is_refused(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    response = client.send(request(easel, marker, stream=False, **ASKED))
    assert (response.status_code, response.json()["error"]["param"]) == (400, "progress")
    assert internet.calls(marker) == []


def test_openai_python_gives_the_seconds_as_a_field_and_the_picture(easel: Easel) -> None:
    with openai.OpenAI(base_url=f"{easel.url}/v1", api_key=TOKEN) as library:
        chunks = list(
            library.chat.completions.create(
                model="gemini-3-image-1k",
                messages=[{"role": "user", "content": SLOW}],
                stream=True,
                extra_body=ASKED,
            )
        )
    deltas = [chunk.choices[0].delta for chunk in chunks]
    thoughts = [(delta.model_extra or {}).get("reasoning_content", "") for delta in deltas]
    assert THOUGHTS.fullmatch("".join(thoughts))
    text = "".join(delta.content or "" for delta in deltas)
    assert text.startswith("![image](http")
    assert picture(chunks[-1].model_dump())[0] == "image/jpeg"


def test_openai_pythons_helper_for_streams_takes_it(easel: Easel) -> None:
    with (
        openai.OpenAI(base_url=f"{easel.url}/v1", api_key=TOKEN) as library,
        library.chat.completions.stream(
            model="gemini-3-image-1k",
            messages=[{"role": "user", "content": SLOW}],
            extra_body=ASKED,
        ) as stream,
    ):
        final = stream.get_final_completion()
    assert (final.choices[0].message.content or "").startswith("![image](http")


@pytest.fixture(scope="module")
def openai_node(deployments: dict[str, Easel], internet: Internet) -> dict[str, Outcome]:
    scenes = {
        how: Scene(how, SLOW, deployment="easel", fields=ASKED) for how in ("thinking", "helper")
    }
    return play("openai_node.mjs", scenes, deployments, internet)


def test_openai_node_gives_the_seconds_as_a_field_and_the_picture(
    openai_node: dict[str, Outcome],
) -> None:
    value = openai_node["thinking"].value
    assert THOUGHTS.fullmatch(value["thoughts"])
    assert value["text"].startswith("![image](http")


def test_openai_nodes_helper_for_streams_takes_it(openai_node: dict[str, Outcome]) -> None:
    outcome = openai_node["helper"]
    assert outcome.error is None
    assert outcome.value["text"].startswith("![image](http")


def test_the_ai_sdk_shows_it_as_what_the_model_thinks(
    deployments: dict[str, Easel], internet: Internet
) -> None:
    fields = {"providerOptions": {"easel": ASKED}}
    scenes = {"thinking": Scene("thinking", SLOW, deployment="easel", fields=fields)}
    value = play("ai_sdk.mjs", scenes, deployments, internet)["thinking"].value
    assert THOUGHTS.fullmatch(value["thoughts"])
    assert value["text"].startswith("![image](http")
