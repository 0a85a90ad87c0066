"""GeekAI in the sandbox is as strict as GeekAI's document is."""

from __future__ import annotations

import io
import uuid
from base64 import b64decode, b64encode
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from tools.sandbox import bigmodel, geekai
from tools.sandbox.answers import SAMPLES, sample
from tools.sandbox.app import create_app
from tools.sandbox.pictures import draw
from tools.sandbox.state import Sandbox

BASE = "http://testserver"
BODY = {"model": "gpt-image-1", "prompt": "一只猫"}
UNKNOWN = {"model": "a-model-of-no-family", "prompt": "一只猫"}
SEEDREAM = {"model": "doubao-seedream-4.0", "prompt": "一只猫"}
BASE64 = b64encode(draw("a cat", (64, 64), "PNG")).decode()
NAMES = sorted(path.stem for path in (SAMPLES / "geekai").glob("*.json"))


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(BASE, BASE, paint_seconds=0)


@pytest.fixture
def stranger(sandbox: Sandbox) -> TestClient:
    """A client without a token, which the pictures' host refuses."""
    return TestClient(create_app(sandbox))


@pytest.fixture
def client(sandbox: Sandbox) -> TestClient:
    return TestClient(create_app(sandbox), headers={"Authorization": "Bearer token"})


def paint(client: TestClient, body: object, **headers: str) -> Any:
    return client.post(geekai.PATH, json=body, headers=headers)


def poll(client: TestClient, task_id: str) -> Any:
    return client.get(geekai.TASK_PATH.format(task_id=task_id))


def faulty(fault: str, **more: object) -> dict[str, object]:
    return {**BODY, "prompt": f"a cat sandbox:{fault}", **more}


def pictures(client: TestClient, answer: Any) -> list[Image.Image]:
    stranger = TestClient(client.app)
    return [Image.open(io.BytesIO(stranger.get(each["url"]).content)) for each in answer["data"]]


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("change", "size"),
    [
        ({}, (1024, 1024)),
        ({"size": "auto", "quality": "medium", "background": "opaque"}, (1024, 1024)),
        ({"size": "1024x1536", "quality": "low"}, (1024, 1536)),
        ({"model": "gpt-image-1-mini", "size": "1536x1024"}, (1536, 1024)),
        ({"model": "gpt-image-2", "size": "1000x600"}, (1000, 600)),
        ({"model": "imagen-4.0", "aspect_ratio": "1:1"}, (1024, 1024)),
        ({"model": "nano-banana-pro", "size": "1k", "aspect_ratio": "16:9"}, (1368, 768)),
        (
            {"model": "gemini-3-pro-image-preview", "size": "2k", "aspect_ratio": "1:1"},
            (2048, 2048),
        ),
        ({"model": "nano-banana", "size": "4k", "aspect_ratio": "1:1"}, (2048, 2048)),
        ({"model": "nano-banana", "aspect_ratio": "21:9"}, (1568, 672)),
        ({"model": "cogview-4", "size": "1344x768", "quality": "hd"}, (1344, 768)),
        ({"model": "wanx2.1-t2i-turbo", "size": "768x1440"}, (768, 1440)),
        ({"model": "wan2.2-t2i-plus", "size": "1024*1024"}, (1024, 1024)),
        ({"model": "kling-v2", "aspect_ratio": "3:2", "quality": "pro"}, (1256, 840)),
        ({"model": "jimeng-3.0"}, (512, 512)),
        ({"model": "jimeng-3.0", "size": "512x341"}, (512, 341)),
        ({"model": "jimeng-3.0", "aspect_ratio": "9:16"}, (288, 512)),
        ({"model": "stable-image-core", "size": "64x64", "style_preset": "3d-model"}, (64, 64)),
        ({"model": "sd3.5-large", "size": "16384x16384"}, (2048, 2048)),
        ({**UNKNOWN, "size": "300x200"}, (300, 200)),
        ({**UNKNOWN, "size": "large", "aspect_ratio": "wide", "quality": "best"}, (1024, 1024)),
        ({**UNKNOWN, "aspect_ratio": "0:1", "style_preset": "x"}, (1024, 1024)),
    ],
)
def test_a_request_that_the_document_allows_is_painted_at_its_size(
    client: TestClient, change: dict[str, object], size: tuple[int, int]
) -> None:
    (painted,) = pictures(client, paint(client, {**BODY, **change}).json())
    assert painted.size == size


