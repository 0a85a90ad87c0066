from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest
from google.genai import interactions as google
from hypothesis import given
from hypothesis import strategies as st

from easel.dialects import gemini_interactions
from easel.dialects.dialect import AnswerOperation, Decoded, Question
from easel.dialects.gemini_interactions import OPERATIONS
from easel.dialects.gemini_interactions_encoder import GeminiInteractionsEncoder
from easel.errors import EaselError, InvalidRequest, PathNotFound
from easel.images.blobs import NO_LONG_TEXTS, LongTexts, blob
from easel.images.request import Action, ImageRequest, InputImage, Options
from easel.images.shape import Shape
from easel.images.size import Ratio, Resolution
from easel.settings import Settings
from tests.easel.dialects.incoming import STAMP, image_of, incoming, text_of

URL = "https://host/cat.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
PNG_64 = b64encode(PNG).decode()

TEXT = {"type": "text", "text": "a cat"}
IMAGE = {"type": "image", "data": PNG_64, "mime_type": "image/png"}


def body(given: object = "a cat", **fields: object) -> bytes:
    return json.dumps({"model": "a-model", "input": given, **fields}).encode()


def user(*contents: object) -> dict[str, object]:
    return {"type": "user_input", "content": list(contents)}


def model(*contents: object) -> dict[str, object]:
    return {"type": "model_output", "content": list(contents)}


def decode(
    request: bytes, long_texts: LongTexts = NO_LONG_TEXTS, settings: Settings | None = None
) -> Decoded:
    return gemini_interactions.decode(incoming(request, long_texts, settings=settings))


def decoded(given: object = "a cat", **fields: object) -> ImageRequest:
    return image_of(decode(body(given, **fields)))


def refusal(request: bytes) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        decode(request)
    assert caught.value.status == 400
    return caught.value


def test_a_text_asks_for_a_picture_by_the_model_of_the_body() -> None:
    assert decoded() == ImageRequest("a-model", "a cat")
    asked = decode(body())
    assert asked.encoder == GeminiInteractionsEncoder("a-model", stream=False, stamp=STAMP)


def test_a_model_may_have_googles_prefix() -> None:
    assert decode(json.dumps({"model": "models/a", "input": "x"}).encode()).model == "a"


@pytest.mark.parametrize("stream", [True, False, None])
def test_stream_asks_for_a_stream(*, stream: bool | None) -> None:
    assert decode(body(stream=stream)).encoder.stream is bool(stream)


@pytest.mark.parametrize(
    "given",
    [
        "a cat",
        TEXT,
        ["a cat"],
        [TEXT],
        [{"text": "a cat"}],
        user(TEXT),
        [user(TEXT)],
        [{"type": "user_input", "content": "a cat"}],
        [{"type": "user_input", "content": TEXT}],
        [{"role": "user", "content": "a cat"}],
        [{"role": "user", "content": [TEXT]}],
        # Earlier turns, in whatever form; a picture that was painted is none that the user sent.
        [user({"type": "text", "text": "a dog"}), model(IMAGE), user(TEXT)],
        [user(IMAGE, {"type": "text", "text": "a dog"}), model({"nonsense": 1}), user(TEXT)],
        [{"role": "user", "content": "a dog"}, {"role": "model", "content": 9}, user(TEXT)],
        [user(TEXT), {"type": "thought", "signature": "x"}],
        [user(TEXT), {"type": "function_call", "name": "f", "arguments": {}}],
        [user({"type": "audio", "data": "x"}), {"type": "not-known-yet"}, model(), user(TEXT)],
        [{"role": "system", "content": "Paint well."}, user(TEXT)],
        [user(TEXT), {"role": "developer", "content": "Paint well."}],
    ],
)
def test_the_prompt_is_the_last_turn_of_the_user(given: object) -> None:
    assert decoded(given) == ImageRequest("a-model", "a cat")


