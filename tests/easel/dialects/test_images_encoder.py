from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import ImageEditCompletedEvent, ImageGenCompletedEvent, ImagesResponse

from easel.dialects.encoder import Opened, Stamp
from easel.dialects.images_encoder import ImagesEncoder
from easel.errors import EaselError, RequestRefused, SurplusPictures, UpstreamBusy
from easel.images.request import Action
from easel.images.result import FilterNote, ImageResult, Picture
from easel.images.size import Size
from easel.services.event_stream import EventDecoder
from tests.easel.dialects.incoming import known

URL = "https://host/cat.png?Signature=a%2Bb"
STAMP = Stamp("1", 1769418844)

ONE = Picture("https://host/1.png?Signature=a%2Bb")
TWO = Picture("https://host/2.png", revised_prompt='a "ginger" cat\n一只猫')
BUSY = UpstreamBusy("busy")


def answer(
    *, base64: bool = False, stream: bool = False, action: Action = Action.GENERATE
) -> ImagesEncoder:
    return ImagesEncoder(base64, stream, action, STAMP)


def written(
    to: ImagesEncoder,
    painted: ImageResult,
    *,
    errors: Sequence[EaselError] = (),
    mime_type: str = "image/png",
) -> bytes:
    """The whole answer, as the shell puts it together; the nth picture's base64 is n times QUJD."""
    pieces = [to.opening(painted)]
    carried = to.carries_pictures(painted)
    if carried:
        for index, picture in enumerate(painted.pictures):
            head, tail = to.around(index, Opened(picture, mime_type, picture.size))
            pieces += [head, b"QUJD" * (index + 1), tail]
    return b"".join([*pieces, to.closing(painted, errors, carried=carried)])


def read(body: bytes) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(body)
    ImagesResponse.model_validate(parsed, strict=True)
    return parsed


def events(body: bytes) -> list[tuple[str | None, Any]]:
    """(event, data) of a stream without its end."""
    *blocks, done, rest = body.decode().split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    found: list[tuple[str | None, Any]] = []
    for block in blocks:
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        assert lines.keys() <= {"event", "data"}
        found.append((lines.get("event"), json.loads(lines["data"])))
    return found


def test_addresses_are_answered_without_a_picture_being_opened() -> None:
    to, painted = answer(), ImageResult((ONE, TWO))
    assert not to.carries_pictures(painted)
    assert read(written(to, painted)) == {
        "created": 1769418844,
        "data": [{"url": ONE.url}, {"url": TWO.url, "revised_prompt": TWO.revised_prompt}],
        "easel": {"pictures": [{}, {"revised_prompt": TWO.revised_prompt}]},
    }


def test_base64_is_answered_with_only_the_field_that_was_asked_for() -> None:
    to, painted = answer(base64=True), ImageResult((ONE, TWO))
    assert to.carries_pictures(painted)
    assert read(written(to, painted)) == {
        "created": 1769418844,
        "data": [
            {"b64_json": "QUJD"},
            {"b64_json": "QUJDQUJD", "revised_prompt": TWO.revised_prompt},
        ],
        "easel": {"pictures": [{}, {"revised_prompt": TWO.revised_prompt}]},
    }


def test_pictures_without_an_address_are_answered_as_data_urls() -> None:
    to, painted = answer(), ImageResult((ONE, Picture(base64="QUJD", revised_prompt="cat")))
    assert to.carries_pictures(painted)
    assert read(written(to, painted, mime_type="image/webp")) == {
        "created": 1769418844,
        "data": [
            {"url": "data:image/webp;base64,QUJD"},
            {"url": "data:image/webp;base64,QUJDQUJD", "revised_prompt": "cat"},
        ],
        "easel": {"pictures": [{}, {"revised_prompt": "cat"}]},
    }


@pytest.mark.parametrize("base64", [True, False])
@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([Size(1344, 768)], {"size": "1344x768"}),
        ([Size(1344, 768), Size(1344, 768)], {"size": "1344x768"}),
        ([Size(1344, 768), Size(768, 1344)], {}),
        ([Size(1344, 768), None], {}),
        ([None], {}),
    ],
)
def test_the_size_is_told_where_all_pictures_have_it(
    sizes: list[Size | None], told: dict[str, str], *, base64: bool
) -> None:
    painted = ImageResult(tuple(replace(ONE, size=size) for size in sizes))
    body = read(written(answer(base64=base64), painted))
    assert {name: body[name] for name in body if name == "size"} == told
    assert len(body["data"]) == len(sizes)


@pytest.mark.parametrize("base64", [True, False])
def test_a_partial_failure_is_told_beside_the_pictures(*, base64: bool) -> None:
    refused = RequestRefused("refused", code="content_policy_violation", param="prompt")
    body = read(written(answer(base64=base64), ImageResult((ONE,)), errors=[BUSY, refused]))
    assert len(body["data"]) == 1
    assert body["errors"] == [
        {
            "message": "busy",
            "type": "rate_limit_error",
            "param": None,
            "code": "rate_limit_exceeded",
        },
        {
            "message": "refused",
            "type": "invalid_request_error",
            "param": "prompt",
            "code": "content_policy_violation",
        },
    ]


def test_what_the_content_filter_found_is_known() -> None:
    notes = (FilterNote("user", 3), FilterNote("assistant", 2))
    expected = [{"role": "user", "level": 3}, {"role": "assistant", "level": 2}]
    for base64 in (True, False):
        body = read(written(answer(base64=base64), ImageResult((ONE,), content_filter=notes)))
        assert body["content_filter"] == expected


