from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import ImageEditCompletedEvent, ImageGenCompletedEvent, ImagesResponse

from easel.dialects.body import FormField
from easel.dialects.encoder import Opened, Stamp, told
from easel.dialects.openai_images import ImagesEncoder, ImagesRequest, decode_form, decode_json
from easel.errors import EaselError, InvalidRequest, RequestRefused, SurplusPictures, UpstreamBusy
from easel.images.blobs import blob
from easel.images.request import ImageRequest, InputImage, Options, Task
from easel.images.result import FilterNote, ImageResult, Picture
from easel.images.shape import Shape
from easel.images.size import Ratio, Resolution, Size
from easel.services.event_stream import EventDecoder

DEFAULT_MODEL = "the-default"
URL = "https://host/cat.png?Signature=a%2Bb"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
PNG_64 = b64encode(PNG).decode()
STAMP = Stamp("1", 1769418844)


def decoded(**fields: object) -> ImagesRequest:
    return decode_json(json.dumps({"prompt": "a cat", **fields}).encode(), DEFAULT_MODEL)


def form(*fields: FormField, task: Task = Task.EDIT) -> ImagesRequest:
    return decode_form(fields, task, DEFAULT_MODEL)


def edit(*fields: FormField) -> ImagesRequest:
    return form(FormField("prompt", "a cat"), FormField("image", content=blob(PNG)), *fields)


def refusal(**fields: object) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        decoded(**fields)
    assert caught.value.status == 400
    return caught.value


def form_refusal(*fields: FormField, task: Task = Task.EDIT) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        form(*fields, task=task)
    assert caught.value.status == 400
    return caught.value


# What a request asks for.


def test_a_prompt_alone_asks_the_default_model_for_one_picture_by_address() -> None:
    assert decoded() == ImagesRequest(
        ImageRequest(DEFAULT_MODEL, "a cat"), base64=False, stream=False
    )


# field, its value in JSON, its text in a form, and what it asks for
SHAPES: list[tuple[str, object, str, Shape]] = [
    ("size", "1024x1024", "1024x1024", Shape(Size(1024, 1024))),
    ("size", "1728×960", "1728×960", Shape(Size(1728, 960))),
    ("size", "16:9", "16:9", Shape(ratio=Ratio(16, 9))),
    ("size", "2k", "2k", Shape(resolution=Resolution.TWO_K)),
    ("size", "auto", "auto", Shape(auto=True)),
    ("aspect_ratio", "21:9", "21:9", Shape(ratio=Ratio(21, 9))),
    ("resolution", "4K", "4K", Shape(resolution=Resolution.FOUR_K)),
]
OPTIONS: list[tuple[str, object, str, Options]] = [
    ("quality", "hd", "hd", Options(quality="hd")),
    ("style", "vivid", "vivid", Options(style="vivid")),
    ("style_preset", "3d-model", "3d-model", Options(style_preset="3d-model")),
    ("background", "transparent", "transparent", Options(background="transparent")),
    ("output_format", "webp", "webp", Options(output_format="webp")),
    ("negative_prompt", "dogs", "dogs", Options(negative_prompt="dogs")),
    ("strength", 0.5, "0.5", Options(strength=0.5)),
    ("strength", 1, "1", Options(strength=1.0)),
    ("watermark", True, "true", Options(watermark=True)),
    ("watermark_enabled", False, "false", Options(watermark=False)),
    ("user_id", "user-123", "user-123", Options(user_id="user-123")),
    ("retries", 2, "2", Options(retries=2)),
    (
        "extra_body",
        {"sequential_image_generation": "auto"},
        '{"sequential_image_generation": "auto"}',
        Options(extra_body={"sequential_image_generation": "auto"}),
    ),
    (
        "extra_body",
        {"sequential_image_generation_options": {"max_images": 15}},
        '{"sequential_image_generation_options": {"max_images": 15}}',
        Options(extra_body={"sequential_image_generation_options": {"max_images": 15}}),
    ),
    (
        "extra_body",
        BAG := {
            "guidance": 7.5,
            "名": [None, {"deep": "x" * 5000}],
            "sequential_image_generation": "disabled",
            "sequential_image_generation_options": {"max_images": 3, "other": 1},
        },
        json.dumps(BAG),
        Options(extra_body=BAG),
    ),
    # Which models have the word, the services know.
    ("quality", "auto", "auto", Options(quality="auto")),
    ("background", "auto", "auto", Options(background="auto")),
]
# What OpenAI's clients send always.
WITHOUT_EFFECT: list[tuple[str, object, str]] = [
    ("n", 1, "1"),
    ("user", "me", "me"),
    ("safety_identifier", "me", "me"),
    ("moderation", "auto", "auto"),
    ("partial_images", 0, "0"),
    ("partial_images", 1, "1"),
    ("partial_images", 3, "3"),
    ("extra_body", {}, "{}"),
    ("extra_body", {"sequential_image_generation": None}, '{"sequential_image_generation": null}'),
    ("output_compression", 100, "100"),
    ("response_format", "url", "url"),
    ("stream", False, "false"),
    ("async", False, "false"),
]


