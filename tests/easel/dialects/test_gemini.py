from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from dataclasses import replace

import pytest
from google.genai.types import CountTokensResponse
from hypothesis import given
from hypothesis import strategies as st

from easel.dialects import gemini
from easel.dialects.dialect import (
    AnswerOperation,
    Decoded,
    Listed,
    PaintOperation,
    Question,
    TextReply,
)
from easel.dialects.encoder import Stamp
from easel.dialects.gemini import OPERATIONS
from easel.dialects.gemini_encoder import Framing, GeminiEncoder
from easel.errors import EaselError, InvalidRequest, ModelNotFound
from easel.images.blobs import NO_LONG_TEXTS, LongTexts, blob
from easel.images.request import Action, ImageRequest, InputImage, Options
from easel.images.shape import Shape
from easel.images.size import Ratio, Resolution
from easel.settings import Settings
from tests.easel.dialects.incoming import image_of, incoming, text_of

URL = "https://host/cat.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
PNG_64 = b64encode(PNG).decode()


def body(contents: object = None, config: object = None, **fields: object) -> bytes:
    if contents is None:
        contents = user({"text": "a cat"})
    if config is not None:
        fields["generationConfig"] = config
    return json.dumps({"contents": contents, **fields}).encode()


def user(*parts: object) -> list[dict[str, object]]:
    return [{"role": "user", "parts": list(parts)}]


def decode(model: str, request: bytes, long_texts: LongTexts = NO_LONG_TEXTS) -> Decoded:
    return gemini.decode(incoming(request, long_texts, name=model))


def decoded(contents: object = None, config: object = None, **fields: object) -> ImageRequest:
    return image_of(decode("a-model", body(contents, config, **fields)))


def refusal(request: bytes) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        decode("a-model", request)
    assert caught.value.status == 400
    return caught.value


def test_no_tokens_are_counted_as_every_answer_says_of_a_model_that_there_is() -> None:
    (count,) = [each for each in OPERATIONS[:3] if isinstance(each, AnswerOperation)]
    question = Question("", lambda: (), lambda: ("a-model", "a-service"))
    answer = CountTokensResponse.model_validate_json(count.answer(question))
    assert answer.total_tokens == 0

    def unknown() -> Listed:
        raise ModelNotFound("no")

    with pytest.raises(ModelNotFound):
        count.answer(replace(question, model=unknown))


@pytest.mark.parametrize("version", ["v1", "v1beta"])
@pytest.mark.parametrize(
    ("method", "query", "expected"),
    [
        ("generateContent", "alt=sse", Framing.WHOLE),
        ("streamGenerateContent", "alt=sse", Framing.EVENTS),
        ("streamGenerateContent", "", Framing.ARRAY),
    ],
)
def test_the_method_decides_whether_the_answer_is_a_stream(
    version: str, method: str, query: str, expected: Framing
) -> None:
    path = f"/{version}/models/{{}}:{method}"
    (operation,) = [each for each in OPERATIONS if each.path == path]
    assert isinstance(operation, PaintOperation)
    decoded = operation.decode(incoming(body(), name="a-model", query=query))
    assert decoded.encoder == GeminiEncoder("a-model", expected, Stamp("1", 1769418844))


# What a request asks for.


def test_a_text_asks_for_a_picture_by_the_model_of_the_path() -> None:
    assert image_of(decode("geekai/Nano-Banana", body())) == ImageRequest(
        "geekai/Nano-Banana", "a cat"
    )


@pytest.mark.parametrize(
    "contents",
    [
        user({"text": "a cat"}),
        [{"parts": [{"text": "a cat"}]}],
        [{"role": None, "parts": [{"text": "a cat"}]}],
        [*user({"text": "a dog"}), {"role": "model", "parts": []}, *user({"text": "a cat"})],
        [*user({"text": "a cat"}), {"role": "model", "parts": [{"text": "here"}]}],
        [*user({"text": "a dog"}, {"inlineData": {"data": "x"}}), *user({"text": "a cat"})],
        [{"role": "function", "parts": [{"text": "42"}]}, *user({"text": "a cat"})],
        user({"text": "a cat"}, {"functionCall": {"name": "f"}}, {"text": ""}),
    ],
)
def test_the_prompt_is_the_text_of_the_last_content_of_the_user(contents: object) -> None:
    assert decoded(contents) == ImageRequest("a-model", "a cat")


def test_the_texts_of_one_content_are_joined_line_by_line() -> None:
    assert decoded(user({"text": "a cat"}, {"text": "on a mat"})).prompt == "a cat\non a mat"


