"""The sandbox is as strict as the services' documents are."""

from __future__ import annotations

import io
import time
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.ports import free_port
from tools.sandbox import bigmodel, geekai, pictures, zai, zhaotou
from tools.sandbox.app import create_app
from tools.sandbox.faults import Fault, faults_in, seconds_to_paint
from tools.sandbox.server import running
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


def test_a_request_as_the_document_has_it_is_painted_at_the_right_size(client: TestClient) -> None:
    image = paint(client)["data"]["image"]
    assert (image["size"], image["width"], image["height"]) == ("1088x1472", 1088, 1472)
    answer = client.get(image["image_url"])
    painted = Image.open(io.BytesIO(answer.content))
    assert (painted.format, painted.size) == ("JPEG", (1088, 1472))


# What Chromium 143 sends for an <img> of another page on this machine, whose other ports have set
# cookies.
BROWSER_HEADERS = {
    "Accept": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.9",
    "Cookie": "token=eyJhbGciOiJIUzI1NiJ9.e30.c2ln; oauth_id_token=x; my-session=1; sessionid=2",
    "Origin": "http://127.0.0.1:8080",
    "Referer": "http://127.0.0.1:8080/",
    "Sec-Fetch-Dest": "image",
    "Sec-Fetch-Mode": "no-cors",
    "Sec-Fetch-Site": "same-site",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/143.0 Safari/537.36",
}


def test_a_browser_sees_a_picture_with_the_headers_that_it_sends(client: TestClient) -> None:
    answer = client.get(paint(client)["data"]["image"]["image_url"], headers=BROWSER_HEADERS)
    assert answer.status_code == 200
    Image.open(io.BytesIO(answer.content)).load()


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", "Bearer x"),
        ("GeekAI-API-Key", "x"),
        ("Cookie", "session=x"),
        ("Cookie", "theme=dark; session=x"),
    ],
)
def test_a_download_with_credentials_of_a_service_is_refused(
    client: TestClient, header: str, value: str
) -> None:
    url = paint(client)["data"]["image"]["image_url"]
    assert client.get(url, headers={**BROWSER_HEADERS, header: value}).status_code == 403


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
def test_a_body_that_the_document_does_not_allow_is_refused(
    client: TestClient, change: dict[str, object]
) -> None:
    assert paint(client, {**BODY, **change})["code"] == 400


@pytest.mark.parametrize("body", [[], "text", {"prompt": "x"}])
def test_a_body_without_the_documents_fields_is_refused(client: TestClient, body: object) -> None:
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


