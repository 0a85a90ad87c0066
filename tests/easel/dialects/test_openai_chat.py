from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from easel.answer import Opened, Stamp
from easel.dialects.openai_chat import ChatAnswer, ChatRequest, decode, markdown_link
from easel.errors import EaselError, InvalidRequest, UpstreamBusy
from easel.image import ImageRequest, InputImage, Painted, Picture, Task
from easel.shape import Shape
from easel.size import Ratio, Resolution, Size
from easel.sse import EventDecoder

# The event of seed 000, letter for letter.
SEED_EVENT = (
    'data: {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/jpeg", '
    '"data": "iVBORw0KGgoAAAANSUhEUgAA..."}}]}}]}'
)

# The request of seed 000 as printed: a comma is missing between the two messages.
SEED_REQUEST_AS_PRINTED = """{
    "model": "gemini-3-image-1k",
    "messages": [
        {
            "role": "user",
            "content": "一只可爱的橘猫在阳光下打盹"
        }
        {
            "role": "system",
            "content": "你是一个图片生成助手"
        }
    ],
    "stream": true
}
"""
SEED_REQUEST = SEED_REQUEST_AS_PRINTED.replace("        }\n        {", "        },\n        {")

STAMP = Stamp("chatcmpl-1", 1769418844)
PICTURE = Picture("https://host/p.png?Expires=1&Signature=a%2Bb")


def body(messages: object = None, **fields: object) -> bytes:
    if messages is None:
        messages = [{"role": "user", "content": "a cat"}]
    return json.dumps({"model": "gemini-3-image-1k", "messages": messages, **fields}).encode()


def user(content: object) -> list[dict[str, object]]:
    return [{"role": "user", "content": content}]


def refusal(request: bytes) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        decode(request)
    assert caught.value.status == 400
    return caught.value


def test_the_seeds_request_asks_for_its_picture() -> None:
    assert decode(SEED_REQUEST.encode()) == ChatRequest(
        ImageRequest("gemini-3-image-1k", "一只可爱的橘猫在阳光下打盹"), stream=True
    )


def test_the_seeds_request_as_printed_is_told_where_it_is_no_json() -> None:
    error = refusal(SEED_REQUEST_AS_PRINTED.encode())
    assert error.code == "invalid_json"
    assert "line 8" in error.message
    assert "橘猫" not in error.message


@pytest.mark.parametrize(
    "messages",
    [
        user("a cat"),
        user([{"type": "text", "text": "a cat"}]),
        user([{"type": "input_text", "text": "a cat"}]),
        user(["a cat"]),
        user([{"type": "text", "text": "a cat"}, {"type": "unheard_of", "data": 1}]),
        [{"role": "system", "content": "be brief"}, *user("a cat")],
        [*user("a cat"), {"role": "system", "content": "be brief"}],
        [{"role": "system", "content": {"odd": 1}}, *user("a cat")],
        [*user("a dog"), {"role": "assistant", "content": None, "images": [1]}, *user("a cat")],
        [*user("a cat"), {"role": "assistant", "content": "here", "tool_calls": []}],
        [*user([{"type": "image_url", "image_url": "https://h/x"}]), *user("a cat")],
        [{"role": "developer", "content": [{"type": "text", "text": "x"}]}, *user("a cat")],
    ],
)
def test_the_prompt_is_the_text_of_the_last_user_message(messages: object) -> None:
    assert decode(body(messages)).image.prompt == "a cat"


def test_the_texts_of_one_message_are_joined_line_by_line() -> None:
    parts = [{"type": "text", "text": "a cat"}, {"type": "text", "text": "on a mat"}]
    assert decode(body(user(parts))).image.prompt == "a cat\non a mat"


@pytest.mark.parametrize(
    ("given_stream", "expected"), [({}, False), ({"stream": None}, False), ({"stream": True}, True)]
)
def test_a_stream_comes_only_where_it_is_asked_for(
    given_stream: dict[str, object], *, expected: bool
) -> None:
    assert decode(body(**given_stream)).stream is expected


def test_fields_that_mean_nothing_to_a_painter_are_tolerated() -> None:
    decode(
        body(
            temperature=0.7, tools=[], modalities=["image"], user="u", n=1, stream_options={"a": 1}
        )
    )


