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


VERTEX = "/v1beta1/projects/my-project/locations/us-central1/publishers/google"


@pytest.mark.parametrize("base", ["/v1alpha", "/v1beta1/publishers/google", VERTEX])
def test_googles_other_versions_and_vertexs_paths_are_the_same(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, base: str
) -> None:
    url = f"{easel.url}{base}/models/glm-image"
    key = {"x-goog-api-key": TOKEN}
    assert client.post(f"{url}:generateContent", headers=key, json=body(marker)).status_code == 200
    assert len(internet.calls(marker)) == 1
    assert client.get(url).json()["name"] == "models/glm-image"
    listed = client.get(f"{easel.url}{base}/models").json()
    assert listed == client.get(f"{easel.url}/v1beta/models").json()
    missing = client.get(f"{easel.url}{base}/models/nothing").json()
    assert missing["error"]["status"] == "NOT_FOUND"


@pytest.mark.parametrize("base", ["/v1", "/v1beta", "/v1alpha", VERTEX])
def test_tokens_are_counted_without_a_call(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, base: str
) -> None:
    url = f"{easel.url}{base}/models/glm-image:countTokens"
    key = {"x-goog-api-key": TOKEN}
    response = client.post(url, headers=key, json=body(marker))
    assert (response.status_code, response.json()) == (200, {"totalTokens": 0})
    assert client.post(url, json=body(marker)).json()["error"]["status"] == "UNAUTHENTICATED"
    nothing = url.replace("glm-image", "nothing")
    assert client.post(nothing, headers=key).json()["error"]["status"] == "NOT_FOUND"
    assert internet.calls(marker) == []


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_the_list_comes_in_pages(client: httpx.Client, easel: Easel, version: str) -> None:
    url = f"{easel.url}/{version}/models"
    whole = client.get(url).json()
    assert "nextPageToken" not in whole
    first = client.get(url, params={"pageSize": 20, "key": "x"}).json()
    rest = client.get(url, params={"pageSize": 20, "pageToken": first["nextPageToken"]}).json()
    assert (len(first["models"]), "nextPageToken" in rest) == (20, False)
    assert first["models"] + rest["models"] == whole["models"]
    assert first.get("data") == rest.get("data") == whole.get("data")
    assert client.get(url, params={"pageSize": "many"}).status_code == 400


@pytest.mark.parametrize("others", [{}, {"authorization": f"Bearer {TOKEN}"}])
@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("GET", "/v1/models/nothing", "NOT_FOUND"),
        ("GET", "/v1/nothing", "NOT_FOUND"),
        ("POST", "/v1/models", "UNIMPLEMENTED"),
        ("GET", "/v1/models?pageSize=many", "INVALID_ARGUMENT"),
    ],
)
def test_under_v1_googles_header_gets_geminis_errors(
    client: httpx.Client, easel: Easel, method: str, path: str, word: str, others: dict[str, str]
) -> None:
    url = easel.url + path
    gemini = client.request(method, url, headers={**others, "x-goog-api-key": TOKEN}).json()
    assert (gemini["error"]["status"], "type" in gemini["error"]) == (word, False)
    openai = client.request(method, url, headers=others).json()
    assert set(openai["error"]) == {"message", "type", "param", "code"}


def test_openais_own_endpoints_tell_their_own_errors_wherever_the_key_stands(
    client: httpx.Client, easel: Easel
) -> None:
    for path in ("chat/completions", "images/generations"):
        url = f"{easel.url}/v1/{path}"
        answer = client.post(url, headers={"x-goog-api-key": TOKEN}, json={}).json()
        assert set(answer["error"]) == {"message", "type", "param", "code"}


def test_the_models_are_listed_in_both_languages(client: httpx.Client, easel: Easel) -> None:
    gemini = client.get(f"{easel.url}/v1beta/models").json()["models"]
    both = client.get(f"{easel.url}/v1/models").json()
    assert both["models"] == gemini
    assert [f"models/{model['id']}" for model in both["data"]] == [m["name"] for m in gemini]
    single = client.get(f"{easel.url}/v1beta/models/glm-image").json()
    assert single == next(model for model in gemini if model["name"] == "models/glm-image")