@pytest.mark.parametrize(("name", "value", "text", "shape"), SHAPES)
def test_a_shape_is_asked_for_in_json_and_in_a_form(
    name: str, value: object, text: str, shape: Shape
) -> None:
    assert decoded(**{name: value}).image.shape == shape
    assert edit(FormField(name, text)).image.shape == shape


@pytest.mark.parametrize(("name", "value", "text", "options"), OPTIONS)
def test_an_option_is_asked_for_in_json_and_in_a_form(
    name: str, value: object, text: str, options: Options
) -> None:
    assert decoded(**{name: value}) == replace(
        decoded(), image=replace(decoded().image, options=options)
    )
    assert edit(FormField(name, text)) == replace(
        edit(), image=replace(edit().image, options=options)
    )


@pytest.mark.parametrize(("name", "value", "text"), WITHOUT_EFFECT)
def test_what_clients_send_always_changes_nothing(name: str, value: object, text: str) -> None:
    assert decoded(**{name: value}) == decoded()
    assert edit(FormField(name, text)) == edit()


@pytest.mark.parametrize("name", ["model", "size", "quality", "image", "mask", "extra_body", "n"])
def test_null_is_the_same_as_nothing(name: str) -> None:
    assert decoded(**{name: None}) == decoded()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        *(row[:3] for row in SHAPES),
        *(row[:3] for row in OPTIONS),
        *WITHOUT_EFFECT,
        ("model", "geekai/gpt-image-1", "geekai/gpt-image-1"),
        ("n", 10, "10"),
        ("response_format", "b64_json", "b64_json"),
        ("stream", True, "true"),
        ("async", True, "true"),
        ("mask", URL, URL),
        ("mask", PNG_64, PNG_64),
    ],
)
def test_json_and_a_form_ask_for_the_same(name: str, value: object, text: str) -> None:
    as_form = form(FormField("prompt", "a cat"), FormField("image", URL), FormField(name, text))
    assert as_form == decoded(image=URL, **{name: value})


@pytest.mark.parametrize("n", [1, 4, 10])
def test_several_pictures_may_be_asked_for(n: int) -> None:
    assert decoded(n=n).image.n == n


def test_a_picture_in_json_makes_it_an_edit() -> None:
    one, two = InputImage("image", url=URL), InputImage("image", content=blob(PNG))
    assert decoded(image=URL).image == replace(decoded().image, task=Task.EDIT, images=(one,))
    assert decoded(image=[URL, PNG_64]).image.images == (one, two)
    assert decoded(image=f"data:image/png;base64,{PNG_64}").image.images == (two,)