@pytest.mark.parametrize(
    ("request_body", "param", "told"),
    [
        (b"", None, "not JSON"),
        (b"\xff\xfe", None, "not JSON"),
        (b'{"model": "x", ', None, "not JSON"),
        (b"[]", None, "object"),
        (b"{}", "model", "required"),
        (body(model=7), "model", "string"),
        (body(model=""), "model", "at least 1"),
        (b'{"model": "gemini-3-image-1k"}', "messages", "required"),
        (body([]), "messages", "at least 1"),
        (body({}), "messages", "array"),
        (body(["a cat"]), "messages[0]", "object"),
        (body([{"content": "a cat"}]), "messages[0].role", "required"),
        (body(user(7)), "messages[0].content", "string"),
        (body(stream="yes"), "stream", "boolean"),
        (body(n=2), "n", "1"),
        (body(n=0), "n", "1"),
        (body(user(None)), "messages[0].content", "no text"),
        (body(user({"text": "a cat"})), "messages[0].content", "array of parts"),
        (body(user("  \n")), "messages[0].content", "no text"),
        (body(user([])), "messages[0].content", "no text"),
        (body([*user("a cat"), *user("")]), "messages[1].content", "no text"),
        (body([{"role": "assistant", "content": "a cat"}]), "messages", "no user message"),
        (body(user([7])), "messages[0].content[0]", "object"),
        (body(user([{"type": "text"}])), "messages[0].content[0].text", "string"),
        (body(user([{"type": ["text"]}])), "messages[0].content", "no text"),
    ],
)
def test_a_body_that_asks_for_nothing_is_told_which_field_is_wrong(
    request_body: bytes, param: str | None, told: str
) -> None:
    error = refusal(request_body)
    assert (error.param, told in error.message) == (param, True), error.message


PNG = "iVBORw0KGgoAAAANSUhEUgAA"


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"type": "image_url", "image_url": {"url": "https://h/p"}},
            InputImage("P", "https://h/p"),
        ),
        ({"type": "image_url", "image_url": "https://h/p"}, InputImage("P", "https://h/p")),
        ({"type": "input_image", "image_url": "https://h/p"}, InputImage("P", "https://h/p")),
        ({"type": "image", "image": f"data:image/png;base64,{PNG}"}, InputImage("P", None, PNG)),
    ],
)
def test_pictures_in_the_prompt_are_what_to_paint_from(
    part: dict[str, object], expected: InputImage
) -> None:
    image = decode(body(user([{"type": "text", "text": "paint this red"}, part]))).image
    assert (image.task, image.prompt) == (Task.EDIT, "paint this red")
    assert image.images == (replace(expected, param="messages[0].content[1]"),)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": "secret"},
        {"type": "file", "file": {"url": "secret"}},
        {"type": "image_url"},
        {"type": "image_url", "image_url": {"url": 7}},
        {"type": "image_url", "image_url": "secret"},
        {"type": "image_file", "image_file": {"file_id": "secret"}},
        {"image_url": {"url": "https://secret"}},
        {"inlineData": {"mimeType": "image/png", "data": "secret"}},
        {"type": "IMAGE_URL", "url": "https://secret"},
    ],
)
def test_what_cannot_be_painted_from_is_refused_and_not_dropped(part: dict[str, object]) -> None:
    error = refusal(body(user([{"type": "text", "text": "paint this red"}, part])))
    assert (error.param or "").startswith("messages[0].content[1]")
    assert "secret" not in error.message


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"size": "1728x960"}, Shape(Size(1728, 960))),
        ({"size": "auto"}, Shape()),
        ({"aspect_ratio": "16:9"}, Shape(ratio=Ratio(16, 9))),
        ({"image_config": {"aspect_ratio": "16:9"}}, Shape(ratio=Ratio(16, 9))),
        ({"image_config": {"image_size": "2K"}}, Shape(resolution=Resolution.TWO_K)),
        ({"resolution": "2K"}, Shape(resolution=Resolution.TWO_K)),
    ],
)
def test_the_shape_may_be_told_in_the_body(fields: dict[str, object], expected: Shape) -> None:
    assert decode(body(**fields)).image.shape == expected


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"size": "big"}, "size"),
        ({"aspect_ratio": "wide"}, "aspect_ratio"),
        ({"image_config": {"image_size": "9K"}}, "image_config.image_size"),
        ({"image_config": {"aspect_ratio": "9"}}, "image_config.aspect_ratio"),
        ({"image_config": {"aspect_ratio": "1:1"}, "aspect_ratio": "16:9"}, "aspect_ratio"),
        ({"image_config": {"image_size": "1K"}, "resolution": "2K"}, "resolution"),
        ({"image_config": {"aspect_ratio": 7}}, "image_config.aspect_ratio"),
    ],
)
def test_a_shape_that_is_none_is_refused(fields: dict[str, object], param: str) -> None:
    assert refusal(body(**fields)).param == param


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(JSON, JSON, JSON)
def test_no_json_breaks_the_decoding(message: object, content: object, part: object) -> None:
    for messages in (message, [message], user(content), user([part]), user([{"type": part}])):
        try:
            decode(body(messages))
        except InvalidRequest:
            continue


def event_of(stream: bytes) -> dict[str, Any]:
    decoder = EventDecoder()
    first, done = decoder.decode(stream) + decoder.flush()
    assert done == "[DONE]"
    event: dict[str, Any] = json.loads(first)
    return event