def test_a_picture_in_the_content_makes_it_an_edit() -> None:
    parts = (
        {"text": "a hat on it"},
        {"inlineData": {"mimeType": "image/png", "data": PNG_64}},
        {"fileData": {"mimeType": "image/png", "fileUri": URL}},
    )
    asked = decoded(user(*parts))
    assert asked == ImageRequest(
        "a-model",
        "a hat on it",
        action=Action.EDIT,
        images=(
            InputImage("contents[0].parts[1].inlineData.data", content=blob(PNG)),
            InputImage("contents[0].parts[2].fileData.fileUri", url=URL),
        ),
    )
    assert asked.images[0].uploaded() == blob(PNG)


def test_a_picture_may_come_in_the_alphabet_of_urls() -> None:
    # google-genai for Python encodes every picture so.
    content = PNG + bytes(range(192, 256)) * 2
    data = urlsafe_b64encode(content).decode()
    assert "-" in data
    assert "_" in data
    asked = decoded(user({"text": "red"}, {"inlineData": {"data": data}}))
    assert asked.images[0].uploaded() == blob(content)


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        ({}, Shape()),
        ({"imageConfig": None}, Shape()),
        ({"imageConfig": {}}, Shape()),
        ({"imageConfig": {"aspectRatio": "16:9"}}, Shape(ratio=Ratio(16, 9))),
        ({"imageConfig": {"imageSize": "2K"}}, Shape(resolution=Resolution.TWO_K)),
        (
            {"imageConfig": {"aspectRatio": "21:9", "imageSize": "4k"}},
            Shape(None, Ratio(21, 9), Resolution.FOUR_K),
        ),
        ({"candidateCount": 1}, Shape()),
        ({"responseModalities": ["TEXT", "IMAGE"]}, Shape()),
        ({"responseModalities": ["Image"]}, Shape()),
        ({"responseModalities": []}, Shape()),
        ({"temperature": 1, "topK": 40, "maxOutputTokens": 100}, Shape()),
        ({"responseMimeType": "text/plain", "seed": 7}, Shape()),
        ({"responseFormat": [{"text": {"mimeType": "text/plain"}}]}, Shape()),
    ],
)
def test_the_configuration_says_the_shape(config: dict[str, object], shape: Shape) -> None:
    assert decoded(None, config) == ImageRequest("a-model", "a cat", shape)


@pytest.mark.parametrize(
    ("config", "name", "output_format"),
    [
        ({"imageConfig": {"outputMimeType": "image/png"}}, "imageConfig.outputMimeType", "png"),
        (
            {"imageConfig": {"imageOutputOptions": {"mimeType": "image/jpeg"}}},
            "imageConfig.imageOutputOptions.mimeType",
            "jpeg",
        ),
        ({"responseMimeType": "image/webp"}, "responseMimeType", "webp"),
        (
            {
                "responseMimeType": "image/webp",
                "imageConfig": {"imageOutputOptions": {"mimeType": "image/webp"}},
            },
            "imageConfig.imageOutputOptions.mimeType",
            "webp",
        ),
    ],
)
def test_the_configuration_says_the_format(
    config: dict[str, object], name: str, output_format: str
) -> None:
    asked = decoded(None, config)
    assert asked.options == Options(output_format=output_format)
    assert asked.name_of("output_format") == f"generationConfig.{name}"


@pytest.mark.parametrize(
    ("config", "param", "told"),
    [
        ({"responseMimeType": "image/gif"}, "responseMimeType", "image/webp"),
        ({"imageConfig": {"outputMimeType": "png"}}, "imageConfig.outputMimeType", "image/png"),
        (
            {"responseMimeType": "image/png", "imageConfig": {"outputMimeType": "image/jpeg"}},
            "imageConfig.outputMimeType",
            "contradicts generationConfig.responseMimeType",
        ),
        ({"responseFormat": [{"image": {"aspectRatio": "x"}}]}, "responseFormat", "imageConfig"),
        ({"responseFormat": {"image": {"imageSize": "x"}}}, "responseFormat", "imageConfig"),
        *(
            ({"imageConfig": {name: value}}, f"imageConfig.{name}", "unknown field")
            for name, value in (
                ("personGeneration", "ALLOW_ALL"),
                ("prominentPeople", "x"),
                ("outputCompressionQuality", 75),
            )
        ),
        (
            {"imageConfig": {"imageOutputOptions": {"compressionQuality": 75}}},
            "imageConfig.imageOutputOptions.compressionQuality",
            "unknown field",
        ),
    ],
)
def test_what_shapes_a_picture_and_cannot_be_told_is_named(
    config: dict[str, object], param: str, told: str
) -> None:
    error = refusal(body(None, config))
    assert error.param == f"generationConfig.{param}"
    assert told in error.message


