from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from easel.dialects.chat_encoder import ChatEncoder
from easel.dialects.encoder import Opened, Stamp
from easel.errors import SurplusPictures, UpstreamBusy
from easel.images.result import FilterNote, ImageResult, Picture
from easel.images.size import Size
from easel.services.event_stream import EventDecoder
from easel.settings import PictureFormat
from tests.easel.dialects.incoming import known

# The event of the image.z.ai document (2026-01), letter for letter.
ZAI_EVENT = (
    'data: {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/jpeg", '
    '"data": "iVBORw0KGgoAAAANSUhEUgAA..."}}]}}]}'
)

STAMP = Stamp("chatcmpl-1", 1769418844)
PICTURE = Picture("https://host/p.png?Expires=1&Signature=a%2Bb")
FORMATS: tuple[PictureFormat, ...] = get_args(PictureFormat)


def events_of(stream: bytes) -> list[str]:
    decoder = EventDecoder()
    return decoder.decode(stream) + decoder.flush()


def event_of(stream: bytes) -> dict[str, Any]:
    first, done = events_of(stream)
    assert done == "[DONE]"
    event: dict[str, Any] = json.loads(first)
    return event


def whole(answer: ChatEncoder, mime_type: str = "image/jpeg", base64: bytes = b"/9j/") -> bytes:
    painted = ImageResult((PICTURE,))
    assert answer.carries_pictures(painted)
    head, tail = answer.around(0, Opened(PICTURE, mime_type, None))
    return (
        answer.opening(painted) + head + base64 + tail + answer.closing(painted, (), carried=True)
    )


def structure(value: object) -> object:
    if isinstance(value, dict):
        return {key: structure(item) for key, item in value.items()}
    return [structure(item) for item in value] if isinstance(value, list) else type(value)


def test_the_event_begins_with_the_documents_object_letter_for_letter() -> None:
    answer = ChatEncoder("gemini-3-image-1k", stream=True, stamp=STAMP)
    event = whole(answer, base64=b"iVBORw0KGgoAAAANSUhEUgAA...").decode()
    assert event.startswith(ZAI_EVENT.removesuffix("}"))
    assert event[len(ZAI_EVENT) - 1 :].startswith(', "id": ')


def test_the_events_candidates_are_in_structure_the_documents() -> None:
    event = event_of(whole(ChatEncoder("m", stream=True, stamp=STAMP)))
    document = json.loads(ZAI_EVENT.removeprefix("data: "))
    assert structure(event["candidates"]) == structure(document["candidates"])
    inline = event["candidates"][0]["content"]["parts"][0]["inlineData"]
    assert inline == {"mimeType": "image/jpeg", "data": "/9j/"}


def test_the_event_is_also_a_chunk_of_a_chat_completion() -> None:
    event = event_of(whole(ChatEncoder("GEMINI-3-image-1k", stream=True, stamp=STAMP)))
    chunk = ChatCompletionChunk.model_validate(event, strict=True)
    assert (chunk.id, chunk.created, chunk.model) == ("chatcmpl-1", 1769418844, "GEMINI-3-image-1k")
    assert chunk.choices[0].delta.role == "assistant"
    assert chunk.choices[0].delta.content == f"![image]({PICTURE.url})"
    assert chunk.choices[0].finish_reason == "stop"


def test_the_plain_answer_is_a_chat_completion_with_the_same_candidates() -> None:
    plain = json.loads(whole(ChatEncoder("m", stream=False, stamp=STAMP), "image/png"))
    completion = ChatCompletion.model_validate(plain, strict=True)
    assert completion.choices[0].message.content == f"![image]({PICTURE.url})"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.total_tokens == 0
    assert plain["candidates"][0]["content"]["parts"][0]["inlineData"] == {
        "mimeType": "image/png",
        "data": "/9j/",
    }


@given(model=st.text(), url=st.text(), stream=st.booleans())
def test_nothing_that_is_written_into_an_answer_can_break_it(
    model: str, url: str, *, stream: bool
) -> None:
    answer, painted = ChatEncoder(model, stream, STAMP), ImageResult((Picture(url),))
    head, tail = answer.around(0, Opened(painted.pictures[0], "image/webp", None))
    text = (
        answer.opening(painted) + head + b"AAAA" + tail + answer.closing(painted, (), carried=True)
    ).decode()
    data = text.split("\n\n", 1)[0].removeprefix("data: ") if stream else text
    found = json.loads(data)
    assert found["candidates"][0]["content"]["parts"][0]["inlineData"]["data"] == "AAAA"
    assert found["model"] == model


