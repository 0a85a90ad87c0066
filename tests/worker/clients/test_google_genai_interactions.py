"""The `interactions` of google-genai for Python against Easel on workerd."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, Final

import pytest
from google import genai
from google.genai import _interactions as google
from google.genai import types

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
from tests.worker.clients.test_google_genai import client_of, each_version
from tests.worker.clients.test_google_genai_interactions_js import sent
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png

Answer = dict[str, Any]


def _told(interaction: Any) -> Answer:
    """What of an answer its users look at."""
    image = interaction.output_image
    return {
        "status": interaction.status,
        "picture": image and base64.b64decode(image.data, validate=True),
        "text": interaction.output_text,
        "errors": interaction.errors,
    }


def _told_of(events: list[Any]) -> Answer:
    if events[-1].event_type == "error":
        return {"status": "error", "errors": [events[-1].error]}
    (delta,) = [each.delta for each in events if each.event_type == "step.delta"]
    picture = base64.b64decode(delta.data, validate=True) if delta.type == "image" else None
    return {"status": events[-1].interaction.status, "picture": picture}


def plain(client: genai.Client, model: str, given: Any, **more: Any) -> Answer:
    return _told(client.interactions.create(model=model, input=given, **more))


def stream(client: genai.Client, model: str, given: Any, **more: Any) -> Answer:
    created = client.interactions.create(model=model, input=given, stream=True, **more)
    return _told_of(list(created))


async def plain_async(client: genai.Client, model: str, given: Any, **more: Any) -> Answer:
    return _told(await client.aio.interactions.create(model=model, input=given, **more))


async def stream_async(client: genai.Client, model: str, given: Any, **more: Any) -> Answer:
    created: Any = client.aio.interactions.create(model=model, input=given, stream=True, **more)
    return _told_of([event async for event in await created])


ASYNC_WAYS: Final[tuple[Way, ...]] = (plain_async, stream_async)
ALL_WAYS: Final[tuple[Way, ...]] = (plain, stream, *ASYNC_WAYS)


async def ask_async(way: Way, client: genai.Client, model: str, given: Any, more: Any) -> Any:
    async with client.aio:
        return await way(client, model, given, **more)


def ask(
    way: Way,
    easel: Easel,
    model: str,
    given: Any,
    more: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    """What one way of asking brings, with a client of its own."""
    with client_of(easel, **options) as client:
        if way in ASYNC_WAYS:
            return asyncio.run(ask_async(way, client, model, given, more or {}))
        return way(client, model, given, **(more or {}))


def reason(error: google.APIStatusError) -> str:
    """Easel's own code of an error."""
    assert isinstance(error.body, dict)
    found: str = error.body["error"]["details"][0]["reason"]
    return found


@by(*ALL_WAYS)
@each_version
def test_google_genais_interaction_is_the_picture(
    easel: Easel, internet: Internet, marker: str, way: Way, version: str | None
) -> None:
    answer = ask(way, easel, MODEL, marker, api_version=version)
    assert (answer["status"], answer["picture"]) == ("completed", last_painted(internet)[1])
    assert len(internet.calls(marker)) == 1


@by(plain, stream_async)
def test_google_genais_interaction_is_a_large_picture(
    easel: Easel, internet: Internet, way: Way
) -> None:
    answer = ask(way, easel, MODEL, "sandbox:picture-bytes=3000000")
    assert answer["picture"] == last_painted(internet)[1]


def test_google_genais_interaction_by_vertexs_path(easel: Easel, internet: Internet) -> None:
    http = types.HttpOptions(base_url=easel.url)
    with genai.Client(api_key=TOKEN, vertexai=True, http_options=http) as client:
        assert plain(client, MODEL, "a cat")["picture"] == last_painted(internet)[1]


# It says so of the older of the two, which its users still have.
@pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED ..:DeprecationWarning")
@by(*ALL_WAYS)
@pytest.mark.parametrize(
    "more",
    [
        {"response_format": {"type": "image", "aspect_ratio": "16:9", "image_size": "2K"}},
        {
            "response_modalities": ["text", "image"],
            "generation_config": {"image_config": {"aspect_ratio": "16:9", "image_size": "2K"}},
        },
    ],
    ids=["response_format", "image_config"],
)
def test_the_shape_of_google_genais_interaction_reaches_the_service(
    easel: Easel, internet: Internet, marker: str, way: Way, more: dict[str, Any]
) -> None:
    ask(way, easel, "geekai/nano-banana", marker, more)
    (call,) = internet.calls(marker)
    asked = json.loads(call.body)
    assert (asked["aspect_ratio"], asked["size"]) == ("16:9", "2k")


@by(*ALL_WAYS)
@pytest.mark.parametrize("model", EDITING_MODELS)
def test_google_genais_interaction_edits_a_picture(
    easel: Easel, internet: Internet, marker: str, way: Way, model: str
) -> None:
    source = {"type": "image", "data": base64.b64encode(png()).decode(), "mime_type": "image/png"}
    answer = ask(way, easel, model, [{"type": "text", "text": marker}, source])
    assert answer["picture"] == last_painted(internet)[1]
    (call,) = internet.calls(marker)
    assert (png() in call.body) or (base64.b64encode(png()) in call.body)


