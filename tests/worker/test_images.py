"""What OpenAI's images API has beyond one picture, on workerd."""

from __future__ import annotations

import base64
import io
import json
import time
from typing import Any

import httpx
import pytest
from openai.types import ImageEditCompletedEvent, ImageGenCompletedEvent, ImagesResponse
from PIL import Image

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png
from tests.worker.reading import events

HEADERS = {"authorization": f"Bearer {TOKEN}"}


def post(client: httpx.Client, easel: Easel, path: str, **fields: object) -> httpx.Response:
    return client.post(f"{easel.url}/v1/images/{path}", headers=HEADERS, json=fields)


def opened(content: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(content)).size


@pytest.mark.parametrize(
    ("model", "calls"),
    [("gemini-3-image-1k", 3), ("glm-image", 3), ("seedream-4.5", 1), ("geekai/cogview-4", 1)],
)
@pytest.mark.parametrize("response_format", ["url", "b64_json"])
def test_several_pictures_come_from_as_many_calls_as_the_service_takes(
    client: httpx.Client,
    easel: Easel,
    internet: Internet,
    marker: str,
    model: str,
    calls: int,
    response_format: str,
) -> None:
    response = post(
        client,
        easel,
        "generations",
        model=model,
        prompt=marker,
        n=3,
        response_format=response_format,
    )
    assert response.status_code == 200, response.text
    answer = ImagesResponse.model_validate(response.json())
    assert answer.data is not None
    assert len(answer.data) == 3
    for item in response.json()["data"]:
        assert set(item) - {"revised_prompt"} == {response_format}
    assert len(internet.calls(marker)) == calls
    assert "errors" not in response.json()


