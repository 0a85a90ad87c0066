"""google-genai for Python against Easel on workerd."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from typing import Any, Final

import httpx2
import pytest
from google import genai
from google.genai import errors, types
from PIL import Image

from tests.worker.clients.scenes import (
    BUSY,
    EDITING_MODELS,
    IMPATIENCE,
    LATE,
    LATE_MESSAGE,
    MODEL,
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
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png

# The first is what it asks for where nothing is said.
VERSIONS: Final = (None, "v1", "v1beta", "v1alpha")

each_version = pytest.mark.parametrize("version", VERSIONS)


def client_of(easel: Easel, *, token: str = TOKEN, **options: Any) -> genai.Client:
    """A client of Gemini's developer API; `options` are those of its HTTP side."""
    http = types.HttpOptions(base_url=easel.url, **options)
    return genai.Client(api_key=token, vertexai=False, http_options=http)


def plain(client: genai.Client, model: str, contents: Any) -> types.GenerateContentResponse:
    return client.models.generate_content(model=model, contents=contents)


def stream(client: genai.Client, model: str, contents: Any) -> types.GenerateContentResponse:
    (only,) = client.models.generate_content_stream(model=model, contents=contents)
    return only


async def plain_async(
    client: genai.Client, model: str, contents: Any
) -> types.GenerateContentResponse:
    return await client.aio.models.generate_content(model=model, contents=contents)


async def stream_async(
    client: genai.Client, model: str, contents: Any
) -> types.GenerateContentResponse:
    chunks = await client.aio.models.generate_content_stream(model=model, contents=contents)
    (only,) = [chunk async for chunk in chunks]
    return only


ASYNC_WAYS: Final[tuple[Way, ...]] = (plain_async, stream_async)
ALL_WAYS: Final[tuple[Way, ...]] = (plain, stream, *ASYNC_WAYS)


async def ask_async(way: Way, easel: Easel, model: str, contents: Any, **options: Any) -> Any:
    with client_of(easel, **options) as client:
        async with client.aio:
            return await way(client, model, contents)


def ask(way: Way, easel: Easel, model: str, contents: Any, **options: Any) -> Any:
    """What one way of asking brings, with a client of its own."""
    if way in ASYNC_WAYS:
        return asyncio.run(ask_async(way, easel, model, contents, **options))
    with client_of(easel, **options) as client:
        return way(client, model, contents)


def reason(error: errors.APIError) -> str:
    """Easel's own code of an error."""
    found: str = error.details["error"]["details"][0]["reason"]
    return found


@each_version
def test_google_genai_lists_the_models(easel: Easel, version: str | None) -> None:
    with client_of(easel, api_version=version) as client:
        assert len(list(client.models.list())) == 30
        # It asks for the next page by itself.
        assert len(list(client.models.list(config={"page_size": 7}))) == 30
        found = client.models.get(model=MODEL)
    assert found.name == f"models/{MODEL}"
    assert "generateContent" in (found.supported_actions or [])


@each_version
def test_google_genai_counts_no_tokens_and_asks_no_service(
    easel: Easel, internet: Internet, marker: str, version: str | None
) -> None:
    with client_of(easel, api_version=version) as client:
        count = client.models.count_tokens(model=MODEL, contents=marker)
    assert (count.total_tokens, internet.calls(marker)) == (0, [])


def test_google_genai_gets_its_own_errors_under_v1(easel: Easel) -> None:
    with client_of(easel) as client, pytest.raises(errors.ClientError) as caught:
        client.models.get(model="nothing")
    assert (caught.value.status, reason(caught.value)) == ("NOT_FOUND", "model_not_found")


@pytest.mark.parametrize("model", [MODEL, "geekai/gpt-image-1"])
def test_google_genai_reads_the_picture_by_vertexs_paths(
    easel: Easel, internet: Internet, marker: str, model: str
) -> None:
    http = types.HttpOptions(base_url=easel.url)
    config = types.GenerateContentConfig(image_config=types.ImageConfig(aspect_ratio="1:1"))
    with genai.Client(api_key=TOKEN, vertexai=True, http_options=http) as client:
        assert len(list(client.models.list(config={"page_size": 7}))) == 30
        assert client.models.count_tokens(model=model, contents="x").total_tokens == 0
        answer = client.models.generate_content(model=model, contents=marker, config=config)
    (part,) = answer.parts or []
    assert part.inline_data is not None
    assert part.inline_data.data == last_painted(internet)[1]
    (candidate,) = answer.candidates or []
    (told,) = json.loads(candidate.finish_message or "")["easel"]["pictures"]
    assert "size" in told


