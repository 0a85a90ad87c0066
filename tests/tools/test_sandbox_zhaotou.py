"""Zhaotou in the sandbox is as strict as Zhaotou's document is."""

from __future__ import annotations

import io
from base64 import b64decode
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from tools.sandbox import zhaotou
from tools.sandbox.answers import SAMPLES, sample
from tools.sandbox.app import create_app
from tools.sandbox.pictures import draw
from tools.sandbox.state import Sandbox

BASE = "http://testserver"
BODY = {"model": "gemini-3-pro-image-preview", "prompt": "一只猫"}
PNG = draw("a cat", (64, 64), "PNG")
NAMES = sorted(path.stem for path in (SAMPLES / "zhaotou").glob("*.json"))


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(BASE, BASE, paint_seconds=0)


@pytest.fixture
def client(sandbox: Sandbox) -> TestClient:
    return TestClient(create_app(sandbox), headers={"Authorization": "Bearer token"})


def generate(client: TestClient, body: object, **headers: str) -> Any:
    return client.post(zhaotou.GENERATIONS_PATH, json=body, headers=headers)


def send(
    client: TestClient,
    path: str,
    fields: dict[str, str],
    files: dict[str, bytes],
    filename: str = "cat.png",
) -> Any:
    uploads = {name: (filename, content, "image/png") for name, content in files.items()}
    return client.post(path, data=fields, files=uploads)


def sizes(client: TestClient, answer: Any) -> list[tuple[int, int]]:
    # A client without the token, which the pictures' host refuses.
    stranger = TestClient(client.app)
    urls = [each["url"] for each in answer.json()["data"]]
    return [Image.open(io.BytesIO(stranger.get(url).content)).size for url in urls]


def error(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json()["error"]["code"]


def complaint(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json()["error"]["param"]


@pytest.mark.parametrize(
    ("change", "size"),
    [
        ({}, (1024, 1024)),
        ({"size": "1792x1024"}, (1792, 1024)),
        ({"model": "GPT-4o-image", "size": "1024x1536"}, (1024, 1536)),
        ({"model": "seedream-4.5", "size": "1920x1080"}, (1920, 1080)),
        ({"model": "flux-kontext", "size": "720x1280"}, (720, 1280)),
        ({"model": "flux-2.0", "size": "1792x1024"}, (1792, 1024)),
        ({"model": "a-model-of-no-family", "size": "640x320"}, (640, 320)),
        ({"model": "a-model-of-no-family", "size": "8192x2048"}, (4096, 1024)),
        ({"quality": "hd", "style": "vivid", "response_format": "url"}, (1024, 1024)),
        ({"quality": "standard", "style": "natural"}, (1024, 1024)),
    ],
)
def test_a_request_that_the_document_allows_is_painted_at_its_size(
    client: TestClient, change: dict[str, object], size: tuple[int, int]
) -> None:
    assert sizes(client, generate(client, {**BODY, **change})) == [size]


def test_a_prompt_is_enough(client: TestClient) -> None:
    assert sizes(client, generate(client, {"prompt": "a cat"})) == [(1024, 1024)]


def test_as_many_pictures_come_as_were_asked_for_and_they_differ(client: TestClient) -> None:
    answer = generate(client, {**BODY, "n": 3})
    stranger = TestClient(client.app)
    assert len({stranger.get(each["url"]).content for each in answer.json()["data"]}) == 3


def test_base64_comes_instead_of_an_address_where_it_was_asked_for(client: TestClient) -> None:
    (picture,) = generate(client, {**BODY, "response_format": "b64_json"}).json()["data"]
    assert set(picture) == {"b64_json"}
    assert Image.open(io.BytesIO(b64decode(picture["b64_json"]))).size == (1024, 1024)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": "sandbox:slo"}, "prompt"),
        ({"prompt": "sandbox:failed-task"}, "prompt"),
        ({"prompt": "sandbox:code=1302"}, "prompt"),
        ({"model": 3}, "model"),
        ({"n": 0}, "n"),
        ({"n": 11}, "n"),
        ({"n": "1"}, "n"),
        ({"n": True}, "n"),
        ({"size": "1024x1025"}, "size"),
        ({"size": "1536x1024"}, "size"),
        ({"size": "auto"}, "size"),
        ({"model": "gpt-4o-image", "size": "1792x1024"}, "size"),
        ({"model": "Seedream-4.0", "size": "1792x1024"}, "size"),
        ({"model": "flux-2.0", "size": "1024x1792"}, "size"),
        ({"quality": "high"}, "quality"),
        ({"style": "wild"}, "style"),
        ({"response_format": "png"}, "response_format"),
        ({"user": "me"}, "user"),
        ({"image": "x"}, "image"),
    ],
)
def test_a_field_that_the_document_does_not_allow_is_refused_by_name(
    client: TestClient,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    field: str,
) -> None:
    assert complaint(generate(client, {**BODY, **change})) == (400, field)
    assert f"Zhaotou would refuse this: {field}: " in capsys.readouterr().err