def test_a_partial_failure_is_told_beside_what_was_painted(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = post(
        client,
        easel,
        "generations",
        model="gemini-3-image-1k",
        prompt=f"sandbox:flaky {marker}",
        n=4,
        response_format="b64_json",
    )
    answer = response.json()
    assert response.status_code == 200
    assert len(answer["data"]) == 2
    assert [error["code"] for error in answer["errors"]] == ["rate_limit_exceeded"] * 2


@pytest.mark.parametrize("prompt", ["sandbox:picture-flaky", "sandbox:picture-flaky again"])
def test_pictures_that_are_gone_are_told_beside_the_others(
    client: httpx.Client, easel: Easel, marker: str, prompt: str
) -> None:
    """Twice, since one time in two it is the first that is gone, which is opened by itself."""
    body = {"model": "seedream-4.5", "prompt": f"{prompt} {marker}", "n": 3}
    answer = post(client, easel, "generations", **body, response_format="b64_json").json()
    assert len(answer["data"]) + len(answer["errors"]) == 3
    assert answer["data"]
    assert {error["code"] for error in answer["errors"]} == {"picture_missing"}
    for item in answer["data"]:
        assert opened(base64.b64decode(item["b64_json"])) == (1024, 1024)


def test_where_nothing_is_said_the_answer_is_addresses(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    answer = post(client, easel, "generations", model="glm-image", prompt=marker).json()
    (item,) = answer["data"]
    assert set(item) == {"url"}
    assert item["url"].startswith("https://z-ai-audio")


def test_gpt_image_answers_addresses_too_as_its_services_document_has_it(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    answer = post(client, easel, "generations", model="geekai/gpt-image-1", prompt=marker).json()
    assert set(answer["data"][0]) == {"url", "revised_prompt"}


@pytest.mark.parametrize(
    ("model", "size", "actual"),
    [
        ("glm-image", "1728×960", (1728, 960)),
        ("glm-image", "1280x1024", (1280, 1024)),
        ("cogview-4", "768x1344", (768, 1344)),
        ("gemini-3-image-1k", "1024x1024", (1280, 1280)),
        ("flux-2.0", "1280x720", (1280, 720)),
        ("flux-2.0", "1920x1080", (1792, 1024)),
        ("geekai/jimeng-2.1", "512x384", (512, 384)),
    ],
)
@pytest.mark.parametrize("response_format", ["url", "b64_json"])
def test_the_answer_tells_the_actual_size(
    client: httpx.Client,
    easel: Easel,
    marker: str,
    model: str,
    size: str,
    actual: tuple[int, int],
    response_format: str,
) -> None:
    answer = post(
        client,
        easel,
        "generations",
        model=model,
        prompt=marker,
        size=size,
        response_format=response_format,
    ).json()
    assert answer["size"] == f"{actual[0]}x{actual[1]}"
    if response_format == "b64_json":
        assert opened(base64.b64decode(answer["data"][0]["b64_json"])) == actual


def test_an_address_that_a_service_has_not_is_the_picture_itself(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    body = {"model": "seedream-4.0", "prompt": f"sandbox:base64=2000000 {marker}", "n": 2}
    answer = post(client, easel, "generations", **body).json()
    assert (answer["size"], len(answer["data"])) == ("1024x1024", 2)
    for item in answer["data"]:
        start, _, data = item["url"].partition(",")
        assert start == "data:image/jpeg;base64"
        assert opened(base64.b64decode(data)) == (1024, 1024)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "gemini-3-image-1k", "quality": "hd"}, "quality"),
        ({"model": "glm-image", "quality": "high"}, "quality"),
        ({"model": "glm-image", "size": "30x10"}, "size"),
        ({"model": "glm-image", "size": "4096x4096"}, "size"),
        ({"model": "glm-image", "prompt": "x" * 1001}, "prompt"),
        ({"model": "glm-image", "user_id": "short"}, "user_id"),
        ({"model": "seedream-4.5", "n": 11}, "n"),
        ({"model": "seedream-4.5", "style": "odd"}, "style"),
        ({"model": "seedream-4.5", "negative_prompt": "dogs"}, "negative_prompt"),
        ({"model": "seedream-4.5", "sise": "1024x1024"}, "sise"),
        ({"model": "geekai/imagen-4", "aspect_ratio": "16:9"}, "aspect_ratio"),
        ({"model": "gemini-3-image-1k-1-1", "aspect_ratio": "16:9"}, "aspect_ratio"),
        ({"model": "gemini-3-image-1k", "size": "2K"}, "size"),
    ],
)
def test_what_a_service_cannot_honour_is_named_and_costs_no_call(
    client: httpx.Client,
    easel: Easel,
    internet: Internet,
    marker: str,
    fields: dict[str, object],
    param: str,
) -> None:
    body = {"prompt": marker, **fields}
    response = post(client, easel, "generations", **body)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["param"] == param
    assert internet.calls(marker) == []


