"""`easel`: what every answer says of its pictures, in every language and way, on workerd."""

from __future__ import annotations

import base64
import io
import json
from typing import Any, Final

import httpx
import pytest
from google.genai.types import GenerateContentResponse
from PIL import Image

from tests.worker.conftest import TOKEN, Easel
from tests.worker.reading import events

HEADERS: Final = {"authorization": f"Bearer {TOKEN}"}

# One of each service, and what it says of a square picture.
KNOWN: Final[dict[str, dict[str, Any]]] = {
    "gemini-3-image-1k": {"size": "1280x1280"},
    "glm-image": {
        "size": "1280x1280",
        "content_filter": [{"role": "assistant", "level": 3}],
    },
    "seedream-4.5": {"size": "1024x1024"},
    "geekai/gpt-image-1": {"size": "1024x1024", "revised_prompt": "A small cat"},
}

each_model = pytest.mark.parametrize("model", KNOWN)
each_stream = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def objects(response: httpx.Response) -> list[dict[str, Any]]:
    """The object of a plain answer, or those of a stream."""
    assert response.status_code == 200, response.text
    if not response.headers["content-type"].startswith("text/event-stream"):
        whole = response.json()
        return whole if isinstance(whole, list) else [whole]
    return [json.loads(data) for data in events(response.content) if data != "[DONE]"]


@each_model
@each_stream
@pytest.mark.parametrize("way", ["candidates", "images", "link", "markdown"])
def test_a_chat_tells_what_is_known_of_its_picture(
    client: httpx.Client, easel: Easel, marker: str, model: str, way: str, *, stream: bool
) -> None:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": marker}],
        "stream": stream,
        "stream_options": {"include_usage": True},
        "aspect_ratio": "1:1",
        "chat_picture": way,
    }
    found = objects(client.post(f"{easel.url}/v1/chat/completions", headers=HEADERS, json=body))
    told = [each["easel"] for each in found if "easel" in each]
    assert told == [{"pictures": [KNOWN[model]]}]
    if way == "candidates":
        # Whatever is told stands behind the contract's object.
        assert next(iter(found[0])) == "candidates"
        (part,) = found[0]["candidates"][0]["content"]["parts"]
        assert set(part) == {"inlineData"}
        picture = Image.open(io.BytesIO(base64.b64decode(part["inlineData"]["data"])))
        assert "{}x{}".format(*picture.size) == KNOWN[model]["size"]


@each_model
@pytest.mark.parametrize("response_format", ["url", "b64_json"])
@pytest.mark.parametrize("n", [1, 2])
def test_the_images_api_tells_it_of_each_picture(
    client: httpx.Client, easel: Easel, marker: str, model: str, response_format: str, n: int
) -> None:
    body = {
        "model": model,
        "prompt": marker,
        "aspect_ratio": "1:1",
        "response_format": response_format,
        "n": n,
    }
    url = f"{easel.url}/v1/images/generations"
    (answer,) = objects(client.post(url, headers=HEADERS, json=body))
    known = KNOWN[model]
    assert answer["easel"] == {"pictures": [known] * n}
    # And where they always stood.
    assert answer["size"] == known["size"]
    assert answer.get("content_filter", []) == known.get("content_filter", []) * n
    for item in answer["data"]:
        assert item.get("revised_prompt") == known.get("revised_prompt")


@each_model
def test_a_stream_of_pictures_tells_it_in_each_event(
    client: httpx.Client, easel: Easel, marker: str, model: str
) -> None:
    body = {"model": model, "prompt": marker, "aspect_ratio": "1:1", "n": 2, "stream": True}
    found = objects(client.post(f"{easel.url}/v1/images/generations", headers=HEADERS, json=body))
    assert [event["easel"] for event in found] == [{"pictures": [KNOWN[model]]}] * 2


@each_model
@pytest.mark.parametrize(
    "method", ["generateContent", "streamGenerateContent", "streamGenerateContent?alt=sse"]
)
def test_gemini_tells_it_in_a_text_that_its_types_have_room_for(
    client: httpx.Client, easel: Easel, marker: str, model: str, method: str
) -> None:
    body = {
        "contents": [{"parts": [{"text": marker}]}],
        "generationConfig": {"imageConfig": {"aspectRatio": "1:1"}},
    }
    url = f"{easel.url}/v1beta/models/{model}:{method}"
    (answer,) = objects(client.post(url, headers=HEADERS, json=body))
    read = GenerateContentResponse.model_validate_json(json.dumps(answer), strict=True)
    (candidate,) = read.candidates or []
    assert read.model_status is not None
    for text in (candidate.finish_message, read.model_status.message):
        assert json.loads(text or "") == {"easel": {"pictures": [KNOWN[model]]}}


def test_what_is_said_beside_base64_is_told_too(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    """Of a picture that is passed on before the rest of its answer is read."""
    model, prompt = "geekai/gpt-image-1", f"sandbox:base64 {marker}"
    shape = {"model": model, "aspect_ratio": "1:1", "stream": True}
    chat = {**shape, "messages": [{"role": "user", "content": prompt}]}
    images = {**shape, "prompt": prompt, "n": 2}
    for path, body, count in (("chat/completions", chat, 1), ("images/generations", images, 2)):
        found = objects(client.post(f"{easel.url}/v1/{path}", headers=HEADERS, json=body))
        assert [each["easel"] for each in found] == [{"pictures": [KNOWN[model]]}] * count


def test_a_task_that_is_done_tells_it_too(client: httpx.Client, easel: Easel, marker: str) -> None:
    body = {"model": "geekai/gpt-image-1", "prompt": marker, "async": True}
    url = f"{easel.url}/v1/images"
    answer = client.post(f"{url}/generations", headers=HEADERS, json=body).json()
    assert "easel" not in answer
    while answer["task_status"] != "succeed":
        answer = client.get(f"{url}/{answer['task_id']}", headers=HEADERS).json()
    assert answer["easel"] == {"pictures": [{"revised_prompt": "A small cat"}]}
