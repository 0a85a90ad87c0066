from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from google.genai import interactions as google
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from easel.dialects.encoder import Opened
from easel.dialects.gemini_interactions_encoder import GeminiInteractionsEncoder
from easel.dialects.gemini_interactions_errors import error_fields
from easel.errors import EaselError, SurplusPictures, UpstreamBroken, UpstreamBusy
from easel.images.result import ImageResult, Picture
from easel.images.size import Size
from tests.easel.dialects.incoming import STAMP, known

PICTURE = Picture("https://host/p.png?Signature=a%2Bb")
PAINTED = ImageResult((PICTURE,))
NO_URL = ImageResult((Picture(base64="QUJD"),))

EVENT: TypeAdapter[Any] = TypeAdapter(google.InteractionSSEEvent)

each_way = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def answer(*, stream: bool, model: str = "a-model", links: bool = False) -> Any:
    return GeminiInteractionsEncoder(model, stream, STAMP, links)


def written(
    to: GeminiInteractionsEncoder,
    painted: ImageResult = PAINTED,
    errors: tuple[EaselError, ...] = (),
    pause: int = 0,
) -> bytes:
    """The whole answer, as the shell puts it together; the nth picture's base64 is n times QUJD."""
    if not to.carries_pictures(painted):
        return to.prelude + to.closing(painted, errors, carried=False)
    pieces = [to.prelude, to.opening(painted)]
    for index, picture in enumerate(painted.pictures):
        head, tail = to.around(index, Opened(picture, "image/png", picture.size))
        pieces += [to.pause * pause, head, b"QUJD" * (index + 1), tail]
    return b"".join([*pieces, to.closing(painted, errors, carried=True)])


def events(text: bytes) -> list[dict[str, Any]]:
    """The events of a stream; each says its name twice, and the last is Google's end."""
    *found, done, rest = text.decode().split("\n\n")
    assert (done, rest) == ("event: done\ndata: [DONE]", "")
    parsed = []
    for event in filter(None, (each.strip("\n") for each in found)):
        name, data = event.split("\n")
        parsed.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {parsed[-1]['event_type']}"
        EVENT.validate_python(parsed[-1])
    return parsed


def contents(text: bytes, *, stream: bool) -> list[dict[str, Any]]:
    """The content of an answer, in either way."""
    if not stream:
        (step,) = json.loads(text)["steps"]
        google.Interaction.model_validate_json(text)
        return list(step["content"])
    return [each["delta"] for each in events(text) if each["event_type"] == "step.delta"]


ABOUT = {
    "id": "1",
    "model": "a-model",
    "created": "2026-01-26T09:14:04Z",
    "updated": "2026-01-26T09:14:04Z",
}
USAGE = {"total_input_tokens": 0, "total_output_tokens": 0, "total_tokens": 0}
IMAGE = {"type": "image", "mime_type": "image/png", "data": "QUJD"}


def test_a_plain_answer_is_an_interaction_with_the_picture_in_its_one_step() -> None:
    painted = ImageResult((replace(PICTURE, size=Size(8, 9)),))
    found = json.loads(written(answer(stream=False), painted))
    assert found == {
        **ABOUT,
        "steps": [{"type": "model_output", "content": [IMAGE]}],
        "status": "completed",
        "usage": USAGE,
        **known(painted.pictures),
    }


def test_a_stream_has_googles_events_and_the_picture_once() -> None:
    painted = ImageResult((replace(PICTURE, revised_prompt='a "ginger" cat 猫'),))
    about = {**ABOUT, "object": "interaction"}
    assert events(written(answer(stream=True), painted)) == [
        {
            "event_type": "interaction.created",
            "interaction": {**about, "status": "in_progress"},
        },
        {
            "event_type": "interaction.status_update",
            "interaction_id": "1",
            "status": "in_progress",
        },
        {"event_type": "step.start", "index": 0, "step": {"type": "model_output"}},
        {"event_type": "step.delta", "index": 0, "delta": IMAGE},
        {"event_type": "step.stop", "index": 0},
        {
            "event_type": "interaction.completed",
            "interaction": {
                **about,
                "status": "completed",
                "usage": USAGE,
                **known(painted.pictures),
            },
        },
    ]


