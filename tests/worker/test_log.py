"""One line of JSON in the log for each request, and nothing of what was asked in it."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from tests.worker.conftest import TOKEN, Easel
from tests.worker.reading import eventually, read

FIELDS = {
    *("request", "operation", "service", "model", "stream", "key", "status", "code"),
    *("headers_ms", "total_ms", "bytes", "attempts", "downloads", "left", "cut"),
}


def lines(easel: Easel, request_id: str) -> list[dict[str, Any]]:
    """The lines of a request, once there is one and no other can follow."""
    text = f'{{"request":"{request_id}"'

    def found() -> list[str]:
        return [line[line.index(text) :] for line in read_log(easel) if text in line]

    eventually(lambda: bool(found()), seconds=5)
    time.sleep(0.1)
    return [json.loads(line) for line in found()]


def read_log(easel: Easel) -> list[str]:
    return easel.log.read_text("utf-8", "replace").splitlines()


def line(easel: Easel, request_id: str) -> dict[str, Any]:
    (only,) = lines(easel, request_id)
    assert set(only) == FIELDS
    return only


@pytest.mark.parametrize("stream", [True, False])
def test_a_picture_is_one_line(
    client: httpx.Client, easel: Easel, marker: str, *, stream: bool
) -> None:
    response = client.send(easel.chat(f"sandbox:picture-bytes=500000 {marker}", stream=stream))
    found = line(easel, response.headers["x-request-id"])
    assert found["operation"] == "chat"
    assert (found["service"], found["model"]) == ("zai", "gemini-3-image-1k")
    assert (found["stream"], found["key"]) == (stream, None)
    assert (found["status"], found["code"]) == (200, None)
    assert (found["attempts"], found["downloads"]) == (1, 1)
    assert (found["left"], found["cut"]) == (False, False)
    assert found["bytes"] == len(response.content)
    assert 0 <= found["headers_ms"] <= found["total_ms"] < 30_000


@pytest.mark.parametrize("response_format", ["url", "b64_json"])
def test_several_pictures_are_one_line(
    client: httpx.Client, easel: Easel, marker: str, response_format: str
) -> None:
    response = client.post(
        f"{easel.url}/v1/images/generations",
        headers={"authorization": f"Bearer {TOKEN}"},
        json={"model": "glm-image", "prompt": marker, "n": 3, "response_format": response_format},
    )
    found = line(easel, response.headers["x-request-id"])
    assert (found["operation"], found["attempts"]) == ("generations", 3)
    assert found["downloads"] == (3 if response_format == "b64_json" else 0)
    assert found["bytes"] == len(response.content)


def test_an_error_tells_its_code(client: httpx.Client, easel: Easel, marker: str) -> None:
    response = client.send(easel.chat(f"sandbox:busy {marker}", stream=True))
    found = line(easel, response.headers["x-request-id"])
    assert (found["status"], found["code"]) == (429, "rate_limit_exceeded")
    assert (found["attempts"], found["downloads"]) == (1, 0)


def test_an_error_behind_the_headers_tells_its_code(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = client.send(easel.chat(f"sandbox:slow=9 {marker}", stream=True))
    found = line(easel, response.headers["x-request-id"])
    assert (found["status"], found["code"], found["cut"]) == (200, "upstream_too_slow", False)


def test_a_picture_that_breaks_off_is_told(client: httpx.Client, easel: Easel, marker: str) -> None:
    timed = read(client, easel.chat(f"sandbox:picture-cut {marker}", stream=True))
    found = line(easel, timed.response.headers["x-request-id"])
    assert (found["left"], found["cut"]) == (False, True)


def test_a_client_that_leaves_is_told(client: httpx.Client, easel: Easel, marker: str) -> None:
    response = client.send(easel.chat(f"sandbox:slow=3 {marker}", stream=True), stream=True)
    next(response.iter_raw())
    response.close()
    found = line(easel, response.headers["x-request-id"])
    assert (found["left"], found["cut"]) == (True, True)


@pytest.mark.parametrize(
    ("path", "operation", "status"),
    [
        ("/health", "health", 200),
        ("/v1/models", "model_list", 200),
        ("/v1/models/a-secret-model", "model", 404),
        ("/a-secret-path?key=a-secret-key", None, 404),
    ],
)
def test_what_asks_no_service_is_a_line_too(
    client: httpx.Client, easel: Easel, path: str, operation: str | None, status: int
) -> None:
    response = client.get(easel.url + path)
    found = line(easel, response.headers["x-request-id"])
    assert (found["operation"], found["status"]) == (operation, status)
    assert found["service"] is None
    assert "secret" not in json.dumps(found)


def test_a_preflight_is_a_line_too(client: httpx.Client, easel: Easel) -> None:
    response = client.options(f"{easel.url}/v1/models")
    assert line(easel, response.headers["x-request-id"])["status"] == 204


def test_a_model_of_no_list_is_another(client: httpx.Client, easel: Easel, marker: str) -> None:
    model = f"geekai/{marker}"
    response = client.send(easel.chat("a cat", stream=False, model=model))
    found = line(easel, response.headers["x-request-id"])
    assert (found["service"], found["model"]) == ("geekai", "other")


def test_a_key_is_told_by_its_number(client: httpx.Client, proxy: Easel, marker: str) -> None:
    request = proxy.chat(marker, stream=False)
    request.headers["authorization"] = "Bearer another-key"
    response = client.send(request)
    assert response.status_code == 200
    assert line(proxy, response.headers["x-request-id"])["key"] == 2


def test_nothing_of_a_request_is_in_the_log(client: httpx.Client, easel: Easel) -> None:
    token, prompt = "a-token-that-nobody-logs", "a prompt that nobody logs"
    for word in ("", "sandbox:refused", "sandbox:picture-missing", "sandbox:picture-cut"):
        request = easel.chat(f"{word} {prompt}", stream=True)
        request.headers["authorization"] = f"Bearer {token}"
        timed = read(client, request)
        line(easel, timed.response.headers["x-request-id"])
    log = "\n".join(read_log(easel))
    for secret in (token, prompt, "Signature="):
        assert secret not in log


def test_the_log_can_be_turned_off(client: httpx.Client, silent: Easel, marker: str) -> None:
    responses = [
        client.send(silent.chat(marker, stream=True)),
        client.send(silent.chat(f"sandbox:busy {marker}", stream=True)),
        client.get(f"{silent.url}/health"),
    ]
    time.sleep(0.5)
    log = "\n".join(read_log(silent))
    for response in responses:
        assert response.headers["x-request-id"] not in log
