"""A personal proxy: its clients show its own keys, and it paints with its own tokens.

What is remembered of a token lasts as long as the isolate, so each service here belongs to one or
two tests: image.z.ai has tokens of which only the last is of use, BigModel's become busy.
"""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest

from tests.worker.conftest import Easel, Internet

KEY = "a-key"
BEARER = {"authorization": f"Bearer {KEY}"}


def chat(
    client: httpx.Client, proxy: Easel, prompt: str, model: str, headers: dict[str, str]
) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    return client.post(f"{proxy.url}/v1/chat/completions", headers=headers, json=body)


@pytest.mark.parametrize(
    "headers",
    [
        BEARER,
        {"authorization": "bearer another-key"},
        {"x-api-key": KEY},
        {"api-key": KEY},
        {"x-goog-api-key": KEY},
    ],
)
def test_a_key_paints_with_the_first_token_that_can_and_goes_no_further(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str, headers: dict[str, str]
) -> None:
    response = chat(client, proxy, marker, "gemini-3-image-1k", headers)
    assert response.status_code == 200
    calls = internet.calls(marker)
    assert calls[-1].headers["cookie"] == "session=zai-token"
    # The token that has expired is never sent, and the one that is rejected once.
    assert [call.headers["cookie"] for call in calls[:-1]] in ([], ["session=invalid"])
    assert not any(KEY in str(call) for call in internet.sandbox.calls)


@pytest.mark.parametrize("others", [{}, BEARER])
def test_geekais_own_header_names_the_service_in_a_proxy_too(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str, others: dict[str, str]
) -> None:
    response = chat(client, proxy, marker, "gpt-image-1", {**others, "GeekAI-API-Key": KEY})
    assert response.status_code == 200, response.text
    (call,) = internet.calls(marker)
    assert call.url.startswith("https://geekai.co/")
    assert KEY not in str(call)


def test_a_key_may_stand_in_the_query_for_gemini(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str
) -> None:
    url = f"{proxy.url}/v1beta/models/gemini-3-image-1k:generateContent?key={KEY}"
    response = client.post(url, json={"contents": [{"parts": [{"text": marker}]}]})
    assert response.status_code == 200
    assert internet.calls(marker)[-1].headers["cookie"] == "session=zai-token"
    assert KEY not in proxy.log.read_text()


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer zai-token"}, {"api-key": "A-key"}]
)
@pytest.mark.parametrize("path", ["chat/completions", "models", "models/glm-image"])
def test_whoever_has_no_key_is_told_so_by_every_answer(
    client: httpx.Client,
    proxy: Easel,
    internet: Internet,
    marker: str,
    headers: dict[str, str],
    path: str,
) -> None:
    if path == "chat/completions":
        response = chat(client, proxy, marker, "gemini-3-image-1k", headers)
    else:
        response = client.get(f"{proxy.url}/v1/{path}", headers=headers)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (401, "invalid_api_key")
    assert "EASEL_KEYS" in error["message"]
    assert internet.calls(marker) == []


def test_only_what_there_are_tokens_for_is_offered(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str
) -> None:
    listed = client.get(f"{proxy.url}/v1/models", headers=BEARER).json()["data"]
    assert {model["owned_by"] for model in listed} == {"zai", "bigmodel", "geekai"}
    response = chat(client, proxy, marker, "seedream-4.5", BEARER)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")
    assert internet.calls(marker) == []
    assert client.get(f"{proxy.url}/health").status_code == 200