def test_the_texts_of_one_step_are_joined_line_by_line() -> None:
    assert decoded([TEXT, {"type": "text", "text": ""}, "on a mat"]).prompt == "a cat\non a mat"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ([TEXT, IMAGE], "input[1].data"),
        ([IMAGE, TEXT], "input[0].data"),
        ([user(TEXT, IMAGE)], "input[0].content[1].data"),
        ([model(), {"role": "user", "content": [TEXT, IMAGE]}], "input[1].content[1].data"),
        # Steps that follow each other are one turn where one of them has the text.
        ([user(TEXT), user(IMAGE)], "input[1].content[0].data"),
        ([user(IMAGE), user(TEXT)], "input[0].content[0].data"),
        ([{"role": "user", "content": IMAGE}, user(TEXT)], "input[0].content.data"),
    ],
)
def test_a_picture_in_the_last_turn_makes_it_an_edit(given: object, param: str) -> None:
    expected = (InputImage(param, content=blob(PNG)),)
    asked = decoded(given)
    assert (asked.prompt, asked.images, asked.action) == ("a cat", expected, Action.EDIT)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"type": "image", "uri": URL}, InputImage("input[1].uri", url=URL)),
        (
            {"type": "image", "uri": f"data:image/png;base64,{PNG_64}"},
            InputImage("input[1].uri", content=blob(PNG)),
        ),
        (
            {"type": "image", "data": urlsafe_b64encode(PNG).decode()},
            InputImage("input[1].data", content=blob(PNG)),
        ),
        (
            {"type": "image", "data": PNG_64, "uri": None, "resolution": "high", "else": 1},
            InputImage("input[1].data", content=blob(PNG)),
        ),
    ],
)
def test_a_picture_is_data_or_an_address(image: object, expected: InputImage) -> None:
    assert decoded([TEXT, image]).images == (expected,)


@pytest.mark.parametrize(
    ("given", "param", "message"),
    [
        ("", "input", "The last user step has no prompt"),
        ([IMAGE], "input", "The last user step has no prompt"),
        ([user()], "input[0].content", "The last user step has no prompt"),
        ([user(IMAGE), model(TEXT), {"type": "user_input"}], "input[2].content", "no prompt"),
        ([], "input", "There is no input of the user"),
        (None, "input", "There is no input of the user"),
        ([model(TEXT)], "input", "There is no input of the user"),
        ([user(TEXT), TEXT], "input[1]", "must be a step"),
        ([user(TEXT), "and a dog"], "input[1]", "must be a step"),
        (9, "input", "input: must be a string, an object or an array."),
        ([TEXT, 9], "input[1]", "Input should be an object"),
        ([TEXT, {"type": "text"}], "input[1].text", "must be a string"),
        ([{"type": "text", "text": 9}], "input[0].text", "valid string"),
        ([TEXT, {"type": "image"}], "input[1]", "data or uri"),
        ([TEXT, {**IMAGE, "uri": URL}], "input[1]", "data or uri"),
        ([TEXT, {"type": "image", "data": "no picture"}], "input[1].data", "JPEG, PNG"),
        ([TEXT, {"type": "image", "data": URL}], "input[1].data", "JPEG, PNG"),
        ([TEXT, {"type": "image", "uri": "gs://a/b.png"}], "input[1].uri", "must be a URL"),
        ([TEXT, {"type": "image", "data": 9}], "input[1].data", "valid string"),
        *(
            ([TEXT, {"type": kind, "data": "x"}], "input[1]", "the types text and image")
            for kind in ("audio", "video", "document", "inlineData", 9)
        ),
        ([TEXT, {"inlineData": {"data": PNG_64}}], "input[1]", "the types text and image"),
    ],
)
def test_an_input_that_asks_for_nothing_is_told_which_field_is_wrong(
    given: object, param: str, message: str
) -> None:
    error = refusal(body(given))
    assert error.param == param
    assert message in error.message


WIDE = {"aspect_ratio": "16:9", "image_size": "2K"}
SHAPE = Shape(ratio=Ratio(16, 9), resolution=Resolution.TWO_K)


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({}, Shape()),
        ({"response_format": None}, Shape()),
        ({"response_format": {"type": "image"}}, Shape()),
        ({"response_format": {"type": "image", **WIDE}}, SHAPE),
        ({"response_format": [{"type": "text"}, {"type": "image", **WIDE}]}, SHAPE),
        ({"generation_config": {"temperature": 1, "image_config": WIDE}}, SHAPE),
        ({"generation_config": {"image_config": {}}}, Shape()),
        (
            {
                "response_format": {"type": "image", "aspect_ratio": "16:9"},
                "generation_config": {"image_config": {"image_size": "2K"}},
            },
            SHAPE,
        ),
        (
            {
                "response_format": {"type": "image", **WIDE},
                "generation_config": {"image_config": WIDE},
            },
            SHAPE,
        ),
    ],
)
def test_either_place_says_the_shape(fields: dict[str, object], shape: Shape) -> None:
    assert decoded(**fields).shape == shape


def test_the_field_that_says_the_shape_is_known_to_errors() -> None:
    formats = [{"type": "text"}, {"type": "image", "aspect_ratio": "16:9"}]
    config = {"image_config": {"image_size": "2K"}}
    fields = decoded(response_format=formats, generation_config=config).shape.fields
    assert fields.ratio == "response_format[1].aspect_ratio"
    assert fields.resolution == "generation_config.image_config.image_size"