def test_what_openais_clients_send_always_is_accepted(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = post(
        client,
        easel,
        "generations",
        model="gemini-3-image-1k",
        prompt=marker,
        n=1,
        size="auto",
        quality="auto",
        background="auto",
        moderation="auto",
        user="somebody",
        safety_identifier="somebody",
        partial_images=0,
        output_compression=100,
    )
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("model", ["seedream-4.5", "geekai/gpt-image-1"])
@pytest.mark.parametrize("name", ["image", "image[]"])
def test_an_edit_with_a_mask(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, model: str, name: str
) -> None:
    source = png()
    response = client.post(
        f"{easel.url}/v1/images/edits",
        headers=HEADERS,
        data={"model": model, "prompt": marker, "n": "1", "response_format": "b64_json"},
        files=[(name, ("a.png", source, "image/png")), ("mask", ("m.png", source, "image/png"))],
    )
    assert response.status_code == 200, response.text
    (call,) = internet.calls(marker)
    sent = source if model.startswith("seedream") else base64.b64encode(source)
    assert call.body.count(sent) == 2


def test_a_variation_needs_neither_model_nor_prompt(
    client: httpx.Client, easel: Easel, internet: Internet
) -> None:
    response = client.post(
        f"{easel.url}/v1/images/variations",
        headers=HEADERS,
        data={"n": "2", "size": "1024x1024"},
        files={"image": ("original.png", png(), "image/png")},
    )
    assert response.status_code == 200, response.text
    assert len(response.json()["data"]) == 2
    call = internet.sandbox.calls[-1]
    assert call.url == "https://zhaotouai.com/v1/images/variations"
    assert b"gemini-3-pro-image-preview" in call.body


def test_a_body_that_is_no_form_is_told(client: httpx.Client, easel: Easel) -> None:
    response = post(client, easel, "edits", model="seedream-4.5", prompt="x")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_form")


def test_a_file_that_is_no_picture_is_told(client: httpx.Client, easel: Easel) -> None:
    response = client.post(
        f"{easel.url}/v1/images/variations", headers=HEADERS, files={"image": ("a.png", b"text")}
    )
    assert (response.status_code, response.json()["error"]["param"]) == (400, "image")


@pytest.mark.parametrize("model", ["glm-image", "geekai/gpt-image-1"])
def test_a_task_is_handed_out_and_found_again(
    client: httpx.Client, easel: Easel, marker: str, model: str
) -> None:
    handed = post(
        client, easel, "generations", model=model, prompt=marker, **{"async": True}
    ).json()
    assert handed["data"] == []
    assert handed["task_status"] in ("pending", "running")
    seen: dict[str, Any] = handed
    for _ in range(50):
        response = client.get(f"{easel.url}/v1/images/{handed['task_id']}", headers=HEADERS)
        assert response.status_code == 200, response.text
        seen = response.json()
        assert seen["task_id"] == handed["task_id"]
        if seen["task_status"] == "succeed":
            break
        assert seen["data"] == []
        time.sleep(0.05)
    assert seen["task_status"] == "succeed"
    assert seen["data"][0]["url"].startswith("https://")


@pytest.mark.parametrize("model", ["glm-image", "geekai/gpt-image-1"])
def test_a_task_that_fails_says_so(
    client: httpx.Client, easel: Easel, marker: str, model: str
) -> None:
    prompt = f"sandbox:failed-task {marker}"
    handed = post(
        client, easel, "generations", model=model, prompt=prompt, **{"async": True}
    ).json()
    seen = handed
    for _ in range(50):
        url = f"{easel.url}/v1/images/{handed['task_id']}"
        seen = client.get(url, headers=HEADERS).json()
        if seen["task_status"] == "failed":
            break
        time.sleep(0.05)
    assert (seen["task_status"], seen["data"]) == ("failed", [])
    assert seen["error"]["message"]


@pytest.mark.parametrize("task_id", ["zai-1", "nothing", "geekai-a%2Fb"])
def test_a_task_of_nobody_is_not_found(client: httpx.Client, easel: Easel, task_id: str) -> None:
    response = client.get(f"{easel.url}/v1/images/{task_id}", headers=HEADERS)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "task_not_found")