def test_a_prompt_names_its_faults_and_their_numbers() -> None:
    assert faults_in("a cat, sandbox:slow=7 please") == {Fault.SLOW: 7}
    assert faults_in("sandbox:busy.") == {Fault.BUSY: 0}
    assert faults_in("sandbox:base64，橘猫") == {Fault.BASE64: 0}
    assert faults_in("sandbox:slow=8 a cat sandbox:refused") == {Fault.SLOW: 8, Fault.REFUSED: 0}
    assert faults_in("a sandbox: with a cat") == {}


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("sandbox:slo", "sandbox:slo is none of busy, .*slow"),
        ("sandbox:slow=8 sandbox:refusd", "sandbox:refusd is none of"),
        ("sandbox:Slow=8", "sandbox:Slow=8 is none of"),
        ("SANDBOX:slow=8", "SANDBOX:slow=8 is none of"),
        ("sandbox:slow=8s", "sandbox:slow=8s is none of"),
        ("sandbox:slow=", "sandbox:slow= is none of"),
        ("sandbox:picture_cut", "sandbox:picture_cut is none of"),
        ("sandbox:busy=3", "sandbox:busy takes no number"),
        ("sandbox:status", "sandbox:status needs a number"),
        ("sandbox:code", "sandbox:code needs a number"),
        ("sandbox:picture-bytes", "sandbox:picture-bytes needs a number"),
        ("sandbox:status=200", "200 is no HTTP status of an error"),
        ("sandbox:slow=1 sandbox:slow=2", "sandbox:slow stands there twice"),
        ("sandbox:busy sandbox:refused", "sandbox:busy and sandbox:refused cannot both happen"),
        ("sandbox:picture-cut sandbox:picture-text", "cannot both happen"),
        ("sandbox:huge-answer sandbox:event-stream", "cannot both happen"),
        ("sandbox:picture-loop sandbox:picture-redirect", "cannot both happen"),
    ],
)
def test_a_marker_that_cannot_be_meant_is_told(prompt: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        faults_in(prompt)


def test_slow_alone_takes_long_and_with_a_number_that_long() -> None:
    assert seconds_to_paint({Fault.REFUSED: 0}, 1) == 1
    assert seconds_to_paint({Fault.SLOW: 0}, 1) == 20
    assert seconds_to_paint({Fault.REFUSED: 0, Fault.SLOW: 8}, 1) == 8


BEARER = {"Authorization": "Bearer token"}
PAINT_A_CAT: dict[str, tuple[str, dict[str, str], dict[str, object]]] = {
    "image.z.ai": (zai.PATH, HEADERS, BODY),
    "BigModel": (bigmodel.PATH, BEARER, {"model": "glm-image"}),
    "BigModel's task": (bigmodel.ASYNC_PATH, BEARER, {"model": "glm-image"}),
    "Zhaotou": (zhaotou.GENERATIONS_PATH, BEARER, {}),
    "GeekAI": (geekai.PATH, BEARER, {"model": "x"}),
    "GeekAI's task": (geekai.PATH, BEARER, {"model": "x", "async": True}),
}


@pytest.mark.parametrize("service", PAINT_A_CAT)
def test_every_service_is_slow_and_then_refuses(
    client: TestClient, capsys: pytest.CaptureFixture[str], service: str
) -> None:
    path, headers, body = PAINT_A_CAT[service]
    start = time.monotonic()
    answer = client.post(
        path, json={**body, "prompt": "sandbox:refused sandbox:slow=1"}, headers=headers
    )
    assert time.monotonic() - start >= 1
    plain = client.post(path, json={**body, "prompt": "sandbox:refused"}, headers=headers)
    assert (answer.status_code, answer.json()) == (plain.status_code, plain.json())
    assert answer.status_code >= 400 or answer.json()["code"] != 200
    # Nothing of it is what the document does not allow.
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("service", PAINT_A_CAT)
def test_every_service_tells_a_typing_error_in_the_second_marker(
    client: TestClient, capsys: pytest.CaptureFixture[str], service: str
) -> None:
    path, headers, body = PAINT_A_CAT[service]
    prompt = "sandbox:slow=60 sandbox:refusd"
    answer = client.post(path, json={**body, "prompt": prompt}, headers=headers)
    assert answer.status_code == 400
    assert "sandbox:refusd is none of" in capsys.readouterr().err


def test_faults_of_the_pictures_host_work_together(client: TestClient) -> None:
    prompt = "sandbox:picture-redirect sandbox:picture-png sandbox:picture-bytes=100000"
    url = paint(client, {**BODY, "prompt": prompt})["data"]["image"]["image_url"]
    answer = client.get(url)
    assert [response.status_code for response in answer.history] == [307]
    assert len(answer.content) == 100_000
    assert Image.open(io.BytesIO(answer.content)).format == "PNG"


def test_a_picture_that_is_to_break_off_is_no_failure_of_the_sandbox(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = free_port()
    sandbox = Sandbox(BASE, f"http://127.0.0.1:{port}", paint_seconds=0)
    url = sandbox.keep_picture(bytes(3_000_000), "png", {Fault.PICTURE_CUT: 0})
    with running(sandbox, port):
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url, trust_env=False)
        assert capsys.readouterr().err == ""
        # An error is told: hops are numbers.
        assert httpx.get(f"{url}&hop=x", trust_env=False).status_code == 500
    assert "Exception in ASGI application" in capsys.readouterr().err


@pytest.mark.parametrize("ratio", ["1:1", "3:4", "4:3", "16:9", "9:16", "21:9", "9:21"])
@pytest.mark.parametrize(("resolution", "factor"), [("1K", 1), ("2K", 2)])
def test_every_ratio_of_the_document_has_a_size(ratio: str, resolution: str, factor: int) -> None:
    width, height = pictures.size_of(ratio, resolution)
    across, down = map(int, ratio.split(":"))
    assert (width % 32, height % 32) == (0, 0)
    assert abs(width / height / (across / down) - 1) < 0.05
    assert 1 < width * height / (1024 * factor) ** 2 < 1.6


def test_a_prompt_of_megabytes_is_drawn_in_no_time() -> None:
    start = time.monotonic()
    pictures.draw("cat" * 1_000_000, (256, 128), "JPEG")
    assert time.monotonic() - start < 10


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
