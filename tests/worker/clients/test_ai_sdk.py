"""The AI SDK against Easel on workerd, with its provider for what is compatible with OpenAI.

It lists no models, and knows nothing of `images` in a message.
"""

from __future__ import annotations

import io
import json
from functools import partial
from typing import Final

import pytest
from PIL import Image

from tests.worker.clients.node import (
    Outcome,
    Scene,
    Thrown,
    check_early_error,
    each_early_error,
    each_way,
    each_who_leaves,
    field_at_fault,
    play,
)
from tests.worker.conftest import PICTURES, Easel, Internet

# The options of a provider become fields of the body.
_BASE64: Final = {"providerOptions": {"easel": {"response_format": "b64_json"}}}
_WIDE: Final = {
    "providerOptions": {"easel": {"response_format": "b64_json", "aspect_ratio": "16:9"}}
}
_GPT_IMAGE: Final = "geekai/gpt-image-1"

CHATS: Final = {
    "generateText": Scene("plain"),
    "streamText": Scene("streamed"),
    "a slow generateText": Scene("plain", "sandbox:slow=2", deployment="easel"),
    "a slow streamText": Scene("streamed", "sandbox:slow=2", deployment="typed"),
    "a large picture": Scene("streamed", "sandbox:picture-bytes=3000000"),
    "an edit by generateText": Scene("plain", model=_GPT_IMAGE, from_picture=True),
    "an edit by streamText": Scene("streamed", model=_GPT_IMAGE, from_picture=True),
}
PAINTED: Final = {**CHATS, "a wide generateImage": Scene("generate", fields=_WIDE)}
IMAGES: Final = {
    "generateImage": Scene("generate", model=_GPT_IMAGE, fields=_BASE64),
    "a large generateImage": Scene(
        "generate", model=_GPT_IMAGE, fields={**_BASE64, "size": "1536x1024"}
    ),
    "an edit by generateImage": Scene(
        "generate", model=_GPT_IMAGE, fields=_BASE64, from_picture=True
    ),
    "an edit by another service": Scene(
        "generate", model="seedream-4.5", from_picture=True, fields=_BASE64
    ),
}


@pytest.fixture(scope="module")
def seen(deployments: dict[str, Easel], internet: Internet) -> dict[str, Outcome]:
    scenes = {
        **PAINTED,
        **IMAGES,
        "a link": Scene("generate"),
        "a late image": Scene("generate", "sandbox:slow=9", deployment="easel"),
        # As if nothing had been set.
        "its own retries": Scene("plain", "sandbox:broken", fields={"maxRetries": None}),
    }
    return play("ai_sdk.mjs", scenes, deployments, internet)


@pytest.mark.parametrize("name", PAINTED)
def test_the_ai_sdk_gives_the_very_picture_that_was_painted(
    seen: dict[str, Outcome], internet: Internet, name: str
) -> None:
    content = seen[name].picture
    assert content in {kept.content for kept in internet.sandbox.pictures.values()}
    assert len(seen[name].calls) == 1


@pytest.mark.parametrize("name", CHATS)
def test_the_ai_sdk_gives_a_link_as_the_text_of_a_chat(seen: dict[str, Outcome], name: str) -> None:
    assert seen[name].value["text"].startswith(f"![image]({PICTURES}/z_image/")


@pytest.mark.parametrize("name", IMAGES)
def test_the_ai_sdk_paints_and_edits_by_the_images_api(seen: dict[str, Outcome], name: str) -> None:
    picture = Image.open(io.BytesIO(seen[name].picture))
    picture.load()
    assert picture.get_format_mimetype() == seen[name].value["type"]
    assert picture.size == ((1536, 1024) if name == "a large generateImage" else (1024, 1024))


def test_the_shape_in_the_options_of_the_provider_reaches_the_service(
    seen: dict[str, Outcome],
) -> None:
    (call,) = seen["a wide generateImage"].calls
    assert json.loads(call.body)["ratio"] == "16:9"


def test_the_ai_sdk_follows_a_link_by_itself_so_ask_it_for_base64(seen: dict[str, Outcome]) -> None:
    error = seen["a link"].error
    assert error is not None
    assert error.message.endswith(f"a test tried to reach {PICTURES.removeprefix('https://')}")


@each_way
@each_early_error
def test_the_ai_sdk_throws_its_own_errors_and_pays_once_where_it_is_told_to(
    seen: dict[str, Outcome], name: str, how: str
) -> None:
    check_early_error(seen, name, how, partial(Thrown, "AI_APICallError"))


@each_way
def test_the_ai_sdk_names_the_field_at_fault(seen: dict[str, Outcome], how: str) -> None:
    assert field_at_fault(seen, how) == "messages[0].content[1]"


def test_the_ai_sdk_throws_an_error_in_the_middle_of_a_stream(seen: dict[str, Outcome]) -> None:
    outcome = seen["a late error, streamed"]
    assert outcome.error == Thrown("AI_StreamProviderError", code="upstream_too_slow")
    assert len(outcome.calls) == 1


@pytest.mark.parametrize("name", ["a late error", "a late image"])
def test_the_ai_sdk_does_not_understand_a_late_error_of_a_plain_answer(
    seen: dict[str, Outcome], name: str
) -> None:
    outcome = seen[name]
    assert outcome.error == Thrown("AI_APICallError", 200)
    assert outcome.error.message.endswith("Invalid JSON response")
    assert len(outcome.calls) == 1


def test_the_ai_sdk_asks_three_times_where_nobody_sets_max_retries(
    seen: dict[str, Outcome],
) -> None:
    outcome = seen["its own retries"]
    assert outcome.error == Thrown("AI_RetryError")
    assert len(outcome.calls) == 3


def test_the_ai_sdk_throws_its_own_errors_when_it_leaves_or_waits_no_longer(
    seen: dict[str, Outcome],
) -> None:
    assert seen["who waits no longer"].error == Thrown("TimeoutError")
    assert seen["who leaves"].error == Thrown("AbortError")
    assert seen["who leaves a stream"].value == ["start", "abort"]


@each_who_leaves
def test_the_ai_sdk_ends_the_call_to_the_service_when_it_leaves_or_waits_no_longer(
    seen: dict[str, Outcome], name: str
) -> None:
    assert seen[name].abandoned
