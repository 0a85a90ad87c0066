"""JSON that is nested to overflow a stack, from wherever it may come, on workerd.

Where a stack of WebAssembly overflows, workerd exits with everybody's requests; so each test asks
the same process once more.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.worker.conftest import TOKEN
from tests.worker.scripted import Scripted, ScriptedAnswer, scripted_easel

CHAT = "/v1/chat/completions"
GENERATIONS = "/v1/images/generations"
GEMINI = "/v1beta/models/gemini-3-image-1k:generateContent"

# What overflows the parser of Python's own library, and far more.
DEPTHS = (5_500, 20_000, 200_000)
OPENINGS = ("[", '{"a":')

PAINTED = {"code": 200, "data": {"image": {"image_url": "https://pictures.example/p"}}}


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory, snapshot: Path) -> Iterator[Scripted]:
    with scripted_easel(tmp_path_factory.mktemp("hostile"), snapshot) as found:
        yield found


def still_serves(scripted: Scripted) -> None:
    """The process that was attacked paints on."""
    scripted.script.says["/api/proxy/images/generate"] = ScriptedAnswer(
        json.dumps(PAINTED).encode()
    )
    body = {"model": "gemini-3-image-1k", "prompt": "a cat"}
    response = scripted.post(GENERATIONS, body)
    assert (response.status_code, len(response.json()["data"])) == (200, 1), response.text


def error(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    message: str = response.json()["error"]["message"]
    return message


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("characters", [1_000, 5_500, 6_000, 11_000])
def test_a_nested_token_is_a_token_like_any_other(
    scripted: Scripted, opening: str, characters: int
) -> None:
    claims = urlsafe_b64encode((opening * characters)[:characters].encode()).decode().rstrip("=")
    scripted.script.says["/api/proxy/images/generate"] = ScriptedAnswer(
        json.dumps(PAINTED).encode()
    )
    body = {"model": "gemini-3-image-1k", "prompt": "a cat"}
    response = scripted.post(GENERATIONS, body, f"e30.{claims}.c2ln")
    # It is the service that judges a token; one over the limit is not sent on.
    assert response.status_code == (200 if characters <= 6_000 else 401), response.text
    still_serves(scripted)


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_nested_body_is_refused(scripted: Scripted, opening: str, depth: int) -> None:
    nested = opening * depth
    for path, start in (
        (CHAT, ""),
        (CHAT, '{"model": "x", "messages": [{"role": "user", "content": '),
        (GENERATIONS, '{"prompt": "x", "extra_body": '),
        (GEMINI, '{"contents": [{"parts": []}], "systemInstruction": '),
    ):
        body = start + nested
        assert "nested deeper than 100 levels" in error(scripted.post(path, body.encode()), 400)
    still_serves(scripted)


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_nested_field_of_a_form_is_refused(scripted: Scripted, opening: str, depth: int) -> None:
    files = {"image": b"\x89PNG\r\n\x1a\n"}
    response = scripted.client.post(
        f"{scripted.easel.url}/v1/images/edits",
        headers={"authorization": f"Bearer {TOKEN}"},
        data={"prompt": "x", "extra_body": opening * depth},
        files=files,
    )
    assert "extra_body is nested deeper" in error(response, 400)
    still_serves(scripted)


@pytest.mark.parametrize("keyword", ["const", "enum", "items", "anyOf", "properties"])
def test_a_schema_as_deep_as_a_body_may_be_is_answered(scripted: Scripted, keyword: str) -> None:
    schema: object = {"type": "string"}
    for _ in range(30):
        schema = {keyword: [schema] if keyword in {"enum", "anyOf"} else schema}
        if keyword == "properties":
            schema = {"properties": {"a": schema}, "required": ["a"]}
    # A `const` is answered as it is, however deep.
    body = {
        "model": "gemini-3-image-1k",
        "messages": [{"role": "user", "content": "a cat"}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "schema": {"properties": {"x": schema}, "required": ["x"], "type": "object"}
            },
        },
    }
    response = scripted.post(CHAT, body)
    assert response.status_code == 200, response.text
    assert set(json.loads(response.json()["choices"][0]["message"]["content"])) == {"x"}
    still_serves(scripted)


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("status", [200, 400])
def test_a_nested_answer_of_a_service_is_a_broken_service(
    scripted: Scripted, opening: str, depth: int, status: int
) -> None:
    for model, path in (
        ("gemini-3-image-1k", "/api/proxy/images/generate"),
        ("glm-image", "/api/paas/v4/images/generations"),
        ("flux-2.0", "/v1/images/generations"),
        ("geekai/x", "/api/v1/images/generations"),
    ):
        scripted.script.says[path] = ScriptedAnswer(f'{{"data": {opening * depth}'.encode(), status)
        response = scripted.post(GENERATIONS, {"model": model, "prompt": "a cat"})
        assert response.status_code == (502 if status == 200 else 400), response.text
    still_serves(scripted)
