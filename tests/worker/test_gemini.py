"""What Gemini's API has beyond one picture, on workerd."""

from __future__ import annotations

import httpx
import pytest

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.reading import read

BODY = {"contents": [{"parts": [{"text": "a cat"}]}]}


def body(prompt: str, **image_config: str) -> dict[str, object]:
    return {
        "contents": [{"role": "user", "parts": [{"text": prompt}]}],
        "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": image_config},
    }


@pytest.mark.parametrize("prefix", ["v1", "v1beta"])
@pytest.mark.parametrize(
    "model", ["gemini-3-image-1k", "zai/gemini-3-image-1k", "zai%2Fgemini-3-image-1k"]
)
def test_both_versions_and_names_with_slashes(
    client: httpx.Client, easel: Easel, marker: str, prefix: str, model: str
) -> None:
    url = f"{easel.url}/{prefix}/models/{model}:generateContent"
    response = client.post(url, headers={"x-goog-api-key": TOKEN}, json=body(marker))
    assert response.status_code == 200, response.text
    candidate = response.json()["candidates"][0]
    assert (candidate["finishReason"], candidate["index"]) == ("STOP", 0)
    assert candidate["content"]["role"] == "model"
    assert candidate["content"]["parts"][0]["inlineData"]["mimeType"] == "image/jpeg"


def test_the_key_may_stand_in_the_query_and_is_not_logged(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    url = f"{easel.url}/v1beta/models/glm-image:generateContent?key=key-of-{marker}"
    assert client.post(url, json=body(marker)).status_code == 200
    (call,) = internet.calls(marker)
    assert call.headers["authorization"] == f"Bearer key-of-{marker}"
    assert f"key-of-{marker}" not in easel.log.read_text()


def test_only_gemini_paths_take_the_key_from_the_query(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    request = easel.chat(marker, stream=False)
    del request.headers["authorization"]
    request = httpx.Request("POST", f"{request.url}?key=x", content=request.content)
    assert client.send(request).status_code == 401


def test_the_image_config_chooses_the_ratio(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    url = f"{easel.url}/v1beta/models/gemini-3-image-2k:generateContent"
    asked = body(marker, aspectRatio="16:9", imageSize="2K")
    assert client.post(url, headers={"x-goog-api-key": TOKEN}, json=asked).status_code == 200
    assert b'"ratio": "16:9", "resolution": "2K"' in internet.calls(marker)[0].body


def test_a_stream_has_no_comment_no_event_line_and_no_done(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    url = f"{easel.url}/v1beta/models/glm-image:streamGenerateContent?alt=sse"
    request = httpx.Request(
        "POST", url, headers={"x-goog-api-key": TOKEN}, json=body(f"sandbox:slow=2 {marker}")
    )
    timed = read(client, request)
    lines = timed.body.split(b"\n")
    assert [line[:6] for line in lines if line] == [b"data: "]
    assert timed.body.endswith(b"\n\n")
    assert timed.pieces[0][1] == b"\n"


def test_a_stream_without_sse_is_an_array(client: httpx.Client, easel: Easel, marker: str) -> None:
    url = f"{easel.url}/v1beta/models/glm-image:streamGenerateContent"
    response = client.post(url, headers={"x-goog-api-key": TOKEN}, json=body(marker))
    (only,) = response.json()
    assert only["candidates"][0]["finishReason"] == "STOP"


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/v1beta/models/nothing:generateContent", 404, "NOT_FOUND"),
        ("/v1beta/nothing", 404, "NOT_FOUND"),
        ("/v1beta/models/glm-image", 405, "UNIMPLEMENTED"),
    ],
)
def test_errors_are_geminis_own(
    client: httpx.Client, easel: Easel, path: str, status: int, word: str
) -> None:
    response = client.post(easel.url + path, headers={"x-goog-api-key": TOKEN}, json=BODY)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["status"]) == (status, status, word)


def test_without_a_key_the_error_is_geminis_too(client: httpx.Client, easel: Easel) -> None:
    response = client.post(f"{easel.url}/v1beta/models/glm-image:generateContent", json=BODY)
    assert response.json()["error"]["status"] == "UNAUTHENTICATED"


def test_the_models_are_listed_in_both_languages(client: httpx.Client, easel: Easel) -> None:
    gemini = client.get(f"{easel.url}/v1beta/models").json()["models"]
    both = client.get(f"{easel.url}/v1/models").json()
    assert both["models"] == gemini
    assert [f"models/{model['id']}" for model in both["data"]] == [m["name"] for m in gemini]
    single = client.get(f"{easel.url}/v1beta/models/glm-image").json()
    assert single == next(model for model in gemini if model["name"] == "models/glm-image")