def test_several_pictures_are_several_parts_and_several_links() -> None:
    answer, painted = ChatEncoder("m", stream=False, stamp=STAMP), ImageResult((PICTURE, PICTURE))
    body = answer.opening(painted)
    for index in range(2):
        head, tail = answer.around(index, Opened(PICTURE, "image/png", None))
        body += head + b"AAAA" + tail
    found = json.loads(body + answer.closing(painted, (), carried=True))
    assert len(found["candidates"][0]["content"]["parts"]) == 2
    assert found["choices"][0]["message"]["content"].count(f"![image]({PICTURE.url})") == 2


def test_a_picture_that_is_missing_is_told_beside_the_link() -> None:
    closing = ChatEncoder("m", stream=False, stamp=STAMP).closing(
        ImageResult((PICTURE,)), (UpstreamBusy("busy"),), carried=True
    )
    assert b"(A picture is missing: busy)" in closing


def test_neither_an_address_nor_a_failure_says_more_than_it_is() -> None:
    painted = ImageResult((Picture("https://h/a(1).png?<b>"),))
    errors = (UpstreamBusy("[busy](https://h)\n<b>"),)
    for picture_format in ("candidates", "link"):
        carried = picture_format == "candidates"
        answer = ChatEncoder("m", stream=False, stamp=STAMP, picture_format=picture_format)
        closing = answer.closing(painted, errors, carried=carried).decode()
        assert "![image](https://h/a%281%29.png?%3Cb%3E)" in closing
        assert json.dumps(r"(A picture is missing: \[busy\](https://h) \<b\>)")[1:-1] in closing


@pytest.mark.parametrize("picture_format", ["candidates", "images", "link", "markdown"])
@pytest.mark.parametrize("stream", [True, False])
def test_what_is_not_passed_on_is_told_and_called_no_missing_picture(
    picture_format: PictureFormat, *, stream: bool
) -> None:
    closing = ChatEncoder("m", stream, STAMP, picture_format).closing(
        ImageResult((PICTURE,)),
        (SurplusPictures("9 instead of 1"),),
        carried=picture_format != "link",
    )
    assert b"(9 instead of 1)" in closing
    assert b"missing" not in closing


def test_a_picture_without_an_address_has_a_text_all_the_same() -> None:
    closing = ChatEncoder("m", stream=False, stamp=STAMP).closing(
        ImageResult((Picture(),)), (), carried=True
    )
    assert b'"content": "(image)"' in closing


def test_a_late_error_is_an_event_of_a_stream_and_a_whole_plain_answer() -> None:
    error = UpstreamBusy("busy")
    streamed = event_of(ChatEncoder("m", stream=True, stamp=STAMP).late_error(error))
    plain = json.loads(ChatEncoder("m", stream=False, stamp=STAMP).late_error(error))
    assert streamed == plain
    assert plain["error"]["code"] == "rate_limit_exceeded"


def test_each_answer_names_its_content_type() -> None:
    types = [ChatEncoder("m", stream, STAMP).content_type for stream in (True, False)]
    assert types == ["text/event-stream; charset=utf-8", "application/json; charset=utf-8"]


def message_of(
    picture_format: PictureFormat, painted: ImageResult, *, stream: bool, fails: int = 0
) -> dict[str, Any]:
    """The message of a whole answer, after it was checked to be a chat completion."""
    answer = ChatEncoder("m", stream, STAMP, picture_format)
    carried = answer.carries_pictures(painted)
    body = answer.opening(painted) if carried else b""
    for index, picture in enumerate(painted.pictures if carried else ()):
        head, rest = answer.around(index, Opened(picture, "image/png", None))
        body += head + b"AAAA" + rest
    body += answer.closing(painted, [UpstreamBusy('"busy"')] * fails, carried=carried)
    assert body.count(b"AAAA") == (len(painted.pictures) if carried else 0)
    message: dict[str, Any] = {"content": ""}
    if not stream:
        ChatCompletion.model_validate_json(body, strict=True)
        (choice,) = json.loads(body)["choices"]
        return {**message, **choice["message"]}
    *chunks, done = events_of(body)
    assert done == "[DONE]"
    reasons = []
    for chunk in chunks:
        ChatCompletionChunk.model_validate_json(chunk, strict=True)
        (choice,) = json.loads(chunk)["choices"]
        content = message["content"] + choice["delta"].pop("content")
        message |= {**choice["delta"], "content": content}
        reasons.append(choice["finish_reason"])
    assert reasons in (["stop"], [None, "stop"])
    return message


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("picture_format", FORMATS)
def test_what_is_known_of_a_picture_is_told_once_in_every_format(
    picture_format: PictureFormat, *, stream: bool
) -> None:
    picture = replace(
        PICTURE,
        size=Size(1728, 960),
        revised_prompt='a "ginger" cat\n猫',
        content_filter=(FilterNote("user", 3),),
    )
    answer, painted = (
        ChatEncoder("m", stream, STAMP, picture_format, usage=True),
        ImageResult((picture,)),
    )
    carried = answer.carries_pictures(painted)
    head, tail = (
        answer.around(0, Opened(picture, "image/png", picture.size)) if carried else (b"", b"")
    )
    body = answer.opening(painted) + head + b"AAAA" + tail if carried else b""
    body += answer.closing(painted, (), carried=carried)
    objects = events_of(body)[:-1] if stream else [body.decode()]
    (facts,) = [found["easel"] for each in objects if "easel" in (found := json.loads(each))]
    assert facts == known([picture])["easel"]
    (place,) = [each for each in objects if "easel" in json.loads(each)]
    assert not carried or "AAAA" in place


