"""The fields that shape a picture, from a caller's body to the service's, on workerd."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
import pytest

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png
from tests.worker.reading import events

HEADERS: Final = {"authorization": f"Bearer {TOKEN}"}
GPT_IMAGE: Final = "geekai/gpt-image-1"
# Nothing is known of it, so that every field may be sent.
ANY_MODEL: Final = "geekai/some-model"


def request(easel: Easel, language: str, prompt: str, **fields: Any) -> httpx.Request:
    """The same fields in a JSON body of the images API, in a form, or in a chat."""
    if language == "form":
        texts = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in fields.items()
        }
        return httpx.Request(
            "POST",
            f"{easel.url}/v1/images/edits",
            headers=HEADERS,
            data={"prompt": prompt, **texts},
            files={"image": ("a.png", png(), "image/png")},
        )
    if language == "chat":
        path = "chat/completions"
        fields["messages"] = [{"role": "user", "content": prompt}]
    else:
        path, fields["prompt"] = "images/generations", prompt
    return httpx.Request("POST", f"{easel.url}/v1/{path}", headers=HEADERS, json=fields)


def sent(client: httpx.Client, internet: Internet, asked: httpx.Request, marker: str) -> Any:
    """What the service was asked for."""
    response = client.send(asked)
    assert response.status_code == 200, response.text
    (call,) = internet.calls(marker)
    return json.loads(call.body)


each_language = pytest.mark.parametrize("language", ["images", "form", "chat"])


@each_language
@pytest.mark.parametrize("name", ["quality", "size", "background"])
def test_auto_reaches_a_model_for_which_the_document_has_the_word(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, language: str, name: str
) -> None:
    asked = request(easel, language, marker, model=GPT_IMAGE, **{name: "auto"})
    assert sent(client, internet, asked, marker)[name] == "auto"


@pytest.mark.parametrize("language", ["images", "chat"])
@pytest.mark.parametrize(
    "model",
    ["gemini-3-image-1k", "glm-image", "cogview-4", "seedream-4.5", "geekai/nano-banana"],
)
def test_what_clients_say_where_nobody_chose_is_left_out_elsewhere(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, language: str, model: str
) -> None:
    bare = sent(client, internet, request(easel, language, marker, model=model), marker)
    internet.sandbox.calls.clear()
    auto = {"quality": "auto", "size": "auto", "background": "auto", "moderation": "auto"}
    asked = request(easel, language, marker, model=model, **auto)
    assert sent(client, internet, asked, marker) == bare


@pytest.mark.parametrize("language", ["images", "chat"])
@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("gemini-3-image-1k", {}),
        ("glm-image", {}),
        ("cogview-4", {"quality": "standard"}),
        ("seedream-4.5", {"quality": "standard", "style": "vivid"}),
        (GPT_IMAGE, {}),
        ("geekai/dall-e-3", {"quality": "standard"}),
    ],
)
def test_the_old_defaults_of_openai_are_no_fault_where_a_model_has_no_such_choice(
    client: httpx.Client,
    easel: Easel,
    internet: Internet,
    marker: str,
    language: str,
    model: str,
    kept: dict[str, str],
) -> None:
    old = {"quality": "standard", "style": "vivid"}
    body = sent(client, internet, request(easel, language, marker, model=model, **old), marker)
    assert {name: body[name] for name in old if name in body} == kept


SENT: Final[dict[str, Any]] = {
    "quality": "high",
    "style_preset": "3d-model",
    "background": "opaque",
    "output_format": "webp",
    "negative_prompt": "no dogs. " * 1000,
    "watermark": False,
    "retries": 2,
    "extra_body": {
        "guidance": 7.5,
        "notes": "long. " * 1000,
        "sequential_image_generation": "disabled",
        "sequential_image_generation_options": {"max_images": 3, "more": None},
    },
}


@each_language
def test_every_field_that_the_service_has_is_sent_in_every_language(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, language: str
) -> None:
    body = sent(client, internet, request(easel, language, marker, model=ANY_MODEL, **SENT), marker)
    assert {name: body[name] for name in SENT} == SENT


@pytest.mark.parametrize(
    ("model", "name", "value", "field", "expected"),
    [
        ("glm-image", "watermark", False, "watermark_enabled", False),
        ("glm-image", "watermark_enabled", True, "watermark_enabled", True),
        ("glm-image", "user_id", "user-123", "user_id", "user-123"),
        ("seedream-4.5", "style", "natural", "style", "natural"),
        ("seedream-4.5", "quality", "hd", "quality", "hd"),
        ("gemini-3-image-1k", "watermark", True, "rm_label_watermark", False),
        ("geekai/doubao-seedream-4.0", "size", "2048x2048", "size", "2048x2048"),
        ("geekai/gpt-image-3", "size", "1001x777", "size", "1001x777"),
    ],
)
@pytest.mark.parametrize("language", ["images", "chat"])
def test_a_field_is_spelled_as_its_service_does(
    client: httpx.Client,
    easel: Easel,
    internet: Internet,
    marker: str,
    language: str,
    model: str,
    name: str,
    value: object,
    field: str,
    expected: object,
) -> None:
    asked = request(easel, language, marker, model=model, **{name: value})
    assert sent(client, internet, asked, marker)[field] == expected


@pytest.mark.parametrize("language", ["images", "chat"])
@pytest.mark.parametrize(
    ("model", "fields", "param"),
    [
        *(
            ("gemini-3-image-1k", {name: value}, name)
            for name, value in {
                "quality": "hd",
                "style": "natural",
                "style_preset": "x",
                "background": "opaque",
                "output_format": "png",
                "negative_prompt": "dogs",
                "strength": 0.5,
                "user_id": "user-123",
                "retries": 1,
                "extra_body": {"x": 1},
                "moderation": "low",
                "partial_images": 4,
            }.items()
        ),
        ("seedream-4.5", {"watermark_enabled": True}, "watermark_enabled"),
        (GPT_IMAGE, {"quality": "hd"}, "quality"),
        (ANY_MODEL, {"extra_body": {"x": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}}, "extra_body"),
        (
            GPT_IMAGE,
            {"extra_body": {"sequential_image_generation": "auto"}},
            "extra_body.sequential_image_generation",
        ),
    ],
)
def test_a_field_that_the_service_has_not_is_named_and_costs_no_call(
    client: httpx.Client,
    easel: Easel,
    internet: Internet,
    marker: str,
    language: str,
    model: str,
    fields: dict[str, Any],
    param: str,
) -> None:
    response = client.send(request(easel, language, marker, model=model, **fields))
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert internet.calls(marker) == []


def test_what_means_nothing_to_a_painter_is_tolerated_in_a_chat(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    fields = {
        "temperature": 0.7,
        "seed": 7,
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "metadata": {"a": "b"},
        "store": True,
        "user": "me",
        "safety_identifier": "me",
        "modalities": ["text"],
        "max_completion_tokens": 4096,
    }
    asked = request(easel, "chat", marker, model=ANY_MODEL, **fields)
    assert sent(client, internet, asked, marker) == {
        "model": "some-model",
        "prompt": marker,
        "n": 1,
        "response_format": "url",
    }


@pytest.mark.parametrize("partial_images", [1, 2, 3])
def test_partial_images_are_accepted_and_none_are_sent(
    client: httpx.Client, easel: Easel, marker: str, partial_images: int
) -> None:
    fields = {"model": "glm-image", "stream": True, "partial_images": partial_images}
    response = client.send(request(easel, "images", marker, **fields))
    assert response.status_code == 200, response.text
    completed, done = events(response.content)
    assert (json.loads(completed)["type"], done) == ("image_generation.completed", "[DONE]")


@pytest.mark.parametrize("language", ["images", "form"])
@pytest.mark.parametrize("name", ["markup", "input_fidelity"])
def test_what_openai_alone_has_is_an_unknown_parameter(
    client: httpx.Client, easel: Easel, marker: str, language: str, name: str
) -> None:
    response = client.send(request(easel, language, marker, model=GPT_IMAGE, **{name: "high"}))
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "unknown_parameter", name)


def test_a_file_of_markup_is_an_unknown_parameter_too(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = client.post(
        f"{easel.url}/v1/images/edits",
        headers=HEADERS,
        data={"prompt": marker, "model": GPT_IMAGE},
        files={"image": ("a.png", png(), "image/png"), "markup": ("m.png", png(), "image/png")},
    )
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("unknown_parameter", "markup")


@pytest.mark.parametrize("language", ["images", "form"])
def test_a_safety_identifier_goes_to_no_service(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, language: str
) -> None:
    asked = request(easel, language, marker, model=GPT_IMAGE, safety_identifier="who-asks")
    assert "who-asks" not in str(sent(client, internet, asked, marker))


@pytest.mark.parametrize(
    "config",
    [
        {"imageConfig": {"outputMimeType": "image/jpeg"}},
        {"image_config": {"image_output_options": {"mime_type": "image/jpeg"}}},
        {"responseMimeType": "image/jpeg"},
    ],
)
def test_gemini_has_words_for_the_format(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, config: object
) -> None:
    def asked(model: str) -> httpx.Request:
        contents = [{"parts": [{"text": marker}]}]
        url = f"{easel.url}/v1beta/models/{model}:generateContent"
        body = {"contents": contents, "generationConfig": config}
        return httpx.Request("POST", url, headers={"x-goog-api-key": TOKEN}, json=body)

    refused = client.send(asked("glm-image"))
    named = refused.json()["error"]["details"][0]["metadata"]["param"]
    assert (refused.status_code, named.lower()[-8:]) == (400, "mimetype")
    assert sent(client, internet, asked(GPT_IMAGE), marker)["output_format"] == "jpg"
