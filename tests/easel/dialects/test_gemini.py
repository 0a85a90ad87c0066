from __future__ import annotations

import inspect
import json
from base64 import b64encode, urlsafe_b64encode
from dataclasses import replace
from typing import Any

import pytest
from google.genai.types import CountTokensResponse, GenerateContentResponse
from hypothesis import given
from hypothesis import strategies as st

from easel import errors
from easel.dialects.encoder import Opened, Stamp, told
from easel.dialects.gemini import (
    Framing,
    GeminiEncoder,
    GeminiRequest,
    decode,
    error_object,
    framing,
    token_count,
)
from easel.errors import EaselError, InvalidRequest, MethodNotAllowed, SurplusPictures, UpstreamBusy
from easel.images.blobs import LongTexts, blob
from easel.images.request import ImageRequest, InputImage, Options, Task
from easel.images.result import FilterNote, ImageResult, Picture
from easel.images.shape import Shape
from easel.images.size import Ratio, Resolution, Size

URL = "https://host/cat.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
PNG_64 = b64encode(PNG).decode()
STAMP = Stamp("1", 1769418844)
PICTURE = Picture("https://host/p.png?Signature=a%2Bb")
PAINTED = ImageResult((PICTURE,))


def body(contents: object = None, config: object = None, **fields: object) -> bytes:
    if contents is None:
        contents = user({"text": "a cat"})
    if config is not None:
        fields["generationConfig"] = config
    return json.dumps({"contents": contents, **fields}).encode()


def user(*parts: object) -> list[dict[str, object]]:
    return [{"role": "user", "parts": list(parts)}]


def decoded(contents: object = None, config: object = None, **fields: object) -> ImageRequest:
    return decode("a-model", body(contents, config, **fields)).image


def refusal(request: bytes) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        decode("a-model", request)
    assert caught.value.status == 400
    return caught.value


def test_no_tokens_are_counted_as_every_answer_says() -> None:
    count = CountTokensResponse.model_validate_json(token_count())
    assert count.total_tokens == 0


# What a request asks for.


def test_a_text_asks_for_a_picture_by_the_model_of_the_path() -> None:
    assert decode("geekai/Nano-Banana", body()) == GeminiRequest(
        ImageRequest("geekai/Nano-Banana", "a cat")
    )


@pytest.mark.parametrize(
    "contents",
    [
        user({"text": "a cat"}),
        [{"parts": [{"text": "a cat"}]}],
        [{"role": None, "parts": [{"text": "a cat"}]}],
        [*user({"text": "a dog"}), {"role": "model", "parts": []}, *user({"text": "a cat"})],
        [*user({"text": "a cat"}), {"role": "model", "parts": [{"text": "here"}]}],
        [*user({"inlineData": {"data": "x"}}), *user({"text": "a cat"})],
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
        task=Task.EDIT,
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
            ({"imageConfig": {name: value}}, f"imageConfig.{name}", "no such field")
            for name, value in (
                ("personGeneration", "ALLOW_ALL"),
                ("prominentPeople", "x"),
                ("outputCompressionQuality", 75),
            )
        ),
        (
            {"imageConfig": {"imageOutputOptions": {"compressionQuality": 75}}},
            "imageConfig.imageOutputOptions.compressionQuality",
            "no such field",
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
    assert asked.image.shape == Shape(None, Ratio(4, 3), Resolution.TWO_K)
    assert len(asked.image.images) == 2


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
        (body([{"role": "model", "parts": [{"text": "a cat"}]}]), "contents", "no content"),
        (body([{"role": "user"}]), "contents[0].parts", "no text"),
        (body(user({"text": " \n"})), "contents[0].parts", "no text"),
        (body(user({"inlineData": {"data": PNG_64}})), "contents[0].parts", "no text"),
        (body([*user({"text": "a cat"}), *user({"text": ""})]), "contents[1].parts", "no text"),
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
            "address",
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
        assert asked.image.prompt.strip() or asked.said


# What is answered.


def answer(framing: Framing, model: str = "a-model") -> GeminiEncoder:
    return GeminiEncoder(model, framing, STAMP)


def written(
    to: GeminiEncoder, painted: ImageResult = PAINTED, mime_type: str = "image/jpeg"
) -> bytes:
    """The whole answer, as the shell puts it together; the nth picture's base64 is n times QUJD."""
    assert to.carries_pictures(painted)
    pieces = [to.opening(painted)]
    for index, picture in enumerate(painted.pictures):
        head, tail = to.around(index, Opened(picture, mime_type, picture.size))
        pieces += [head, b"QUJD" * (index + 1), tail]
    return b"".join([*pieces, to.closing(painted, [], carried=True)])


def unframed(framing: Framing, text: bytes) -> dict[str, Any]:
    """The one object of an answer."""
    if framing is Framing.EVENTS:
        assert text.startswith(b"data: ")
        assert text.endswith(b"\n\n")
        text = text.removeprefix(b"data: ")
    parsed = json.loads(text)
    if framing is Framing.ARRAY:
        (parsed,) = parsed
    assert isinstance(parsed, dict)
    return parsed


@pytest.mark.parametrize("framing", Framing)
def test_the_answer_is_the_documented_object_in_each_framing(framing: Framing) -> None:
    # Google's API reference, GenerateContentResponse; `role`, `finishReason`, `index` and
    # `usageMetadata` are what google-genai wants beside the picture.
    noted = replace(PICTURE, size=Size(8, 9), content_filter=(FilterNote("user", 3),))
    assert unframed(framing, written(answer(framing), ImageResult((noted,)))) == {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [{"inlineData": {"mimeType": "image/jpeg", "data": "QUJD"}}],
                },
                "finishReason": "STOP",
                "index": 0,
                "finishMessage": json.dumps(told([noted])),
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 0,
            "candidatesTokenCount": 0,
            "totalTokenCount": 0,
        },
        "modelVersion": "a-model",
        "responseId": "1",
        "modelStatus": {"message": json.dumps(told([noted]))},
    }