@pytest.mark.parametrize("base64", [True, False])
def test_what_is_known_of_each_picture_is_told_in_one_object(*, base64: bool) -> None:
    pictures = (replace(ONE, size=Size(1, 2), content_filter=(FilterNote("user", 3),)), TWO)
    body = read(written(answer(base64=base64), ImageResult(pictures)))
    assert body["easel"] == known(pictures)["easel"]


def test_an_event_tells_what_is_known_of_its_picture_in_the_same_object() -> None:
    pictures = (replace(ONE, size=Size(1, 2), content_filter=(FilterNote("user", 3),)), TWO)
    found = events(written(answer(base64=True, stream=True), ImageResult(pictures)))
    expected = [known([picture])["easel"] for picture in pictures]
    assert [data["easel"] for _, data in found] == expected


def test_a_task_is_answered_by_the_id_that_is_handed_out() -> None:
    painted = ImageResult((), "geekai-0a1b", "running")
    assert read(written(answer(), painted)) == {
        "created": 1769418844,
        "data": [],
        "task_id": "geekai-0a1b",
        "task_status": "running",
    }


def test_a_task_that_is_done_has_its_pictures() -> None:
    painted = ImageResult((replace(ONE, size=Size(1, 2)),), "bigmodel-0a1b", "succeed")
    assert read(written(answer(), painted)) == {
        "created": 1769418844,
        "data": [{"url": ONE.url}],
        "size": "1x2",
        "task_id": "bigmodel-0a1b",
        "task_status": "succeed",
        "easel": {"pictures": [{"size": "1x2"}]},
    }


def test_a_task_that_failed_says_why() -> None:
    painted = ImageResult((), "0a1b", "failed", error=RequestRefused("refused"))
    body = read(written(answer(), painted))
    assert (body["data"], body["task_status"]) == ([], "failed")
    assert body["error"] == {
        "message": "refused",
        "type": "invalid_request_error",
        "param": None,
        "code": "upstream_refused",
    }


@pytest.mark.parametrize("mime_type", ["image/png", "image/jpeg", "image/webp"])
@pytest.mark.parametrize("action", [Action.GENERATE, Action.VARY])
def test_a_stream_has_the_event_of_a_generation(mime_type: str, action: Action) -> None:
    to = answer(base64=True, stream=True, action=action)
    painted = ImageResult((replace(ONE, size=Size(1344, 768)),))
    ((name, data),) = events(written(to, painted, mime_type=mime_type))
    event = ImageGenCompletedEvent.model_validate(data, strict=True)
    assert name == event.type == "image_generation.completed"
    assert (event.b64_json, event.created_at, event.size) == ("QUJD", 1769418844, "1344x768")
    assert event.output_format == mime_type.removeprefix("image/")
    assert event.usage.total_tokens == 0


def test_a_stream_has_the_event_of_an_edit() -> None:
    to = answer(base64=True, stream=True, action=Action.EDIT)
    ((name, data),) = events(written(to, ImageResult((ONE,))))
    event = ImageEditCompletedEvent.model_validate(data, strict=True)
    assert name == event.type == "image_edit.completed"
    assert (event.b64_json, event.size) == ("QUJD", "auto")


def test_a_stream_has_an_event_for_each_picture_and_for_each_failure() -> None:
    to = answer(base64=True, stream=True)
    first, second, last = events(written(to, ImageResult((ONE, TWO)), errors=[BUSY]))
    assert [first[1]["b64_json"], second[1]["b64_json"]] == ["QUJD", "QUJDQUJD"]
    for _, data in (first, second):
        ImageGenCompletedEvent.model_validate(data, strict=True)
    assert last[1]["error"]["code"] == "rate_limit_exceeded"


def test_pictures_that_are_not_passed_on_are_no_error_of_a_stream() -> None:
    surplus = SurplusPictures("9 instead of 1")
    body = written(answer(base64=True, stream=True), ImageResult((ONE,)), errors=[surplus])
    decoder = EventDecoder()
    event, done = decoder.decode(body) + decoder.flush()
    assert ("error" in json.loads(event), done) == (False, "[DONE]")
    assert b": 9 instead of 1\n\n" in body
    plain = read(written(answer(), ImageResult((ONE,)), errors=[surplus]))
    assert [error["code"] for error in plain["errors"]] == ["surplus_pictures"]


def test_the_events_are_read_by_any_reader_of_events() -> None:
    decoder = EventDecoder()
    body = written(answer(base64=True, stream=True), ImageResult((ONE,)))
    event, done = decoder.decode(body) + decoder.flush()
    assert (json.loads(event)["b64_json"], done) == ("QUJD", "[DONE]")


def test_a_late_error_is_an_event_of_a_stream_and_a_whole_plain_answer() -> None:
    ((_, streamed),) = events(answer(stream=True).late_error(BUSY))
    plain = json.loads(answer().late_error(BUSY))
    assert streamed == plain
    assert plain["error"]["code"] == "rate_limit_exceeded"


def test_each_answer_names_its_content_type() -> None:
    types = [answer(stream=stream).content_type for stream in (True, False)]
    assert types == ["text/event-stream; charset=utf-8", "application/json; charset=utf-8"]


@given(st.lists(st.none() | st.text(), min_size=1, max_size=3), st.booleans())
def test_no_revised_prompt_can_move_a_picture(
    revised: list[str | None],
    base64: bool,  # noqa: FBT001
) -> None:
    pictures = tuple(Picture(base64="QUJD", revised_prompt=each) for each in revised)
    data = read(written(answer(base64=base64), ImageResult(pictures)))["data"]
    name = "b64_json" if base64 else "url"
    assert [item[name].endswith("QUJD") for item in data] == [True] * len(revised)
    assert [item.get("revised_prompt") for item in data] == [each or None for each in revised]
