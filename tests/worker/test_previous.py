"""Turns that go on from the picture before: wherever clients keep it, with each service."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from email import message_from_bytes
from typing import Any, Final

import httpx
import pytest

from tests.worker import strict
from tests.worker.conftest import PICTURES, TOKEN, Easel, Internet
from tests.worker.dialects import png
from tests.worker.reading import events
from tools.sandbox.state import Call

EDITED: Final = "This edits the picture before."
UNUSED: Final = "The picture before was not used"

# Both services that have models which edit in conversations.
EDITORS: Final = ("flux-kontext", "geekai/gpt-image-1")

SHORT: Final = png()
# Longer than what stays in the body, and than what is read at once.
LONG: Final = png() + hashlib.shake_256(b"a cat").digest(700_000)


def data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def _part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


# Where chat clients keep the picture of an answer.
KEPT_IN: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    "images": lambda url: {"content": "", "images": [{**_part(url), "index": 0}]},
    "markdown": lambda url: {"content": f'Here (look):\n![a "cat"]({url})\nMore?'},
    "a text part": lambda url: {"content": [{"type": "text", "text": f"![image]({url})"}]},
    "a picture part": lambda url: {"content": [{"type": "text", "text": "Here."}, _part(url)]},
}


def chat(answer: dict[str, Any], marker: str, model: str, **fields: Any) -> dict[str, Any]:
    """A second turn, after an answer of the assistant."""
    messages = [
        {"role": "user", "content": "a cat"},
        {"role": "assistant", **answer},
        {"role": "user", "content": marker},
    ]
    return {"model": model, "messages": messages, **fields}


def ask(client: httpx.Client, easel: Easel, body: dict[str, Any]) -> httpx.Response:
    headers = {"authorization": f"Bearer {TOKEN}"}
    response = client.post(f"{easel.url}/v1/chat/completions", headers=headers, json=body)
    assert response.status_code == 200, response.text
    strict.check(strict.CHAT, response)
    return response


def words(response: httpx.Response) -> str:
    """The text of a chat's answer."""
    if response.headers["content-type"].startswith("text/event-stream"):
        chunks = [json.loads(data) for data in events(response.content)[:-1]]
        return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    content: str = response.json()["choices"][0]["message"]["content"]
    return content


def painted_from(call: Call) -> bytes | str | None:
    """What reached a service to paint from: a picture, or an address."""
    content_type = call.headers["content-type"]
    if content_type.startswith("application/json"):
        image: str | None = json.loads(call.body).get("image")
        if image is None or not image.startswith("data:"):
            return image
        return base64.b64decode(image.partition(",")[2], validate=True)
    form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + call.body)
    for part in form.walk():
        if part.get_param("name", header="content-disposition") == "image":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload
    return None


def md5(picture: bytes | str | None) -> str:
    assert isinstance(picture, bytes), picture
    return hashlib.md5(picture, usedforsecurity=False).hexdigest()


def check_second_turn(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, model: str, way: str
) -> str:
    """A second turn edits what the first was answered with, whose text is returned."""
    message = {"role": "user", "content": f"first {marker}"}
    body = {"model": model, "messages": [message], "chat_picture": way}
    first = ask(client, easel, body).json()["choices"][0]["message"]
    name, kept = internet.sandbox.pictures.popitem()
    internet.sandbox.pictures[name] = kept
    second = [message, first, {"role": "user", "content": f"second {marker}"}]
    response = ask(client, easel, {**body, "messages": second, "chat_picture": "link"})
    *_, call = internet.calls(marker)
    found = painted_from(call)
    if isinstance(found, str):
        # GeekAI opens a link itself.
        assert (model, found.startswith(f"{PICTURES}/z_image/{name}?")) == (EDITORS[1], True)
    else:
        assert md5(found) == md5(kept.content)
    assert EDITED in words(response)
    text: str = first["content"]
    return text


each_editor = pytest.mark.parametrize("model", EDITORS)
each_stream = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@each_editor
@pytest.mark.parametrize("place", KEPT_IN)
@pytest.mark.parametrize("picture", [SHORT, LONG], ids=["short", "long"])
def test_the_picture_before_is_edited_wherever_a_client_keeps_it(
    client: httpx.Client,
    unchanged: Easel,
    internet: Internet,
    marker: str,
    model: str,
    place: str,
    picture: bytes,
) -> None:
    answer = KEPT_IN[place](data_url(picture))
    response = ask(client, unchanged, chat(answer, marker, model, chat_picture="link"))
    (call,) = internet.calls(marker)
    assert md5(painted_from(call)) == md5(picture)
    assert EDITED in words(response)


