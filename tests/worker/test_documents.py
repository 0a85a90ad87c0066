"""The example requests of the four documents, as they are printed there, on workerd.

Each is asked of Easel; what Easel asks the service for is the document's, and so is the answer.
"""

from __future__ import annotations

import io
import json
from typing import Any, Final

import httpx
import pytest
from PIL import Image

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png
from tests.worker.reading import event, picture

HEADERS: Final = {"authorization": f"Bearer {TOKEN}"}

CAT: Final = "一只可爱的小猫在花园里玩耍,阳光明媚,色彩鲜艳"
ZHAOTOU: Final = {
    "model": "gemini-3-pro-image-preview",
    "prompt": CAT,
    "n": 1,
    "size": "1024x1024",
}
BIGMODEL: Final = {
    "model": "glm-image",
    "prompt": "一只可爱的小猫咪，坐在阳光明媚的窗台上，背景是蓝天白云.",
    "size": "1280x1280",
}
GEEKAI: Final = {"model": "gpt-image-1", "prompt": "画一只可爱的小猫"}


def sent(internet: Internet, marker: str) -> dict[str, Any]:
    (call,) = internet.calls(marker)
    body: dict[str, Any] = json.loads(call.body)
    return body


def test_the_image_z_ai_document_a_chat_streams_the_picture_of_the_default_ratio(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    prompt = f"一只可爱的橘猫在阳光下打盹 {marker}"
    body = {
        "model": "gemini-3-image-1k",
        "messages": [
            {"role": "user", "content": prompt},
            {"role": "system", "content": "你是一个图片生成助手"},
        ],
        "stream": True,
    }
    response = client.post(f"{easel.url}/v1/chat/completions", headers=HEADERS, json=body)
    mime_type, content = picture(event(response.content))
    assert response.text.startswith(
        'data: {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/jpeg", "d'
    )
    assert (mime_type, Image.open(io.BytesIO(content)).format) == ("image/jpeg", "JPEG")
    assert sent(internet, marker) == {
        "prompt": prompt,
        "ratio": "21:9",
        "resolution": "1K",
        "rm_label_watermark": True,
    }


@pytest.mark.parametrize(
    ("model", "example", "ours"),
    [
        ("", ZHAOTOU, {"response_format": "url"}),
        ("", {**ZHAOTOU, "quality": "hd", "style": "vivid"}, {"response_format": "url"}),
        ("", BIGMODEL, {}),
        ("geekai/", GEEKAI, {"n": 1, "response_format": "url"}),
    ],
    ids=["001", "001 of high quality", "003", "002"],
)
def test_a_request_to_paint_reaches_the_service_as_it_is_printed(
    client: httpx.Client,
    easel: Easel,
    internet: Internet,
    marker: str,
    model: str,
    example: dict[str, object],
    ours: dict[str, object],
) -> None:
    example = {**example, "prompt": f"{example['prompt']} {marker}"}
    body = {**example, "model": f"{model}{example['model']}", "response_format": "url"}
    answer = client.post(f"{easel.url}/v1/images/generations", headers=HEADERS, json=body)
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["data"]
    assert item["url"].startswith("https://")
    assert answer.json().get("size") == example.get("size")
    assert sent(internet, marker) == {**example, **ours}


def test_the_zhaotou_document_an_edit_gives_the_edited_picture(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    fields = {
        "model": "gemini-3-pro-image-preview",
        "prompt": f"给这只猫戴上一顶红色的小帽子 {marker}",
        "n": "1",
        "size": "1024x1024",
    }
    files = {"image": ("original.png", png(), "image/png")}
    answer = client.post(f"{easel.url}/v1/images/edits", headers=HEADERS, data=fields, files=files)
    assert answer.json()["data"][0]["url"].startswith("https://")
    (call,) = internet.calls(marker)
    assert call.url.endswith("/v1/images/edits")
    for name, value in fields.items():
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in call.body


def test_the_zhaotou_document_variations_are_as_many_as_were_asked_for(
    client: httpx.Client, easel: Easel
) -> None:
    files = {"image": ("original.png", png(), "image/png")}
    fields = {"n": "2", "size": "1024x1024"}
    answer = client.post(
        f"{easel.url}/v1/images/variations", headers=HEADERS, data=fields, files=files
    ).json()
    assert (len(answer["data"]), answer["size"]) == (2, "1024x1024")
