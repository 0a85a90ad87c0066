"""What a size becomes on its way from the caller's body to the service's, on workerd."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.worker.conftest import TOKEN, Easel, Internet

HEADERS = {"authorization": f"Bearer {TOKEN}"}


def generate(client: httpx.Client, easel: Easel, **fields: object) -> httpx.Response:
    return client.post(f"{easel.url}/v1/images/generations", headers=HEADERS, json=fields)


def sent(internet: Internet, marker: str) -> dict[str, Any]:
    """The body of the one call that was made."""
    (call,) = internet.calls(marker)
    body: dict[str, Any] = json.loads(call.body)
    return body


@pytest.mark.parametrize(
    ("model", "size", "expected"),
    [
        ("glm-image", "1000x1000", "992x992"),
        ("glm-image", "300x300", "288x288"),
        ("glm-image", "1K", "1024x1024"),
        ("glm-image", "2K", "2048x2048"),
        ("flux-2.0", "1792x1024", "1792x1024"),
        ("Flux Kontext", "1792x1024", "1792x1024"),
        ("geekai/jimeng-2.1", "640x640", "512x512"),
        ("geekai/nano-banana", "2K", "2k"),
    ],
)
def test_the_service_is_asked_for_the_nearest_legal_size_and_the_answer_tells_it(
    client: httpx.Client,
    easel: Easel,
    internet: Internet,
    marker: str,
    model: str,
    size: str,
    expected: str,
) -> None:
    answer = generate(client, easel, model=model, prompt=marker, size=size)
    assert answer.status_code == 200, answer.text
    assert sent(internet, marker)["size"] == expected
    if "x" in expected:
        assert answer.json()["size"] == expected


@pytest.mark.parametrize(
    ("model", "size", "legal"),
    [
        ("glm-image", "4096x4096", "sizes 1280x1280, "),
        ("glm-image", "1x1", "sizes 1280x1280, "),
        ("cogview-4", "2048x2048", "sizes 1024x1024, "),
        ("geekai/jimeng-2.1", "1024x1024", "sizes 512x512, "),
        ("geekai/gpt-image-1", "square_hd", "sizes 1024x1024, 1024x1536, 1536x1024."),
        ("geekai/nano-banana", "3K", "ratios 1:1, 2:3, "),
        ("gemini-3-image-1k-4-3", "1000x300", "ratios 4:3; resolutions 1K."),
        ("gemini-3-image-1k-4-3", "2K", "ratios 4:3; resolutions 1K."),
    ],
)
def test_where_no_legal_size_is_near_the_legal_ones_are_listed(
    client: httpx.Client,
    easel: Easel,
    internet: Internet,
    marker: str,
    model: str,
    size: str,
    legal: str,
) -> None:
    answer = generate(client, easel, model=model, prompt=marker, size=size)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "size")
    assert f"Legal: {legal}" in error["message"]
    assert internet.calls(marker) == []


@pytest.mark.parametrize("model", ["geekai/midjourney", "geekai/seedream-4.5", "zhaotou/new-model"])
@pytest.mark.parametrize("size", ["2K", "3K", "square_hd", "1024*1024"])
def test_a_word_that_nobody_knows_goes_out_as_it_is_written(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, model: str, size: str
) -> None:
    answer = generate(client, easel, model=model, prompt=marker, size=size)
    assert answer.status_code == 200, answer.text
    assert sent(internet, marker)["size"] == size