@each_editor
@each_stream
@pytest.mark.parametrize("way", ["candidates", "images", "link", "markdown"])
def test_each_form_of_an_answer_tells_it(
    client: httpx.Client, unchanged: Easel, marker: str, model: str, way: str, *, stream: bool
) -> None:
    answer = KEPT_IN["images"](data_url(LONG))
    body = chat(answer, marker, model, chat_picture=way, stream=stream)
    assert words(ask(client, unchanged, body)).count("start a new chat") == 1


@each_editor
@pytest.mark.parametrize("way", ["candidates", "images", "link", "markdown"])
def test_what_easel_answered_is_what_it_edits(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, model: str, way: str
) -> None:
    check_second_turn(client, unchanged, internet, marker, model, way)


@each_editor
@pytest.mark.parametrize("way", ["candidates", "link"])
def test_a_link_of_easels_own_leads_to_what_it_edits(
    client: httpx.Client, sealing: Easel, internet: Internet, marker: str, model: str, way: str
) -> None:
    first = check_second_turn(client, sealing, internet, marker, model, way)
    assert f"]({sealing.url}/pictures/" in first


def test_a_link_that_easel_has_not_sealed_leads_nowhere(
    client: httpx.Client, sealing: Easel, internet: Internet, marker: str
) -> None:
    link = f"{sealing.url}/pictures/{'A' * 400}"
    response = ask(client, sealing, chat(KEPT_IN["markdown"](link), marker, EDITORS[1]))
    assert "there is no picture behind its link any more" in words(response)
    (call,) = internet.calls(marker)
    assert painted_from(call) is None


@pytest.mark.parametrize("path", ["/v1/images/generations", "/mcp/zhaotou"])
def test_a_services_own_link_is_what_an_edit_may_paint_from(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, path: str
) -> None:
    message = {"role": "user", "content": f"first {marker}"}
    first = {"model": EDITORS[0], "messages": [message], "chat_picture": "link"}
    (link,) = re.findall(r"\((https://[^)]+)\)", words(ask(client, unchanged, first)))
    _, kept = list(internet.sandbox.pictures.items())[-1]
    edit = {"model": EDITORS[0], "prompt": f"second {marker}", "image": link}
    params = {"name": "edit_image", "arguments": edit}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"authorization": f"Bearer {TOKEN}"}
    body = call if path.startswith("/mcp") else edit
    response = client.post(f"{unchanged.url}{path}", headers=headers, json=body)
    assert response.status_code == 200, response.text
    (asked,) = internet.calls(f"second {marker}")
    assert md5(painted_from(asked)) == md5(kept.content)


def test_a_picture_that_the_user_sent_since_goes_first(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    body = chat(KEPT_IN["markdown"](data_url(SHORT)), marker, EDITORS[0])
    failed = {"role": "user", "content": [{"type": "text", "text": "a dog"}, _part(data_url(LONG))]}
    body["messages"].insert(2, failed)
    ask(client, unchanged, body)
    (call,) = internet.calls(marker)
    assert md5(painted_from(call)) == md5(LONG)


@each_stream
@pytest.mark.parametrize("model", ["gemini-3-image-1k", "glm-image", "geekai/dall-e-3", "flux-2.0"])
@pytest.mark.parametrize("picture", [SHORT, LONG], ids=["short", "long"])
def test_other_models_paint_from_words_alone_as_before(
    client: httpx.Client,
    unchanged: Easel,
    internet: Internet,
    marker: str,
    model: str,
    picture: bytes,
    *,
    stream: bool,
) -> None:
    body = chat(KEPT_IN["markdown"](data_url(picture)), marker, model, stream=stream)
    response = ask(client, unchanged, body)
    (call,) = internet.calls(marker)
    assert painted_from(call) is None
    assert "picture before" not in words(response)


@each_editor
def test_a_request_may_say_no(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, model: str
) -> None:
    body = chat(KEPT_IN["images"](data_url(LONG)), marker, model, edit_previous=False)
    response = ask(client, unchanged, body)
    (call,) = internet.calls(marker)
    assert painted_from(call) is None
    assert "picture before" not in words(response)


@each_editor
def test_a_deployment_may_say_no_and_a_request_yes(
    client: httpx.Client, forgetful: Easel, internet: Internet, marker: str, model: str
) -> None:
    body = chat(KEPT_IN["images"](data_url(LONG)), f"no {marker}", model)
    assert "picture before" not in words(ask(client, forgetful, body))
    body = chat(KEPT_IN["images"](data_url(LONG)), f"yes {marker}", model, edit_previous=True)
    assert EDITED in words(ask(client, forgetful, body))
    without, call = internet.calls(marker)
    assert painted_from(without) is None
    assert md5(painted_from(call)) == md5(LONG)


@each_editor
@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://elsewhere.example/z_image/cat.png", "does not open links to its host"),
        ("http://z-ai-audio.oss-cn-hongkong.aliyuncs.com/z_image/cat.png", "does not open links"),
        ("https://127.0.0.1/z_image/cat.png", "does not open links to its host"),
        ("/api/v1/files/1/content", "no picture that Easel can read"),
        (data_url(b"no picture at all"), "no picture that Easel can read"),
        ("data:image/png;base64,%%%", "no picture that Easel can read"),
        (f"data:image/png;base64,{'%' * 5000}", "no picture that Easel can read"),
        # Half a picture of an answer that was stopped.
        (data_url(LONG)[: 500_000 + 3], "no picture that Easel can read"),
    ],
)
@pytest.mark.parametrize("place", ["images", "markdown"])
def test_a_picture_before_that_cannot_be_used_stops_nothing_and_is_told(
    client: httpx.Client,
    unchanged: Easel,
    internet: Internet,
    marker: str,
    model: str,
    address: str,
    why: str,
    place: str,
) -> None:
    downloads = len(internet.downloads())
    response = ask(client, unchanged, chat(KEPT_IN[place](address), marker, model))
    (call,) = internet.calls(marker)
    assert painted_from(call) is None
    assert UNUSED in words(response)
    assert why in words(response)
    # The one that was painted, and no other.
    assert len(internet.downloads()) == downloads + 1