@by(*ALL_WAYS)
@pytest.mark.parametrize(
    ("version", "prompt"),
    [*((version, "a cat") for version in VERSIONS), (None, "sandbox:picture-bytes=3000000")],
)
def test_google_genai_reads_the_picture(
    easel: Easel, internet: Internet, way: Way, version: str | None, prompt: str
) -> None:
    answer = ask(way, easel, MODEL, prompt, api_version=version)
    (part,) = answer.parts
    assert part.inline_data.mime_type == "image/jpeg"
    assert part.inline_data.data == last_painted(internet)[1]
    assert part.as_image().image_bytes == last_painted(internet)[1]
    (told,) = json.loads(answer.model_status.message)["easel"]["pictures"]
    assert told["size"] == "{}x{}".format(*Image.open(io.BytesIO(part.inline_data.data)).size)
    assert answer.candidates[0].finish_reason is types.FinishReason.STOP
    assert answer.model_version == MODEL


def test_google_genais_image_config_reaches_the_service(
    easel: Easel, internet: Internet, marker: str
) -> None:
    config = types.GenerateContentConfig(
        response_modalities=["IMAGE"],
        image_config=types.ImageConfig(aspect_ratio="16:9", image_size="2K"),
    )
    with client_of(easel) as client:
        client.models.generate_content(model="geekai/nano-banana", contents=marker, config=config)
    (call,) = internet.calls(marker)
    asked = json.loads(call.body)
    assert (asked["aspect_ratio"], asked["size"]) == ("16:9", "2k")


@by(*ALL_WAYS)
@pytest.mark.parametrize("model", EDITING_MODELS)
def test_google_genai_edits_a_picture(
    easel: Easel, internet: Internet, marker: str, way: Way, model: str
) -> None:
    contents = [marker, types.Part.from_bytes(data=png(), mime_type="image/png")]
    (part,) = ask(way, easel, model, contents).parts
    assert part.inline_data.data == last_painted(internet)[1]
    (call,) = internet.calls(marker)
    assert (png() in call.body) or (base64.b64encode(png()) in call.body)


@by(plain, stream_async)
@pytest.mark.parametrize("model", EDITING_MODELS)
@pytest.mark.parametrize("order", [1, -1], ids=["picture first", "text first"])
def test_google_genai_edits_a_picture_that_it_sends_in_another_content(
    easel: Easel, internet: Internet, marker: str, way: Way, model: str, order: int
) -> None:
    picture = types.Part.from_bytes(data=png(), mime_type="image/png")
    contents = [types.UserContent(marker), types.UserContent(picture)]
    (part,) = ask(way, easel, model, contents[::order]).parts
    assert part.inline_data.data == last_painted(internet)[1]
    (call,) = internet.calls(marker)
    assert (png() in call.body) or (base64.b64encode(png()) in call.body)


def test_google_genais_chat_goes_on_after_a_picture(
    unchanged: Easel, internet: Internet, marker: str
) -> None:
    with client_of(unchanged) as client:
        chat = client.chats.create(model=MODEL)
        chat.send_message("a cat")
        # It sends the first picture back, as a part of the history.
        (part,) = chat.send_message(f"a hat {marker}").parts or []
    assert part.inline_data is not None
    assert part.inline_data.data == last_painted(internet)[1]
    assert len(internet.calls(marker)) == 1


@by(plain, stream_async)
@each_scene
def test_google_genai_raises_its_own_error_and_asks_no_second_time(
    deployments: dict[str, Easel], internet: Internet, marker: str, scene: Scene, way: Way
) -> None:
    kind = errors.ClientError if scene.status < 500 else errors.ServerError
    with pytest.raises(kind) as caught:
        ask(way, scene.easel(deployments), scene.model, scene.says(marker), token=scene.token)
    assert (caught.value.code, reason(caught.value)) == (scene.status, scene.code)
    assert caught.value.status is not None
    assert len(internet.calls(marker)) == scene.calls