@pytest.mark.parametrize(
    ("fields", "expected", "name"),
    [
        ({"response_format": {"type": "image", "mime_type": "image/jpeg"}}, "jpeg", True),
        ({"response_mime_type": "image/png"}, "png", False),
        ({"response_mime_type": "text/plain"}, None, None),
    ],
)
def test_the_format_may_be_asked_for(
    fields: dict[str, object], expected: str | None, *, name: bool | None
) -> None:
    asked = decoded(**fields)
    names = {True: "response_format.mime_type", False: "response_mime_type", None: ""}
    assert asked.options == Options(output_format=expected)
    assert asked.name_of("output_format") == names[name]


@pytest.mark.parametrize(("delivery", "links"), [(None, False), ("inline", False), ("uri", True)])
def test_the_address_may_be_asked_for(delivery: str | None, *, links: bool) -> None:
    encoder = decode(body(response_format={"type": "image", "delivery": delivery})).encoder
    assert isinstance(encoder, GeminiInteractionsEncoder)
    assert encoder.links is links


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"response_format": {"type": "image", "style": "x"}}, "response_format.style", "unknown"),
        ({"response_format": {"type": "image", "delivery": "x"}}, "response_format.delivery", ""),
        (
            {"response_format": [{"type": "image", "mime_type": "image/bmp"}]},
            "response_format[0].mime_type",
            "",
        ),
        ({"response_format": {"type": "text"}}, "response_format", ""),
        ({"response_format": {"type": "object", "properties": {}}}, "response_format", ""),
        ({"response_format": [{"type": "image"}, {"type": "image"}]}, "response_format", ""),
        ({"response_format": "image"}, "response_format", ""),
        ({"response_format": [{"type": "image"}, 9]}, "response_format[1]", ""),
        ({"response_modalities": ["text"]}, "response_modalities", ""),
        ({"response_modalities": "image"}, "response_modalities", ""),
        (
            {
                "response_format": {"type": "image", "aspect_ratio": "1:1"},
                "generation_config": {"image_config": WIDE},
            },
            "generation_config.image_config.aspect_ratio",
            "",
        ),
        (
            {"generation_config": {"image_config": {"size": "1024x1024"}}},
            "generation_config.image_config.size",
            "unknown",
        ),
        (
            {"generation_config": {"candidate_count": 2}},
            "generation_config.candidate_count",
            "",
        ),
        ({"generationConfig": {}}, "generationConfig", "unknown"),
    ],
)
def test_what_shapes_a_picture_and_cannot_be_told_is_named(
    fields: dict[str, object], param: str, code: str
) -> None:
    error = refusal(body(**fields))
    assert (error.param, error.code) == (
        param,
        "unknown_parameter" if code else "invalid_request",
    )


@pytest.mark.parametrize("modalities", [None, [], ["image"], ["TEXT", "IMAGE"]])
def test_a_picture_may_be_among_the_modalities(modalities: object) -> None:
    assert decoded(response_modalities=modalities).prompt == "a cat"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"background": True}, "must be false"),
        ({"store": True}, "send earlier steps in input"),
        ({"previous_interaction_id": "v1_x"}, "Send the earlier steps in input"),
        ({"agent": "deep-research"}, "agents are not served"),
        ({"agent_config": {"type": "dynamic"}}, "agents are not served"),
        ({"continuation_token": "x"}, "Leave it out"),
        ({"cached_content": "cachedContents/x"}, "Leave it out"),
        ({"environment": "x"}, "Leave it out"),
        ({"webhook_config": {}}, "Leave it out"),
    ],
)
def test_what_needs_a_memory_is_refused_with_what_to_do(
    fields: dict[str, object], words: str
) -> None:
    error = refusal(body(**fields))
    (name,) = fields
    assert (error.param, error.code) == (name, "invalid_request")
    assert error.message.startswith(f"{name}: ")
    assert words in error.message


def test_who_sends_an_agent_is_not_told_of_a_missing_model() -> None:
    error = refusal(json.dumps({"agent": "deep-research", "input": "x"}).encode())
    assert error.param == "agent"


@pytest.mark.parametrize("fields", [{"background": False}, {"store": False}, {"store": None}])
def test_what_asks_for_no_memory_is_served(fields: dict[str, object]) -> None:
    assert decoded(**fields).prompt == "a cat"


@pytest.mark.parametrize("missing", ["model", "input"])
def test_a_missing_field_is_named(missing: str) -> None:
    fields = {"model": "a-model", "input": "a cat"}
    del fields[missing]
    assert refusal(json.dumps(fields).encode()).param == missing