@each_editor
def test_a_history_that_is_too_large_stops_nothing_and_is_told(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, model: str
) -> None:
    answer = KEPT_IN["markdown"](data_url(png() + bytes(12 * 1024 * 1024)))
    response = ask(client, unchanged, chat(answer, marker, model))
    (call,) = internet.calls(marker)
    assert painted_from(call) is None
    assert "it is too large, or too far back in this chat" in words(response)


@pytest.mark.parametrize("fault", ["404", "text"])
def test_a_link_whose_picture_is_gone_stops_nothing_and_is_told(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, fault: str
) -> None:
    link = f"{PICTURES}/z_image/{fault}.png?Expires=1&Signature=none"
    response = ask(client, unchanged, chat(KEPT_IN["markdown"](link), marker, EDITORS[0]))
    (call,) = internet.calls(marker)
    assert painted_from(call) is None
    assert "its host did not return it" in words(response)


def test_an_edit_that_the_service_does_not_have_is_painted_from_words_and_told(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    body = chat(KEPT_IN["images"](data_url(LONG)), marker, EDITORS[0], quality="hd")
    response = ask(client, unchanged, body)
    (call,) = internet.calls(marker)
    assert json.loads(call.body)["quality"] == "hd"
    assert "quality: flux-kontext does not support this" in words(response)


def test_a_personal_proxy_edits_with_each_of_its_tokens(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str
) -> None:
    body = chat(KEPT_IN["images"](data_url(LONG)), marker, EDITORS[1])
    headers = {"authorization": "Bearer a-key"}
    response = client.post(f"{proxy.url}/v1/chat/completions", headers=headers, json=body)
    assert EDITED in words(response)
    (call,) = internet.calls(marker)
    assert md5(painted_from(call)) == md5(LONG)


# --- Gemini. ---


def gemini(
    client: httpx.Client, easel: Easel, body: dict[str, Any], model: str, *, stream: bool = False
) -> list[dict[str, Any]]:
    """The parts of an answer."""
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    url = f"{easel.url}/v1beta/models/{model}:{method}"
    response = client.post(url, headers={"x-goog-api-key": TOKEN}, json=body)
    assert response.status_code == 200, response.text
    strict.check(strict.GEMINI_STREAM if stream else strict.GEMINI, response)
    answer = json.loads(events(response.content)[0]) if stream else response.json()
    parts: list[dict[str, Any]] = answer["candidates"][0]["content"]["parts"]
    return parts


def _inline(picture: bytes) -> dict[str, Any]:
    data = base64.b64encode(picture).decode()
    return {"inlineData": {"mimeType": "image/png", "data": data}}


def contents(part: dict[str, Any], marker: str) -> dict[str, Any]:
    return {
        "contents": [
            {"role": "user", "parts": [{"text": "a cat"}]},
            {"role": "model", "parts": [{"text": "Here."}, part]},
            {"role": "user", "parts": [{"text": marker}]},
        ]
    }


@each_editor
@each_stream
@pytest.mark.parametrize(
    "part",
    [
        _inline(SHORT),
        _inline(LONG),
        {"text": f"![image]({data_url(LONG)})"},
        {"fileData": {"fileUri": data_url(LONG), "mimeType": "image/png"}},
    ],
    ids=["short", "long", "text", "file"],
)
def test_a_model_of_geminis_api_edits_its_picture(
    client: httpx.Client,
    unchanged: Easel,
    internet: Internet,
    marker: str,
    model: str,
    part: dict[str, Any],
    *,
    stream: bool,
) -> None:
    picture, told = gemini(client, unchanged, contents(part, marker), model, stream=stream)
    assert "inlineData" in picture
    assert EDITED in told["text"]
    (call,) = internet.calls(marker)
    assert md5(painted_from(call)) == md5(SHORT if part == _inline(SHORT) else LONG)


def test_a_request_of_geminis_api_may_say_no(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    body = {**contents(_inline(LONG), marker), "editPrevious": False}
    (picture,) = gemini(client, unchanged, body, EDITORS[1])
    assert "inlineData" in picture
    (call,) = internet.calls(marker)
    assert painted_from(call) is None


@each_stream
def test_image_z_ai_stays_as_its_document_says_in_geminis_api_too(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, *, stream: bool
) -> None:
    body = contents(_inline(LONG), marker)
    (picture,) = gemini(client, unchanged, body, "gemini-3-image-1k", stream=stream)
    assert set(picture) == {"inlineData"}
    (call,) = internet.calls(marker)
    assert json.loads(call.body)["prompt"] == marker


# --- Responses. ---


def responses(
    client: httpx.Client, easel: Easel, body: dict[str, Any], *, stream: bool = False
) -> dict[str, Any]:
    """A response, also the one at the end of a stream."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    url = f"{easel.url}/v1/responses"
    response = client.post(url, headers=headers, json={**body, "stream": stream})
    assert response.status_code == 200, response.text
    strict.check(strict.RESPONSES, response)
    if not stream:
        plain: dict[str, Any] = response.json()
        return plain
    last: dict[str, Any] = json.loads(events(response.content)[-1])["response"]
    return last


def said(response: dict[str, Any]) -> str:
    *_, message = response["output"]
    text: str = message["content"][0]["text"]
    return text


def items(result: str, marker: str, model: str) -> dict[str, Any]:
    call = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": result}
    linked = {"type": "output_text", "text": "![image](https://elsewhere.example/1.png)"}
    return {
        "model": model,
        "input": [
            {"role": "user", "content": "a cat"},
            call,
            {"type": "message", "role": "assistant", "content": [linked]},
            {"role": "user", "content": marker},
        ],
    }


@each_editor
@each_stream
@pytest.mark.parametrize("picture", [SHORT, LONG], ids=["short", "long"])
def test_a_response_edits_what_an_earlier_call_painted(
    client: httpx.Client,
    unchanged: Easel,
    internet: Internet,
    marker: str,
    model: str,
    picture: bytes,
    *,
    stream: bool,
) -> None:
    body = items(base64.b64encode(picture).decode(), marker, model)
    assert EDITED in said(responses(client, unchanged, body, stream=stream))
    (call,) = internet.calls(marker)
    assert md5(painted_from(call)) == md5(picture)


@each_editor
def test_the_output_of_a_response_is_what_the_next_one_edits(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, model: str
) -> None:
    first: list[Any] = [{"role": "user", "content": f"a cat, {marker}"}]
    output = responses(client, unchanged, {"model": model, "input": first})["output"]
    second = [*first, *output, {"role": "user", "content": f"make it red, {marker}"}]
    assert EDITED in said(responses(client, unchanged, {"model": model, "input": second}))
    _, call = internet.calls(marker)
    assert md5(painted_from(call)) == md5(base64.b64decode(output[0]["result"]))


def test_a_response_may_say_no_and_image_z_ai_stays_as_it_is(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    result = base64.b64encode(LONG).decode()
    generate = {"tools": [{"type": "image_generation", "action": "generate"}]}
    for body in (
        {**items(result, marker, EDITORS[1]), "edit_previous": False},
        {**items(result, marker, EDITORS[1]), **generate},
        items(result, marker, "gemini-3-image-1k"),
    ):
        assert "picture before" not in said(responses(client, unchanged, body))
    assert [painted_from(call) for call in internet.calls(marker)] == [None] * 3


def test_a_call_without_its_picture_leaves_the_link_which_is_foreign_here(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str
) -> None:
    body = items("", marker, EDITORS[0])
    body["input"][1]["result"] = None
    assert "does not open links to its host" in said(responses(client, unchanged, body))
    (call,) = internet.calls(marker)
    assert painted_from(call) is None
