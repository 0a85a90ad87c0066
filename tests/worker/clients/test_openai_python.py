"""openai-python against Easel on workerd."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import openai
import pytest

from tests.worker.clients.scenes import (
    BUSY,
    EDITING_MODELS,
    IMPATIENCE,
    LATE,
    LATE_MESSAGE,
    MODEL,
    OPENAI_ERRORS,
    PATIENCE,
    PATIENT,
    Scene,
    Slow,
    Way,
    by,
    each_scene,
    last_painted,
    leave,
    side_by_side,
    were_abandoned,
)
from tests.worker.conftest import PICTURES, TOKEN, Easel, Internet
from tests.worker.dialects import png
from tests.worker.reading import picture

IN_IMAGES: Final = {"modalities": ["image", "text"]}


@pytest.fixture
def openai_python(easel: Easel) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{easel.url}/v1", api_key=TOKEN) as client:
        yield client


def chat(client: openai.OpenAI, model: str, prompt: str) -> Any:
    return client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": prompt}]
    )


def chat_stream(client: openai.OpenAI, model: str, prompt: str) -> Any:
    return list(
        client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": prompt}], stream=True
        )
    )


def images(client: openai.OpenAI, model: str, prompt: str) -> Any:
    return client.images.generate(model=model, prompt=prompt, response_format="b64_json")


def images_stream(client: openai.OpenAI, model: str, prompt: str) -> Any:
    return list(client.images.generate(model=model, prompt=prompt, stream=True))


async def chat_async(client: openai.AsyncOpenAI, model: str, prompt: str) -> Any:
    return await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": prompt}]
    )


async def chat_stream_async(client: openai.AsyncOpenAI, model: str, prompt: str) -> Any:
    stream = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": prompt}], stream=True
    )
    return [chunk async for chunk in stream]


WAYS: Final[tuple[Way, ...]] = (chat, chat_stream, images, images_stream)
ASYNC_WAYS: Final[tuple[Way, ...]] = (chat_async, chat_stream_async)
ALL_WAYS: Final = (*WAYS, *ASYNC_WAYS)


async def ask_async(way: Way, easel: Easel, model: str, prompt: str, **options: Any) -> Any:
    options = {"base_url": f"{easel.url}/v1", "api_key": TOKEN, **options}
    async with openai.AsyncOpenAI(**options) as client:
        return await way(client, model, prompt)


def ask(way: Way, easel: Easel, model: str, prompt: str, **options: Any) -> Any:
    """What one way of asking brings, with a client of its own."""
    if way in ASYNC_WAYS:
        return asyncio.run(ask_async(way, easel, model, prompt, **options))
    options = {"base_url": f"{easel.url}/v1", "api_key": TOKEN, **options}
    with openai.OpenAI(**options) as client:
        return way(client, model, prompt)


def test_openai_python_lists_the_models(openai_python: openai.OpenAI) -> None:
    assert len(list(openai_python.models.list())) == 30
    assert openai_python.models.retrieve(MODEL).id == MODEL


@by(chat, chat_async)
@pytest.mark.parametrize("prompt", ["a cat", "sandbox:picture-bytes=3000000"])
def test_openai_python_reads_a_plain_answer(
    easel: Easel, internet: Internet, way: Way, prompt: str
) -> None:
    completion = ask(way, easel, MODEL, prompt)
    link, content = last_painted(internet)
    assert link in completion.choices[0].message.content
    assert picture(completion.model_extra) == ("image/jpeg", content)
    assert "size" in completion.easel["pictures"][0]
    assert completion._request_id.startswith("req_")


@by(chat_stream, chat_stream_async)
@pytest.mark.parametrize("prompt", ["a cat", "sandbox:picture-bytes=3000000"])
def test_openai_python_reads_a_stream_to_its_end(
    easel: Easel, internet: Internet, way: Way, prompt: str
) -> None:
    (chunk,) = ask(way, easel, MODEL, prompt)
    link, content = last_painted(internet)
    assert chunk.choices[0].delta.content.startswith(f"![image]({PICTURES}/")
    assert link in chunk.choices[0].delta.content
    assert chunk.choices[0].finish_reason == "stop"
    assert picture(chunk.model_extra) == ("image/jpeg", content)
    assert "size" in chunk.easel["pictures"][0]


def test_openai_python_accumulates_a_stream_by_its_own_helper(
    openai_python: openai.OpenAI, internet: Internet
) -> None:
    with openai_python.chat.completions.stream(
        model=MODEL, messages=[{"role": "user", "content": "a cat"}]
    ) as stream:
        completion = stream.get_final_completion()
    link, _ = last_painted(internet)
    assert link in (completion.choices[0].message.content or "")


@pytest.mark.parametrize("stream", [False, True])
def test_openai_python_finds_a_picture_in_images_where_it_asks_for_modalities(
    openai_python: openai.OpenAI, internet: Internet, *, stream: bool
) -> None:
    answer: Any = openai_python.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "a cat"}],
        stream=stream,
        extra_body=IN_IMAGES,
    )
    choice = next(answer).choices[0] if stream else answer.choices[0]
    (image,) = (choice.delta if stream else choice.message).images
    head, _, data = image["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(data, validate=True) == last_painted(internet)[1]


def test_openai_python_has_the_shape_of_a_chat_picture_in_its_extra_body(
    openai_python: openai.OpenAI, internet: Internet, marker: str
) -> None:
    openai_python.chat.completions.create(
        model="geekai/nano-banana",
        messages=[{"role": "user", "content": marker}],
        extra_body={"image_config": {"aspect_ratio": "16:9", "image_size": "2K"}},
    )
    (call,) = internet.calls(marker)
    asked = json.loads(call.body)
    assert (asked["aspect_ratio"], asked["size"]) == ("16:9", "2k")


def test_openai_python_generates_images_as_base64_and_as_links(
    openai_python: openai.OpenAI, internet: Internet
) -> None:
    inline = openai_python.images.generate(model=MODEL, prompt="a", response_format="b64_json")
    assert inline.data is not None
    assert base64.b64decode(inline.data[0].b64_json or "") == last_painted(internet)[1]
    linked = openai_python.images.generate(model="seedream-4.5", prompt="a cat", n=2)
    assert linked.data is not None
    assert [(image.url or "").startswith(PICTURES) for image in linked.data] == [True, True]


def test_openai_python_reads_the_one_event_of_an_images_stream(
    openai_python: openai.OpenAI, internet: Internet
) -> None:
    (event,) = openai_python.images.generate(model=MODEL, prompt="a cat", stream=True)
    assert event.type == "image_generation.completed"
    assert base64.b64decode(event.b64_json) == last_painted(internet)[1]


def test_openai_python_may_say_whatever_its_own_suites_say(
    openai_python: openai.OpenAI, internet: Internet, marker: str
) -> None:
    old = openai_python.images.generate(
        model=MODEL,
        prompt=marker,
        quality="standard",
        style="vivid",
        safety_identifier="somebody",
        user="somebody",
        moderation="auto",
        background="auto",
        output_compression=100,
    )
    assert old.data is not None
    for partial_images in (0, 1, 2, 3):
        (event,) = openai_python.images.generate(
            model=MODEL, prompt="a cat", stream=True, partial_images=partial_images
        )
        assert event.type == "image_generation.completed"
    assert len(internet.calls(marker)) == 1


def test_openai_python_is_told_of_what_no_service_has(openai_python: openai.OpenAI) -> None:
    for unknown in ({"input_fidelity": "high"}, {"markup": png()}):
        with pytest.raises(openai.BadRequestError) as caught:
            openai_python.images.edit(
                model="geekai/gpt-image-1", image=png(), prompt="a hat", **unknown
            )
        assert (caught.value.code, caught.value.param) == ("unknown_parameter", *unknown)


@pytest.mark.parametrize("model", EDITING_MODELS)
def test_openai_python_edits_a_picture(
    openai_python: openai.OpenAI, internet: Internet, marker: str, model: str
) -> None:
    edited = openai_python.images.edit(
        model=model,
        image=("cat.png", png(), "image/png"),
        prompt=marker,
        response_format="b64_json",
    )
    assert edited.data is not None
    assert base64.b64decode(edited.data[0].b64_json or "") == last_painted(internet)[1]
    (call,) = internet.calls(marker)
    assert (png() in call.body) or (base64.b64encode(png()) in call.body)


def test_openai_python_reads_the_one_event_of_an_edit_stream(
    openai_python: openai.OpenAI, internet: Internet
) -> None:
    (event,) = openai_python.images.edit(
        model="geekai/gpt-image-1", image=png(), prompt="a hat", stream=True
    )
    assert event.type == "image_edit.completed"
    assert base64.b64decode(event.b64_json) == last_painted(internet)[1]


# OpenAI's own service has given variations up; Zhaotou has not.
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_openai_python_asks_for_variations(openai_python: openai.OpenAI) -> None:
    varied = openai_python.images.create_variation(image=png(), n=2, size="1024x1024")
    assert varied.data is not None
    assert [(image.url or "").startswith(PICTURES) for image in varied.data] == [True, True]


@pytest.mark.parametrize("model", EDITING_MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_openai_python_edits_in_a_chat(
    openai_python: openai.OpenAI, internet: Internet, marker: str, model: str, *, stream: bool
) -> None:
    url = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    answer: Any = openai_python.chat.completions.create(
        model=model,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": marker},
                    {"type": "image_url", "image_url": {"url": url}},
                ],
            }
        ],
        stream=stream,
    )
    found = picture((next(answer) if stream else answer).model_extra)
    assert found[1] == last_painted(internet)[1]
    (call,) = internet.calls(marker)
    assert (png() in call.body) or (base64.b64encode(png()) in call.body)


@by(*ALL_WAYS)
@each_scene
def test_openai_python_raises_its_own_error_and_asks_no_second_time(
    deployments: dict[str, Easel], internet: Internet, marker: str, scene: Scene, way: Way
) -> None:
    with pytest.raises(OPENAI_ERRORS[scene.status]) as caught:
        ask(way, scene.easel(deployments), scene.model, scene.says(marker), api_key=scene.token)
    assert (caught.value.status_code, caught.value.code) == (scene.status, scene.code)
    assert caught.value.request.headers["x-stainless-retry-count"] == "0"
    assert (caught.value.request_id or "").startswith("req_")
    assert len(internet.calls(marker)) == scene.calls


@by(images, chat_stream_async)
def test_openai_python_asks_a_busy_service_again(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        ask(way, easel, BUSY.model, BUSY.says(marker), max_retries=1)
    assert caught.value.code == BUSY.code
    assert len(internet.calls(marker)) == BUSY.calls


def test_openai_python_raises_its_own_error_without_a_token(openai_python: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        openai_python.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "a cat"}],
            extra_headers={"Authorization": openai.omit},
        )
    assert caught.value.code == "invalid_api_key"


def test_openai_python_is_told_the_field_at_fault(openai_python: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        openai_python.images.generate(model=MODEL, prompt="a cat", size="1000x10")
    assert (caught.value.code, caught.value.param) == ("invalid_request", "size")
    with pytest.raises(openai.BadRequestError) as caught:
        openai_python.images.edit(model=MODEL, image=png(), prompt="a hat")
    assert (caught.value.code, caught.value.param) == ("unsupported_input", "image")


def test_openai_python_is_told_what_easel_does_not_serve(openai_python: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        openai_python.embeddings.create(model=MODEL, input="a cat")
    assert caught.value.code == "path_not_found"


def in_all_ways(easel: Easel, *prompts: str, **options: Any) -> Slow:
    return side_by_side(
        ALL_WAYS, prompts, lambda way, prompt: ask(way, easel, MODEL, prompt, **options)
    )


@pytest.fixture(scope="module")
def slow(deployments: dict[str, Easel]) -> Slow:
    """What comes after the headers, in each way: an error, and a picture."""
    return in_all_ways(deployments["easel"], LATE, PATIENT, timeout=PATIENCE, max_retries=0)


@by(chat_stream, images_stream, chat_stream_async)
def test_openai_python_raises_an_error_in_the_middle_of_a_stream(slow: Slow, way: Way) -> None:
    error = slow[way.__name__, LATE]
    assert type(error) is openai.APIError
    assert (error.message, error.code) == (LATE_MESSAGE, "upstream_too_slow")


@by(chat, images, chat_async)
def test_openai_python_hands_out_an_error_under_status_200_as_an_answer_without_content(
    slow: Slow, way: Way
) -> None:
    answer = slow[way.__name__, LATE]
    assert answer.model_extra["error"]["code"] == "upstream_too_slow"
    assert (answer.data if way is images else answer.choices) is None


def test_openai_python_gives_up_by_its_own_time_out_and_so_ends_the_upstream_call(
    easel: Easel, internet: Internet, marker: str
) -> None:
    outcomes = in_all_ways(easel, f"sandbox:slow=3 {marker}", timeout=IMPATIENCE, max_retries=0)
    assert {type(outcome) for outcome in outcomes.values()} == {openai.APITimeoutError}
    assert were_abandoned(internet, marker, len(outcomes))


@by(*ALL_WAYS)
def test_openai_pythons_time_out_is_outlived_by_what_is_kept_alive(slow: Slow, way: Way) -> None:
    assert re.search(r"!\[image\]\(|b64_json='", repr(slow[way.__name__, PATIENT]))


def test_openai_python_closes_a_stream_and_so_ends_the_upstream_call(
    openai_python: openai.OpenAI, internet: Internet, marker: str
) -> None:
    stream = openai_python.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": f"sandbox:slow=3 {marker}"}], stream=True
    )
    stream.close()
    assert were_abandoned(internet, marker)


def test_openai_python_closes_a_plain_answer_and_so_ends_the_upstream_call(
    openai_python: openai.OpenAI, internet: Internet, marker: str
) -> None:
    with openai_python.chat.completions.with_streaming_response.create(
        model=MODEL, messages=[{"role": "user", "content": f"sandbox:slow=3 {marker}"}]
    ) as response:
        assert response.status_code == 200
    assert were_abandoned(internet, marker)


def test_openai_pythons_task_is_cancelled_and_so_ends_the_upstream_call(
    easel: Easel, internet: Internet, marker: str
) -> None:
    prompt = f"sandbox:slow=3 {marker}"
    askings = [ask_async(way, easel, MODEL, prompt) for way in ASYNC_WAYS]
    asyncio.run(leave(askings, internet, marker))
    assert were_abandoned(internet, marker, len(askings))


@by(chat_stream, images_stream, chat_stream_async)
def test_openai_python_does_not_take_a_picture_that_breaks_off_for_a_whole_one(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    with pytest.raises(openai.APIConnectionError):
        ask(way, easel, MODEL, f"sandbox:picture-cut=3000000 {marker}")
    assert len(internet.calls(marker)) == 1


def test_openai_python_asks_again_where_a_plain_answer_breaks_off(
    easel: Easel, internet: Internet, marker: str
) -> None:
    # No header can keep it from that: it looks at none once the transfer is broken.
    with pytest.raises(openai.APIConnectionError):
        ask(chat, easel, MODEL, f"sandbox:picture-cut=3000000 {marker}", max_retries=1)
    assert len(internet.calls(marker)) == 2
