from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from google.genai.types import GenerateContentResponse
from hypothesis import given
from hypothesis import strategies as st

from easel.dialects.encoder import Opened, Stamp
from easel.dialects.gemini_encoder import Framing, GeminiEncoder, framing
from easel.dialects.gemini_errors import error_object
from easel.errors import SurplusPictures, UpstreamBusy
from easel.images.result import FilterNote, ImageResult, Picture
from easel.images.size import Size
from tests.easel.dialects.incoming import known

STAMP = Stamp("1", 1769418844)
PICTURE = Picture("https://host/p.png?Signature=a%2Bb")
PAINTED = ImageResult((PICTURE,))


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
                "finishMessage": json.dumps(known([noted])),
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 0,
            "candidatesTokenCount": 0,
            "totalTokenCount": 0,
        },
        "modelVersion": "a-model",
        "responseId": "1",
        "modelStatus": {"message": json.dumps(known([noted]))},
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
        assert json.loads(text or "") == known([noted, PICTURE])
    spoken = answer(framing).text_reply("a title")
    assert "finishMessage" not in unframed(framing, spoken)["candidates"][0]
    assert "modelStatus" not in unframed(framing, spoken)


@pytest.mark.parametrize("framing", Framing)
def test_who_wants_links_gets_them_in_the_field_of_google(framing: Framing) -> None:
    to = replace(answer(framing), links=True)
    painted = ImageResult((PICTURE,), errors=())
    assert not to.carries_pictures(painted)
    body = unframed(framing, to.closing(painted, [UpstreamBusy("Busy.")], carried=False))
    read = GenerateContentResponse.model_validate_json(json.dumps(body), strict=True)
    assert read.candidates is not None
    content = read.candidates[0].content
    assert content is not None
    picture, told = content.parts or []
    assert picture.file_data is not None
    assert picture.file_data.file_uri == PICTURE.url
    assert "Busy" in (told.text or "")
    # A picture that has no address comes itself.
    assert to.carries_pictures(ImageResult((Picture(base64="QUJD"),)))


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
    to, errors = answer(framing), [UpstreamBusy("busy"), SurplusPictures("9 instead of 1")]
    head, tail = to.around(0, Opened(PICTURE, "image/png", None))
    body = to.opening(PAINTED) + head + tail + to.closing(PAINTED, errors, carried=True)
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


@pytest.mark.parametrize(
    ("stream", "query", "expected"),
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
    *, stream: bool, query: str, expected: Framing
) -> None:
    assert framing(query, stream=stream) is expected


@pytest.mark.parametrize("framing", Framing)
def test_a_text_is_answered_in_the_same_form_as_a_picture(framing: Framing) -> None:
    whole = answer(framing).text_reply('{"title": "猫"}').decode()
    if framing is Framing.EVENTS:
        whole = whole.removeprefix("data: ")
    found = json.loads(whole)
    found = found[0] if framing is Framing.ARRAY else found
    parsed = GenerateContentResponse.model_validate(found)
    assert parsed.text == '{"title": "猫"}'
    assert found["candidates"][0]["finishReason"] == "STOP"


@pytest.mark.parametrize("framing", Framing)
def test_how_it_was_painted_is_a_text_behind_the_picture(framing: Framing) -> None:
    told = replace(PAINTED, remark="From a cat.")
    found = unframed(framing, written(answer(framing), told))
    GenerateContentResponse.model_validate(found)
    _, text = found["candidates"][0]["content"]["parts"]
    assert text == {"text": "(From a cat.)"}