@each_way
@pytest.mark.parametrize("pause", [0, 1, 3])
def test_several_pictures_are_several_contents_however_long_each_takes(
    pause: int, *, stream: bool
) -> None:
    painted = ImageResult((PICTURE, PICTURE))
    found = written(answer(stream=stream), painted, pause=pause)
    assert contents(found, stream=stream) == [IMAGE, {**IMAGE, "data": "QUJDQUJD"}]


@each_way
def test_what_is_not_there_is_told_in_words(*, stream: bool) -> None:
    errors = (UpstreamBusy("busy"), SurplusPictures("9 instead of 1"))
    assert contents(written(answer(stream=stream), errors=errors), stream=stream) == [
        IMAGE,
        {"type": "text", "text": "(A picture is missing: busy)"},
        {"type": "text", "text": "(9 instead of 1)"},
    ]


@each_way
def test_links_are_given_to_whoever_asks_for_them(*, stream: bool) -> None:
    painted, errors = ImageResult((PICTURE, PICTURE)), (UpstreamBusy("busy"),)
    found = written(answer(stream=stream, links=True), painted, errors)
    assert contents(found, stream=stream) == [
        {"type": "image", "uri": PICTURE.url},
        {"type": "image", "uri": PICTURE.url},
        {"type": "text", "text": "(A picture is missing: busy)"},
    ]


@each_way
def test_a_picture_without_an_address_comes_itself(*, stream: bool) -> None:
    found = written(answer(stream=stream, links=True), NO_URL)
    assert contents(found, stream=stream) == [IMAGE]


@each_way
def test_a_text_is_answered_in_the_same_form_as_a_picture(*, stream: bool) -> None:
    found = answer(stream=stream).text_reply('{"title": "猫"}')
    assert contents(found, stream=stream) == [{"type": "text", "text": '{"title": "猫"}'}]
    last = events(found)[-1]["interaction"] if stream else json.loads(found)
    assert last["status"] == "completed"
    assert "easel" not in last


def test_a_stream_tells_that_it_has_begun_and_a_plain_answer_cannot() -> None:
    assert b'"status": "in_progress"' in answer(stream=True).prelude
    assert answer(stream=False).prelude == b""


def test_a_late_error_of_a_plain_answer_is_a_failed_interaction_that_says_why() -> None:
    error = UpstreamBroken("The *service* broke.")
    found = json.loads(answer(stream=False).late_error(error))
    google.Interaction.model_validate(found)
    assert found == {
        **ABOUT,
        "status": "failed",
        "errors": [error_fields(error)],
        "steps": [
            {
                "type": "model_output",
                "content": [{"type": "text", "text": "The \\*service\\* broke."}],
            }
        ],
        "usage": USAGE,
    }


def test_a_late_error_of_a_stream_is_googles_event_of_an_error() -> None:
    error = UpstreamBroken("It broke.")
    to = answer(stream=True)
    *told, last = events(to.prelude + to.late_error(error))
    assert [each["event_type"] for each in told] == [
        "interaction.created",
        "interaction.status_update",
    ]
    assert last == {"event_type": "error", "error": error_fields(error)}


@each_way
def test_an_answer_names_its_content_type_and_links_to_nothing_by_itself(*, stream: bool) -> None:
    to = answer(stream=stream)
    kind = "text/event-stream" if stream else "application/json"
    assert (to.content_type, to.linked, to.stream) == (f"{kind}; charset=utf-8", None, stream)
    assert not to.tells_links


@each_way
@given(model=st.text())
def test_no_name_of_a_model_can_move_the_picture(model: str, *, stream: bool) -> None:
    found = written(answer(stream=stream, model=model))
    assert contents(found, stream=stream) == [IMAGE]
    told = events(found)[-1]["interaction"] if stream else json.loads(found)
    assert told["model"] == model


@each_way
@pytest.mark.parametrize("links", [False, True])
def test_how_it_was_painted_is_told_behind_the_picture(*, stream: bool, links: bool) -> None:
    told = replace(PAINTED, remark="From a cat.")
    assert b"(From a cat.)" in written(answer(stream=stream, links=links), told)