def test_every_field_that_google_genai_sends_is_known() -> None:
    """A new one fails here, and is no `parameter_unknown` to whoever sends it."""
    known = set(gemini_interactions._Body.model_fields)
    for kind in (google.CreateModelInteraction, google.CreateAgentInteraction):
        assert set(kind.model_fields) <= known
    image = set(gemini_interactions._ImageFormat.model_fields)
    assert image == set(google.ImageResponseFormat.model_fields)
    config = set(gemini_interactions._ImageConfig.model_fields)
    assert config == set(google.ImageConfig.model_fields)


def test_fields_that_mean_nothing_to_a_painter_are_tolerated() -> None:
    assert decoded(
        labels={"a": "b"},
        safety_settings=[],
        service_tier="flex",
        tools=[{"type": "google_search"}],
        system_instruction="Paint well.",
        generation_config={"seed": 1, "thinking_level": "low"},
    ) == ImageRequest("a-model", "a cat")


TITLE = "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history."


@pytest.mark.parametrize(
    "request_body",
    [
        body(TITLE),
        body([user({"type": "text", "text": "a cat"}), model(TEXT), user(TEXT, TITLE)]),
        body([user(TEXT), {"role": "system", "content": TITLE}]),
        body("hi"),
        body(
            response_format={
                "type": "text",
                "mime_type": "application/json",
                "schema": {"type": "object", "properties": {"title": {"type": "string"}}},
            }
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_a_client_asks_by_itself_is_answered_with_a_text(
    request_body: bytes, *, stream: bool
) -> None:
    asked = decode(json.dumps({**json.loads(request_body), "stream": stream}).encode())
    text = text_of(asked)
    assert text
    assert json.dumps(text).encode() in asked.wanted.body  # type: ignore[union-attr]


def test_a_deployment_may_paint_what_a_client_asks_by_itself() -> None:
    settings = Settings(answer_hidden_prompts=False)
    assert image_of(decode(body("hi"), settings=settings)).prompt == "hi"


def test_a_check_with_a_picture_is_a_persons() -> None:
    assert decoded(["hi", IMAGE]).prompt == "hi"


def test_long_texts_of_earlier_turns_stay_outside_python() -> None:
    asked: list[int] = []

    def read(number: int) -> str:
        asked.append(number)
        return "a long cat"

    long_texts = LongTexts("mark:", read, lambda _: blob(PNG), lambda: None)
    earlier = [user({"type": "text", "text": "mark:0"}), model({"type": "image", "data": "mark:1"})]
    given = [
        *earlier,
        user({"type": "text", "text": "mark:2"}, {"type": "image", "data": "mark:3"}),
    ]
    request = image_of(decode(body(given), long_texts))
    assert (request.prompt, len(request.images)) == ("a long cat", 1)
    assert set(asked) == {2}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)


@given(JSON, JSON, JSON)
def test_no_json_breaks_the_decoding(value: Any, content: Any, formats: Any) -> None:
    turn = {"role": content, "content": value}
    for each in (value, [user(content)], [turn], {"type": content}, [TEXT]):
        try:
            asked = decode(body(each, response_format=formats, system_instruction=content))
        except InvalidRequest:
            continue
        assert text_of(asked) or image_of(asked).prompt.strip()


@pytest.mark.parametrize("name", ["interaction", "interaction_cancel", "interaction_delete"])
def test_no_interaction_is_kept(name: str) -> None:
    found = [each for each in OPERATIONS if each.name == name]
    assert [each.path.split("/")[1] for each in found] == ["v1", "v1beta"]
    for operation in found:
        assert isinstance(operation, AnswerOperation)
        with pytest.raises(PathNotFound, match="Easel keeps no interactions"):
            operation.answer(Question("", lambda: (), lambda: ("", "")))


# The picture before.


def picture_before(*steps: object, **fields: object) -> InputImage | None:
    """The picture before a turn in words, after these steps."""
    find = decode(body([user(TEXT), *steps, user(TEXT)], **fields)).previous
    assert find is not None
    return find()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (IMAGE, InputImage("input[1].content[0].data", content=blob(PNG))),
        ({"type": "image", "uri": URL}, InputImage("input[1].content[0].uri", URL)),
        ({"type": "text", "text": f"![image]({URL})"}, InputImage("input[1].content", URL)),
        ({"type": "audio", "data": PNG_64}, None),
        ({"type": "image"}, None),
        ("words", None),
    ],
)
def test_the_picture_before_is_found_wherever_it_may_be(
    content: object, expected: InputImage | None
) -> None:
    assert picture_before(model(content)) == expected


def test_whoever_wants_no_edit_has_no_picture_before() -> None:
    assert (
        decode(body([user(TEXT), model(IMAGE), user(TEXT)], edit_previous=False)).previous is None
    )
    assert decode(body([user(TEXT)])).previous is None
    assert decode(body()).previous is None