@pytest.mark.parametrize("framing", Framing)
def test_what_is_known_of_the_pictures_is_a_text_that_the_types_have_room_for(
    framing: Framing,
) -> None:
    noted = replace(PICTURE, size=Size(8, 9), revised_prompt='a "ginger" cat 猫')
    body = unframed(framing, written(answer(framing), ImageResult((noted, PICTURE)), "image/png"))
    read = GenerateContentResponse.model_validate_json(json.dumps(body), strict=True)
    (candidate,) = read.candidates or []
    assert read.model_status is not None
    for text in (candidate.finish_message, read.model_status.message):
        assert json.loads(text or "") == told([noted, PICTURE])
    spoken = replace(answer(framing), said="a title").closing(ImageResult(), [], carried=False)
    assert "finishMessage" not in unframed(framing, spoken)["candidates"][0]
    assert "modelStatus" not in unframed(framing, spoken)


@pytest.mark.parametrize("framing", Framing)
def test_several_pictures_are_several_parts(framing: Framing) -> None:
    painted = ImageResult((PICTURE, PICTURE))
    (candidate,) = unframed(framing, written(answer(framing), painted, "image/png"))["candidates"]
    datas = [part["inlineData"] for part in candidate["content"]["parts"]]
    assert datas == [
        {"mimeType": "image/png", "data": "QUJD"},
        {"mimeType": "image/png", "data": "QUJDQUJD"},
    ]


@pytest.mark.parametrize("framing", Framing)
def test_what_is_not_there_is_told_in_words(framing: Framing) -> None:
    to, failures = answer(framing), [UpstreamBusy("busy"), SurplusPictures("9 instead of 1")]
    head, tail = to.around(0, Opened(PICTURE, "image/png", None))
    body = to.opening(PAINTED) + head + tail + to.closing(PAINTED, failures, carried=True)
    (candidate,) = unframed(framing, body)["candidates"]
    assert candidate["content"]["parts"][1:] == [
        {"text": "(A picture is missing: busy)"},
        {"text": "(9 instead of 1)"},
    ]


@pytest.mark.parametrize(
    ("framing", "stream", "content_type"),
    [
        (Framing.WHOLE, False, "application/json; charset=utf-8"),
        (Framing.EVENTS, True, "text/event-stream; charset=utf-8"),
        (Framing.ARRAY, True, "application/json; charset=utf-8"),
    ],
)
def test_each_framing_names_its_content_type(
    framing: Framing, content_type: str, *, stream: bool
) -> None:
    assert (answer(framing).stream, answer(framing).content_type) == (stream, content_type)