def test_a_mask_goes_with_the_picture() -> None:
    asked = decoded(image=URL, mask=PNG_64).image
    assert asked.mask == InputImage("mask", content=blob(PNG))
    file = InputImage("mask", content=blob(PNG))
    assert edit(FormField("mask", content=blob(PNG))).image.mask == file


@pytest.mark.parametrize("name", ["image", "image[]"])
def test_a_form_holds_one_picture_or_several(name: str) -> None:
    other = b"GIF89a" + bytes(20)
    asked = form(
        FormField("prompt", "a cat"),
        FormField(name, content=blob(PNG)),
        FormField(name, content=blob(other)),
    )
    assert asked.image.task is Task.EDIT
    assert asked.image.images == (
        InputImage("image", content=blob(PNG)),
        InputImage("image", content=blob(other)),
    )


def test_a_variation_needs_a_picture_and_no_prompt_and_no_model() -> None:
    asked = form(FormField("image", content=blob(PNG)), FormField("n", "2"), task=Task.VARY)
    image = InputImage("image", content=blob(PNG))
    expected = ImageRequest(DEFAULT_MODEL, "", task=Task.VARY, n=2, images=(image,))
    assert asked == ImagesRequest(expected, base64=False, stream=False)


def test_a_variation_with_a_prompt_is_refused_and_the_prompt_not_dropped() -> None:
    with pytest.raises(InvalidRequest) as caught:
        form(FormField("image", content=blob(PNG)), FormField("prompt", "a dog"), task=Task.VARY)
    assert (caught.value.param, "images/edits" in caught.value.message) == ("prompt", True)


# How the pictures are asked for.


@pytest.mark.parametrize(
    ("fields", "base64"),
    [
        ({}, False),
        ({"model": "cogview-4"}, False),
        ({"model": "dall-e-3"}, False),
        ({"model": "cogview-4", "response_format": "b64_json"}, True),
        ({"model": "gpt-image-1"}, False),
        ({"model": "geekai/gpt-image-1"}, False),
        ({"model": "geekai/gpt-image-2", "response_format": None}, False),
        ({"model": "geekai/gpt-image-1", "response_format": "b64_json"}, True),
        ({"model": "gpt-image-1", "response_format": "url"}, False),
        ({"model": "gpt-image-1", "async": True}, False),
        ({"stream": True}, True),
        ({"stream": True, "response_format": "b64_json"}, True),
    ],
)
def test_addresses_are_the_default_but_not_of_a_stream(
    fields: dict[str, object], *, base64: bool
) -> None:
    assert decoded(**fields).base64 is base64


@pytest.mark.parametrize(
    ("fields", "stream"), [({}, False), ({"stream": None}, False), ({"stream": True}, True)]
)
def test_a_stream_comes_only_where_it_is_asked_for(
    fields: dict[str, object], *, stream: bool
) -> None:
    assert decoded(**fields).stream is stream


def test_a_task_is_asked_for_by_async() -> None:
    asked = decoded(**{"async": True, "response_format": "url"})
    expected = replace(decoded().image, asynchronous=True)
    assert asked == ImagesRequest(expected, base64=False, stream=False)


# What is refused.