@pytest.mark.parametrize("body", [[], "text", {"model": "gemini-3-pro-image-preview"}])
def test_a_body_without_the_required_fields_is_refused(client: TestClient, body: object) -> None:
    assert generate(client, body).status_code == 400


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content-Type", "text/plain"),
        ("Cookie", "session=token"),
        ("Origin", BASE),
        ("GeekAI-API-Key", "token"),
    ],
)
def test_a_header_of_another_service_is_refused_by_name(
    client: TestClient, header: str, value: str
) -> None:
    answer = generate(client, BODY, **{header: value})
    assert complaint(answer) == (400, f"header {header.lower()}")


@pytest.mark.parametrize("value", ["", "Bearer ", "Bearer invalid", "token"])
def test_every_path_wants_a_bearer_token(client: TestClient, value: str) -> None:
    client.headers["Authorization"] = value
    for path in (zhaotou.GENERATIONS_PATH, zhaotou.EDITS_PATH, zhaotou.VARIATIONS_PATH):
        assert error(client.post(path, json=BODY)) == (401, "invalid_api_key")


def test_an_edit_is_painted_at_its_size(client: TestClient) -> None:
    fields = {"prompt": "a hat", "model": "gpt-4o-image", "n": "2", "size": "1536x1024"}
    answer = send(client, zhaotou.EDITS_PATH, fields, {"image": PNG, "mask": PNG})
    assert sizes(client, answer) == [(1536, 1024)] * 2


def test_a_variation_is_painted_at_its_size(client: TestClient) -> None:
    fields = {"n": "2", "size": "1792x1024", "response_format": "url"}
    answer = send(client, zhaotou.VARIATIONS_PATH, fields, {"image": PNG})
    assert sizes(client, answer) == [(1792, 1024)] * 2


def test_a_picture_alone_can_be_varied(client: TestClient) -> None:
    answer = send(client, zhaotou.VARIATIONS_PATH, {}, {"image": PNG})
    assert sizes(client, answer) == [(1024, 1024)]


def test_an_edit_can_come_as_base64(client: TestClient) -> None:
    fields = {"prompt": "a hat", "response_format": "b64_json"}
    (picture,) = send(client, zhaotou.EDITS_PATH, fields, {"image": PNG}).json()["data"]
    assert set(picture) == {"b64_json"}


@pytest.mark.parametrize(
    ("fields", "files", "field"),
    [
        ({}, {"image": PNG}, "prompt"),
        ({"prompt": "a hat"}, {"mask": PNG}, "image"),
        ({"prompt": " "}, {"image": PNG}, "prompt"),
        ({"prompt": "a hat", "image": "text"}, {"mask": PNG}, "image"),
        ({"prompt": "a hat"}, {"image": b"no picture"}, "image"),
        ({"prompt": "a hat"}, {"image": PNG[:100]}, "image"),
        ({"prompt": "a hat"}, {"image": PNG, "mask": b""}, "mask"),
        ({"prompt": "a hat"}, {"image": PNG, "image[]": PNG}, "image[]"),
        ({"prompt": "a hat", "n": "11"}, {"image": PNG}, "n"),
        ({"prompt": "a hat", "n": "one"}, {"image": PNG}, "n"),
        ({"prompt": "a hat", "size": "1x1"}, {"image": PNG}, "size"),
        ({"prompt": "a hat", "quality": "hd"}, {"image": PNG}, "quality"),
        ({"prompt": "a hat", "style": "vivid"}, {"image": PNG}, "style"),
        ({"prompt": "a hat", "response_format": "png"}, {"image": PNG}, "response_format"),
    ],
)
def test_an_edit_that_the_document_does_not_allow_is_refused_by_name(
    client: TestClient, fields: dict[str, str], files: dict[str, bytes], field: str
) -> None:
    answer = send(client, zhaotou.EDITS_PATH, fields, files)
    assert complaint(answer) == (400, field)


