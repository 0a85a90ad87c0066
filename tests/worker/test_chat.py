from __future__ import annotations

import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from PIL import Image

from easel.services.zai_models import DEFAULT_RATIO, MODEL_IDS, parse_model_id
from tests.worker.conftest import PICTURES, TOKEN, ZAI, Easel, Internet
from tests.worker.reading import event, events, picture, read
from tools.sandbox.pictures import size_of


def test_a_stream_brings_the_picture_as_the_documents_event_and_as_a_chunk(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    timed = read(client, easel.chat(f"一只可爱的橘猫 {marker}", stream=True))
    assert timed.response.status_code == 200
    headers = timed.response.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-request-id"].startswith("req_")
    assert timed.body.startswith(
        b'data: {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/jpeg", '
        b'"data": "/9j/'
    )
    found = event(timed.body)
    mime_type, content = picture(found)
    assert mime_type == "image/jpeg"
    (kept,) = [each for each in internet.sandbox.pictures.values() if each.content == content]
    assert Image.open(io.BytesIO(kept.content)).size == (1952, 832)
    chunk = ChatCompletionChunk.model_validate(found, strict=True)
    assert chunk.model == "gemini-3-image-1k"
    assert (chunk.choices[0].delta.content or "").startswith(f"![image]({PICTURES}/z_image/")


def test_the_service_is_asked_exactly_as_the_document_says(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    request = easel.chat(f"a cat {marker}", stream=True, model="Gemini-3-Image-2K-3-4")
    assert client.send(request).status_code == 200
    (call,) = internet.calls(marker)
    assert (call.method, call.url) == ("POST", f"{ZAI}/api/proxy/images/generate")
    sent = {name: value for name, value in call.headers.items() if not name.startswith("x-fo")}
    assert sent == {
        "host": "image.z.ai",
        "content-type": "application/json",
        "content-length": str(len(call.body)),
        "accept": "text/event-stream",
        "origin": ZAI,
        "referer": f"{ZAI}/",
        "user-agent": "Mozilla/5.0 AppleWebKit/537.36 Chrome/143 Safari/537",
        "cookie": f"session={TOKEN}",
    }
    assert json.loads(call.body) == {
        "prompt": f"a cat {marker}",
        "ratio": "3:4",
        "resolution": "2K",
        "rm_label_watermark": True,
    }


def test_the_picture_is_fetched_with_nothing_of_the_caller(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    response = client.send(easel.chat(marker, stream=False))
    link = response.json()["choices"][0]["message"]["content"]
    (download,) = [call for call in internet.downloads() if f"({call.url})" in link]
    assert download.url.startswith(PICTURES)
    for header in ("cookie", "authorization", "origin", "referer"):
        assert header not in download.headers
    assert TOKEN not in str(download)


def test_a_plain_answer_is_a_chat_completion_with_the_same_picture(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = client.send(easel.chat(marker, stream=False, model="gemini-3-image-1k-1-1"))
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    completion = ChatCompletion.model_validate(response.json(), strict=True)
    assert completion.choices[0].finish_reason == "stop"
    mime_type, content = picture(response.json())
    assert (mime_type, Image.open(io.BytesIO(content)).size) == ("image/jpeg", (1280, 1280))


@pytest.mark.parametrize("model", MODEL_IDS)
def test_each_model_paints_its_own_size(
    client: httpx.Client, easel: Easel, marker: str, model: str
) -> None:
    response = client.send(easel.chat(marker, stream=False, model=model))
    _, content = picture(response.json())
    parsed = parse_model_id(model)
    expected = size_of(str(parsed.ratio or DEFAULT_RATIO), str(parsed.resolution))
    assert Image.open(io.BytesIO(content)).size == expected


@pytest.mark.parametrize("length", [200_000, 393_216, 393_217, 1_000_001, 5_000_000])
@pytest.mark.parametrize("way", ["picture-bytes", "picture-chunked"])
def test_a_picture_of_any_length_arrives_byte_by_byte(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, length: int, way: str
) -> None:
    prompt = f"sandbox:{way}={length} {marker}"
    _, content = picture(event(client.send(easel.chat(prompt, stream=True)).content))
    assert len(content) == length
    assert content in {kept.content for kept in internet.sandbox.pictures.values()}


def test_the_type_of_a_picture_is_what_its_bytes_say(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    answer = client.send(easel.chat(f"sandbox:picture-png {marker}", stream=False)).json()
    mime_type, content = picture(answer)
    assert (mime_type, Image.open(io.BytesIO(content)).format) == ("image/png", "PNG")
    assert ".jpg?" in answer["choices"][0]["message"]["content"]


@pytest.mark.parametrize("fault", ["picture-redirect", "event-stream"])
def test_other_ways_to_the_picture_lead_to_it_too(
    client: httpx.Client, easel: Easel, marker: str, fault: str
) -> None:
    response = client.send(easel.chat(f"sandbox:{fault} {marker}", stream=True))
    assert picture(event(response.content))[0] == "image/jpeg"


def test_twenty_pictures_at_once_do_not_mix(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    def paint(number: int) -> tuple[int, bytes]:
        request = easel.chat(f"sandbox:picture-bytes={1_000_000 + number} {marker}", stream=True)
        return number, picture(event(client.send(request).content))[1]

    with ThreadPoolExecutor(20) as pool:
        painted = list(pool.map(paint, range(20)))
    kept = {picture.content for picture in internet.sandbox.pictures.values()}
    for number, content in painted:
        assert len(content) == 1_000_000 + number
        assert content in kept


def test_the_deployment_without_variables_paints_too(
    client: httpx.Client, unchanged: Easel, marker: str
) -> None:
    assert picture(event(client.send(unchanged.chat(marker, stream=True)).content))[1]


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_looks_in_images_finds_the_picture_there(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, *, stream: bool
) -> None:
    request = easel.chat(f"sandbox:picture-bytes=1000000 {marker}", stream=stream)
    body = {**json.loads(request.content), "modalities": ["image", "text"]}
    response = client.post(request.url, headers={"authorization": f"Bearer {TOKEN}"}, json=body)
    answer = json.loads(events(response.content)[0]) if stream else response.json()
    message = answer["choices"][0]["delta" if stream else "message"]
    start, _, data = message["images"][0]["image_url"]["url"].partition(",")
    assert start == "data:image/jpeg;base64"
    kept = {picture.content for picture in internet.sandbox.pictures.values()}
    assert base64.b64decode(data, validate=True) in kept


def test_a_deployment_that_links_opens_no_picture(
    client: httpx.Client, linking: Easel, internet: Internet, marker: str
) -> None:
    response = client.send(linking.chat(marker, stream=True))
    content = event(response.content)["choices"][0]["delta"]["content"]
    assert content.startswith(f"![image]({PICTURES}/")
    assert len(response.content) < 1000
    assert not [call for call in internet.downloads() if f"({call.url})" in content]


def test_a_picture_larger_than_a_deployment_wants_in_a_chat_becomes_a_link(
    client: httpx.Client, sparing: Easel, marker: str
) -> None:
    response = client.send(sparing.chat(marker, stream=True))
    content = event(response.content)["choices"][0]["delta"]["content"]
    assert content.startswith(f"![image]({PICTURES}/")
    assert len(response.content) < 1000


def test_variables_that_are_false_and_zero_count(
    client: httpx.Client, typed: Easel, internet: Internet, marker: str
) -> None:
    timed = read(client, typed.chat(f"sandbox:slow=1 {marker}", stream=True))
    assert timed.headers_after < 0.5
    assert b'"rm_label_watermark": false' in internet.calls(marker)[0].body


def test_history_and_system_are_discarded_and_texts_joined(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    parts = [{"type": "text", "text": "a cat"}, {"type": "text", "text": marker}]
    messages = [
        {"role": "user", "content": "a dog"},
        {"role": "assistant", "content": "![image](https://host/dog.png)"},
        {"role": "user", "content": parts},
        {"role": "system", "content": "你是一个图片生成助手"},
    ]
    response = client.post(
        f"{easel.url}/v1/chat/completions",
        headers={"authorization": f"bearer {TOKEN}"},
        json={"model": "gemini-3-image-1k", "messages": messages, "temperature": 1, "n": None},
    )
    assert response.status_code == 200
    (call,) = internet.calls(marker)
    assert json.loads(call.body)["prompt"] == f"a cat\n{marker}"
