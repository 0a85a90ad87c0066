"""The Responses API on workerd: what it does otherwise, as its stream has a picture twice."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
import pytest

from tests.worker.conftest import PICTURES, TOKEN, Easel, Internet
from tests.worker.reading import events, read

HEADERS: Final = {"authorization": f"Bearer {TOKEN}"}

# More than is kept of all pictures that are written twice, in bytes; and less than a picture may
# have.
LARGE: Final = 26_000_000

each_stream = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def request(easel: Easel, prompt: str, *, stream: bool = True, **more: object) -> httpx.Request:
    body = {"model": "geekai/gpt-image-1", "input": prompt, "stream": stream, **more}
    return httpx.Request("POST", f"{easel.url}/v1/responses", headers=HEADERS, json=body)


def both(response: httpx.Response) -> tuple[dict[str, Any], dict[str, Any]]:
    """The call of a stream's picture: as its item was done, and in the last event."""
    assert response.status_code == 200, response.text
    found = [json.loads(data) for data in events(response.content)]
    done = next(event for event in found if event["type"] == "response.output_item.done")
    return done["item"], found[-1]["response"]["output"][0]


def times_opened(internet: Internet, before: int) -> int:
    return len(internet.downloads()) - before


@pytest.mark.parametrize("length", [1000, 3_000_000])
def test_a_picture_is_kept_and_opened_once(
    client: httpx.Client, unchanged: Easel, internet: Internet, marker: str, length: int
) -> None:
    before = len(internet.downloads())
    first, last = both(client.send(request(unchanged, f"sandbox:picture-bytes={length} {marker}")))
    assert first == last
    assert times_opened(internet, before) == 1


# The second shows links of its own, which lead to itself.
@pytest.mark.parametrize("deployment", ["unchanged", "elsewhere"])
def test_a_picture_that_is_too_large_to_be_kept_is_downloaded_a_second_time(
    client: httpx.Client,
    deployments: dict[str, Easel],
    internet: Internet,
    marker: str,
    deployment: str,
) -> None:
    before = len(internet.downloads())
    prompt = f"sandbox:picture-bytes={LARGE} {marker}"
    first, last = both(client.send(request(deployments[deployment], prompt)))
    assert len(first["result"]) > LARGE
    assert first == last
    assert times_opened(internet, before) == 2
    assert len(internet.calls(marker)) == 1


def test_base64_that_is_too_large_to_be_kept_is_told_not_to_be_repeated(
    client: httpx.Client, unchanged: Easel, marker: str
) -> None:
    first, last = both(client.send(request(unchanged, f"sandbox:base64={LARGE} {marker}")))
    assert len(first["result"]) > LARGE
    assert (last["result"], last["error"]["code"]) == (None, "picture_not_repeated")
    # What was kept of it until then was given back.
    first, last = both(client.send(request(unchanged, f"sandbox:base64=3000000 {marker}")))
    assert first == last


def test_a_client_sees_at_once_that_its_picture_is_being_painted(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    timed = read(client, request(easel, f"sandbox:slow=2 {marker}"))
    early = b"".join(piece for after, piece in timed.pieces if after < 1.9)
    told = [json.loads(data)["type"] for data in events(early)]
    assert told == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.image_generation_call.in_progress",
        "response.image_generation_call.generating",
    ]


@each_stream
@pytest.mark.parametrize("deployment", ["linking", "sparing"])
def test_a_deployment_that_wants_links_gives_a_message_alone(
    client: httpx.Client,
    deployments: dict[str, Easel],
    marker: str,
    deployment: str,
    *,
    stream: bool,
) -> None:
    response = client.send(request(deployments[deployment], marker, stream=stream))
    found = json.loads(events(response.content)[-1])["response"] if stream else response.json()
    (message,) = found["output"]
    assert message["content"][0]["text"].startswith(f"![image]({PICTURES}/")


@each_stream
def test_what_a_client_asks_by_itself_is_answered_with_a_text(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, *, stream: bool
) -> None:
    title = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    text = {"format": {"type": "json_schema", "name": "title", "schema": title}}
    response = client.send(request(easel, marker, stream=stream, text=text))
    found = json.loads(events(response.content)[-1])["response"] if stream else response.json()
    assert json.loads(found["output"][0]["content"][0]["text"]) == {"title": marker}
    assert internet.calls(marker) == []


@pytest.mark.parametrize("path", ["/responses", "/v1/v1/responses", "/v1beta/openai/responses"])
def test_the_usual_slips_of_a_base_url_do_no_harm(
    client: httpx.Client, easel: Easel, marker: str, path: str
) -> None:
    body = {"model": "glm-image", "input": marker}
    assert client.post(f"{easel.url}{path}", headers=HEADERS, json=body).status_code == 200


def test_a_browser_may_ask(client: httpx.Client, easel: Easel) -> None:
    wanted = {"access-control-request-headers": "authorization, x-stainless-os"}
    response = client.options(f"{easel.url}/v1/responses", headers=wanted)
    assert response.status_code == 204
    assert response.headers["access-control-allow-headers"] == "authorization, x-stainless-os"
    assert "POST" in response.headers["access-control-allow-methods"]