def test_a_stream_brings_one_completed_event_a_picture(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = post(
        client, easel, "generations", model="glm-image", prompt=marker, n=2, stream=True
    )
    *found, done = events(response.content)
    assert done == "[DONE]"
    completed = [ImageGenCompletedEvent.model_validate_json(data, strict=True) for data in found]
    assert [event.type for event in completed] == ["image_generation.completed"] * 2
    assert [json.loads(data)["size"] for data in found] == ["1280x1280"] * 2
    assert response.content.count(b"event: image_generation.completed\n") == 2


def test_a_stream_of_an_edit_has_events_of_its_own(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = client.post(
        f"{easel.url}/v1/images/edits",
        headers=HEADERS,
        data={"model": "seedream-4.5", "prompt": marker, "stream": "true"},
        files={"image": ("a.png", png(), "image/png")},
    )
    first, _ = events(response.content)
    event = ImageEditCompletedEvent.model_validate_json(first, strict=True)
    assert event.type == "image_edit.completed"


def test_a_second_picture_that_is_missing_is_told_at_the_end(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    """All pictures of this prompt are missing, so nothing is painted at all."""
    response = post(
        client,
        easel,
        "generations",
        model="seedream-4.5",
        prompt=f"sandbox:picture-missing {marker}",
        n=2,
        response_format="b64_json",
    )
    assert (response.status_code, response.json()["error"]["code"]) == (502, "picture_missing")


def test_geekais_own_header_is_passed_on_as_it_came(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    body = {"model": "geekai/gpt-image-1", "prompt": marker}
    url = f"{easel.url}/v1/images/generations"
    assert client.post(url, headers={"GeekAI-API-Key": TOKEN}, json=body).status_code == 200
    assert client.post(url, headers=HEADERS, json=body).status_code == 200
    both = {**HEADERS, "GeekAI-API-Key": "own"}
    assert client.post(url, headers=both, json=body).status_code == 200
    own, bearer, chosen = internet.calls(marker)
    assert chosen.headers["geekai-api-key"] == "own"
    assert "authorization" not in chosen.headers
    assert own.headers["geekai-api-key"] == TOKEN
    assert "authorization" not in own.headers
    assert bearer.headers["authorization"] == f"Bearer {TOKEN}"
    assert "geekai-api-key" not in bearer.headers


@pytest.mark.parametrize("others", [{}, HEADERS])
@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("gpt-image-1", "gpt-image-1"),
        ("cogview-4", "cogview-4"),
        ("Seedream-4.5", "Seedream-4.5"),
        # The default of the deployment.
        (None, "gemini-3-pro-image-preview"),
    ],
)
def test_geekais_own_header_names_the_service(
    client: httpx.Client,
    easel: Easel,
    internet: Internet,
    marker: str,
    model: str | None,
    sent: str,
    others: dict[str, str],
) -> None:
    body = {"model": model, "prompt": marker}
    url = f"{easel.url}/v1/images/generations"
    response = client.post(url, headers={**others, "GeekAI-API-Key": "own"}, json=body)
    assert response.status_code == 200, response.text
    assert set(response.json()["data"][0]) == {"url", "revised_prompt"}
    (call,) = internet.calls(marker)
    assert call.url == "https://geekai.co/api/v1/images/generations"
    assert json.loads(call.body)["model"] == sent


def test_geekais_own_header_names_the_service_of_a_chat_and_of_a_listed_model_too(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    own = {"GeekAI-API-Key": "own"}
    body = {"model": "glm-image", "messages": [{"role": "user", "content": marker}]}
    response = client.post(f"{easel.url}/v1/chat/completions", headers=own, json=body)
    assert response.status_code == 200, response.text
    assert internet.calls(marker)[0].url.startswith("https://geekai.co/")
    listed = client.get(f"{easel.url}/v1/models/gpt-image-1", headers=own).json()
    assert (listed["id"], listed["owned_by"]) == ("geekai/gpt-image-1", "geekai")
    assert client.get(f"{easel.url}/v1/models/gpt-image-1", headers=HEADERS).status_code == 404


def test_a_bare_model_of_geekais_is_found_by_its_header_alone(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    response = post(client, easel, "generations", model="gpt-image-1", prompt=marker)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("typed", ["Seedream 4.5", "FLUX-2.0", "some Model_9"])
def test_an_id_of_zhaotou_goes_out_exactly_as_typed(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, typed: str
) -> None:
    response = post(client, easel, "generations", model=f"zhaotou/{typed}", prompt=marker)
    assert response.status_code == 200, response.text
    assert json.loads(internet.calls(marker)[0].body)["model"] == typed


@pytest.mark.parametrize(
    "model", ["zai/gemini-3-image-1k", "bigmodel/glm-image", "zhaotou/seedream-4.5"]
)
def test_geekais_own_header_goes_to_no_other_service(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, model: str
) -> None:
    body = {"model": model, "prompt": marker}
    url = f"{easel.url}/v1/images/generations"
    response = client.post(url, headers={"GeekAI-API-Key": "own"}, json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")
    assert internet.calls(marker) == []


@pytest.mark.parametrize("stream", [True, False])
def test_the_size_is_that_of_the_picture_and_not_that_which_was_asked_for(
    client: httpx.Client, easel: Easel, marker: str, *, stream: bool
) -> None:
    """The sandbox paints no more than 4 megapixels, whatever is asked."""
    body = {"model": "geekai/stable-image-core", "prompt": marker, "size": "4096x4096"}
    response = post(client, easel, "generations", **body, response_format="b64_json", stream=stream)
    answer = json.loads(events(response.content)[0]) if stream else response.json()
    assert answer["size"] == "2048x2048"