def whole(answer: ChatAnswer, mime_type: str = "image/jpeg", base64: bytes = b"/9j/") -> bytes:
    painted = Painted((PICTURE,))
    assert answer.carries_pictures(painted)
    head, tail = answer.around(0, Opened(PICTURE, mime_type, None))
    return (
        answer.opening(painted) + head + base64 + tail + answer.closing(painted, (), carried=True)
    )


def structure(value: object) -> object:
    if isinstance(value, dict):
        return {key: structure(item) for key, item in value.items()}
    return [structure(item) for item in value] if isinstance(value, list) else type(value)


def test_the_event_begins_with_the_seeds_object_letter_for_letter() -> None:
    answer = ChatAnswer("gemini-3-image-1k", stream=True, stamp=STAMP)
    event = whole(answer, base64=b"iVBORw0KGgoAAAANSUhEUgAA...").decode()
    assert event.startswith(SEED_EVENT.removesuffix("}"))
    assert event[len(SEED_EVENT) - 1 :].startswith(', "id": ')


def test_the_events_candidates_are_in_structure_the_seeds() -> None:
    event = event_of(whole(ChatAnswer("m", stream=True, stamp=STAMP)))
    seed = json.loads(SEED_EVENT.removeprefix("data: "))
    assert structure(event["candidates"]) == structure(seed["candidates"])
    inline = event["candidates"][0]["content"]["parts"][0]["inlineData"]
    assert inline == {"mimeType": "image/jpeg", "data": "/9j/"}


def test_the_event_is_also_a_chunk_of_a_chat_completion() -> None:
    event = event_of(whole(ChatAnswer("GEMINI-3-image-1k", stream=True, stamp=STAMP)))
    chunk = ChatCompletionChunk.model_validate(event, strict=True)
    assert (chunk.id, chunk.created, chunk.model) == ("chatcmpl-1", 1769418844, "GEMINI-3-image-1k")
    assert chunk.choices[0].delta.role == "assistant"
    assert chunk.choices[0].delta.content == f"![image]({PICTURE.url})"
    assert chunk.choices[0].finish_reason == "stop"


def test_the_plain_answer_is_a_chat_completion_with_the_same_candidates() -> None:
    plain = json.loads(whole(ChatAnswer("m", stream=False, stamp=STAMP), "image/png"))
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
    answer, painted = ChatAnswer(model, stream, STAMP), Painted((Picture(url),))
    head, tail = answer.around(0, Opened(painted.pictures[0], "image/webp", None))
    text = (
        answer.opening(painted) + head + b"AAAA" + tail + answer.closing(painted, (), carried=True)
    ).decode()
    data = text.split("\n\n", 1)[0].removeprefix("data: ") if stream else text
    found = json.loads(data)
    assert found["candidates"][0]["content"]["parts"][0]["inlineData"]["data"] == "AAAA"
    assert found["model"] == model


def test_several_pictures_are_several_parts_and_several_links() -> None:
    answer, painted = ChatAnswer("m", stream=False, stamp=STAMP), Painted((PICTURE, PICTURE))
    body = answer.opening(painted)
    for index in range(2):
        head, tail = answer.around(index, Opened(PICTURE, "image/png", None))
        body += head + b"AAAA" + tail
    found = json.loads(body + answer.closing(painted, (), carried=True))
    assert len(found["candidates"][0]["content"]["parts"]) == 2
    assert found["choices"][0]["message"]["content"].count(f"![image]({PICTURE.url})") == 2


def test_a_picture_that_is_missing_is_told_beside_the_link() -> None:
    closing = ChatAnswer("m", stream=False, stamp=STAMP).closing(
        Painted((PICTURE,)), (UpstreamBusy("busy"),), carried=True
    )
    assert b"(A picture is missing: busy)" in closing


def test_a_picture_without_an_address_has_a_text_all_the_same() -> None:
    closing = ChatAnswer("m", stream=False, stamp=STAMP).closing(
        Painted((Picture(),)), (), carried=True
    )
    assert b'"content": "(image)"' in closing


def test_parentheses_do_not_end_the_markdown_link_early() -> None:
    assert markdown_link("https://h/a(1).png") == "![image](https://h/a%281%29.png)"


def test_a_late_error_is_an_event_of_a_stream_and_a_whole_plain_answer() -> None:
    error = UpstreamBusy("busy")
    streamed = event_of(ChatAnswer("m", stream=True, stamp=STAMP).late_error(error))
    plain = json.loads(ChatAnswer("m", stream=False, stamp=STAMP).late_error(error))
    assert streamed == plain
    assert plain["error"]["code"] == "rate_limit_exceeded"


def test_each_answer_names_its_content_type() -> None:
    types = [ChatAnswer("m", stream, STAMP).content_type for stream in (True, False)]
    assert types == ["text/event-stream; charset=utf-8", "application/json; charset=utf-8"]