@pytest.mark.parametrize(
    ("fields", "param", "told"),
    [
        ({"prompt": ""}, "prompt", "what to paint"),
        ({"prompt": " \n"}, "prompt", "what to paint"),
        ({"prompt": None}, "prompt", "string"),
        ({"prompt": 7}, "prompt", "string"),
        ({"n": 0}, "n", "greater than or equal to 1"),
        ({"n": 11}, "n", "less than or equal to 10"),
        ({"n": "2"}, "n", "integer"),
        ({"size": "l" * 33}, "size", "1024x1024"),
        ({"size": "1024x1024", "aspect_ratio": "16:9"}, "aspect_ratio", "contradicts"),
        ({"image": []}, "image", "left out"),
        ({"image": ""}, "image", "address"),
        ({"mask": ""}, "mask", "address"),
        ({"resolution": ""}, "resolution", "resolution: must be pixels (1024x1024), a ratio"),
        ({"size": "1K", "resolution": "2K"}, "resolution", "resolution: "),
        ({"response_format": "png"}, "response_format", "'url' or 'b64_json'"),
        ({"moderation": "low"}, "moderation", "auto"),
        ({"partial_images": 4}, "partial_images", "3"),
        ({"partial_images": -1}, "partial_images", "0"),
        ({"output_compression": 50}, "output_compression", "100"),
        ({"image": "a cat"}, "image", "address"),
        ({"image": [URL, "a cat"]}, "image", "address"),
        ({"mask": "a cat"}, "mask", "address"),
        ({"watermark": True, "watermark_enabled": False}, "watermark_enabled", "contradicts"),
        ({"watermark": False, "watermark_enabled": True}, "watermark_enabled", "contradicts"),
        ({"async": "yes"}, "async", "boolean"),
        ({"async": True, "stream": True}, "async", "no stream"),
        ({"async": True, "response_format": "b64_json"}, "async", "no b64_json"),
        ({"stream": True, "response_format": "url"}, "response_format", "stream"),
        (
            {"extra_body": {"sequential_image_generation": "on"}},
            "extra_body.sequential_image_generation",
            "'auto' or 'disabled'",
        ),
        ({"extra_body": []}, "extra_body", "object"),
        (
            {"extra_body": {"sequential_image_generation_options": {"max_images": 16}}},
            "extra_body.sequential_image_generation_options.max_images",
            "less than or equal to 15",
        ),
    ],
)
def test_what_cannot_be_honoured_is_told_by_its_field(
    fields: dict[str, object], param: str, told: str
) -> None:
    error = refusal(**fields)
    assert (error.param, told in error.message) == (param, True), error.message


def test_two_spellings_of_the_same_watermark_are_no_contradiction() -> None:
    asked = decoded(watermark=False, watermark_enabled=False)
    assert asked.image.options == Options(watermark=False)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"colour": "red"}, "colour"),
        ({"messages": []}, "messages"),
        # Fields of OpenAI's that no service here has.
        ({"input_fidelity": "high"}, "input_fidelity"),
        ({"markup": PNG_64}, "markup"),
    ],
)
def test_an_unknown_field_is_refused_and_not_dropped(fields: dict[str, object], param: str) -> None:
    error = refusal(**fields)
    assert (error.code, error.param) == ("unknown_parameter", param)
    (name, value), = fields.items()  # fmt: skip
    text = value if isinstance(value, str) else json.dumps(value)
    in_form = form_refusal(
        FormField("prompt", "a cat"), FormField("image", content=blob(PNG)), FormField(name, text)
    )
    assert (in_form.code, in_form.param) == ("unknown_parameter", param)


def test_a_file_of_an_unknown_name_is_an_unknown_field() -> None:
    error = form_refusal(PROMPT, IMAGE, FormField("markup", content=blob(PNG)))
    assert (error.code, error.param) == ("unknown_parameter", "markup")


PROMPT, IMAGE = FormField("prompt", "a cat"), FormField("image", content=blob(PNG))


@pytest.mark.parametrize(
    ("fields", "task", "param"),
    [
        ([IMAGE], Task.EDIT, "prompt"),
        ([PROMPT], Task.EDIT, "image"),
        ([], Task.VARY, "image"),
        ([PROMPT, FormField("image", "a cat")], Task.EDIT, "image"),
        ([PROMPT, FormField("image", "")], Task.EDIT, "image"),
        ([PROMPT, FormField("image[]", content=blob(b"%PDF-1.7"))], Task.EDIT, "image"),
        ([PROMPT, IMAGE, FormField("mask", content=blob(b"%PDF-1.7"))], Task.EDIT, "mask"),
        (
            [
                PROMPT,
                IMAGE,
                FormField("mask", content=blob(PNG)),
                FormField("mask", content=blob(PNG)),
            ],
            Task.EDIT,
            "mask",
        ),
        ([FormField("prompt", content=blob(b"a cat")), IMAGE], Task.EDIT, "prompt"),
        ([PROMPT, IMAGE, FormField("n", "many")], Task.EDIT, "n"),
        ([PROMPT, IMAGE, FormField("n", "11")], Task.EDIT, "n"),
        ([PROMPT, IMAGE, FormField("async", "maybe")], Task.EDIT, "async"),
        ([PROMPT, IMAGE, FormField("resolution", " ")], Task.EDIT, "resolution"),
        ([PROMPT, FormField("prompt", "a dog"), IMAGE], Task.EDIT, "prompt"),
    ],
)
def test_a_form_is_refused_by_its_field(fields: list[FormField], task: Task, param: str) -> None:
    assert form_refusal(*fields, task=task).param == param