def snake(value: object) -> object:
    """The same JSON with its names in snake_case."""
    if isinstance(value, dict):
        return {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in name): snake(item)
            for name, item in value.items()
        }
    return [snake(item) for item in value] if isinstance(value, list) else value


def test_camel_case_and_snake_case_ask_for_the_same() -> None:
    request = json.loads(
        body(
            user(
                {"text": "a cat"},
                {"inlineData": {"mimeType": "image/png", "data": PNG_64}},
                {"fileData": {"fileUri": URL}},
            ),
            {
                "candidateCount": 1,
                "responseModalities": ["IMAGE"],
                "imageConfig": {"aspectRatio": "4:3", "imageSize": "2K"},
            },
        )
    )
    in_snake_case = json.dumps(snake(request)).encode()
    assert b"Data" not in in_snake_case
    asked = decode("a-model", in_snake_case)
    assert asked == decode("a-model", json.dumps(request).encode())
    assert image_of(asked).shape == Shape(None, Ratio(4, 3), Resolution.TWO_K)
    assert len(image_of(asked).images) == 2


def test_fields_that_mean_nothing_to_a_painter_are_tolerated() -> None:
    instruction = {"parts": [{"text": "be brief"}]}
    assert decoded(safetySettings=[], tools=[], systemInstruction=instruction) == decoded()


@pytest.mark.parametrize(
    ("request_body", "param", "told"),
    [
        (b"", None, "not JSON"),
        (b"[]", None, "object"),
        (b"{}", "contents", "required"),
        (body([]), "contents", "at least 1"),
        (body({}), "contents", "array"),
        (body(["a cat"]), "contents[0]", "object"),
        (body(user({"text": 7})), "contents[0].parts[0].text", "string"),
        (body(user("a cat")), "contents[0].parts[0]", "object"),
        (body(user({"inlineData": {}})), "contents[0].parts[0].inlineData.data", "required"),
        (body([{"role": "model", "parts": [{"text": "a cat"}]}]), "contents", "of the role user"),
        (body([{"role": "user"}]), "contents[0].parts", "no prompt"),
        (body(user({"text": " \n"})), "contents[0].parts", "no prompt"),
        (body(user({"inlineData": {"data": PNG_64}})), "contents[0].parts", "no prompt"),
        (body([*user({"text": "a cat"}), *user({"text": ""})]), "contents[1].parts", "no prompt"),
        (
            body(user({"text": "a cat"}, {"inlineData": {"data": "c2VjcmV0"}})),
            "contents[0].parts[1].inlineData.data",
            "base64",
        ),
        (
            body(user({"text": "a cat"}, {"inlineData": {"data": "https://secret"}})),
            "contents[0].parts[1].inlineData.data",
            "base64",
        ),
        (
            body(user({"text": "a cat"}, {"fileData": {"fileUri": "gs://secret"}})),
            "contents[0].parts[1].fileData.fileUri",
            "URL",
        ),
        (body(None, {"candidateCount": 2}), "generationConfig.candidateCount", "1"),
        (body(None, {"candidateCount": 0}), "generationConfig.candidateCount", "1"),
        (
            body(None, {"responseModalities": ["TEXT"]}),
            "generationConfig.responseModalities",
            "IMAGE",
        ),
        (
            body(None, {"imageConfig": {"aspectRatio": ""}}),
            "generationConfig.imageConfig.aspectRatio",
            "16:9",
        ),
        (
            body(None, {"imageConfig": {"imageSize": "8" * 33}}),
            "generationConfig.imageConfig.imageSize",
            "(2K)",
        ),
        (
            body(None, {"imageConfig": {"imageSize": 2}}),
            "generationConfig.imageConfig.imageSize",
            "string",
        ),
    ],
)
def test_a_body_that_asks_for_nothing_is_told_which_field_is_wrong(
    request_body: bytes, param: str | None, told: str
) -> None:
    error = refusal(request_body)
    assert (error.param, told in error.message) == (param, True), error.message
    assert "secret" not in error.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(JSON, JSON, JSON)
def test_no_json_breaks_the_decoding(content: object, part: object, config: object) -> None:
    text = {"text": "a cat"}
    for request in (
        body(content or 7),
        body([content]),
        body(user(part)),
        body(user(text, {"inlineData": {"data": part}}, {"fileData": part})),
        body(user(text), {"imageConfig": config, "responseModalities": part}),
        body(user(text), {"imageConfig": {"aspectRatio": config, "imageSize": part}}),
    ):
        try:
            asked = decode("a-model", request)
        except InvalidRequest:
            continue
        assert text_of(asked) or image_of(asked).prompt.strip()


# What clients ask by themselves.

TITLE = "Based on the chat history, give this conversation a name.\nKeep it short."
INSTRUCTION = (
    "You are a professional conversation summarizer. Generate a concise title that captures"
)


