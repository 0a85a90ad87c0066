from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.dialects import openai_chat, openai_images
from easel.dialects.chat_encoder import ChatEncoder
from easel.dialects.dialect import AS_USUAL, Decoded, Delivery, TextReply
from easel.dialects.encoder import Stamp
from easel.dialects.openai_chat import _Body
from easel.errors import BodyTooLarge, EaselError, InvalidRequest
from easel.hidden_prompts.table import HELLO
from easel.images.blobs import NO_LONG_TEXTS, LongTexts, blob
from easel.images.request import Action, ImageRequest, InputImage, Options
from easel.images.shape import Shape
from easel.images.size import Ratio, Resolution, Size
from easel.settings import PictureFormat, Progress, Settings
from tests.easel.dialects.incoming import image_of, incoming, text_of

# The event of the image.z.ai document (2026-01), letter for letter.
ZAI_EVENT = (
    'data: {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/jpeg", '
    '"data": "iVBORw0KGgoAAAANSUhEUgAA..."}}]}}]}'
)

# The request of the image.z.ai document (2026-01) as printed: a comma is missing between the two
# messages.
ZAI_REQUEST_AS_PRINTED = """{
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
ZAI_REQUEST = ZAI_REQUEST_AS_PRINTED.replace("        }\n        {", "        },\n        {")


def body(messages: object = None, **fields: object) -> bytes:
    if messages is None:
        messages = [{"role": "user", "content": "a cat"}]
    return json.dumps({"model": "gemini-3-image-1k", "messages": messages, **fields}).encode()


def decode(request: bytes, long_texts: LongTexts = NO_LONG_TEXTS) -> Decoded:
    return openai_chat.decode(incoming(request, long_texts))


def painted(request: bytes, long_texts: LongTexts = NO_LONG_TEXTS) -> ImageRequest:
    return image_of(decode(request, long_texts))


def encoder_of(request: bytes) -> ChatEncoder:
    encoder = decode(request).encoder
    assert isinstance(encoder, ChatEncoder)
    return encoder


def user(content: object) -> list[dict[str, object]]:
    return [{"role": "user", "content": content}]


def refusal(request: bytes) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        decode(request)
    assert caught.value.status == 400
    return caught.value


def test_the_documents_request_asks_for_its_picture() -> None:
    decoded = decode(ZAI_REQUEST.encode())
    assert decoded == Decoded(
        ImageRequest("gemini-3-image-1k", "一只可爱的橘猫在阳光下打盹"),
        "gemini-3-image-1k",
        ChatEncoder("gemini-3-image-1k", stream=True, stamp=Stamp("chatcmpl-1", 1769418844)),
    )


def test_the_documents_request_as_printed_is_told_where_it_is_no_json() -> None:
    error = refusal(ZAI_REQUEST_AS_PRINTED.encode())
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
        [{"role": "tool", "content": "42"}, *user("a cat")],
        [{"role": "developer", "content": [{"type": "text", "text": "x"}]}, *user("a cat")],
    ],
)
def test_the_prompt_is_the_text_of_the_last_user_message(messages: object) -> None:
    assert painted(body(messages)).prompt == "a cat"


def test_the_texts_of_one_message_are_joined_line_by_line() -> None:
    parts = [{"type": "text", "text": "a cat"}, {"type": "text", "text": "on a mat"}]
    assert painted(body(user(parts))).prompt == "a cat\non a mat"


@pytest.mark.parametrize(
    ("given_stream", "expected"), [({}, False), ({"stream": None}, False), ({"stream": True}, True)]
)
def test_a_stream_comes_only_where_it_is_asked_for(
    given_stream: dict[str, object], *, expected: bool
) -> None:
    assert encoder_of(body(**given_stream)).stream is expected


NOTHING_TO_A_PAINTER = {
    "temperature": 0.7,
    "top_p": 1,
    "max_tokens": 100,
    "max_completion_tokens": 100,
    "stop": ["x"],
    "seed": 7,
    "logprobs": True,
    "reasoning_effort": "low",
    "tools": [],
    "tool_choice": "auto",
    "functions": [],
    "user": "u",
    "metadata": {},
    "store": True,
    "safety_identifier": "u",
    "service_tier": "auto",
    "n": 1,
    "stream_options": {"a": 1},
    "modalities": ["text"],
    "audio": {"voice": "x"},
    "anything": {"new": 1},
}


@pytest.mark.parametrize("name", NOTHING_TO_A_PAINTER)
def test_fields_that_mean_nothing_to_a_painter_are_tolerated(name: str) -> None:
    assert decode(body(**{name: NOTHING_TO_A_PAINTER[name]})) == decode(body())


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"quality": "hd"}, Options(quality="hd")),
        ({"quality": "auto"}, Options(quality="auto")),
        ({"style": "vivid"}, Options(style="vivid")),
        ({"style_preset": "3d-model"}, Options(style_preset="3d-model")),
        ({"background": "transparent"}, Options(background="transparent")),
        ({"output_format": "webp"}, Options(output_format="webp")),
        ({"negative_prompt": "dogs"}, Options(negative_prompt="dogs")),
        ({"strength": 0.5}, Options(strength=0.5)),
        ({"watermark": True}, Options(watermark=True)),
        ({"watermark_enabled": False}, Options(watermark=False)),
        ({"user_id": "user-123"}, Options(user_id="user-123")),
        ({"retries": 2}, Options(retries=2)),
        ({"extra_body": {"anything": [1]}}, Options(extra_body={"anything": [1]})),
        ({"async": False, "moderation": "auto", "partial_images": 2}, Options()),
    ],
)
def test_the_fields_of_the_images_api_mean_the_same_in_a_chat(
    fields: dict[str, object], options: Options
) -> None:
    asked = painted(body(**fields))
    assert asked == replace(painted(body()), options=options)
    prompt = {"prompt": "a cat", "model": "gemini-3-image-1k"}
    same = image_of(openai_images.decode_json(incoming(json.dumps({**prompt, **fields}).encode())))
    assert (asked.options, asked.name_of("watermark")) == (same.options, same.name_of("watermark"))


def test_a_chat_knows_every_field_of_a_picture_that_the_images_api_knows() -> None:
    images, chat = openai_images._Body.model_fields, _Body.model_fields
    # The prompt is in the messages; the last two say nothing of the picture.
    assert images.keys() - chat.keys() == {"prompt", "user", "safety_identifier"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"quality": 7}, "quality"),
        ({"watermark": True, "watermark_enabled": False}, "watermark_enabled"),
        ({"async": True}, "async"),
        ({"moderation": "low"}, "moderation"),
        ({"output_compression": 50}, "output_compression"),
        ({"partial_images": 4}, "partial_images"),
        ({"extra_body": "x"}, "extra_body"),
        ({"image": []}, "image"),
        ({"image": "a cat"}, "image"),
        ({"mask": "a cat"}, "mask"),
    ],
)
def test_a_field_of_a_picture_that_cannot_be_honoured_is_named(
    fields: dict[str, object], param: str
) -> None:
    assert refusal(body(**fields)).param == param


def test_a_picture_and_a_mask_may_stand_beside_the_messages() -> None:
    part = {"type": "image_url", "image_url": "https://h/1"}
    messages = user([{"type": "text", "text": "red"}, part])
    image = painted(body(messages, image=["https://h/2"], mask="https://h/3"))
    urls = [(each.param, each.url) for each in image.images]
    assert urls == [("messages[0].content[1]", "https://h/1"), ("image", "https://h/2")]
    assert (image.action, image.mask) == (Action.EDIT, InputImage("mask", "https://h/3"))
    assert painted(body(image="https://h/2")).action is Action.EDIT


def test_long_texts_beside_the_messages_are_read_too() -> None:
    mark = "easel:1:"
    texts = LongTexts(mark, ["dogs", "cats"].__getitem__, lambda _: None, lambda: None)
    asked = painted(body(negative_prompt=f"{mark}0", extra_body={"a": f"{mark}1"}), texts).options
    assert asked == Options(negative_prompt="dogs", extra_body={"a": "cats"})


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
        (body(user(None)), "messages[0].content", "no prompt"),
        (body(user({"text": "a cat"})), "messages[0].content", "array of parts"),
        (body(user("  \n")), "messages[0].content", "no prompt"),
        (body(user([])), "messages[0].content", "no prompt"),
        (body([*user("a cat"), *user("")]), "messages[1].content", "no prompt"),
        (body([{"role": "assistant", "content": "a cat"}]), "messages", "no user message"),
        (body(user([7])), "messages[0].content[0]", "object"),
        (body(user([{"type": "text"}])), "messages[0].content[0].text", "string"),
        (body(user([{"type": ["text"]}])), "messages[0].content", "no prompt"),
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
        (
            {"type": "image", "image": f"data:image/png;base64,{PNG}"},
            InputImage("P", content=blob(b64decode(PNG))),
        ),
    ],
)
def test_pictures_in_the_prompt_are_what_to_paint_from(
    part: dict[str, object], expected: InputImage
) -> None:
    image = painted(body(user([{"type": "text", "text": "paint this red"}, part])))
    assert (image.action, image.prompt) == (Action.EDIT, "paint this red")
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
        ({"size": "auto"}, Shape(auto=True)),
        ({"aspect_ratio": "16:9"}, Shape(ratio=Ratio(16, 9))),
        ({"image_config": {"aspect_ratio": "16:9"}}, Shape(ratio=Ratio(16, 9))),
        ({"image_config": {"image_size": "2K"}}, Shape(resolution=Resolution.TWO_K)),
        ({"resolution": "2K"}, Shape(resolution=Resolution.TWO_K)),
    ],
)
def test_the_shape_may_be_told_in_the_body(fields: dict[str, object], expected: Shape) -> None:
    assert painted(body(**fields)).shape == expected


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"size": "b" * 33}, "size"),
        ({"aspect_ratio": " "}, "aspect_ratio"),
        ({"image_config": {"image_size": ""}}, "image_config.image_size"),
        ({"image_config": {"aspect_ratio": "1\n"}}, "image_config.aspect_ratio"),
        ({"image_config": {"aspect_ratio": "1:1"}, "aspect_ratio": "16:9"}, "aspect_ratio"),
        ({"image_config": {"image_size": "1K"}, "resolution": "2K"}, "resolution"),
        ({"image_config": {"aspect_ratio": 7}}, "image_config.aspect_ratio"),
        ({"image_config": {"strength": 0.5}}, "image_config.strength"),
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


@pytest.mark.parametrize("picture_format", get_args(PictureFormat))
def test_a_request_may_choose_the_format_of_its_picture(picture_format: PictureFormat) -> None:
    assert encoder_of(body(chat_picture=picture_format)).picture_format == picture_format
    assert (
        encoder_of(body(chat_picture=picture_format, modalities=["image"])).picture_format
        == picture_format
    )


@pytest.mark.parametrize("stream", [True, False])
def test_where_nobody_chooses_the_deployment_does(*, stream: bool) -> None:
    settings = Settings(chat_picture="link")
    for fields, expected in (({}, "link"), ({"modalities": ["image"]}, "images")):
        request = incoming(body(stream=stream, **fields), settings=settings)
        encoder = openai_chat.decode(request).encoder
        assert isinstance(encoder, ChatEncoder)
        assert (encoder.picture_format, encoder.stream) == (expected, stream)


def delivery_of(settings: Settings, **fields: Any) -> Delivery:
    return openai_chat.decode(incoming(body(**fields), settings=settings)).delivery


@pytest.mark.parametrize(
    ("variable", "field", "told"),
    [
        ("off", None, False),
        ("off", "off", False),
        ("off", "reasoning", True),
        ("reasoning", None, True),
        ("reasoning", "off", False),
    ],
)
def test_a_stream_tells_its_progress_where_somebody_asks_for_it(
    variable: Progress, field: Progress | None, *, told: bool
) -> None:
    delivery = delivery_of(Settings(progress=variable), progress=field, stream=True)
    assert (delivery.keep_alive is not None) == told


def test_a_plain_answer_has_no_place_for_progress() -> None:
    assert delivery_of(Settings(progress="reasoning")) == AS_USUAL
    assert delivery_of(Settings(), progress="off") == AS_USUAL
    with pytest.raises(InvalidRequest, match="stream") as caught:
        delivery_of(Settings(), progress="reasoning")
    assert caught.value.param == "progress"
    with pytest.raises(InvalidRequest, match="'reasoning'"):
        delivery_of(Settings(), progress="thinking", stream=True)


def test_progress_is_a_chunk_with_what_a_model_thinks() -> None:
    encoder = encoder_of(body(stream=True, model="GLM-Image"))
    counted = encoder.progress
    event = counted.before + b"15" + counted.after
    assert counted.seconds
    assert event.startswith(b"data: {")
    assert event.endswith(b"\n\n")
    chunk = json.loads(event.removeprefix(b"data: "))
    assert chunk["object"] == "chat.completion.chunk"
    assert (chunk["id"], chunk["model"]) == (encoder.stamp.id, "GLM-Image")
    (choice,) = chunk["choices"]
    assert choice["finish_reason"] is None
    assert choice["delta"] == {
        "role": "assistant",
        "content": None,
        "reasoning_content": "painting… 15 s\n",
    }


def test_a_format_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(body(chat_picture="carrier-pigeon"))
    assert caught.value.param == "chat_picture"
    assert "'markdown'" in caught.value.message


@pytest.mark.parametrize(
    ("modalities", "picture_format"),
    [
        (["image", "text"], "images"),
        (["text"], "candidates"),
        ([], "candidates"),
        (None, "candidates"),
    ],
)
def test_a_client_that_asks_for_images_gets_them_where_it_looks(
    modalities: object, picture_format: str
) -> None:
    assert encoder_of(body(modalities=modalities)).picture_format == picture_format


@pytest.mark.parametrize(
    ("options", "usage"),
    [
        (None, False),
        ({}, False),
        ({"include_usage": False}, False),
        ({"include_usage": True}, True),
    ],
)
def test_usage_is_told_where_it_is_asked_for(options: object, *, usage: bool) -> None:
    assert encoder_of(body(stream=True, stream_options=options)).usage is usage


# What clients ask by themselves.

TITLE = "Based on the chat history, give this conversation a name.\nKeep it short."


@pytest.mark.parametrize(
    "request_body",
    [
        body(user(TITLE)),
        body(user([{"type": "text", "text": TITLE}])),
        body([*user("a cat"), {"role": "assistant", "content": None}, *user(TITLE)]),
        body(user("hi")),
        # NextChat's memory is a system message that comes last.
        body(
            [
                *user("a cat"),
                {
                    "role": "system",
                    "content": "Summarize the discussion briefly in "
                    "200 words or less to use as a prompt for future context.",
                },
            ]
        ),
        body(
            response_format={"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}
        ),
        body(response_format={"type": "json_schema", "json_schema": "odd"}),
    ],
)
def test_what_a_client_asks_by_itself_is_answered_with_a_text(request_body: bytes) -> None:
    decoded = decode(request_body)
    assert isinstance(decoded.wanted, TextReply)
    assert json.dumps(decoded.wanted.text) in decoded.wanted.body.decode()
    settings = Settings(answer_hidden_prompts=False)
    assert image_of(openai_chat.decode(incoming(request_body, settings=settings))).prompt


def test_a_text_leaves_in_the_manner_that_was_asked_for() -> None:
    request = body(user("hi"), stream=True, stream_options={"include_usage": True})
    encoder = encoder_of(request)
    assert (encoder.stream, encoder.usage, encoder.model) == (True, True, "gemini-3-image-1k")
    assert decode(request).wanted == TextReply(HELLO, encoder.text_reply(HELLO))
    assert decode(request).model == "gemini-3-image-1k"


@pytest.mark.parametrize(
    "content",
    [
        "a cat that says hi",
        [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": "https://h/p"}],
        [{"type": "text", "text": "hi"}, "there", {"type": "text", "text": "cat"}],
    ],
)
@pytest.mark.parametrize("format_", [None, {"type": "json_object"}, {"type": ["odd"]}, "text"])
def test_a_person_is_painted_for(content: object, format_: object) -> None:
    assert text_of(decode(body(user(content), response_format=format_))) is None


def test_a_persons_own_words_are_painted_without_what_a_client_puts_around_them() -> None:
    attached = '<attached_files>\n<file type="image" url="x"/>\n</attached_files>\n\n'
    assert painted(body(user(f"{attached}a red hat"))).prompt == "a red hat"


# Long texts, which stay outside Python.


def kept(**texts: str) -> LongTexts:
    def read(number: int) -> str:
        if str(number) not in texts:
            raise BodyTooLarge("not kept")
        return texts[str(number)]

    return LongTexts("mark:", read, lambda number: blob(b64decode(read(number))), lambda: None)


def test_long_texts_are_read_where_they_are_painted_from() -> None:
    parts = [
        {"type": "text", "text": "mark:0"},
        {"type": "image_url", "image_url": "mark:1"},
        "mark:2",
    ]
    image = painted(body(user(parts)), kept(**{"0": "a cat", "1": PNG, "2": "on a mat"}))
    assert image.prompt == "a cat\non a mat"
    assert image.images[0].content == blob(b64decode(PNG))
    assert painted(body(user("mark:0")), kept(**{"0": "a cat"})).prompt == "a cat"


def test_long_texts_before_the_last_message_need_not_be_kept() -> None:
    messages = [{"role": "system", "content": "mark:1"}, *user("mark:2"), *user("mark:0")]
    assert painted(body(messages), kept(**{"0": "a cat"})).prompt == "a cat"
    with pytest.raises(BodyTooLarge):
        decode(body(user("mark:3")), kept())


# The picture before.

URL = "https://host/cat.png"


def picture_before(message: object, **fields: object) -> InputImage | None:
    """The picture before a turn in words, after this message."""
    find = decode(body([*user("a cat"), message, *user("make it red")], **fields)).previous
    assert find is not None
    return find()


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({"content": f"![image]({URL})"}, "messages[1].content"),
        ({"content": [{"type": "text", "text": f"![image]({URL})"}]}, "messages[1].content"),
        ({"content": [f"![image]({URL})"]}, "messages[1].content"),
        (
            {"content": ["words", {"type": "image_url", "image_url": {"url": URL}}]},
            "messages[1].content[1]",
        ),
        ({"content": [{"type": "input_image", "image_url": URL}]}, "messages[1].content[0]"),
        ({"content": [{"type": "image", "image": URL}]}, "messages[1].content[0]"),
        ({"images": [{"type": "image_url", "image_url": {"url": URL}}]}, "messages[1].images[0]"),
        ({"images": [{"image_url": URL}, {"odd": 1}]}, "messages[1].images[0]"),
        ({"images": ["x", {"url": URL}]}, "messages[1].images[1]"),
        ({"content": "words", "images": [URL]}, "messages[1].images[0]"),
    ],
)
def test_the_picture_before_is_found_wherever_clients_keep_it(
    message: dict[str, object], param: str
) -> None:
    assert picture_before({"role": "assistant", **message}) == InputImage(param, URL)


@pytest.mark.parametrize(
    "message",
    [
        {"content": {"odd": URL}, "images": {"odd": URL}},
        {"content": [{"type": "text", "url": URL}, {"type": "image_url"}, 1], "images": [1, {}]},
        {"content": URL},
    ],
)
def test_what_an_earlier_message_holds_beside_pictures_is_let_be(
    message: dict[str, object],
) -> None:
    assert picture_before({"role": "assistant", **message}) is None


def test_a_turn_in_several_messages_goes_on_from_before_all_of_them() -> None:
    parts = [{"type": "image_url", "image_url": {"url": URL}}]
    messages = [*user("a cat"), *user(parts), *user("make it red")]
    find = decode(body(messages)).previous
    assert find is not None
    assert find() == InputImage("messages[1].content[0]", URL)
    find = decode(body(messages[1:])).previous
    assert find is not None
    assert find() is None


@pytest.mark.parametrize(
    "request_body",
    [body(), body([*user("a cat"), *user("a dog")], edit_previous=False)],
    ids=["one message", "not wanted"],
)
def test_who_goes_on_from_nothing_looks_for_nothing(request_body: bytes) -> None:
    assert decode(request_body).previous is None