def test_google_genais_steps_are_sent_back_by_whoever_goes_on(
    unchanged: Easel, internet: Internet, marker: str
) -> None:
    with client_of(unchanged) as client:
        first: Any = client.interactions.create(model=MODEL, input="a cat")
        steps = [step.model_dump(exclude_none=True) for step in first.steps or []]
        question = {"type": "user_input", "content": [{"type": "text", "text": "a cat"}]}
        second = {"type": "user_input", "content": [{"type": "text", "text": f"a hat {marker}"}]}
        assert plain(client, MODEL, [question, *steps, second])["status"] == "completed"
    (call,) = internet.calls(marker)
    assert json.loads(call.body)["prompt"] == f"a hat {marker}"


@by(plain, stream_async)
@each_scene
def test_google_genais_interactions_raise_their_own_error_and_pay_no_second_time(
    deployments: dict[str, Easel], internet: Internet, marker: str, scene: Scene, way: Way
) -> None:
    easel, says = scene.easel(deployments), scene.says(marker)
    with pytest.raises(google.APIStatusError) as caught:
        ask(way, easel, scene.model, says, token=scene.token)
    assert caught.value.status_code == sent(scene.status, scene.code)
    assert reason(caught.value) == scene.code
    assert len(internet.calls(marker)) == scene.calls


AT_ONCE: Final = {"initial_delay": 0.01, "max_delay": 0.01, "jitter": 0}


@by(*ALL_WAYS)
@pytest.mark.parametrize(
    ("options", "calls"),
    [({}, 5), ({"attempts": 1}, 1)],
    ids=["by default", "where it is told not to"],
)
def test_google_genais_interactions_ask_a_busy_service_again(
    easel: Easel, internet: Internet, marker: str, way: Way, options: dict[str, Any], calls: int
) -> None:
    again = types.HttpRetryOptions(**{**AT_ONCE, **options})
    with pytest.raises(google.RateLimitError) as caught:
        ask(way, easel, BUSY.model, BUSY.says(marker), retry_options=again)
    assert reason(caught.value) == BUSY.code
    assert len(internet.calls(marker)) == calls


def in_all_ways(easel: Easel, *prompts: str, **options: Any) -> Slow:
    return side_by_side(
        ALL_WAYS, prompts, lambda way, prompt: ask(way, easel, MODEL, prompt, **options)
    )


@pytest.fixture(scope="module")
def slow(deployments: dict[str, Easel]) -> Slow:
    """What comes after the headers, in each way: an error, and a picture."""
    return in_all_ways(deployments["easel"], LATE, PATIENT, timeout=int(PATIENCE * 1000))


@by(*ALL_WAYS)
def test_google_genais_interactions_tell_a_late_error(slow: Slow, way: Way) -> None:
    answer = slow[way.__name__, LATE]
    (error,) = answer["errors"]
    assert (error.code, error.message) == ("failed_dependency", LATE_MESSAGE)
    if way in (plain, plain_async):
        assert (answer["status"], answer["picture"]) == ("failed", None)
        assert answer["text"] == LATE_MESSAGE


@by(*ALL_WAYS)
def test_google_genais_time_out_is_outlived_by_what_is_kept_alive(slow: Slow, way: Way) -> None:
    assert slow[way.__name__, PATIENT]["picture"]


def test_google_genais_interactions_give_up_by_their_own_time_out_and_ask_once(
    easel: Easel, internet: Internet, marker: str
) -> None:
    outcomes = in_all_ways(easel, f"sandbox:slow=3 {marker}", timeout=int(IMPATIENCE * 1000))
    assert {type(outcome) for outcome in outcomes.values()} == {google.APITimeoutError}
    assert were_abandoned(internet, marker, len(outcomes))


def test_google_genais_task_is_cancelled_and_so_ends_the_upstream_call(
    easel: Easel, internet: Internet, marker: str
) -> None:
    prompt = f"sandbox:slow=3 {marker}"

    async def asked(way: Way) -> Any:
        with client_of(easel) as client:
            return await ask_async(way, client, MODEL, prompt, {})

    asyncio.run(leave([asked(way) for way in ASYNC_WAYS], internet, marker))
    assert were_abandoned(internet, marker, len(ASYNC_WAYS))


@by(*ALL_WAYS)
def test_google_genais_interactions_take_no_picture_that_breaks_off_for_a_whole_one(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    with pytest.raises(google.APIConnectionError):
        ask(way, easel, MODEL, f"sandbox:picture-cut=3000000 {marker}")
    assert len(internet.calls(marker)) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"background": True},
        {"store": True},
        {"previous_interaction_id": "v1_x"},
        {"continuation_token": "x"},
        {"cached_content": "cachedContents/x"},
        {"environment": "env"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_google_genai_is_told_that_easel_keeps_nothing(
    easel: Easel, internet: Internet, marker: str, more: dict[str, Any]
) -> None:
    with pytest.raises(google.BadRequestError) as caught:
        ask(plain, easel, MODEL, marker, more)
    (name,) = more
    assert name in caught.value.message
    assert internet.calls(marker) == []


def test_google_genai_is_told_that_there_are_no_agents(easel: Easel) -> None:
    with client_of(easel) as client, pytest.raises(google.BadRequestError, match="agents are not"):
        client.interactions.create(agent="deep-research-preview-04-2026", input="x")


def test_google_genai_finds_no_interaction_that_was(easel: Easel) -> None:
    with client_of(easel) as client:
        kept = client.interactions
        for ask_for in (kept.get, kept.cancel, kept.delete):
            with pytest.raises(google.NotFoundError, match="Easel keeps no interactions"):
                ask_for(id="req_1")
        with pytest.raises(google.NotFoundError, match="Easel keeps no interactions"):
            list(kept.get(id="req_1", stream=True))