def test_a_body_that_is_no_json_is_told_so() -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_json(b'{"prompt": "secret"', DEFAULT_MODEL)
    assert caught.value.code == "invalid_json"
    assert "secret" not in caught.value.message
    error = form_refusal(PROMPT, IMAGE, FormField("extra_body", "secret"))
    assert error.code == "invalid_json"
    assert "secret" not in error.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["prompt", "model", "n", "size", "image", "mask", "strength", "async", "stream", "extra_body"]
)


@given(st.dictionaries(NAMES, JSON))
def test_no_json_breaks_the_decoding(fields: dict[str, object]) -> None:
    try:
        asked = decoded(**fields)
    except InvalidRequest:
        return
    assert asked.image.prompt == fields.get("prompt", "a cat")


@given(st.lists(st.tuples(NAMES | st.just("image[]"), st.text(max_size=8)), max_size=4))
def test_no_form_breaks_the_decoding(fields: list[tuple[str, str]]) -> None:
    try:
        asked = edit(*(FormField(name, text) for name, text in fields))
    except InvalidRequest:
        return
    assert asked.image.task is Task.EDIT


# What is answered.

ONE = Picture("https://host/1.png?Signature=a%2Bb")
TWO = Picture("https://host/2.png", revised_prompt='a "ginger" cat\n一只猫')
BUSY = UpstreamBusy("busy")


def answer(
    *, base64: bool = False, stream: bool = False, task: Task = Task.GENERATE, prefix: str = ""
) -> ImagesEncoder:
    return ImagesEncoder(base64, stream, task, STAMP, prefix)


def written(
    to: ImagesEncoder,
    painted: ImageResult,
    *,
    failures: Sequence[EaselError] = (),
    mime_type: str = "image/png",
) -> bytes:
    """The whole answer, as the shell puts it together; the nth picture's base64 is n times QUJD."""
    pieces = [to.opening(painted)]
    carried = to.carries_pictures(painted)
    if carried:
        for index, picture in enumerate(painted.pictures):
            head, tail = to.around(index, Opened(picture, mime_type, picture.size))
            pieces += [head, b"QUJD" * (index + 1), tail]
    return b"".join([*pieces, to.closing(painted, failures, carried=carried)])


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
    body = read(written(answer(base64=base64), ImageResult((ONE,)), failures=[BUSY, refused]))
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


def test_what_the_content_filter_found_is_told() -> None:
    notes = (FilterNote("user", 3), FilterNote("assistant", 2))
    expected = [{"role": "user", "level": 3}, {"role": "assistant", "level": 2}]
    for base64 in (True, False):
        body = read(written(answer(base64=base64), ImageResult((ONE,), content_filter=notes)))
        assert body["content_filter"] == expected


@pytest.mark.parametrize("base64", [True, False])
def test_what_is_known_of_each_picture_is_told_in_one_object(*, base64: bool) -> None:
    pictures = (replace(ONE, size=Size(1, 2), content_filter=(FilterNote("user", 3),)), TWO)
    body = read(written(answer(base64=base64), ImageResult(pictures)))
    assert body["easel"] == told(pictures)["easel"]


