"""@google/genai for JavaScript against Easel on workerd."""

from __future__ import annotations

import io
import json
from functools import partial
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
from tests.worker.conftest import Easel, Internet

_GEEKAI: Final = "geekai/nano-banana"
_WIDE: Final = {
    "responseModalities": ["IMAGE"],
    "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
}

PAINTED: Final = {
    "a picture": Scene("plain"),
    "a picture, streamed": Scene("streamed"),
    "a slow picture": Scene("plain", "sandbox:slow=2", deployment="easel"),
    "a slow picture, streamed": Scene("streamed", "sandbox:slow=2", deployment="typed"),
    "a large picture": Scene("plain", "sandbox:picture-bytes=3000000"),
    "a large picture, streamed": Scene("streamed", "sandbox:picture-bytes=3000000"),
    "a wide picture, plain": Scene("plain", model=_GEEKAI, fields=_WIDE),
    "a wide picture, streamed": Scene("streamed", model=_GEEKAI, fields=_WIDE),
    "an edit": Scene("plain", model=_GEEKAI, from_picture=True),
    "an edit, streamed": Scene("streamed", model=_GEEKAI, from_picture=True),
}


@pytest.fixture(scope="module")
def seen(deployments: dict[str, Easel], internet: Internet) -> dict[str, Outcome]:
    scenes = {"models": Scene("models"), **PAINTED}
    return play("google_genai.mjs", scenes, deployments, internet)


def test_genai_lists_the_models(seen: dict[str, Outcome]) -> None:
    listed = [f"models/{model}" for model, _ in models(Settings())]
    assert seen["models"].value == {
        "listed": listed,
        "paged": len(listed),
        "one": "models/gemini-3-image-1k",
        "totalTokens": 0,
    }


@pytest.mark.parametrize("name", PAINTED)
def test_genai_gives_the_very_picture_that_was_painted(
    seen: dict[str, Outcome], internet: Internet, name: str
) -> None:
    content = seen[name].picture
    assert content in {kept.content for kept in internet.sandbox.pictures.values()}
    painted = Image.open(io.BytesIO(content))
    assert seen[name].value["type"] == painted.get_format_mimetype()
    (told,) = json.loads(seen[name].value["told"])["easel"]["pictures"]
    assert told["size"] == "{}x{}".format(*painted.size)
    assert seen[name].value["finishReason"] == "STOP"
    assert len(seen[name].calls) == 1


def test_genai_reads_a_stream_to_its_end(seen: dict[str, Outcome]) -> None:
    assert seen["a picture, streamed"].value["more"] == []


@each_way
def test_the_shape_that_genai_asks_for_reaches_the_service(
    seen: dict[str, Outcome], how: str
) -> None:
    (call,) = seen[f"a wide picture, {how}"].calls
    body = json.loads(call.body)
    assert (body["aspect_ratio"], body["size"]) == ("16:9", "2k")


@each_way
@each_early_error
def test_genai_throws_its_own_errors_and_pays_no_second_time(
    seen: dict[str, Outcome], name: str, how: str
) -> None:
    check_early_error(seen, name, how, partial(Thrown, "ApiError"))


@each_way
def test_genai_names_the_field_at_fault(seen: dict[str, Outcome], how: str) -> None:
    assert field_at_fault(seen, how) == "contents[0].parts[1].inlineData.data"


def test_genai_throws_an_error_in_the_middle_of_a_stream(seen: dict[str, Outcome]) -> None:
    outcome = seen["a late error, streamed"]
    assert outcome.error == Thrown("ApiError", 504, "upstream_too_slow")
    assert len(outcome.calls) == 1


def test_genai_gives_an_answer_that_says_why_for_a_late_error_of_a_plain_answer(
    seen: dict[str, Outcome],
) -> None:
    told = seen["a late error"].value
    assert told["finishReason"] == "OTHER"
    assert "did not answer in time" in told["text"]
    assert "picture" not in told


@each_who_leaves
def test_genai_ends_the_call_to_the_service_when_it_leaves_or_waits_no_longer(
    seen: dict[str, Outcome], name: str
) -> None:
    assert seen[name].error == Thrown("AbortError")
    assert seen[name].abandoned