# It looks at the status alone, and asks not at all again unless it is told to.
@by(*ALL_WAYS)
@pytest.mark.parametrize(
    ("prompt", "calls"), [(BUSY.prompt, BUSY.calls), ("sandbox:broken", 1)], ids=["busy", "broken"]
)
def test_google_genai_asks_again_where_it_is_told_that_429_is_worth_it(
    easel: Easel, internet: Internet, marker: str, way: Way, prompt: str, calls: int
) -> None:
    again = types.HttpRetryOptions(
        attempts=2, http_status_codes=[429], initial_delay=0, max_delay=0, jitter=0
    )
    with pytest.raises(errors.APIError):
        ask(way, easel, BUSY.model, f"{prompt} {marker}", retry_options=again)
    assert len(internet.calls(marker)) == calls


@by(*ALL_WAYS)
def test_google_genai_leaves_a_busy_service_alone(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    with pytest.raises(errors.ClientError) as caught:
        ask(way, easel, BUSY.model, BUSY.says(marker))
    assert (caught.value.code, reason(caught.value)) == (BUSY.status, BUSY.code)
    assert len(internet.calls(marker)) == 1


def in_all_ways(easel: Easel, *prompts: str, **options: Any) -> Slow:
    return side_by_side(
        ALL_WAYS, prompts, lambda way, prompt: ask(way, easel, MODEL, prompt, **options)
    )


@pytest.fixture(scope="module")
def slow(deployments: dict[str, Easel]) -> Slow:
    """What comes after the headers, in each way: an error, and a picture."""
    return in_all_ways(deployments["easel"], LATE, PATIENT, timeout=int(PATIENCE * 1000))


@by(stream, stream_async)
def test_google_genai_raises_an_error_in_the_middle_of_a_stream(slow: Slow, way: Way) -> None:
    error = slow[way.__name__, LATE]
    assert type(error) is errors.ServerError
    assert (error.code, error.message, reason(error)) == (504, LATE_MESSAGE, "upstream_too_slow")


@by(plain, plain_async)
def test_google_genai_takes_an_error_under_status_200_for_an_answer_that_says_why(
    slow: Slow, way: Way
) -> None:
    answer = slow[way.__name__, LATE]
    assert isinstance(answer, types.GenerateContentResponse)
    assert answer.candidates is not None
    assert [each.finish_reason for each in answer.candidates] == [types.FinishReason.OTHER]
    assert answer.text == "The image service did not answer in time."


def test_google_genai_gives_up_by_its_own_time_out_and_so_ends_the_upstream_call(
    easel: Easel, internet: Internet, marker: str
) -> None:
    outcomes = in_all_ways(easel, f"sandbox:slow=3 {marker}", timeout=int(IMPATIENCE * 1000))
    assert {type(outcome) for outcome in outcomes.values()} == {httpx2.ReadTimeout}
    assert were_abandoned(internet, marker, len(outcomes))


@by(*ALL_WAYS)
def test_google_genais_time_out_is_outlived_by_what_is_kept_alive(slow: Slow, way: Way) -> None:
    assert "inline_data=" in repr(slow[way.__name__, PATIENT])


def test_google_genais_task_is_cancelled_and_so_ends_the_upstream_call(
    easel: Easel, internet: Internet, marker: str
) -> None:
    prompt = f"sandbox:slow=3 {marker}"
    askings = [ask_async(way, easel, MODEL, prompt) for way in ASYNC_WAYS]
    asyncio.run(leave(askings, internet, marker))
    assert were_abandoned(internet, marker, len(askings))


@by(*ALL_WAYS)
def test_google_genai_does_not_take_a_picture_that_breaks_off_for_a_whole_one(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        ask(way, easel, MODEL, f"sandbox:picture-cut=3000000 {marker}")
    assert len(internet.calls(marker)) == 1


def test_google_genai_is_told_what_easel_does_not_serve(easel: Easel) -> None:
    with client_of(easel) as client, pytest.raises(errors.ClientError) as caught:
        client.models.embed_content(model=MODEL, contents="a cat")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    assert reason(caught.value) == "path_not_found"