@pytest.mark.parametrize(
    "request_body",
    [
        body(user({"text": TITLE})),
        body([*user({"text": "a cat"}), {"role": "model", "parts": []}, *user({"text": TITLE})]),
        # NextChat puts its instruction behind the person's words.
        body(user({"text": "a cat"}, {"text": TITLE})),
        body(user({"text": "hi"})),
        body(
            systemInstruction={
                "parts": [{"text": f"{INSTRUCTION} the essence of the conversation."}]
            }
        ),
    ],
)
def test_what_a_client_asks_by_itself_is_answered_with_a_text(request_body: bytes) -> None:
    decoded = decode("a-model", request_body)
    assert isinstance(decoded.wanted, TextReply)
    assert json.dumps(decoded.wanted.text) in decoded.wanted.body.decode()
    assert decoded.model == "a-model"
    settings = Settings(answer_hidden_prompts=False)
    assert image_of(gemini.decode(incoming(request_body, name="a-model", settings=settings))).prompt


@pytest.mark.parametrize(
    "instruction", [None, "be brief", [], {}, {"parts": 7}, {"parts": [7, {"text": 7}, {}]}]
)
def test_an_instruction_of_any_form_is_tolerated(instruction: object) -> None:
    assert text_of(decode("a-model", body(systemInstruction=instruction))) is None


def test_a_check_with_a_picture_is_a_persons() -> None:
    picture = {"inlineData": {"data": PNG_64}}
    assert text_of(decode("a-model", body(user({"text": "hi"}, picture)))) is None


def test_long_texts_of_earlier_turns_stay_outside_python() -> None:
    read: list[int] = []

    def kept(number: int) -> str:
        read.append(number)
        return "a cat"

    texts = LongTexts("mark:", kept, lambda number: blob(kept(number).encode()), lambda: None)
    contents = [
        *user({"text": "mark:0"}),
        {"role": "model", "parts": [{"text": "mark:1"}]},
        *user({"text": "mark:2"}),
        {"role": "model", "parts": [{"text": "mark:3"}]},
    ]
    assert image_of(decode("a-model", body(contents), texts)).prompt == "a cat"
    assert set(read) == {2}


# The picture before.


def picture_before(*parts: object, role: str = "model") -> InputImage | None:
    """The picture before a turn in words, after a content with these parts."""
    contents = [*user({"text": "a cat"}), {"role": role, "parts": parts}, *user({"text": "red"})]
    find = decode("a-model", body(contents)).previous
    assert find is not None
    return find()


@pytest.mark.parametrize(
    ("part", "param", "expected"),
    [
        ({"inlineData": {"mimeType": "image/png", "data": PNG_64}}, "inlineData.data", PNG),
        ({"inline_data": {"data": PNG_64}}, "inlineData.data", PNG),
        ({"fileData": {"fileUri": URL}}, "fileData.fileUri", URL),
        ({"text": f"![image]({URL})"}, None, URL),
        ({"text": f"![image](data:image/png;base64,{PNG_64})"}, None, PNG),
    ],
)
def test_the_picture_before_is_found_wherever_it_may_be(
    part: object, param: str | None, expected: str | bytes
) -> None:
    where = "contents[1].parts" + (f"[1].{param}" if param else "")
    found = picture_before({"text": "Here it is."}, part)
    if isinstance(expected, str):
        assert found == InputImage(where, expected)
    else:
        assert found == InputImage(where, content=blob(expected))


@pytest.mark.parametrize(
    "part",
    [
        {"inlineData": {"mimeType": "audio/wav", "data": PNG_64}},
        {"inlineData": {"mimeType": "image/png", "data": PNG_64}, "thought": True},
        {"text": "words"},
    ],
)
def test_neither_sound_nor_a_sketch_on_the_way_is_the_picture_before(part: object) -> None:
    assert picture_before(part) is None


def test_a_content_without_a_role_is_the_users() -> None:
    contents = [{"parts": [{"inlineData": {"data": PNG_64}}]}, {"parts": [{"text": "a cat"}]}]
    assert image_of(decode("a-model", body(contents))).images
    find = decode("a-model", body([contents[0], *contents[1:], *user({"text": "red"})])).previous
    assert find is not None
    assert find() == InputImage("contents[0].parts[0].inlineData.data", content=blob(PNG))


@pytest.mark.parametrize("field", ["editPrevious", "edit_previous"])
def test_a_request_may_say_that_it_edits_nothing(field: str) -> None:
    contents = [*user({"text": "a cat"}), *user({"text": "red"})]
    assert decode("a-model", body(contents, **{field: False})).previous is None
    assert decode("a-model", body(contents, **{field: True})).previous is not None
    assert decode("a-model", body()).previous is None