@pytest.mark.parametrize("stream", [True, False])
def test_of_what_is_no_picture_nothing_is_known(*, stream: bool) -> None:
    answer = ChatEncoder("m", stream, STAMP)
    assert b"easel" not in answer.text_reply("a title")


LINKED = ImageResult((PICTURE,))
UNLINKED = ImageResult((Picture(),))
DATA_URL = "data:image/png;base64,AAAA"


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("picture_format", "painted", "content"),
    [
        ("candidates", LINKED, f"![image]({PICTURE.url})"),
        ("candidates", UNLINKED, "(image)"),
        ("images", LINKED, ""),
        ("link", LINKED, f"![image]({PICTURE.url})"),
        ("link", UNLINKED, f"![image]({DATA_URL})"),
        ("markdown", LINKED, f"![image]({DATA_URL})"),
        (
            "markdown",
            ImageResult((PICTURE, PICTURE)),
            f"![image]({DATA_URL})\n![image]({DATA_URL})",
        ),
    ],
)
def test_each_format_says_it_in_its_own_words(
    picture_format: PictureFormat, painted: ImageResult, content: str, *, stream: bool
) -> None:
    assert message_of(picture_format, painted, stream=stream)["content"] == content


@pytest.mark.parametrize("stream", [True, False])
def test_images_are_data_addresses_with_an_index(*, stream: bool) -> None:
    message = message_of("images", ImageResult((PICTURE, PICTURE)), stream=stream)
    assert message["images"] == [
        {"type": "image_url", "image_url": {"url": DATA_URL}, "index": index} for index in (0, 1)
    ]


def test_pictures_do_not_stand_in_the_event_that_ends_the_answer() -> None:
    answer = ChatEncoder("m", stream=True, stamp=STAMP, picture_format="images")
    pictures, ending, _ = events_of(whole(answer))
    assert json.loads(pictures)["choices"][0]["finish_reason"] is None
    assert json.loads(ending)["choices"][0]["delta"] == {"content": ""}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("picture_format", FORMATS)
def test_what_is_missing_is_told_in_every_format(
    picture_format: PictureFormat, *, stream: bool
) -> None:
    content = message_of(picture_format, LINKED, stream=stream, fails=2)["content"]
    assert content.count('(A picture is missing: "busy")') == 2


@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_stream_tells_its_usage_where_it_was_asked_to(picture_format: PictureFormat) -> None:
    answer = ChatEncoder("m", stream=True, stamp=STAMP, picture_format=picture_format, usage=True)
    painted = ImageResult((PICTURE,))
    carried = answer.carries_pictures(painted)
    stream = whole(answer) if carried else answer.closing(painted, (), carried=False)
    picture, *_, usage, done = events_of(stream)
    assert done == "[DONE]"
    assert ChatCompletionChunk.model_validate_json(picture, strict=True).usage is None
    chunk = ChatCompletionChunk.model_validate_json(usage, strict=True)
    assert (chunk.id, chunk.choices) == (STAMP.id, [])
    assert chunk.usage is not None
    assert chunk.usage.total_tokens == 0


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_text_is_answered_as_one_whatever_the_format(
    picture_format: PictureFormat, *, stream: bool
) -> None:
    whole = ChatEncoder("m", stream, STAMP, picture_format).text_reply('{"title": "猫"}')
    if stream:
        delta = ChatCompletionChunk.model_validate(event_of(whole), strict=True).choices[0].delta
        assert (delta.role, delta.content) == ("assistant", '{"title": "猫"}')
    else:
        completion = ChatCompletion.model_validate_json(whole, strict=True)
        assert completion.choices[0].message.content == '{"title": "猫"}'


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("painted", [LINKED, UNLINKED])
def test_how_it_was_painted_is_told_behind_the_picture_in_every_format(
    picture_format: PictureFormat, painted: ImageResult, *, stream: bool
) -> None:
    told = replace(painted, remark='From "a [cat]".')
    content = message_of(picture_format, told, stream=stream, fails=1)["content"]
    remark, missing = content.splitlines()[-2:]
    assert remark == r'(From "a \[cat\]".)'
    assert missing == '(A picture is missing: "busy")'
