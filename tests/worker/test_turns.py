"""Turns that come in several messages: the text in one, a picture in another."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png

SOURCE = base64.b64encode(png()).decode()
# Longer than what stays in the body.
LONG_SOURCE = base64.b64encode(png() + bytes(600_000)).decode()

each_language = pytest.mark.parametrize("language", ["chat", "gemini", "interactions"])
each_way = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def ask(
    client: httpx.Client,
    easel: Easel,
    language: str,
    model: str,
    talk: list[tuple[str, ...]],
    *,
    stream: bool = False,
) -> httpx.Response:
    """Asks with a message of the user for each tuple: its texts, and pictures as `data:` URLs."""
    if language == "chat":
        messages = [{"role": "user", "content": [_part(each) for each in said]} for said in talk]
        return client.post(
            f"{easel.url}/v1/chat/completions",
            headers={"authorization": f"Bearer {TOKEN}"},
            json={"model": model, "messages": messages, "stream": stream},
        )
    if language == "interactions":
        steps = [
            {"type": "user_input", "content": [_content(each) for each in said]} for said in talk
        ]
        return client.post(
            f"{easel.url}/v1beta/interactions",
            headers={"x-goog-api-key": TOKEN},
            json={"model": model, "input": steps, "stream": stream},
        )
    contents = [{"role": "user", "parts": [_gemini_part(each) for each in said]} for said in talk]
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return client.post(
        f"{easel.url}/v1beta/models/{model}:{method}",
        headers={"x-goog-api-key": TOKEN},
        json={"contents": contents},
    )


def _part(said: str) -> dict[str, Any]:
    if said.startswith("data:"):
        return {"type": "image_url", "image_url": {"url": said}}
    return {"type": "text", "text": said}


def _content(said: str) -> dict[str, Any]:
    if said.startswith("data:"):
        return {"type": "image", "mime_type": "image/png", "data": said.partition(",")[2]}
    return {"type": "text", "text": said}


def _gemini_part(said: str) -> dict[str, Any]:
    if said.startswith("data:"):
        return {"inlineData": {"mimeType": "image/png", "data": said.partition(",")[2]}}
    return {"text": said}


@each_language
@each_way
@pytest.mark.parametrize("model", ["flux-kontext", "geekai/gpt-image-1"])
@pytest.mark.parametrize("source", [SOURCE, LONG_SOURCE], ids=["short", "long"])
@pytest.mark.parametrize("order", [1, -1], ids=["picture first", "text first"])
def test_a_picture_beside_the_message_with_the_text_is_painted_from(
    client: httpx.Client,
    unchanged: Easel,
    internet: Internet,
    marker: str,
    language: str,
    model: str,
    source: str,
    order: int,
    *,
    stream: bool,
) -> None:
    talk: list[tuple[str, ...]] = [(f"data:image/png;base64,{source}",), (marker,)]
    response = ask(client, unchanged, language, model, talk[::order], stream=stream)
    assert response.status_code == 200, response.text
    (call,) = internet.calls(marker)
    assert (base64.b64decode(source) in call.body) or (source.encode() in call.body)


@each_language
@each_way
def test_image_z_ai_reads_the_last_message_alone(
    client: httpx.Client,
    unchanged: Easel,
    internet: Internet,
    marker: str,
    language: str,
    *,
    stream: bool,
) -> None:
    picture, model = f"data:image/png;base64,{LONG_SOURCE}", "gemini-3-image-1k"
    talk: list[tuple[str, ...]] = [(picture,), (marker,)]
    response = ask(client, unchanged, language, model, talk, stream=stream)
    assert response.status_code == 200, response.text
    assert len(internet.calls(marker)) == 1
    refused = ask(client, unchanged, language, model, talk[::-1], stream=stream)
    assert refused.status_code == 400
    assert "no prompt" in refused.json()["error"]["message"]
    assert len(internet.calls(marker)) == 1


@each_language
def test_of_a_turn_that_failed_only_the_picture_goes_on(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, language: str
) -> None:
    talk = [("a dog", f"data:image/png;base64,{SOURCE}"), (marker,)]
    response = ask(client, unchanged, language, "geekai/gpt-image-1", talk)
    assert response.status_code == 200, response.text
    (call,) = internet.calls(marker)
    assert b"dog" not in call.body
    # It is the picture before, and the answer says so.
    assert SOURCE.encode() in call.body
    assert "This edits the picture before." in response.text
