"""Chats that send all their pictures back, and long texts wherever they stand."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png
from tests.worker.reading import event, picture

MIB = 1024 * 1024
# What the Worker reads at once; texts that stand across its end are the hard ones.
PART = 384 * 1024


def noise(seed: str, length: int) -> bytes:
    return hashlib.shake_256(seed.encode()).digest(length)


def data_url(length: int) -> str:
    """A picture of about so many characters."""
    return "data:image/png;base64," + base64.b64encode(png() + bytes(length * 3 // 4)).decode()


def turns(length: int) -> list[dict[str, Any]]:
    """An earlier question, and its answer in each of the forms in which clients send it back."""
    url = data_url(length)
    return [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]},
        {"role": "assistant", "content": f"![image]({url})"},
        {"role": "assistant", "content": "", "images": [{"image_url": {"url": url}}]},
    ]


def ask(client: httpx.Client, easel: Easel, body: bytes) -> httpx.Response:
    headers = {"authorization": f"Bearer {TOKEN}"}
    return client.post(f"{easel.url}/v1/chat/completions", headers=headers, content=body)


def chat(messages: list[dict[str, Any]], model: str = "gemini-3-image-1k") -> dict[str, Any]:
    return {"model": model, "messages": messages, "stream": True}


@pytest.mark.parametrize("megabytes", [1, 20, 60])
def test_a_chat_may_send_back_as_many_pictures_as_it_has(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, megabytes: int
) -> None:
    history = turns(megabytes * 1_000_000 // 3)
    body = json.dumps(chat([*history, {"role": "user", "content": marker}])).encode()
    response = ask(client, unchanged, body)
    assert response.status_code == 200
    assert picture(event(response.content))[1].startswith(b"\xff\xd8\xff")
    (call,) = internet.calls(marker)
    assert json.loads(call.body)["prompt"] == marker


def test_a_gemini_chat_may_too(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    inline = {"inlineData": {"mimeType": "image/png", "data": "A" * 20_000_000}}
    contents = [
        {"role": "user", "parts": [{"text": "a dog"}, inline]},
        {"role": "model", "parts": [inline]},
        {"role": "user", "parts": [{"text": marker}]},
    ]
    response = client.post(
        f"{unchanged.url}/v1beta/models/gemini-3-image-1k:generateContent",
        headers={"x-goog-api-key": TOKEN},
        json={"contents": contents},
    )
    assert response.status_code == 200
    assert len(internet.calls(marker)) == 1


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("model", ["seedream-4.5", "geekai/gpt-image-1"])
def test_the_picture_of_the_last_message_arrives_byte_by_byte(
    client: httpx.Client,
    unchanged: Easel,
    internet: Internet,
    marker: str,
    model: str,
    *,
    escaped: bool,
) -> None:
    content = png() + noise(marker, 1_500_001)
    url = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    parts = [{"type": "text", "text": marker}, {"type": "image_url", "image_url": {"url": url}}]
    text = json.dumps(chat([*turns(400_000), {"role": "user", "content": parts}], model))
    # PHP writes it so.
    body = (text.replace("/", "\\/") if escaped else text).encode()
    assert ask(client, unchanged, body).status_code == 200
    (call,) = internet.calls(marker)
    assert (content in call.body) or (base64.b64encode(content) in call.body)


def test_base64_in_the_alphabet_of_urls_is_read_too(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    content = png() + noise(marker, 500_000)
    inline = {"inlineData": {"data": base64.urlsafe_b64encode(content).decode()}}
    response = client.post(
        f"{unchanged.url}/v1beta/models/seedream-4.5:generateContent",
        headers={"x-goog-api-key": TOKEN},
        json={"contents": [{"parts": [{"text": marker}, inline]}]},
    )
    assert response.status_code == 200
    (call,) = internet.calls(marker)
    assert content in call.body


@pytest.mark.parametrize("tail", ["*", "A", "=A", "猫", "\n"])
@pytest.mark.parametrize("at", [3000, PART, 600_000])
def test_long_base64_that_is_none_is_refused_by_its_field(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, tail: str, at: int
) -> None:
    valid = base64.b64encode(png() + bytes(at * 3)).decode().rstrip("=")
    broken = valid[: at * 4] + tail
    parts = [{"type": "text", "text": marker}, {"type": "image", "image": broken}]
    body = json.dumps(chat([{"role": "user", "content": parts}], "seedream-4.5")).encode()
    error = ask(client, unchanged, body).json()["error"]
    assert (error["code"], error["param"]) == ("invalid_request", "messages[0].content[1]")
    assert internet.calls(marker) == []


@pytest.mark.parametrize("text", ["猫" * 3000, "\ufeff" + "A" * 5000, "data:" + "A" * 5000])
def test_a_long_text_that_is_no_base64_at_all_is_refused_by_its_field(
    client: httpx.Client, unchanged: Easel, text: str
) -> None:
    parts = [{"type": "text", "text": "a cat"}, {"type": "image", "image": text}]
    body = json.dumps(chat([{"role": "user", "content": parts}], "seedream-4.5")).encode()
    error = ask(client, unchanged, body).json()["error"]
    assert (error["code"], error["param"]) == ("invalid_request", "messages[0].content[1]")


def test_a_long_address_of_a_picture_is_one(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    url = f"https://host.example/cat.png?{'a' * 5000}"
    parts = [{"type": "text", "text": marker}, {"type": "image_url", "image_url": {"url": url}}]
    body = json.dumps(chat([{"role": "user", "content": parts}], "geekai/gpt-image-1")).encode()
    assert ask(client, unchanged, body).status_code == 200
    (call,) = internet.calls(marker)
    assert json.loads(call.body)["image"] == url


@pytest.mark.parametrize("text", ["\\ud83d" + "a" * 5000, "a" * 5000 + "\\udc00"])
def test_half_a_character_in_a_long_text_is_refused(
    client: httpx.Client, unchanged: Easel, text: str
) -> None:
    body = (
        f'{{"model": "gemini-3-image-1k", "messages": [{{"role": "user", "content": "{text}"}}]}}'
    )
    response = ask(client, unchanged, body.encode())
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_json")


def test_more_than_is_painted_from_is_told_with_what_to_do(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    image = {"type": "image_url", "image_url": {"url": data_url(9 * MIB)}}
    parts = [image, image, {"type": "text", "text": marker}]
    body = json.dumps(chat([{"role": "user", "content": parts}], "geekai/gpt-image-1")).encode()
    response = ask(client, unchanged, body)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")
    assert "Send fewer or smaller pictures" in response.json()["error"]["message"]
    assert internet.calls(marker) == []


def test_more_than_a_request_may_have_is_told_with_what_to_do(
    client: httpx.Client, unchanged: Easel
) -> None:
    response = ask(client, unchanged, b" " * (64 * MIB + 1))
    assert response.status_code == 413
    assert "start a new chat" in response.json()["error"]["message"]


@pytest.mark.parametrize(("words", "messages"), [(600, 1300), (900_000, 1)])
def test_more_text_than_anybody_reads_is_told(
    client: httpx.Client, unchanged: Easel, words: int, messages: int
) -> None:
    message = {"role": "user", "content": "a cat " * words}
    response = ask(client, unchanged, json.dumps(chat([message] * messages)).encode())
    assert response.status_code == 413
    assert "text" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "text",
    [
        b'{"model": "gemini-3-image-1k", "messages": "' + b"A" * 500_000,
        b'{"messages": [{"role": "user", "content": "' + b"A" * 5000 + b"\xff" + b'"}]}',
        b'{"model": "m", "messages": [{"role": "user", "content": "' + b"A\n" * 5000 + b'"}]}',
        b'{"model": "m", "messages": [{"role": "user", "content": "' + b"\\x" * 5000 + b'"}]}',
    ],
)
def test_long_texts_that_are_no_json_are_refused(
    client: httpx.Client, unchanged: Easel, text: bytes
) -> None:
    response = ask(client, unchanged, text)
    assert (response.status_code, response.json()["error"]["type"]) == (
        400,
        "invalid_request_error",
    )


def test_a_text_cannot_stand_for_another(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    prompt = f"easel:0 {marker}"
    messages = [*turns(10_000), {"role": "user", "content": prompt}]
    assert ask(client, unchanged, json.dumps(chat(messages)).encode()).status_code == 200
    (call,) = internet.calls(marker)
    assert json.loads(call.body)["prompt"] == prompt


AWKWARD = st.sampled_from(["a", "\\", '"', '\\"', "\n", "猫", "/", "\\\\\\", "éé"])


@given(
    filler=st.integers(PART - 4200, PART + 60),
    before=st.lists(AWKWARD, max_size=12).map("".join),
    run=st.sampled_from([0, 1, 4000, 4090, 4097, 5000]),
    after=st.lists(AWKWARD, max_size=12).map("".join),
    ensure_ascii=st.booleans(),
)
@settings(max_examples=60, derandomize=True)
def test_any_text_anywhere_is_read_as_it_was_written(
    client: httpx.Client,
    unchanged: Easel,
    internet: Internet,
    filler: int,
    before: str,
    run: int,
    after: str,
    *,
    ensure_ascii: bool,
) -> None:
    """The last message lies about the end of what is read at once."""
    prompt = f"text! {before}{'x' * run}{after}"
    messages = [{"role": "assistant", "content": "A" * filler}, {"role": "user", "content": prompt}]
    body = json.dumps(chat(messages), ensure_ascii=ensure_ascii).encode()
    response = ask(client, unchanged, body)
    assert response.status_code == 200, response.text
    call = next(call for call in reversed(internet.sandbox.calls) if call.body)
    assert json.loads(call.body)["prompt"] == prompt