@pytest.mark.parametrize("framing", Framing)
def test_a_late_error_is_the_error_object_in_each_framing(framing: Framing) -> None:
    late = answer(framing).late_error(UpstreamBusy("busy"))
    found = unframed(framing, late)
    # The status of a whole answer is 200 by then, and google-genai looks at nothing but this.
    why = found.pop("candidates", None)
    assert (why is None) == (framing is not Framing.WHOLE)
    content = {"role": "model", "parts": [{"text": "busy"}]}
    assert why in (None, [{"content": content, "finishReason": "OTHER", "index": 0}])
    assert found == json.loads(error_object(UpstreamBusy("busy")))


@pytest.mark.parametrize(
    "stream",
    [
        written(answer(Framing.EVENTS)),
        answer(Framing.EVENTS).late_error(UpstreamBusy("busy")),
    ],
)
def test_a_stream_has_no_comment_no_event_name_and_no_done(stream: bytes) -> None:
    # Each of them makes google-genai throw (tried 2026-11-20).
    line, *rest = stream.split(b"\n")
    assert line.startswith(b"data: {")
    assert rest == [b"", b""]


@given(model=st.text(), framing=st.sampled_from(Framing))
def test_no_name_of_a_model_can_move_the_picture(model: str, framing: Framing) -> None:
    parsed = unframed(framing, written(answer(framing, model)))
    assert parsed["candidates"][0]["content"]["parts"][0]["inlineData"]["data"] == "QUJD"
    assert parsed["modelVersion"] == model


# How errors are told.

# google.rpc.Code, as Google's table of HTTP mappings has it where it has one.
WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

ALL = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, EaselError)
]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_a_word_of_gemini(kind: type[EaselError]) -> None:
    is_method = issubclass(kind, MethodNotAllowed)
    error = MethodNotAllowed("message", allow=("GET",)) if is_method else kind("message")
    assert json.loads(error_object(error)) == {
        "error": {
            "code": error.status,
            "message": "message",
            "status": WORDS[error.status],
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": error.code,
                    "domain": "easel",
                    "metadata": {},
                }
            ],
        }
    }


def test_an_error_names_its_field() -> None:
    error = InvalidRequest("wrong", param="contents[0].parts")
    (info,) = json.loads(error_object(error))["error"]["details"]
    assert info["metadata"] == {"param": "contents[0].parts"}


@pytest.mark.parametrize(
    ("streamed", "query", "expected"),
    [
        (False, "", Framing.WHOLE),
        (False, "alt=sse", Framing.WHOLE),
        (True, "alt=sse", Framing.EVENTS),
        (True, "key=x&alt=sse", Framing.EVENTS),
        (True, "", Framing.ARRAY),
        (True, "alt=json", Framing.ARRAY),
    ],
)
def test_method_and_query_decide_how_an_answer_is_cut(
    *, streamed: bool, query: str, expected: Framing
) -> None:
    assert framing(query, streamed=streamed) is expected


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
    asked = decode("a-model", request_body)
    assert asked.said
    assert (asked.image.model, asked.image.prompt) == ("a-model", "")
    assert decode("a-model", request_body, answer_hidden_prompts=False).said is None


@pytest.mark.parametrize(
    "instruction", [None, "be brief", [], {}, {"parts": 7}, {"parts": [7, {"text": 7}, {}]}]
)
def test_an_instruction_of_any_form_is_tolerated(instruction: object) -> None:
    assert decode("a-model", body(systemInstruction=instruction)).said is None


def test_a_check_with_a_picture_is_a_persons() -> None:
    picture = {"inlineData": {"data": PNG_64}}
    assert decode("a-model", body(user({"text": "hi"}, picture))).said is None


@pytest.mark.parametrize("framing", Framing)
def test_a_text_is_answered_in_the_same_form_as_a_picture(framing: Framing) -> None:
    answer = GeminiEncoder("m", framing, STAMP, said='{"title": "猫"}')
    painted = ImageResult()
    assert not answer.carries_pictures(painted)
    whole = answer.closing(painted, (), carried=False).decode()
    if framing is Framing.EVENTS:
        whole = whole.removeprefix("data: ")
    found = json.loads(whole)
    found = found[0] if framing is Framing.ARRAY else found
    parsed = GenerateContentResponse.model_validate(found)
    assert parsed.text == '{"title": "猫"}'
    assert found["candidates"][0]["finishReason"] == "STOP"


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
    assert decode("a-model", body(contents), texts).image.prompt == "a cat"
    assert set(read) == {2}
