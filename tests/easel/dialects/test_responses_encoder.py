from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel

from easel.dialects.encoder import Opened, Stamp
from easel.dialects.responses_encoder import ResponsesEncoder
from easel.errors import (
    EaselError,
    InternalError,
    RequestRefused,
    SurplusPictures,
    TokenRejected,
    UpstreamBusy,
    UpstreamTooSlow,
)
from easel.images.result import ImageResult, Picture
from easel.images.size import Size

CAT, DOG = Picture("https://h/cat.png", revised_prompt="A cat"), Picture("https://h/dog.png")
STAMP = Stamp("0" * 32, 1769418844)
KINDS: dict[str, type[BaseModel]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind
    for kind in get_args(get_args(ResponseStreamEvent)[0])
}

PAINTING = (
    "response.output_item.added",
    "response.image_generation_call.in_progress",
    "response.image_generation_call.generating",
)
PAINTED = ("response.image_generation_call.completed", "response.output_item.done")
TOLD = (
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
)


def encoder(*, stream: bool, **how: Any) -> ResponsesEncoder:
    return ResponsesEncoder("glm-image", stream, STAMP, **how)


def opened(picture: Picture, mime_type: str = "image/png") -> Opened:
    return Opened(picture, mime_type, Size(1024, 512))


def events_of(body: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each as `openai` knows it."""
    blocks = body.decode().removesuffix("\n\n").split("\n\n")
    found = []
    for number, block in enumerate(blocks):
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert (name, event["sequence_number"]) == (f"event: {event['type']}", number)
        KINDS[event["type"]].model_validate_json(json.dumps(event), strict=True)
        found.append(event)
    return found


def written(
    how: ResponsesEncoder, pictures: Sequence[Picture], errors: Sequence[EaselError] = ()
) -> bytes:
    """An answer whose pictures are `QUJD`, each repeated where the dialect has it."""
    result = ImageResult(tuple(pictures))
    pieces = [how.prelude, how.opening(result)]
    for index, picture in enumerate(pictures):
        head, tail = how.around(index, opened(picture))
        pieces += [head, b"QUJD", tail]
    pieces.append(how.closing(result, errors, carried=True))
    if how.reprise is not None:
        pieces.append(how.reprise.opening(result))
        for index, picture in enumerate(pictures):
            head, tail = how.reprise.around(index, opened(picture))
            pieces += [head, b"QUJD", tail]
        pieces.append(how.reprise.closing(result, errors))
    return b"".join(pieces)


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


@pytest.mark.parametrize("announces", [True, False])
@pytest.mark.parametrize("pictures", [[CAT], [CAT, DOG]])
def test_a_stream_has_all_events_in_their_order(pictures: list[Picture], announces: bool) -> None:  # noqa: FBT001
    found = events_of(written(encoder(stream=True, announces=announces), pictures))
    each = [*PAINTING, *PAINTED] * len(pictures)
    begun = ["response.created", "response.in_progress"]
    assert types(found) == [*begun, *each, *TOLD, "response.completed"]


def test_the_last_event_has_what_those_before_it_told() -> None:
    found = events_of(written(encoder(stream=True), [CAT, DOG], [UpstreamBusy("busy")]))
    done = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    last = found[-1]["response"]
    assert last["output"] == done
    assert [item["id"] for item in done] == [
        f"ig_{STAMP.id}_0",
        f"ig_{STAMP.id}_1",
        f"msg_{STAMP.id}",
    ]
    assert last["easel"]["pictures"] == [{"revised_prompt": "A cat"}, {}]
    assert done[0]["result"] == "QUJD"
    assert (done[0]["size"], done[0]["output_format"]) == ("1024x512", "png")
    assert (done[0]["revised_prompt"], "revised_prompt" in done[1]) == ("A cat", False)
    (text,) = (event["delta"] for event in found if "delta" in event)
    assert text.splitlines() == [
        "![image](https://h/cat.png)",
        "![image](https://h/dog.png)",
        "(A picture is missing: busy)",
    ]
    assert done[2]["content"][0]["text"] == text


def test_the_prelude_says_that_a_picture_is_being_painted() -> None:
    found = events_of(encoder(stream=True).prelude)
    assert types(found) == ["response.created", "response.in_progress", *PAINTING]
    assert found[0]["response"]["status"] == "in_progress"
    assert found[2]["item"]["result"] is None
    assert types(events_of(encoder(stream=True, announces=False).prelude)) == types(found)[:2]
    assert encoder(stream=False).prelude == b""


def test_a_plain_answer_has_each_picture_once() -> None:
    body = written(encoder(stream=False), [CAT, DOG])
    answer = Response.model_validate_json(body, strict=True)
    assert answer.output_text.startswith("![image](https://h/cat.png)")
    assert [item.type for item in answer.output] == [
        "image_generation_call",
        "image_generation_call",
        "message",
    ]
    assert body.count(b"QUJD") == 2
    assert answer.usage is not None
    assert answer.usage.total_tokens == 0


def test_a_picture_without_an_address_has_a_text_all_the_same() -> None:
    body = json.loads(written(encoder(stream=False), [Picture(base64="QUJD")]))
    assert body["output"][1]["content"][0]["text"] == "(image)"


def test_a_format_that_the_api_has_no_word_for_is_left_out() -> None:
    head, tail = encoder(stream=False).around(0, opened(CAT, "image/avif"))
    assert "output_format" not in json.loads(head + tail)


def test_a_picture_that_is_not_repeated_is_told_in_its_place() -> None:
    reprise = encoder(stream=True).reprise
    assert reprise is not None
    assert reprise.pause == b" "
    result = ImageResult((CAT,))
    body = reprise.opening(result) + reprise.instead(0, opened(CAT)) + reprise.closing(result, ())
    event = json.loads(body.partition(b"data: ")[2])
    KINDS["response.completed"].model_validate_json(json.dumps(event), strict=True)
    call = event["response"]["output"][0]
    assert (call["result"], call["error"]["code"]) == (None, "picture_not_repeated")


@pytest.mark.parametrize("stream", [True, False])
def test_links_are_a_message_alone(stream: bool) -> None:  # noqa: FBT001
    how = encoder(stream=stream, announces=False).linked
    result = ImageResult((CAT,))
    assert not how.carries_pictures(result)
    assert how.carries_pictures(ImageResult((Picture(base64="QUJD"),)))
    body = how.prelude + how.closing(result, [SurplusPictures("2 of 1")], carried=False)
    found = [json.loads(body)] if not stream else events_of(body)
    answer = found[-1]["response"] if stream else found[0]
    (message,) = answer["output"]
    assert message["content"][0]["text"] == "![image](https://h/cat.png)\n(2 of 1)"
    assert answer["easel"]["pictures"]
    if stream:
        assert types(found)[2:] == [*TOLD, "response.completed"]


def test_a_picture_is_carried_unless_links_are_asked_for() -> None:
    assert encoder(stream=True).carries_pictures(ImageResult((CAT,)))
    assert encoder(stream=True).pause == b"\n"
    assert encoder(stream=True).content_type.startswith("text/event-stream")
    assert encoder(stream=False).content_type.startswith("application/json")


@pytest.mark.parametrize("stream", [True, False])
def test_a_text_reply_is_a_message(stream: bool) -> None:  # noqa: FBT001
    body = encoder(stream=stream).text_reply("A title")
    answer = events_of(body)[-1]["response"] if stream else json.loads(body)
    Response.model_validate_json(json.dumps(answer), strict=True)
    assert answer["output"][0]["content"][0]["text"] == "A title"
    assert "easel" not in answer


@pytest.mark.parametrize("announces", [True, False])
@pytest.mark.parametrize("stream", [True, False])
def test_a_late_error_is_a_response_that_failed(stream: bool, announces: bool) -> None:  # noqa: FBT001
    how, error = encoder(stream=stream, announces=announces), UpstreamTooSlow("too slow")
    body = how.prelude + how.late_error(error)
    answer = events_of(body)[-1]["response"] if stream else json.loads(body)
    Response.model_validate_json(json.dumps(answer), strict=True)
    assert answer["status"] == "failed"
    assert answer["error"]["message"] == "too slow"
    assert answer["easel"] == {
        "error": {
            "message": "too slow",
            "type": "upstream_error",
            "param": None,
            "code": "upstream_too_slow",
        }
    }
    assert [item["status"] for item in answer["output"]] == (
        ["failed"] if stream and announces else []
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UpstreamBusy("busy"), "rate_limit_exceeded"),
        (
            RequestRefused("no", code="content_policy_violation"),
            "image_content_policy_violation",
        ),
        (RequestRefused("no"), "invalid_prompt"),
        (TokenRejected("no"), "server_error"),
        (InternalError(), "server_error"),
    ],
)
def test_an_error_has_one_of_openais_codes(error: EaselError, code: str) -> None:
    assert json.loads(encoder(stream=False).late_error(error))["error"]["code"] == code


@pytest.mark.parametrize("stream", [False, True])
def test_how_it_was_painted_is_told_in_the_message(*, stream: bool) -> None:
    told = ImageResult((CAT,), remark="From a cat.")
    closing = encoder(stream=stream, links=True).closing(told, (), carried=False).decode()
    assert "![image](https://h/cat.png)\\n(From a cat.)" in closing
