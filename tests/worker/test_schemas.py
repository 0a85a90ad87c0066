"""Every kind of answer of the real Worker, against the types that `openai` and `google-genai` ship.

Strictly: no field is missing, null where it may not be, of another type, or unknown, but for those
that `tests.worker.strict.BESIDES` lists with their reason. The same answers are held against
`/openapi.json`.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx
import pytest
from google.genai import types as google
from openai.pagination import SyncPage
from openai.types import ImageGenCompletedEvent, ImagesResponse, Model
from openai.types.chat import ChatCompletion
from pydantic import ValidationError

from easel.dialects.encoder import Opened, Stamp
from easel.dialects.images_encoder import ImagesEncoder
from easel.images.request import Action
from easel.images.result import FilterNote, ImageResult, Picture
from tests.worker.conftest import TOKEN, Easel
from tests.worker.dialects import png
from tests.worker.strict import (
    CHAT,
    DOCUMENT,
    EDITS,
    GEMINI,
    GEMINI_STREAM,
    IMAGES,
    INTERACTIONS,
    RESPONSES,
    TASK,
    VARIATIONS,
    Kind,
    check,
    check_error,
    check_interaction_error,
    check_type,
    conform,
)

HEADERS: Final = {"authorization": f"Bearer {TOKEN}"}

# One of each service; the last two may answer base64.
MODELS: Final = ("gemini-3-image-1k", "glm-image", "seedream-4.5", "geekai/gpt-image-1")

each_model = pytest.mark.parametrize("model", MODELS)
each_stream = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def chat(easel: Easel, model: str, prompt: str, **more: object) -> httpx.Request:
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], **more}
    return httpx.Request("POST", f"{easel.url}/v1/chat/completions", headers=HEADERS, json=body)


def images(easel: Easel, model: str, prompt: str, **more: object) -> httpx.Request:
    body = {"model": model, "prompt": prompt, **more}
    return httpx.Request("POST", f"{easel.url}/v1/images/generations", headers=HEADERS, json=body)


def form(easel: Easel, path: str, **fields: str) -> httpx.Request:
    files = {"image": ("a.png", png(), "image/png")}
    url = f"{easel.url}/v1/images/{path}"
    return httpx.Request("POST", url, headers=HEADERS, data=fields, files=files)


def gemini(easel: Easel, model: str, prompt: str, method: str = "generateContent") -> httpx.Request:
    body = {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
    url = f"{easel.url}/v1beta/models/{model}:{method}"
    return httpx.Request("POST", url, headers=HEADERS, json=body)


def interaction(easel: Easel, model: str, given: object, **more: object) -> httpx.Request:
    body = {"model": model, "input": given, **more}
    return httpx.Request("POST", f"{easel.url}/v1beta/interactions", headers=HEADERS, json=body)


SSE: Final = "streamGenerateContent?alt=sse"


def responses(easel: Easel, model: str, prompt: str, **more: object) -> httpx.Request:
    body = {"model": model, "input": prompt, **more}
    return httpx.Request("POST", f"{easel.url}/v1/responses", headers=HEADERS, json=body)


def painted(client: httpx.Client, kind: Kind, request: httpx.Request) -> httpx.Response:
    """An answer that must succeed, after it was checked."""
    response = client.send(request)
    assert response.status_code == 200, response.text
    check(kind, response)
    return response


@each_model
@each_stream
@pytest.mark.parametrize("more", [{}, {"modalities": ["image", "text"]}], ids=["usual", "images"])
def test_a_chat(
    client: httpx.Client,
    easel: Easel,
    marker: str,
    model: str,
    more: dict[str, Any],
    *,
    stream: bool,
) -> None:
    painted(client, CHAT, chat(easel, model, marker, stream=stream, **more))


@each_stream
@pytest.mark.parametrize("deployment", ["linking", "markdown"])
def test_a_chat_with_a_picture_in_its_text(
    client: httpx.Client,
    deployments: dict[str, Easel],
    marker: str,
    deployment: str,
    *,
    stream: bool,
) -> None:
    request = chat(deployments[deployment], "glm-image", marker, stream=stream)
    assert "![image](" in painted(client, CHAT, request).text


@each_stream
def test_a_chat_whose_service_gives_no_address(
    client: httpx.Client, easel: Easel, marker: str, *, stream: bool
) -> None:
    painted(client, CHAT, chat(easel, "seedream-4.5", f"sandbox:base64 {marker}", stream=stream))


@each_model
@pytest.mark.parametrize("response_format", ["url", "b64_json", None])
@pytest.mark.parametrize("n", [1, 2])
def test_pictures(
    client: httpx.Client,
    easel: Easel,
    marker: str,
    model: str,
    response_format: str | None,
    n: int,
) -> None:
    request = images(easel, model, marker, n=n, response_format=response_format, size="1024x1024")
    assert len(painted(client, IMAGES, request).json()["data"]) == n


@each_model
def test_a_stream_of_pictures(client: httpx.Client, easel: Easel, marker: str, model: str) -> None:
    painted(client, IMAGES, images(easel, model, marker, n=2, stream=True))


@pytest.mark.parametrize("fields", [{}, {"response_format": "b64_json"}, {"stream": "true"}])
def test_edits_and_variations(
    client: httpx.Client, easel: Easel, marker: str, fields: dict[str, str]
) -> None:
    edit = form(easel, "edits", model="seedream-4.5", prompt=marker, **fields)
    painted(client, EDITS, edit)
    painted(client, VARIATIONS, form(easel, "variations", n="2", **fields))


@pytest.mark.parametrize("fields", [{}, {"response_format": "b64_json"}, {"stream": True}])
@pytest.mark.parametrize(
    ("model", "fault"),
    [("gemini-3-image-1k", "flaky"), ("seedream-4.5", "picture-flaky"), ("seedream-4.5", "base64")],
)
def test_pictures_of_which_some_fail_or_have_no_address(
    client: httpx.Client, easel: Easel, marker: str, model: str, fault: str, fields: dict[str, Any]
) -> None:
    painted(client, IMAGES, images(easel, model, f"sandbox:{fault} {marker}", n=4, **fields))


@pytest.mark.parametrize("model", ["glm-image", "geekai/gpt-image-1"])
@pytest.mark.parametrize(("fault", "end"), [("", "succeed"), ("sandbox:failed-task", "failed")])
def test_a_task_from_its_first_answer_to_its_last(
    client: httpx.Client, easel: Easel, marker: str, model: str, fault: str, end: str
) -> None:
    request = images(easel, model, f"{fault} {marker}", **{"async": True})
    seen = painted(client, IMAGES, request).json()
    url = f"{easel.url}/v1/images/{seen['task_id']}"
    for _ in range(50):
        seen = painted(client, TASK, httpx.Request("GET", url, headers=HEADERS)).json()
        if seen["task_status"] == end:
            return
        time.sleep(0.05)
    raise AssertionError(seen)


@each_model
@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent", SSE])
def test_gemini(client: httpx.Client, easel: Easel, marker: str, model: str, method: str) -> None:
    kind = GEMINI if method == "generateContent" else GEMINI_STREAM
    painted(client, kind, gemini(easel, model, marker, method))


@each_model
@each_stream
@pytest.mark.parametrize("n", [1, 2])
def test_a_response(
    client: httpx.Client, easel: Easel, marker: str, model: str, n: int, *, stream: bool
) -> None:
    tools = [{"type": "image_generation", "n": n, "size": "1024x1024"}]
    painted(client, RESPONSES, responses(easel, model, marker, stream=stream, tools=tools))


@each_stream
@pytest.mark.parametrize(
    ("model", "fault"),
    [("gemini-3-image-1k", "flaky"), ("seedream-4.5", "picture-flaky"), ("seedream-4.5", "base64")],
)
def test_a_response_of_which_pictures_fail_or_have_no_address(
    client: httpx.Client, easel: Easel, marker: str, model: str, fault: str, *, stream: bool
) -> None:
    prompt = f"sandbox:{fault} {marker}"
    painted(client, RESPONSES, responses(easel, model, prompt, stream=stream, n=4))


@each_stream
@pytest.mark.parametrize("prompt", ["hi", None])
def test_a_response_of_text_alone(
    client: httpx.Client, linking: Easel, marker: str, prompt: str | None, *, stream: bool
) -> None:
    request = responses(linking, "glm-image", prompt or marker, stream=stream)
    assert "image_generation_call" not in painted(client, RESPONSES, request).text


@each_model
@each_stream
@pytest.mark.parametrize("delivery", ["inline", "uri"])
def test_an_interaction(
    client: httpx.Client, easel: Easel, marker: str, model: str, delivery: str, *, stream: bool
) -> None:
    picture = {"type": "image", "delivery": delivery}
    request = interaction(easel, model, marker, stream=stream, response_format=picture)
    told = painted(client, INTERACTIONS, request).text
    assert ('"data": "' in told, '"uri": "https://' in told) == (
        delivery == "inline",
        delivery == "uri",
    )


@each_stream
def test_an_interaction_of_which_some_pictures_fail_or_have_no_address(
    client: httpx.Client, easel: Easel, marker: str, *, stream: bool
) -> None:
    picture = {"type": "image", "delivery": "uri"}
    prompt = f"sandbox:base64 {marker}"
    request = interaction(easel, "seedream-4.5", prompt, stream=stream, response_format=picture)
    assert '"data": "' in painted(client, INTERACTIONS, request).text


@each_stream
def test_an_interaction_that_is_a_hidden_prompt(
    client: httpx.Client, easel: Easel, *, stream: bool
) -> None:
    request = interaction(easel, "glm-image", "hi", stream=stream)
    assert '"type": "text"' in painted(client, INTERACTIONS, request).text


# prompt → status; each reaches a service that can fail in this way.
FAULTS: Final = {
    "sandbox:refused": 400,
    "sandbox:expired": 401,
    "sandbox:forbidden": 403,
    "sandbox:status=404": 404,
    "sandbox:status=409": 409,
    "sandbox:status=413": 413,
    "sandbox:busy": 429,
    "sandbox:status=402": 429,
    "sandbox:broken": 502,
    "sandbox:no-picture": 502,
    "sandbox:picture-missing": 502,
    "sandbox:status=504": 504,
}


def all_kinds(easel: Easel, model: str, prompt: str) -> list[tuple[Kind, httpx.Request]]:
    """A request of every kind."""
    return [
        (CHAT, chat(easel, model, prompt)),
        (CHAT, chat(easel, model, prompt, stream=True)),
        (IMAGES, images(easel, model, prompt, response_format="b64_json")),
        (IMAGES, images(easel, model, prompt, stream=True)),
        (RESPONSES, responses(easel, model, prompt)),
        (RESPONSES, responses(easel, model, prompt, stream=True)),
        (GEMINI, gemini(easel, model, prompt)),
        (GEMINI_STREAM, gemini(easel, model, prompt, "streamGenerateContent")),
        (GEMINI_STREAM, gemini(easel, model, prompt, SSE)),
        (INTERACTIONS, interaction(easel, model, prompt)),
        (INTERACTIONS, interaction(easel, model, prompt, stream=True)),
    ]


# What the clients of the Interactions API would ask again, by status and whether it is for money.
NOT_ASKED_AGAIN: Final = {
    (429, True): 402,
    **{(status, False): 424 for status in (409, 500, 502, 504)},
}


def failed(client: httpx.Client, kind: Kind, request: httpx.Request, status: int) -> None:
    response = client.send(request)
    if kind.is_interaction:
        status = NOT_ASKED_AGAIN.get((status, "insufficient_quota" in response.text), status)
    assert response.status_code == status, response.text
    check(kind, response)


@pytest.mark.parametrize(("fault", "status"), FAULTS.items())
def test_a_failure_of_the_service(
    client: httpx.Client, patient: Easel, marker: str, fault: str, status: int
) -> None:
    model = "seedream-4.5"
    for kind, request in all_kinds(patient, model, f"{fault} {marker}"):
        failed(client, kind, request, status)
    edit = form(
        patient, "edits", model=model, prompt=f"{fault} {marker}", response_format="b64_json"
    )
    failed(client, EDITS, edit, status)


def test_a_failure_of_the_caller(client: httpx.Client, easel: Easel, marker: str) -> None:
    for kind, request in all_kinds(easel, "glm-image", marker):
        url = request.url
        failed(client, kind, httpx.Request("POST", url, headers=HEADERS, content=b"{"), 400)
        failed(client, kind, httpx.Request("POST", url, headers=HEADERS, json={}), 400)
        failed(client, kind, httpx.Request("POST", url, json=json.loads(request.content)), 401)
        failed(client, kind, httpx.Request("DELETE", url), 405)
        content = request.content.ljust(65_537)
        failed(client, kind, httpx.Request("POST", url, headers=HEADERS, content=content), 413)
    for kind, request in all_kinds(easel, "nobodys", marker):
        failed(client, kind, request, 404)
    for kind, path in ((EDITS, "edits"), (VARIATIONS, "variations")):
        request = httpx.Request("POST", f"{easel.url}/v1/images/{path}", headers=HEADERS, json={})
        failed(client, kind, request, 400)
        failed(client, kind, form(easel, path, sise="1"), 400)
    nobodys = httpx.Request("GET", f"{easel.url}/v1/images/zai-1", headers=HEADERS)
    failed(client, TASK, nobodys, 404)


def test_a_failure_of_the_deployment(
    client: httpx.Client, misconfigured: Easel, marker: str
) -> None:
    for kind, request in all_kinds(misconfigured, "glm-image", marker):
        failed(client, kind, request, 500)


def test_a_failure_after_the_headers(client: httpx.Client, easel: Easel, marker: str) -> None:
    """All at once, since each takes as long as a service may."""
    asked = all_kinds(easel, "geekai/gpt-image-1", f"sandbox:slow=9 {marker}")
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda each: client.send(each[1]), asked))
    for (kind, _), response in zip(asked, answers, strict=True):
        assert response.status_code == 200
        assert "upstream_too_slow" in response.text
        check(kind, response)


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/conversations/conv_1", "/v1beta", "/v1beta/nothing"]
)
def test_a_path_of_nobody(client: httpx.Client, easel: Easel, path: str) -> None:
    response = client.get(easel.url + path)
    is_gemini = path.startswith("/v1beta")
    check_error(response.text, 404, gemini=is_gemini)
    conform(
        response.json(),
        {"$ref": f"#/components/schemas/{'Gemini' if is_gemini else 'OpenAI'}Error"},
    )


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_no_interaction_is_kept(client: httpx.Client, easel: Easel, version: str) -> None:
    url = f"{easel.url}/{version}/interactions"
    for method, path, status in (
        *(("GET", "/req_1", 404), ("DELETE", "/req_1", 404), ("POST", "/req_1/cancel", 404)),
        *(("PUT", "/req_1", 405), ("GET", "", 405), ("POST", "/req_1:cancel", 404)),
    ):
        response = client.request(method, url + path, headers=HEADERS)
        assert response.status_code == status, response.text
        check_interaction_error(response.text)
        conform(response.json(), {"$ref": "#/components/schemas/GeminiInteractionsError"})


def schema_of(path: str) -> dict[str, Any]:
    found = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    schema: dict[str, Any] = found["schema"]
    return schema


def test_openais_models(client: httpx.Client, easel: Easel) -> None:
    listed = client.get(f"{easel.url}/v1/models")
    conform(listed.json(), schema_of("/v1/models"))
    check_type(SyncPage[Model], listed.text)
    for model in MODELS:
        single = client.get(f"{easel.url}/v1/models/{model}")
        conform(single.json(), schema_of("/v1/models/{model}"))
        check_type(Model, single.text)


def test_geminis_models(client: httpx.Client, easel: Easel) -> None:
    """What is `supportedGenerationMethods` on the wire, google-genai calls `supportedActions`."""
    listed = client.get(f"{easel.url}/v1beta/models").json()
    conform(listed, schema_of("/v1beta/models"))
    single = client.get(f"{easel.url}/v1beta/models/geekai/flux").json()
    conform(single, schema_of("/v1beta/models/{model}"))
    both = client.get(f"{easel.url}/v1/models").json()["models"]
    for models in (listed["models"], [single], both):
        for model in models:
            model["supportedActions"] = model.pop("supportedGenerationMethods")
        check_type(google.ListModelsResponse, json.dumps({"models": models}))


COMPLETION: Final[dict[str, Any]] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "glm-image",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}
    ],
}


@pytest.mark.parametrize(
    "change",
    [
        {"created": None},
        {"created": "1"},
        {"created": 1.5},
        {"object": "chat"},
        {"choices": [{**COMPLETION["choices"][0], "finish_reason": None}]},
        {"choices": [{**COMPLETION["choices"][0], "images": []}]},
        {"candidate": []},
    ],
)
def test_a_field_that_the_type_has_not_so_is_found(change: dict[str, Any]) -> None:
    """Shows that the check of all the above can fail."""
    check_type(ChatCompletion, json.dumps({**COMPLETION, "candidates": []}))
    with pytest.raises((ValidationError, AssertionError)):
        check_type(ChatCompletion, json.dumps({**COMPLETION, **change}))


def test_the_note_of_a_filter_which_the_sandbox_never_writes() -> None:
    answer = ImagesEncoder(base64=False, stream=False, action=Action.GENERATE, stamp=Stamp("id", 1))
    noted = ImageResult((Picture("https://h/p.png"),), content_filter=(FilterNote("user", 3),))
    body = answer.closing(noted, (), carried=False).decode()
    check_type(ImagesResponse, body)
    conform(json.loads(body), {"$ref": "#/components/schemas/ImagesResponse"})


@pytest.mark.parametrize("mime_type", ["jpeg", "png", "webp", "gif", "avif"])
def test_the_one_word_that_openai_has_not_is_a_format_that_no_service_is_known_to_paint(
    mime_type: str,
) -> None:
    """An event says what the picture is. To call a GIF a PNG, as the type wants, would be a lie."""
    answer = ImagesEncoder(base64=True, stream=True, action=Action.GENERATE, stamp=Stamp("id", 1))
    head, tail = answer.around(0, Opened(Picture(), f"image/{mime_type}", None))
    (event,) = (head + tail).decode().partition("data: ")[2].strip().splitlines()
    faults: list[Any] = []
    try:
        ImageGenCompletedEvent.model_validate_json(event, strict=True)
    except ValidationError as error:
        faults = [fault["loc"] for fault in error.errors()]
    assert faults == ([("output_format",)] if mime_type in ("gif", "avif") else [])