@pytest.mark.parametrize(
    "change",
    [
        {"negative_prompt": ""},
        {"image": "https://example.com/cat.png"},
        {"image": BASE64, "strength": 0},
        {"image": [f"data:image/png;base64,{BASE64}", BASE64], "strength": 0.5},
        {"image": BASE64, "mask": BASE64, "strength": 1},
        {"response_format": "url", "watermark": True, "async": False, "retries": 3},
        {**SEEDREAM, "extra_body": {"sequential_image_generation": "disabled"}},
        {**SEEDREAM, "size": "2K", "extra_body": {"sequential_image_generation_options": {}}},
        {**SEEDREAM, "extra_body": {"sequential_image_generation_options": {"other": 1}}},
        {"extra_body": {"an open bag": [{"seed": 1}]}},
        {"model": "gpt-image-3", "size": "1001x777"},
    ],
)
def test_every_field_of_the_document_is_taken(
    client: TestClient, change: dict[str, object]
) -> None:
    answer = paint(client, {**BODY, **change}).json()
    assert (answer["task_status"], len(answer["data"])) == ("succeed", 1)


@pytest.mark.parametrize(
    ("output_format", "expected"), [("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP")]
)
def test_a_picture_has_the_format_that_was_asked_for(
    client: TestClient, output_format: str, expected: str
) -> None:
    (painted,) = pictures(client, paint(client, {**BODY, "output_format": output_format}).json())
    assert painted.format == expected


def test_a_picture_is_png_unasked(client: TestClient) -> None:
    (painted,) = pictures(client, paint(client, BODY).json())
    assert painted.format == "PNG"


def test_as_many_pictures_come_as_were_asked_for(client: TestClient) -> None:
    assert len(paint(client, {**BODY, "n": 4}).json()["data"]) == 4


@pytest.mark.parametrize(("options", "count"), [({}, 3), ({"max_images": 2}, 2)])
def test_a_sequence_holds_several_pictures(
    client: TestClient, options: dict[str, int], count: int
) -> None:
    extra = {
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": options,
    }
    assert len(paint(client, {**SEEDREAM, "extra_body": extra}).json()["data"]) == count