def test_every_token_is_tried_where_each_is_busy(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str
) -> None:
    response = chat(client, proxy, f"sandbox:busy {marker}", "glm-image", BEARER)
    assert (response.status_code, response.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    sent = sorted(call.headers["authorization"] for call in internet.calls(marker))
    assert sent == ["Bearer bigmodel-1", "Bearer bigmodel-2"]
    # Both rest now; one is tried all the same, as the service may have changed, and no other.
    again = f"sandbox:busy again-{marker}"
    assert chat(client, proxy, again, "glm-image", BEARER).status_code == 429
    assert len(internet.calls(f"again-{marker}")) == 1


@pytest.mark.parametrize(("prompt", "status"), [("sandbox:refused", 400), ("sandbox:broken", 502)])
def test_a_refusal_is_not_taken_to_another_token(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str, prompt: str, status: int
) -> None:
    response = chat(client, proxy, f"{prompt} {marker}", "geekai/gpt-image-1", BEARER)
    assert response.status_code == status
    assert len(internet.calls(marker)) == 1


def test_requests_are_shared_out_among_the_tokens(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str
) -> None:
    for _ in range(3):
        assert chat(client, proxy, marker, "geekai/gpt-image-1", BEARER).status_code == 200
    sent = {call.headers["authorization"] for call in internet.calls(marker)}
    assert sent == {"Bearer geekai-1", "Bearer geekai-2", "Bearer geekai-3"}


def test_a_task_is_asked_for_with_the_token_that_made_it(
    client: httpx.Client, proxy: Easel, internet: Internet, marker: str
) -> None:
    body = {"model": "geekai/gpt-image-1", "prompt": marker, "async": True}
    for _ in range(2):
        made = client.post(f"{proxy.url}/v1/images/generations", headers=BEARER, json=body).json()
        issuer = internet.calls(marker)[-1].headers["authorization"]
        done = _until_done(client, f"{proxy.url}/v1/images/{made['task_id']}")
        assert done["task_id"] == made["task_id"]
        own_id = made["task_id"].removeprefix("geekai-").partition("~")[0]
        asked = [call for call in internet.sandbox.calls if call.url.endswith(f"/{own_id}")]
        assert {call.headers["authorization"] for call in asked} == {issuer}
        stranger = made["task_id"].partition("~")[0]
        response = client.get(f"{proxy.url}/v1/images/{stranger}", headers=BEARER)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "task_not_found")


def _until_done(client: httpx.Client, url: str) -> dict[str, Any]:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        task: dict[str, Any] = client.get(url, headers=BEARER).json()
        if task["task_status"] == "succeed":
            return task
        time.sleep(0.05)
    raise AssertionError("the task was not done in time")


GEMINI = "/v1beta/models/gemini-3-image-1k:generateContent"


def test_a_key_that_asks_too_often_is_told_before_anything_is_paid(
    client: httpx.Client, limited: Easel, internet: Internet, marker: str
) -> None:
    """The limiter of these tests lets each key paint twice."""
    for turn in range(2):
        painted = chat(client, limited, f"{marker}-{turn}", "gemini-3-image-1k", BEARER)
        assert painted.status_code == 200
    calls = len(internet.calls(marker))
    refused = chat(client, limited, marker, "gemini-3-image-1k", BEARER)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (429, "rate_limit_exceeded")
    assert refused.headers["retry-after"] == "60"
    assert "Key 1 " in error["message"]
    assert KEY not in refused.text
    # In every language, and whatever the body is: nobody looks at it.
    for path, headers in (
        ("/v1/images/generations", {"x-api-key": KEY}),
        (GEMINI, {"x-goog-api-key": KEY}),
        (f"{GEMINI}?key={KEY}", {}),
    ):
        response = client.post(limited.url + path, headers=headers, content=b"no JSON")
        assert (response.status_code, response.headers["retry-after"]) == (429, "60")
    assert response.json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert len(internet.calls(marker)) == calls
    # What is not painted is not counted, and another key has a count of its own.
    assert client.get(f"{limited.url}/v1/models", headers=BEARER).status_code == 200
    task = client.get(f"{limited.url}/v1/images/geekai-1~1f0c9a3b", headers=BEARER)
    assert task.json()["error"]["code"] == "task_not_found"
    unknown = {"authorization": "Bearer no-key"}
    assert chat(client, limited, marker, "gemini-3-image-1k", unknown).status_code == 401
    another = {"authorization": "Bearer another-key"}
    assert chat(client, limited, marker, "gemini-3-image-1k", another).status_code == 200
    told = re.findall(r"limiter: (.*)", limited.log.read_text())
    assert told == ["easel-key-1"] * 6 + ["easel-key-2"]


def test_a_variable_in_place_of_a_limit_is_told(
    client: httpx.Client, mislimited: Easel, internet: Internet, marker: str
) -> None:
    response = chat(client, mislimited, marker, "gemini-3-image-1k", BEARER)
    assert (response.status_code, response.json()["error"]["code"]) == (500, "misconfigured")
    assert "KEY_LIMITER" in response.json()["error"]["message"]
    assert internet.calls(marker) == []
