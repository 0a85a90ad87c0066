"""Answers of services that are odd, and hold pictures all the same, on workerd."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.worker.dialects import png
from tests.worker.reading import events
from tests.worker.scripted import PICTURE_HOST, Scripted, ScriptedAnswer, scripted_easel

LIMIT = 200_000
GENERATIONS = "/v1/images/generations"
PNG = {"content-type": "image/png"}

# model → where its service is asked, and what holds its pictures
SERVICES = {
    "glm-image": ("/api/paas/v4/images/generations", "data"),
    "flux-2.0": ("/v1/images/generations", "data"),
    "geekai/gpt-image-2": ("/api/v1/images/generations", "data"),
}

each_service = pytest.mark.parametrize("model", SERVICES)


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory, snapshot: Path) -> Iterator[Scripted]:
    folder = tmp_path_factory.mktemp("answers")
    with scripted_easel(folder, snapshot, {"MAX_PICTURE_BYTES": str(LIMIT)}) as found:
        found.script.says["/small.png"] = ScriptedAnswer(png(), headers=PNG)
        found.script.says["/large.png"] = ScriptedAnswer(png() + bytes(LIMIT), headers=PNG)
        found.script.says["/text.png"] = ScriptedAnswer(b"no picture at all", headers=PNG)
        yield found


def at(name: str) -> dict[str, str]:
    return {"url": f"{PICTURE_HOST}/{name}"}


def inline(content: bytes) -> dict[str, str]:
    return {"b64_json": b64encode(content).decode()}


def paint(scripted: Scripted, model: str, items: object, **more: object) -> Any:
    path, field = SERVICES[model]
    scripted.script.says[path] = ScriptedAnswer(json.dumps({field: items}).encode())
    response = scripted.post(GENERATIONS, {"model": model, "prompt": "a cat", **more})
    assert response.status_code == 200, response.text
    if more.get("stream"):
        return [json.loads(data) for data in events(response.content)[:-1]]
    return response.json()


@each_service
@pytest.mark.parametrize("response_format", ["url", "b64_json"])
def test_of_twenty_thousand_pictures_those_arrive_that_were_asked_for(
    scripted: Scripted, model: str, response_format: str
) -> None:
    items = [at("small.png")] * 20_000
    answer = paint(scripted, model, items, response_format=response_format)
    assert len(answer["data"]) == 1
    (error,) = answer["errors"]
    assert error["code"] == "surplus_pictures"
    assert "more pictures than requested" in error["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_chat_tells_what_is_not_passed_on(scripted: Scripted, *, stream: bool) -> None:
    paint(scripted, "glm-image", [at("small.png")] * 3)
    message = {"role": "user", "content": "a cat"}
    body = {"model": "glm-image", "messages": [message], "stream": stream}
    text = scripted.post("/v1/chat/completions", body).text
    assert "(BigModel returned more pictures than requested. Easel passes on the first.)" in text
    assert text.count("inlineData") == 1
    assert "missing" not in text


@pytest.mark.parametrize(
    "bad",
    [
        at("large.png"),
        at("text.png"),
        at("nothing.png"),
        inline(b"no picture at all"),
        {"b64_json": "no base64!"},
        {"url": "http://pictures.example/small.png"},
        {},
        7,
    ],
)
@pytest.mark.parametrize("place", [0, 2, 4])
@pytest.mark.parametrize("stream", [False, True])
def test_one_of_five_that_cannot_be_used_costs_no_other(
    scripted: Scripted, bad: object, place: int, *, stream: bool
) -> None:
    items: list[object] = [at("small.png"), inline(png())] * 2
    items.insert(place, bad)
    answer = paint(scripted, "flux-2.0", items, n=5, response_format="b64_json", stream=stream)
    if stream:
        found = [event for event in answer if "error" not in event]
        errors = [event["error"] for event in answer if "error" in event]
    else:
        found, errors = answer["data"], answer["errors"]
    assert [b64decode(item["b64_json"]) for item in found] == [png()] * 4
    assert len(errors) == 1, errors


@each_service
@pytest.mark.parametrize("place", [0, 1])
def test_an_unusable_item_beside_the_picture_raises_in_no_client(
    scripted: Scripted, model: str, place: int
) -> None:
    items: list[object] = [inline(png())]
    items.insert(place, {"b64_json": "no base64!"} if place else {})
    (event,) = paint(scripted, model, items, stream=True)
    assert b64decode(event["b64_json"]) == png()


@each_service
def test_fewer_pictures_than_were_asked_for_are_told(scripted: Scripted, model: str) -> None:
    answer = paint(scripted, model, [at("small.png")], n=3)
    # BigModel paints one a call, and was asked three times.
    sent = 3 if model == "glm-image" else 1
    assert len(answer["data"]) == sent
    assert len(answer.get("errors", [])) == (0 if sent == 3 else 1)


@each_service
@pytest.mark.parametrize("status", [201, 202, 203])
def test_a_success_of_another_status_with_a_byte_order_mark_is_one(
    scripted: Scripted, model: str, status: int
) -> None:
    path, field = SERVICES[model]
    body = b"\xef\xbb\xbf" + json.dumps({field: [at("small.png")]}).encode()
    scripted.script.says[path] = ScriptedAnswer(body, status)
    response = scripted.post(GENERATIONS, {"model": model, "prompt": "a cat"})
    assert (response.status_code, len(response.json()["data"])) == (200, 1), response.text


def test_an_address_that_cannot_be_opened_costs_no_base64_beside_it(scripted: Scripted) -> None:
    item = {"url": "http://pictures.example/x.png", **inline(png())}
    (data,) = paint(scripted, "flux-2.0", [item], response_format="b64_json")["data"]
    assert b64decode(data["b64_json"]) == png()


TASKS = {
    "glm-image": ("/api/paas/v4/async/images/generations", "/api/paas/v4/async-result/", "id"),
    "geekai/gpt-image-2": ("/api/v1/images/generations", "/api/v1/images/", "task_id"),
}


@pytest.mark.parametrize("model", TASKS)
@pytest.mark.parametrize(
    "own_id",
    [
        "123",
        123,
        "a/b",
        "../../secret",
        "a b",
        "猫~1",
        "a?b=c#d",
        "%2F",
        "a%2fb",
        "a:b",
        "\\",
        "..a",
    ],
)
def test_a_task_can_be_asked_for_whatever_its_id_is(
    scripted: Scripted, model: str, own_id: object
) -> None:
    begin, poll, field = TASKS[model]
    status = "PROCESSING" if model == "glm-image" else "running"
    accepted = json.dumps({field: own_id, "task_status": status}).encode()
    scripted.script.says[begin] = ScriptedAnswer(accepted)
    task = scripted.post(GENERATIONS, {"model": model, "prompt": "a cat", "async": True}).json()
    # As a client writes it that encodes nothing, and as one that encodes all it can.
    for task_id in (task["task_id"], "".join(f"%{ord(each):02X}" for each in task["task_id"])):
        scripted.script.asked.clear()
        response = scripted.get(f"/v1/images/{task_id}")
        (asked,) = scripted.script.asked
        assert asked.target == poll + quote(str(own_id), safe="")
        # The script knows no such task.
        assert response.json()["error"]["code"] == "task_not_found"
        scripted.script.says[asked.target] = ScriptedAnswer(accepted)
        again = scripted.get(f"/v1/images/{task_id}").json()
        assert again["task_id"] == task["task_id"]
        del scripted.script.says[asked.target]