def test_base64_comes_instead_of_an_address_where_it_was_asked_for(client: TestClient) -> None:
    (picture,) = paint(client, {**BODY, "response_format": "b64_json"}).json()["data"]
    assert set(picture) == {"b64_json", "revised_prompt"}
    assert Image.open(io.BytesIO(b64decode(picture["b64_json"]))).size == (1024, 1024)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "sandbox:slo"}, "prompt"),
        ({"prompt": "sandbox:code=1302"}, "prompt"),
        ({"model": None}, "model"),
        ({"negative_prompt": 1}, "negative_prompt"),
        ({"image": ""}, "image"),
        ({"image": "cat.png"}, "image"),
        ({"image": []}, "image"),
        ({"image": [BASE64, 1]}, "image"),
        ({"image": b64encode(b"no picture").decode()}, "image"),
        ({"image": f"data:text/plain;base64,{BASE64}"}, "image"),
        ({"mask": [BASE64]}, "mask"),
        ({"strength": -0.1}, "strength"),
        ({"strength": 1.1}, "strength"),
        ({"strength": "0.5"}, "strength"),
        ({"strength": True}, "strength"),
        ({"n": 0}, "n"),
        ({"n": 11}, "n"),
        ({"n": 1.0}, "n"),
        ({"response_format": "base64"}, "response_format"),
        ({"output_format": "jpeg"}, "output_format"),
        ({"watermark": 1}, "watermark"),
        ({"background": "white"}, "background"),
        ({"async": "true"}, "async"),
        ({"retries": -1}, "retries"),
        ({"extra_body": []}, "extra_body"),
        ({"user": "me"}, "user"),
        ({"style": "vivid"}, "style"),
    ],
)
def test_a_field_that_the_document_does_not_allow_is_refused_by_name(
    client: TestClient,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    field: str,
) -> None:
    answer = paint(client, {**BODY, **change})
    assert error(answer) == (400, "validation_error")
    assert list(answer.json()["details"]) == [field]
    assert f"GeekAI would refuse this: {field}: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("model", "change"),
    [
        ("gpt-image-1", {"size": "1792x1024"}),
        ("gpt-image-1.5", {"size": "512x512"}),
        ("gpt-image-2", {"size": "large"}),
        ("gpt-image-3", {"size": "large"}),
        ("gpt-image-1", {"aspect_ratio": "1:1"}),
        ("gpt-image-1", {"quality": "hd"}),
        ("gpt-image-1", {"style_preset": "3d-model"}),
        ("gpt-image-1", {"extra_body": {"sequential_image_generation": "auto"}}),
        ("gpt-image-2", {"background": "auto"}),
        ("imagen-4.0", {"size": "1024x1024"}),
        ("imagen-4.0", {"aspect_ratio": "16:9"}),
        ("nano-banana", {"size": "1K"}),
        ("nano-banana", {"size": "1024x1024"}),
        ("nano-banana", {"aspect_ratio": "1:2"}),
        ("gemini-2.5-flash-image", {"size": "8k"}),
        ("cogview-4", {"size": "1280x1280"}),
        ("cogview-4", {"aspect_ratio": "1:1"}),
        ("cogview-4", {"quality": "medium"}),
        ("wanx-v1", {"size": "767x1024"}),
        ("wan2.2", {"size": "1441x768"}),
        ("tongyi-wanxiang", {"size": "1440x1440"}),
        ("wan2.2", {"aspect_ratio": "1:1"}),
        ("kling-v2", {"size": "1024x1024"}),
        ("kling-v2", {"aspect_ratio": "21:9"}),
        ("kling-v2", {"quality": "hd"}),
        ("jimeng-3.0", {"size": "1024x1024"}),
        ("jimeng-3.0", {"aspect_ratio": "21:9"}),
        ("stable-image-core", {"size": "63x64"}),
        ("sd3.5-large", {"size": "16385x64"}),
        ("stable-image-core", {"aspect_ratio": "1:1"}),
        ("stable-image-core", {"quality": "best"}),
        ("stable-image-core", {"background": "auto"}),
    ],
)
def test_what_another_family_of_models_has_is_refused_by_name(
    client: TestClient, model: str, change: dict[str, object]
) -> None:
    answer = paint(client, {**BODY, "model": model, **change})
    assert error(answer) == (400, "validation_error")
    assert list(answer.json()["details"]) == list(change)


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"sequential_image_generation": "on"}, "sequential_image_generation"),
        ({"sequential_image_generation_options": 3}, "sequential_image_generation_options"),
        ({"sequential_image_generation_options": {"max_images": 0}}, "max_images"),
        ({"sequential_image_generation_options": {"max_images": 16}}, "max_images"),
    ],
)
def test_the_extra_body_is_checked_too(
    client: TestClient, extra: dict[str, object], field: str
) -> None:
    answer = paint(client, {**SEEDREAM, "extra_body": extra})
    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])


@pytest.mark.parametrize("body", [[], "text", {"model": "gpt-image-1"}, {"prompt": "a cat"}])
def test_a_body_without_the_required_fields_is_refused(client: TestClient, body: object) -> None:
    assert error(paint(client, body)) == (400, "validation_error")


@pytest.mark.parametrize(
    ("header", "value"),
    [("Content-Type", "text/plain"), ("Cookie", "session=token"), ("Origin", BASE)],
)
def test_a_header_of_another_service_is_refused_by_name(
    client: TestClient, header: str, value: str
) -> None:
    answer = paint(client, BODY, **{header: value})
    assert list(answer.json()["details"]) == [f"header {header.lower()}"]


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer token"}, {"GeekAI-API-Key": "token"}]
)
def test_a_key_may_come_in_either_header(stranger: TestClient, headers: dict[str, str]) -> None:
    assert paint(stranger, BODY, **headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer invalid"},
        {"Authorization": "token"},
        {"GeekAI-API-Key": "invalid"},
        {"GeekAI-API-Key": ""},
    ],
)
def test_every_path_wants_a_key(stranger: TestClient, headers: dict[str, str]) -> None:
    stranger.headers.update(headers)
    assert error(paint(stranger, BODY)) == (401, "unauthorized")
    assert error(poll(stranger, "any")) == (401, "unauthorized")


