"""The sandbox is as strict as the services' documents are."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from tools.sandbox import pictures, zai
from tools.sandbox.app import create_app
from tools.sandbox.faults import Fault, fault_in
from tools.sandbox.state import Sandbox

BASE = "http://testserver"
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "text/event-stream",
    "Origin": BASE,
    "Referer": f"{BASE}/",
    "User-Agent": "Mozilla/5.0 AppleWebKit/537.36 Chrome/143 Safari/537",
    "Cookie": "session=token",
}
BODY = {"prompt": "一只猫", "ratio": "3:4", "resolution": "1K", "rm_label_watermark": True}


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app(Sandbox(BASE, BASE, paint_seconds=0)))


def paint(client: TestClient, body: object = BODY, **headers: str | None) -> Any:
    sent = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.post(
        zai.PATH, json=body, headers={name: value for name, value in sent.items() if value}
    ).json()


def test_a_request_as_the_seed_has_it_is_painted_at_the_right_size(client: TestClient) -> None:
    image = paint(client)["data"]["image"]
    assert (image["size"], image["width"], image["height"]) == ("1088x1472", 1088, 1472)
    answer = client.get(image["image_url"])
    painted = Image.open(io.BytesIO(answer.content))
    assert (painted.format, painted.size) == ("JPEG", (1088, 1472))


@pytest.mark.parametrize("header", ["Cookie", "Authorization", "Origin", "Referer"])
def test_a_download_with_credentials_is_refused(client: TestClient, header: str) -> None:
    url = paint(client)["data"]["image"]["image_url"]
    assert client.get(url, headers={header: "x"}).status_code == 403


def test_a_download_without_the_right_signature_is_refused(client: TestClient) -> None:
    url = paint(client)["data"]["image"]["image_url"]
    assert client.get(url.replace("Expires=1", "Expires=2")).status_code == 403
    assert client.get(url.split("?")[0]).status_code == 403


@pytest.mark.parametrize("cookie", [None, "session=", "session=invalid", "token=x"])
def test_a_request_without_a_session_is_refused(client: TestClient, cookie: str | None) -> None:
    assert paint(client, Cookie=cookie)["code"] == 401


@pytest.mark.parametrize("header", ["Content-Type", "Accept", "Origin", "Referer", "User-Agent"])
def test_a_request_with_another_header_is_refused_by_name(
    client: TestClient, capsys: pytest.CaptureFixture[str], header: str
) -> None:
    answer = paint(client, **{header.replace("-", "_"): "other"})
    assert (answer["code"], header.lower() in answer["message"]) == (400, True)
    assert header.lower() in capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        {"ratio": "2:3"},
        {"ratio": None},
        {"resolution": "1k"},
        {"resolution": "4K"},
        {"prompt": " "},
        {"prompt": 7},
        {"rm_label_watermark": "true"},
        {"extra": 1},
    ],
)
def test_a_body_that_the_seed_does_not_allow_is_refused(
    client: TestClient, change: dict[str, object]
) -> None:
    assert paint(client, {**BODY, **change})["code"] == 400


@pytest.mark.parametrize("body", [[], "text", {"prompt": "x"}])
def test_a_body_without_the_seeds_fields_is_refused(client: TestClient, body: object) -> None:
    assert paint(client, body)["code"] == 400


@pytest.mark.parametrize("fault", ["slo", "code=1302", "base64", "failed-task", "refused-in-band"])
def test_a_fault_that_the_service_does_not_have_is_refused(client: TestClient, fault: str) -> None:
    assert paint(client, {**BODY, "prompt": f"sandbox:{fault}"})["code"] == 400


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_status_comes_with_the_services_error(client: TestClient, status: int) -> None:
    body = {**BODY, "prompt": f"sandbox:status={status}"}
    answer = client.post(zai.PATH, json=body, headers=HEADERS)
    assert (answer.status_code, answer.json()["code"]) == (status, status)


def test_a_huge_answer_is_still_json(client: TestClient) -> None:
    body = {**BODY, "prompt": "sandbox:huge-answer"}
    answer = client.post(zai.PATH, json=body, headers=HEADERS)
    assert answer.json()["code"] == 200
    assert len(answer.content) > 2_000_000


def test_a_prompt_names_its_fault_and_number() -> None:
    assert fault_in("a cat, sandbox:slow=7 please") == (Fault.SLOW, 7)
    assert fault_in("sandbox:busy") == (Fault.BUSY, 0)
    assert fault_in("sandbox:base64") == (Fault.BASE64, 0)
    assert fault_in("a sandbox with a cat") == (None, 0)


@pytest.mark.parametrize("prompt", ["sandbox:slo", "sandbox:status", "sandbox:status=200"])
def test_a_word_that_is_no_fault_is_no_prompt(prompt: str) -> None:
    with pytest.raises(ValueError, match=r"slo|no HTTP status"):
        fault_in(prompt)


@pytest.mark.parametrize("ratio", ["1:1", "3:4", "4:3", "16:9", "9:16", "21:9", "9:21"])
@pytest.mark.parametrize(("resolution", "factor"), [("1K", 1), ("2K", 2)])
def test_every_ratio_of_the_seed_has_a_size(ratio: str, resolution: str, factor: int) -> None:
    width, height = pictures.size_of(ratio, resolution)
    across, down = map(int, ratio.split(":"))
    assert (width % 32, height % 32) == (0, 0)
    assert abs(width / height / (across / down) - 1) < 0.05
    assert 1 < width * height / (1024 * factor) ** 2 < 1.6


def test_a_prompt_in_chinese_is_drawn_with_real_characters() -> None:
    """A font without them would draw the same box for each."""
    one, other = (pictures.draw(prompt, (256, 256), "PNG") for prompt in ("橘", "猫"))
    drawn = [
        Image.open(io.BytesIO(data)).convert("L").point(lambda v: v > 250) for data in (one, other)
    ]
    assert drawn[0].tobytes() != drawn[1].tobytes()


@pytest.mark.parametrize("prompt", ["", "x" * 5000, "a\n\nb", "😀", "\x00"])
def test_any_prompt_can_be_drawn(prompt: str) -> None:
    assert Image.open(io.BytesIO(pictures.draw(prompt, (256, 128), "JPEG"))).size == (256, 128)


def test_a_padded_picture_still_opens() -> None:
    padded = pictures.pad(pictures.draw("a cat", (64, 64), "JPEG"), 100_000)
    assert len(padded) == 100_000
    Image.open(io.BytesIO(padded)).load()
