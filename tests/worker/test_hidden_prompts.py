"""What chat clients ask by themselves: a short text in their own form, and no call to a service."""

from __future__ import annotations

import json

import httpx
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.reading import event

TASK = (
    "### Task:\nGenerate a concise title summarizing the chat history.\n### Output:\nJSON format: "
    '{{ "title": "your concise title here" }}\n### Chat History:\n<chat_history>\n'
    "USER: a cat {}\nASSISTANT: \n</chat_history>"
)


@pytest.mark.parametrize("stream", [True, False])
def test_a_title_is_answered_as_the_chat_was_asked_to_be(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, *, stream: bool
) -> None:
    response = client.send(easel.chat(TASK.format(marker), stream=stream))
    if stream:
        chunk = ChatCompletionChunk.model_validate(event(response.content), strict=True)
        text = chunk.choices[0].delta.content
    else:
        text = ChatCompletion.model_validate_json(response.content).choices[0].message.content
    assert json.loads(text or "") == {"title": f"a cat {marker}"}
    assert internet.calls(marker) == []


def test_it_is_answered_in_geminis_form_too(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    response = client.post(
        f"{easel.url}/v1beta/models/gemini-3-image-1k:generateContent",
        headers={"x-goog-api-key": TOKEN},
        json={"contents": [{"parts": [{"text": TASK.format(marker)}]}]},
    )
    (part,) = response.json()["candidates"][0]["content"]["parts"]
    assert json.loads(part["text"]) == {"title": f"a cat {marker}"}
    assert internet.calls(marker) == []


def test_it_still_takes_a_model_and_a_token(client: httpx.Client, easel: Easel) -> None:
    request = easel.chat("hi", stream=False, model="no-such-model")
    assert client.send(request).status_code == 404
    request = easel.chat("hi", stream=False)
    del request.headers["authorization"]
    assert client.send(request).status_code == 401


def test_a_variable_has_it_painted(
    client: httpx.Client, literal: Easel, internet: Internet, marker: str
) -> None:
    response = client.send(literal.chat(TASK.format(marker), stream=False))
    assert response.json()["candidates"]
    assert len(internet.calls(marker)) == 1