def test_a_key_in_both_headers_is_refused(client: TestClient) -> None:
    answer = paint(client, BODY, **{"GeekAI-API-Key": "token"})
    assert list(answer.json()["details"]) == ["header geekai-api-key"]


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("busy", (429, "rate_limit_exceeded")),
        ("expired", (401, "unauthorized")),
        ("forbidden", (403, "forbidden")),
        ("refused", (400, "content_policy_violation")),
        ("broken", (500, "internal_error")),
        ("status=402", (402, "insufficient_balance")),
        ("status=404", (404, "not_found")),
        ("status=413", (413, "prompt_too_long")),
        ("status=503", (503, "service_unavailable")),
        ("status=504", (504, "timeout")),
        ("status=502", (502, "internal_error")),
    ],
)
def test_a_fault_is_answered_with_its_error(
    client: TestClient, fault: str, expected: tuple[int, str], *, asynchronous: bool
) -> None:
    assert error(paint(client, faulty(fault, **{"async": asynchronous}))) == expected


def test_base64_can_come_although_nobody_asked_for_it(client: TestClient) -> None:
    (picture,) = paint(client, faulty("base64=3000000", response_format="url")).json()["data"]
    assert "url" not in picture
    assert len(b64decode(picture["b64_json"])) == 3_000_000


def test_an_answer_can_be_no_json(client: TestClient) -> None:
    answer = paint(client, faulty("not-json"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


def test_an_answer_can_be_huge(client: TestClient) -> None:
    assert len(paint(client, faulty("huge-answer")).content) > 2_000_000


def test_the_pictures_host_fails_for_this_service_too(
    client: TestClient, stranger: TestClient
) -> None:
    (picture,) = paint(client, faulty("picture-missing")).json()["data"]
    assert stranger.get(picture["url"]).status_code == 404


def test_a_key_does_not_belong_to_the_pictures_host(
    client: TestClient, stranger: TestClient
) -> None:
    (picture,) = paint(client, BODY).json()["data"]
    assert stranger.get(picture["url"], headers={"GeekAI-API-Key": "x"}).status_code == 403


def test_a_task_is_done_at_the_second_poll(client: TestClient) -> None:
    accepted = paint(client, {**BODY, "async": True, "n": 2}).json()
    assert (accepted["task_status"], accepted["data"]) == ("pending", [])
    assert uuid.UUID(accepted["task_id"]).version == 4
    assert poll(client, accepted["task_id"]).json()["task_status"] == "pending"
    done = poll(client, accepted["task_id"]).json()
    assert (done["task_status"], done["model"]) == ("succeed", "gpt-image-1")
    assert [painted.size for painted in pictures(client, done)] == [(1024, 1024)] * 2
    assert poll(client, accepted["task_id"]).json() == done


def test_a_slow_task_runs_first(client: TestClient) -> None:
    task_id = paint(client, faulty("slow=60", **{"async": True})).json()["task_id"]
    found = [poll(client, task_id).json()["task_status"] for _ in range(3)]
    assert found == ["pending", "running", "running"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("failed-task", "failed", "internal_error"),
        ("refused-in-band", "failed", "content_policy_violation"),
        ("no-picture", "succeed", None),
    ],
)
def test_a_task_can_come_to_another_end_and_so_can_painting_at_once(
    client: TestClient, fault: str, status: str, code: str | None
) -> None:
    at_once = paint(client, faulty(fault))
    task_id = paint(client, faulty(fault, **{"async": True})).json()["task_id"]
    poll(client, task_id)
    for answer in (at_once, poll(client, task_id)):
        body = answer.json()
        assert (answer.status_code, body["task_status"], body["data"]) == (200, status, [])
        assert body.get("error", {}).get("code") == code


def test_a_task_that_does_not_exist_is_not_found(client: TestClient) -> None:
    assert error(poll(client, "3f2b8c1e")) == (404, "not_found")


def test_a_task_of_another_service_is_not_found(client: TestClient) -> None:
    body = {"model": "glm-image", "prompt": "a cat"}
    task_id = client.post(bigmodel.ASYNC_PATH, json=body).json()["id"]
    assert error(poll(client, task_id)) == (404, "not_found")


def test_a_poll_with_a_cookie_is_refused(client: TestClient) -> None:
    task_id = paint(client, {**BODY, "async": True}).json()["task_id"]
    path = geekai.TASK_PATH.format(task_id=task_id)
    assert error(client.get(path, headers={"Cookie": "x=y"})) == (400, "validation_error")


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_answer_says_what_it_is_about(name: str) -> None:
    answer = sample("geekai", name)
    assert set(answer) == {"about", "status", "headers", "body"}
    assert answer["about"].endswith(".")
    assert (answer["status"] >= 400) == ("code" in answer["body"])
