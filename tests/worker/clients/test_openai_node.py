"""openai-node against Easel on workerd."""

from __future__ import annotations

import io
from typing import Final

import pytest
from PIL import Image

from easel.routing import models
from easel.settings import Settings
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

KINDS: Final = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    413: "APIError",  # It has no class of its own for this one.
    429: "RateLimitError",
    500: "InternalServerError",
    502: "InternalServerError",
    504: "InternalServerError",
}
# It asks again where `x-should-retry: false` does not keep it from it.
CALLS: Final = {"a busy service": 3}

_IN_IMAGES: Final = {"modalities": ["image", "text"]}
_USAGE: Final = {"stream_options": {"include_usage": True}}
_BASE64: Final = {"response_format": "b64_json"}
_SEEDREAM: Final = "seedream-4.5"
_GPT_IMAGE: Final = "geekai/gpt-image-1"

LINKED: Final = {
    "a chat": Scene("plain"),
    "a chat, streamed": Scene("streamed"),
    "a chat, by the helper for streams": Scene("helper"),
    "a chat with its usage": Scene("streamed", fields=_USAGE),
    "a chat with its usage, by the helper": Scene("helper", fields=_USAGE),
    "a slow chat": Scene("plain", "sandbox:slow=2", deployment="easel"),
    "a slow chat, streamed": Scene("streamed", "sandbox:slow=2", deployment="typed"),
}
PAINTED: Final = {
    **LINKED,
    "images of a message": Scene("plain", fields=_IN_IMAGES),
    "images of a delta": Scene("streamed", fields=_IN_IMAGES),
    "images of a delta, by the helper": Scene("helper", fields=_IN_IMAGES),
    "a large picture": Scene("streamed", "sandbox:picture-bytes=3000000"),
    "images.generate": Scene("generate", fields=_BASE64),
    "images.generate, streamed": Scene("generateStreamed"),
}
EDITED: Final = {
    "a chat with a picture": Scene("plain", model=_GPT_IMAGE, from_picture=True),
    "images.edit": Scene("edit", model=_SEEDREAM, from_picture=True, fields=_BASE64),
    "images.edit, streamed": Scene("editStreamed", model=_GPT_IMAGE, from_picture=True),
    "images.createVariation": Scene("vary", model=_SEEDREAM, from_picture=True, fields=_BASE64),
}
LATE_IMAGE: Final = Scene("generateStreamed", "sandbox:slow=9", deployment="easel")


def thrown(status: int, code: str) -> Thrown:
    """What openai-node throws for an error of Easel's."""
    return Thrown(KINDS[status], status, code)


@pytest.fixture(scope="module")
def seen(deployments: dict[str, Easel], internet: Internet) -> dict[str, Outcome]:
    scenes = {"models": Scene("models"), "a late image": LATE_IMAGE, **PAINTED, **EDITED}
    return play("openai_node.mjs", scenes, deployments, internet)


def test_openai_node_lists_the_models(seen: dict[str, Outcome]) -> None:
    listed = [model for model, _ in models(Settings())]
    assert seen["models"].value == {"listed": listed, "one": "gemini-3-image-1k"}


@pytest.mark.parametrize("name", PAINTED)
def test_openai_node_gives_the_very_picture_that_was_painted(
    seen: dict[str, Outcome], internet: Internet, name: str
) -> None:
    content = seen[name].picture
    assert content in {kept.content for kept in internet.sandbox.pictures.values()}
    assert Image.open(io.BytesIO(content)).format == "JPEG"
    assert len(seen[name].calls) == 1


@pytest.mark.parametrize("name", LINKED)
def test_openai_node_gives_a_link_as_the_text_of_a_chat(
    seen: dict[str, Outcome], name: str
) -> None:
    assert seen[name].value["text"].startswith(f"![image]({PICTURES}/z_image/")


def test_openai_node_reads_a_stream_to_its_end(seen: dict[str, Outcome]) -> None:
    assert seen["a chat, streamed"].value["more"] == []
    (last,) = seen["a chat with its usage"].value["more"]
    assert (last["choices"], last["usage"]["total_tokens"]) == ([], 0)
    assert seen["images.generate, streamed"].value["text"] == "image_generation.completed"
    assert seen["images.edit, streamed"].value["text"] == "image_edit.completed"


@pytest.mark.parametrize("name", EDITED)
def test_openai_node_paints_from_a_picture(seen: dict[str, Outcome], name: str) -> None:
    Image.open(io.BytesIO(seen[name].picture)).load()


@each_way
@each_early_error
def test_openai_node_throws_its_own_errors_and_pays_no_second_time(
    seen: dict[str, Outcome], name: str, how: str
) -> None:
    check_early_error(seen, name, how, thrown, calls=CALLS.get(name))


@each_way
def test_openai_node_names_the_field_at_fault(seen: dict[str, Outcome], how: str) -> None:
    assert field_at_fault(seen, how) == "messages[0].content[1]"


@pytest.mark.parametrize("name", ["a late error, streamed", "a late image"])
def test_openai_node_throws_an_error_in_the_middle_of_a_stream(
    seen: dict[str, Outcome], name: str
) -> None:
    outcome = seen[name]
    assert outcome.error == Thrown("APIError", code="upstream_too_slow")
    assert len(outcome.calls) == 1


def test_openai_node_gives_a_late_error_of_a_plain_answer_as_the_answer(
    seen: dict[str, Outcome],
) -> None:
    assert seen["a late error"].value["error"]["code"] == "upstream_too_slow"


def test_openai_node_throws_its_own_errors_when_it_leaves_or_waits_no_longer(
    seen: dict[str, Outcome],
) -> None:
    assert seen["who waits no longer"].error == Thrown("APIConnectionTimeoutError")
    assert seen["who leaves"].error == Thrown("APIUserAbortError")
    assert seen["who leaves a stream"].value == []  # It ends as if that were all.


@each_who_leaves
def test_openai_node_ends_the_call_to_the_service_when_it_leaves_or_waits_no_longer(
    seen: dict[str, Outcome], name: str
) -> None:
    assert seen[name].abandoned
