"""Long texts stay outside Python: what stands for one there must never be seen, on workerd."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from tests.worker.conftest import TOKEN, Easel, Internet

# More than what stays in the JSON that Python reads.
LONG = "a long text " * 500
MARK = re.compile(r"easel:[0-9a-f]{32}:")

CHAT: dict[str, Any] = {
    "model": "gemini-3-image-1k",
    "messages": [{"role": "user", "content": "x"}],
}
IMAGES: dict[str, Any] = {"model": "glm-image", "prompt": "x"}
GEMINI: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "x"}]}]}

BODIES = {
    "/v1/chat/completions": CHAT,
    "/v1/images/generations": IMAGES,
    "/v1beta/models/gemini-3-image-1k:generateContent": GEMINI,
}

FIELDS = {
    "/v1/chat/completions": (
        *("model", "stream", "n", "size", "aspect_ratio", "resolution", "chat_picture"),
        *("modalities", "image_config", "stream_options", "messages", "response_format"),
    ),
    "/v1/images/generations": (
        *("model", "n", "size", "aspect_ratio", "resolution", "quality", "style", "background"),
        *("style_preset", "response_format", "output_format", "image", "mask", "strength"),
        *("user_id", "async", "extra_body", "moderation", "negative_prompt", "retries"),
    ),
    "/v1beta/models/gemini-3-image-1k:generateContent": (
        *("contents", "systemInstruction", "generationConfig"),
    ),
}


def post(client: httpx.Client, easel: Easel, path: str, body: object) -> httpx.Response:
    headers = {"authorization": f"Bearer {TOKEN}"}
    response = client.post(f"{easel.url}{path}", headers=headers, json=body)
    assert not MARK.search(response.text), response.text[:500]
    return response


def in_places(value: Any) -> list[Any]:
    """A value with a long text, or a field of a long name, in each place of it where one can be."""
    if isinstance(value, dict):
        inner = [{**value, key: each} for key in value for each in in_places(value[key])]
        return [LONG, {**value, LONG: 1}, *inner]
    if isinstance(value, list):
        return [LONG, [*value, LONG], *([each] for item in value for each in in_places(item))]
    return [LONG]


@pytest.mark.parametrize("path", BODIES)
def test_a_long_text_shows_as_it_is_or_not_at_all(
    client: httpx.Client, unchanged: Easel, path: str
) -> None:
    bodies = in_places(BODIES[path]) + [{**BODIES[path], name: LONG} for name in FIELDS[path]]
    for body in bodies:
        post(client, unchanged, path, body)


def test_a_field_with_a_long_name_is_told_by_its_beginning(
    client: httpx.Client, unchanged: Easel
) -> None:
    response = post(client, unchanged, "/v1/images/generations", {**IMAGES, LONG: 1})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "unknown_parameter")
    assert error["param"] == LONG[:200]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"x": {"const": LONG}}, "required": ["x"]}, {"x": LONG}),
        ({"properties": {"x": {"enum": [[LONG], 1]}}, "required": ["x"]}, {"x": [LONG]}),
        ({"properties": {"x": {"const": {LONG: LONG}}}, "required": ["x"]}, {"x": {LONG: LONG}}),
        ({"properties": {LONG: {"type": "string"}}, "required": [LONG]}, {LONG: None}),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_with_a_long_text_is_answered_with_it(
    client: httpx.Client,
    unchanged: Easel,
    schema: dict[str, Any],
    expected: object,
    *,
    stream: bool,
) -> None:
    wrapped = {"type": "json_schema", "json_schema": {"schema": {"type": "object", **schema}}}
    body = {**CHAT, "stream": stream, "response_format": wrapped}
    response = post(client, unchanged, "/v1/chat/completions", body)
    text = response.text.removeprefix("data: ").partition("\n")[0]
    (choice,) = json.loads(text)["choices"]
    assert json.loads(choice["delta" if stream else "message"]["content"]) == expected


def test_gemini_takes_a_long_address_as_a_chat_does(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    url = "https://pictures.example/p?" + "x" * 5000
    parts = [{"text": marker}, {"fileData": {"fileUri": url}}]
    path = "/v1beta/models/geekai/gpt-image-2:generateContent"
    response = post(client, unchanged, path, {"contents": [{"role": "user", "parts": parts}]})
    assert response.status_code == 200, response.text[:500]
    (call,) = internet.calls(marker)
    assert json.loads(call.body)["image"] == url