@pytest.mark.parametrize(
    ("fields", "files", "field"),
    [
        ({"n": "1"}, {"other": PNG}, "image"),
        ({"prompt": "a hat"}, {"image": PNG}, "prompt"),
        ({}, {"image": PNG, "mask": PNG}, "mask"),
    ],
)
def test_a_variation_that_the_document_does_not_allow_is_refused_by_name(
    client: TestClient, fields: dict[str, str], files: dict[str, bytes], field: str
) -> None:
    answer = send(client, zhaotou.VARIATIONS_PATH, fields, files)
    assert complaint(answer) == (400, field)


def test_a_field_that_comes_twice_is_refused(client: TestClient) -> None:
    files = [("image", ("cat.png", PNG)), ("image", ("cat.png", PNG))]
    assert complaint(client.post(zhaotou.VARIATIONS_PATH, files=files)) == (400, "image")


def test_json_is_no_form(client: TestClient) -> None:
    answer = client.post(zhaotou.EDITS_PATH, json={**BODY, "image": "x"})
    assert complaint(answer) == (400, "header content-type")


def test_a_form_without_a_boundary_is_refused(client: TestClient) -> None:
    headers = {"Content-Type": "multipart/form-data"}
    answer = client.post(zhaotou.EDITS_PATH, content=b"x", headers=headers)
    assert complaint(answer) == (400, "body")


FAULTS = [
    ("busy", 429, "rate_limit_exceeded"),
    ("expired", 401, "invalid_api_key"),
    ("forbidden", 403, "insufficient_permissions"),
    ("refused", 400, "content_policy_violation"),
    ("broken", 500, None),
    ("status=402", 402, None),
    ("status=413", 413, "request_too_large"),
]


@pytest.mark.parametrize(("fault", "status", "code"), FAULTS)
def test_a_fault_is_answered_with_its_error(
    client: TestClient, fault: str, status: int, code: str | None
) -> None:
    prompt = f"a cat sandbox:{fault}"
    assert error(generate(client, {"prompt": prompt})) == (status, code)
    edit = send(client, zhaotou.EDITS_PATH, {"prompt": prompt}, {"image": PNG})
    assert error(edit) == (status, code)
    variation = send(client, zhaotou.VARIATIONS_PATH, {}, {"image": PNG}, f"sandbox:{fault}.png")
    assert error(variation) == (status, code)


def test_base64_can_come_although_nobody_asked_for_it(client: TestClient) -> None:
    body = {"prompt": "sandbox:base64=3000000", "response_format": "url"}
    (picture,) = generate(client, body).json()["data"]
    assert set(picture) == {"b64_json"}
    assert len(b64decode(picture["b64_json"])) == 3_000_000


def test_a_success_can_name_no_picture(client: TestClient) -> None:
    answer = generate(client, {"prompt": "sandbox:no-picture"})
    assert (answer.status_code, answer.json()["data"]) == (200, [])


def test_an_answer_can_be_no_json(client: TestClient) -> None:
    answer = generate(client, {"prompt": "sandbox:not-json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


def test_an_answer_can_be_huge(client: TestClient) -> None:
    assert len(generate(client, {"prompt": "sandbox:huge-answer"}).content) > 2_000_000


def test_the_pictures_host_fails_for_this_service_too(client: TestClient) -> None:
    (picture,) = generate(client, {"prompt": "sandbox:picture-missing"}).json()["data"]
    assert TestClient(client.app).get(picture["url"]).status_code == 404


def test_a_form_is_recorded_whole(client: TestClient, sandbox: Sandbox) -> None:
    send(client, zhaotou.VARIATIONS_PATH, {"n": "1"}, {"image": PNG})
    (call,) = sandbox.calls
    assert PNG in call.body
    assert call.headers["content-type"].startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_answer_says_what_it_is_about(name: str) -> None:
    answer = sample("zhaotou", name)
    assert set(answer) == {"about", "status", "headers", "body"}
    assert answer["about"].endswith(".")
    keys = {"message", "type", "param", "code"} if answer["status"] >= 400 else set()
    body = answer["body"] if isinstance(answer["body"], dict) else {}
    assert set(body.get("error", {})) == keys