def test_an_event_tells_what_is_known_of_its_picture_in_the_same_object() -> None:
    pictures = (replace(ONE, size=Size(1, 2), content_filter=(FilterNote("user", 3),)), TWO)
    found = events(written(answer(base64=True, stream=True), ImageResult(pictures)))
    expected = [told([picture])["easel"] for picture in pictures]
    assert [data["easel"] for _, data in found] == expected


def test_a_task_is_answered_by_its_id_and_its_service() -> None:
    painted = ImageResult((), "0a1b", "running")
    assert read(written(answer(prefix="geekai-"), painted)) == {
        "created": 1769418844,
        "data": [],
        "task_id": "geekai-0a1b",
        "task_status": "running",
    }


def test_a_task_that_is_done_has_its_pictures() -> None:
    painted = ImageResult((replace(ONE, size=Size(1, 2)),), "0a1b", "succeed")
    assert read(written(answer(prefix="bigmodel-"), painted)) == {
        "created": 1769418844,
        "data": [{"url": ONE.url}],
        "size": "1x2",
        "task_id": "bigmodel-0a1b",
        "task_status": "succeed",
        "easel": {"pictures": [{"size": "1x2"}]},
    }


def test_a_task_that_failed_says_why() -> None:
    painted = ImageResult((), "0a1b", "failed", failure=RequestRefused("refused"))
    body = read(written(answer(prefix="geekai-"), painted))
    assert (body["data"], body["task_status"]) == ([], "failed")
    assert body["error"] == {
        "message": "refused",
        "type": "invalid_request_error",
        "param": None,
        "code": "upstream_refused",
    }


@pytest.mark.parametrize("mime_type", ["image/png", "image/jpeg", "image/webp"])
@pytest.mark.parametrize("task", [Task.GENERATE, Task.VARY])
def test_a_stream_has_the_event_of_a_generation(mime_type: str, task: Task) -> None:
    to = answer(base64=True, stream=True, task=task)
    painted = ImageResult((replace(ONE, size=Size(1344, 768)),))
    ((name, data),) = events(written(to, painted, mime_type=mime_type))
    event = ImageGenCompletedEvent.model_validate(data, strict=True)
    assert name == event.type == "image_generation.completed"
    assert (event.b64_json, event.created_at, event.size) == ("QUJD", 1769418844, "1344x768")
    assert event.output_format == mime_type.removeprefix("image/")
    assert event.usage.total_tokens == 0


def test_a_stream_has_the_event_of_an_edit() -> None:
    to = answer(base64=True, stream=True, task=Task.EDIT)
    ((name, data),) = events(written(to, ImageResult((ONE,))))
    event = ImageEditCompletedEvent.model_validate(data, strict=True)
    assert name == event.type == "image_edit.completed"
    assert (event.b64_json, event.size) == ("QUJD", "auto")


def test_a_stream_has_an_event_for_each_picture_and_for_each_failure() -> None:
    to = answer(base64=True, stream=True)
    first, second, failure = events(written(to, ImageResult((ONE, TWO)), failures=[BUSY]))
    assert [first[1]["b64_json"], second[1]["b64_json"]] == ["QUJD", "QUJDQUJD"]
    for _, data in (first, second):
        ImageGenCompletedEvent.model_validate(data, strict=True)
    assert failure[1]["error"]["code"] == "rate_limit_exceeded"


def test_pictures_that_are_not_passed_on_are_no_error_of_a_stream() -> None:
    surplus = SurplusPictures("9 instead of 1")
    body = written(answer(base64=True, stream=True), ImageResult((ONE,)), failures=[surplus])
    decoder = EventDecoder()
    event, done = decoder.decode(body) + decoder.flush()
    assert ("error" in json.loads(event), done) == (False, "[DONE]")
    assert b": 9 instead of 1\n\n" in body
    plain = read(written(answer(), ImageResult((ONE,)), failures=[surplus]))
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
