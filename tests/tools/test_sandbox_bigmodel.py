"""BigModel in the sandbox is as strict as BigModel's document is."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from easel import errors
from easel.images.request import ImageRequest
from easel.services.bigmodel import SERVICE, generate
from easel.services.wire import HttpResponse
from easel.settings import Settings
from easel.token import Token
from tests.easel.bigmodel_codes import MEANT
from tests.easel.flows import error_from
from tools.sandbox import bigmodel
from tools.sandbox.answers import SAMPLES, sample
from tools.sandbox.app import create_app
from tools.sandbox.state import Sandbox

BASE = "http://testserver"
HEADERS = {"Authorization": "Bearer token"}
BODY = {"model": "glm-image", "prompt": "一只猫"}
COGVIEW = {"model": "cogview-4", "prompt": "一只猫"}
NAMES = sorted(path.stem for path in (SAMPLES / "bigmodel").glob("*.json"))


# The HTTP statuses that the sandbox gives with the codes; the page has none for a code.
STATUSES = {
    errors.UpstreamBroken: 500,
    errors.TokenRejected: 401,
    errors.AccessDenied: 403,
    errors.QuotaExhausted: 429,
    errors.RequestRefused: 400,
    errors.UpstreamNotFound: 404,
    errors.UpstreamConflict: 400,
    errors.UpstreamTooLarge: 400,
    errors.UpstreamBusy: 429,
}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(BASE, BASE, paint_seconds=0)


@pytest.fixture
def client(sandbox: Sandbox) -> TestClient:
    return TestClient(create_app(sandbox), headers=HEADERS)


def paint(client: TestClient, body: object, **headers: str) -> Any:
    return client.post(bigmodel.PATH, json=body, headers=headers)


def start(client: TestClient, body: object) -> Any:
    return client.post(bigmodel.ASYNC_PATH, json=body)


def poll(client: TestClient, task_id: str) -> Any:
    return client.get(bigmodel.TASK_PATH.format(task_id=task_id)).json()


def faulty(fault: str, **more: object) -> dict[str, object]:
    return {**BODY, "prompt": f"a cat sandbox:{fault}", **more}


def download(client: TestClient, url: str) -> Image.Image:
    # A client without the token, which the pictures' host refuses.
    return Image.open(io.BytesIO(TestClient(client.app).get(url).content))


def code(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json()["error"].get("code")


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (BODY, (1280, 1280)),
        ({**BODY, "size": "1568x1056"}, (1568, 1056)),
        ({**BODY, "size": "2048x2048", "quality": "hd"}, (2048, 2048)),
        (COGVIEW, (1024, 1024)),
        ({**COGVIEW, "model": "cogview-4-250304", "size": "512x2048"}, (512, 2048)),
        ({**COGVIEW, "model": "cogview-3-flash", "quality": "standard"}, (1024, 1024)),
        ({**COGVIEW, "watermark_enabled": False, "user_id": "x" * 128}, (1024, 1024)),
        ({**COGVIEW, "prompt": "猫" * 1001, "user_id": "x" * 6}, (1024, 1024)),
        ({**BODY, "prompt": "猫" * 1000}, (1280, 1280)),
    ],
)
def test_a_request_that_the_document_allows_is_painted_at_its_size(
    client: TestClient, body: dict[str, object], size: tuple[int, int]
) -> None:
    answer = paint(client, body).json()
    assert len(answer["data"]) == 1
    assert download(client, answer["data"][0]["url"]).size == size


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"prompt": " "}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": "sandbox:slo"}, "prompt"),
        ({"prompt": "sandbox:code=9999"}, "prompt"),
        ({"prompt": "sandbox:base64"}, "prompt"),
        ({"prompt": "sandbox:failed-task"}, "prompt"),
        ({"quality": "standard"}, "quality"),
        ({"quality": "medium"}, "quality"),
        ({"size": "1280×1280"}, "size"),
        ({"size": "1280*1280"}, "size"),
        ({"size": "1280X1280"}, "size"),
        ({"size": "１２８０x1280"}, "size"),
        ({"size": "1:1"}, "size"),
        ({"size": 1280}, "size"),
        ({"size": "0x1280"}, "size"),
        ({"size": "1280x1290"}, "size"),
        ({"size": "2048x2080"}, "size"),
        ({"watermark_enabled": "false"}, "watermark_enabled"),
        ({"watermark_enabled": None}, "watermark_enabled"),
        ({"user_id": "x" * 5}, "user_id"),
        ({"user_id": "x" * 129}, "user_id"),
        ({"n": 1}, "n"),
        ({"response_format": "url"}, "response_format"),
    ],
)
def test_a_field_that_the_document_does_not_allow_is_refused_by_name(
    client: TestClient,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    field: str,
) -> None:
    answer = paint(client, {**BODY, **change})
    assert code(answer) == (400, "1214")
    assert answer.json()["error"]["message"].startswith(f"{field}: ")
    assert f"BigModel would refuse this: {field}: " in capsys.readouterr().err


def test_a_prompt_that_is_too_long_has_a_code_of_its_own(client: TestClient) -> None:
    assert code(paint(client, {**BODY, "prompt": "猫" * 1001})) == (400, "1261")


@pytest.mark.parametrize("size", ["496x1024", "2064x512", "1032x1024", "2048x1040", "520x1024"])
def test_cogview_has_sizes_of_its_own(client: TestClient, size: str) -> None:
    assert code(paint(client, {**COGVIEW, "size": size})) == (400, "1214")


@pytest.mark.parametrize("model", ["glm-image-2", "GLM-Image", "dall-e-3"])
def test_a_model_that_the_document_does_not_have_is_not_found(
    client: TestClient, model: str
) -> None:
    assert code(paint(client, {**BODY, "model": model})) == (404, "1211")


@pytest.mark.parametrize("body", [[], "text", {}, {"model": "glm-image"}, {"prompt": "a cat"}])
def test_a_body_without_the_required_fields_is_refused(client: TestClient, body: object) -> None:
    assert code(paint(client, body)) == (400, "1214")


def test_a_body_that_is_no_json_is_refused(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post(bigmodel.PATH, content=b"{model}", headers=headers)
    assert code(answer) == (400, "1214")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content-Type", "text/plain"),
        ("Cookie", "session=token"),
        ("Origin", BASE),
        ("Referer", BASE),
        ("GeekAI-API-Key", "token"),
    ],
)
def test_a_header_of_another_service_is_refused_by_name(
    client: TestClient, header: str, value: str
) -> None:
    answer = paint(client, BODY, **{header: value})
    assert code(answer) == (400, "1214")
    assert header.lower() in answer.json()["error"]["message"]


@pytest.mark.parametrize("value", ["", "Bearer ", "Bearer invalid", "token", "Basic token"])
def test_every_path_wants_a_bearer_token(client: TestClient, value: str) -> None:
    client.headers["Authorization"] = value
    for answer in (
        paint(client, BODY),
        start(client, BODY),
        client.get("/api/paas/v4/async-result/1"),
    ):
        assert code(answer) == (401, "1001")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("busy", (429, "1305")),
        ("expired", (401, "1001")),
        ("forbidden", (403, "1220")),
        ("refused", (400, "1301")),
        ("broken", (500, None)),
        ("status=402", (402, None)),
        ("status=434", (434, "1220")),
        ("status=503", (503, None)),
    ],
)
def test_a_fault_is_answered_with_its_error(
    client: TestClient, fault: str, expected: tuple[int, str | None]
) -> None:
    assert code(paint(client, faulty(fault))) == expected
    assert code(start(client, faulty(fault))) == expected


@pytest.mark.parametrize("number", MEANT)
def test_every_code_of_the_page_can_be_had_with_its_status(client: TestClient, number: str) -> None:
    kind, *_ = MEANT[number]
    assert code(paint(client, faulty(f"code={number}"))) == (STATUSES[kind], number)


@pytest.mark.parametrize("number", MEANT)
def test_a_code_means_the_same_to_the_adapter_whatever_the_sandbox_says_beside_it(
    client: TestClient, number: str
) -> None:
    answer = paint(client, faulty(f"code={number}"))
    who = SERVICE.access(Token("token"), Settings(), 0, "nonce")
    error = error_from(
        generate(ImageRequest("glm-image", "a cat"), who),
        HttpResponse(answer.status_code, answer.content, "application/json"),
    )
    assert (type(error), error.status, error.should_retry) == MEANT[number]


def test_a_refusal_can_look_like_a_success(client: TestClient) -> None:
    answer = paint(client, faulty("refused-in-band"))
    assert (answer.status_code, answer.json()["data"]) == (200, [])
    assert answer.json()["content_filter"] == [{"role": "user", "level": 0}]


def test_a_success_can_name_no_picture(client: TestClient) -> None:
    answer = paint(client, faulty("no-picture"))
    assert (answer.status_code, answer.json()["data"]) == (200, [{"url": ""}])


def test_an_answer_can_be_no_json(client: TestClient) -> None:
    answer = paint(client, faulty("not-json"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


def test_an_answer_can_be_huge(client: TestClient) -> None:
    assert len(paint(client, faulty("huge-answer")).content) > 2_000_000


def test_the_pictures_host_fails_for_this_service_too(client: TestClient) -> None:
    url = paint(client, faulty("picture-missing")).json()["data"][0]["url"]
    assert TestClient(client.app).get(url).status_code == 404


def test_a_task_is_done_at_the_second_poll(client: TestClient) -> None:
    accepted = start(client, {**BODY, "size": "1024x1024"}).json()
    assert accepted["task_status"] == "PROCESSING"
    assert {"id", "model", "request_id"} < set(accepted)
    assert poll(client, accepted["id"])["task_status"] == "PROCESSING"
    done = poll(client, accepted["id"])
    assert (done["task_status"], done["id"]) == ("SUCCESS", accepted["id"])
    assert download(client, done["image_result"][0]["url"]).size == (1024, 1024)
    assert poll(client, accepted["id"]) == done


def test_a_slow_task_is_not_done_at_the_second_poll(client: TestClient) -> None:
    task_id = start(client, faulty("slow=60")).json()["id"]
    assert [poll(client, task_id)["task_status"] for _ in range(3)] == ["PROCESSING"] * 3


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("failed-task", {"task_status": "FAIL"}),
        (
            "refused-in-band",
            {"task_status": "FAIL", "content_filter": [{"role": "user", "level": 0}]},
        ),
        ("no-picture", {"task_status": "SUCCESS", "image_result": []}),
    ],
)
def test_a_task_can_come_to_another_end(
    client: TestClient, fault: str, expected: dict[str, object]
) -> None:
    task_id = start(client, faulty(fault)).json()["id"]
    poll(client, task_id)
    end = poll(client, task_id)
    assert {key: end[key] for key in end if key not in ("id", "model", "request_id")} == expected


def test_a_task_with_a_huge_answer_is_accepted_in_few_bytes(client: TestClient) -> None:
    accepted = start(client, faulty("huge-answer"))
    path = bigmodel.TASK_PATH.format(task_id=accepted.json()["id"])
    assert [len(client.get(path).content) > 2_000_000 for _ in range(2)] == [False, True]
    assert len(accepted.content) < 1000


def test_only_glm_image_paints_in_the_background(client: TestClient) -> None:
    assert code(start(client, COGVIEW)) == (404, "1211")


def test_a_task_is_as_strict_about_its_fields(client: TestClient) -> None:
    assert code(start(client, {**BODY, "size": "1280x1290"})) == (400, "1214")


def test_a_task_that_does_not_exist_is_refused(client: TestClient) -> None:
    assert code(client.get(bigmodel.TASK_PATH.format(task_id="1"))) == (400, "1214")


def test_a_poll_with_a_cookie_is_refused(client: TestClient) -> None:
    path = bigmodel.TASK_PATH.format(task_id=start(client, BODY).json()["id"])
    assert code(client.get(path, headers={"Cookie": "session=token"})) == (400, "1214")


def test_every_request_is_recorded(client: TestClient, sandbox: Sandbox) -> None:
    poll(client, start(client, BODY).json()["id"])
    assert [call.method for call in sandbox.calls] == ["POST", "GET"]
    assert b"glm-image" in sandbox.calls[0].body


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_answer_says_what_it_is_about(name: str) -> None:
    answer = sample("bigmodel", name)
    assert set(answer) == {"about", "status", "headers", "body"}
    assert answer["about"].endswith(".")
    assert (answer["status"] >= 400) == ("error" in answer["body"])


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_code_is_a_text(name: str) -> None:
    """As the schema has it, and unlike what most clients expect."""
    body = sample("bigmodel", name)["body"]
    error = body.get("error", {}) if isinstance(body, dict) else {}
    assert isinstance(error.get("code", ""), str)
