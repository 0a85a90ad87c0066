from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.dialects.body import FormField
from easel.dialects.dialect import Decoded, PaintOperation, TaskOperation
from easel.dialects.images_encoder import ImagesEncoder
from easel.dialects.openai_images import OPERATIONS, decode_form, decode_json
from easel.errors import EaselError, InvalidRequest
from easel.images.blobs import blob
from easel.images.request import Action, ImageRequest, InputImage, Options
from easel.images.shape import Shape
from easel.images.size import Ratio, Resolution, Size
from easel.settings import Settings
from tests.easel.dialects.incoming import STAMP, image_of, incoming

DEFAULT_MODEL = "the-default"
URL = "https://host/cat.png?Signature=a%2Bb"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
PNG_64 = b64encode(PNG).decode()


SETTINGS = Settings(default_image_model=DEFAULT_MODEL)


def decoded(**fields: object) -> Decoded:
    body = json.dumps({"prompt": "a cat", **fields}).encode()
    return decode_json(incoming(body, settings=SETTINGS))


def form(*fields: FormField, action: Action = Action.EDIT) -> Decoded:
    return decode_form(incoming(form=fields, settings=SETTINGS), action)


def asked(image: ImageRequest, *, base64: bool = False, stream: bool = False) -> Decoded:
    return Decoded(image, image.model, ImagesEncoder(base64, stream, image.action, STAMP))


def encoder_of(**fields: object) -> ImagesEncoder:
    encoder = decoded(**fields).encoder
    assert isinstance(encoder, ImagesEncoder)
    return encoder


def edit(*fields: FormField) -> Decoded:
    return form(FormField("prompt", "a cat"), FormField("image", content=blob(PNG)), *fields)


def refusal(**fields: object) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        decoded(**fields)
    assert caught.value.status == 400
    return caught.value


def form_refusal(*fields: FormField, action: Action = Action.EDIT) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        form(*fields, action=action)
    assert caught.value.status == 400
    return caught.value


# What a request asks for.


def test_a_prompt_alone_asks_the_default_model_for_one_picture_by_address() -> None:
    assert decoded() == asked(ImageRequest(DEFAULT_MODEL, "a cat"))


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
    assert image_of(decoded(**{name: value})).shape == shape
    assert image_of(edit(FormField(name, text))).shape == shape


@pytest.mark.parametrize(("name", "value", "text", "options"), OPTIONS)
def test_an_option_is_asked_for_in_json_and_in_a_form(
    name: str, value: object, text: str, options: Options
) -> None:
    assert decoded(**{name: value}) == replace(
        decoded(), wanted=replace(image_of(decoded()), options=options)
    )
    assert edit(FormField(name, text)) == replace(
        edit(), wanted=replace(image_of(edit()), options=options)
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
    assert image_of(decoded(n=n)).n == n


def test_a_picture_in_json_makes_it_an_edit() -> None:
    one, two = InputImage("image", url=URL), InputImage("image", content=blob(PNG))
    assert image_of(decoded(image=URL)) == replace(
        image_of(decoded()), action=Action.EDIT, images=(one,)
    )
    assert image_of(decoded(image=[URL, PNG_64])).images == (one, two)
    assert image_of(decoded(image=f"data:image/png;base64,{PNG_64}")).images == (two,)


def test_a_mask_goes_with_the_picture() -> None:
    image = image_of(decoded(image=URL, mask=PNG_64))
    assert image.mask == InputImage("mask", content=blob(PNG))
    file = InputImage("mask", content=blob(PNG))
    assert image_of(edit(FormField("mask", content=blob(PNG)))).mask == file


@pytest.mark.parametrize("name", ["image", "image[]"])
def test_a_form_holds_one_picture_or_several(name: str) -> None:
    other = b"GIF89a" + bytes(20)
    found = form(
        FormField("prompt", "a cat"),
        FormField(name, content=blob(PNG)),
        FormField(name, content=blob(other)),
    )
    assert image_of(found).action is Action.EDIT
    assert image_of(found).images == (
        InputImage("image", content=blob(PNG)),
        InputImage("image", content=blob(other)),
    )


def test_a_variation_needs_a_picture_and_no_prompt_and_no_model() -> None:
    found = form(FormField("image", content=blob(PNG)), FormField("n", "2"), action=Action.VARY)
    image = InputImage("image", content=blob(PNG))
    expected = ImageRequest(DEFAULT_MODEL, "", action=Action.VARY, n=2, images=(image,))
    assert found == asked(expected)


def test_a_variation_with_a_prompt_is_refused_and_the_prompt_not_dropped() -> None:
    with pytest.raises(InvalidRequest) as caught:
        form(
            FormField("image", content=blob(PNG)), FormField("prompt", "a dog"), action=Action.VARY
        )
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
    assert encoder_of(**fields).base64 is base64


@pytest.mark.parametrize(
    ("fields", "stream"), [({}, False), ({"stream": None}, False), ({"stream": True}, True)]
)
def test_a_stream_comes_only_where_it_is_asked_for(
    fields: dict[str, object], *, stream: bool
) -> None:
    assert encoder_of(**fields).stream is stream


def test_a_task_is_asked_for_by_async() -> None:
    found = decoded(**{"async": True, "response_format": "url"})
    expected = replace(image_of(decoded()), asynchronous=True)
    assert found == asked(expected)


# What is refused.


@pytest.mark.parametrize(
    ("fields", "param", "told"),
    [
        ({"prompt": ""}, "prompt", "must not be empty"),
        ({"prompt": " \n"}, "prompt", "must not be empty"),
        ({"prompt": None}, "prompt", "string"),
        ({"prompt": 7}, "prompt", "string"),
        ({"n": 0}, "n", "greater than or equal to 1"),
        ({"n": 11}, "n", "less than or equal to 10"),
        ({"n": "2"}, "n", "integer"),
        ({"size": "l" * 33}, "size", "1024x1024"),
        ({"size": "1024x1024", "aspect_ratio": "16:9"}, "aspect_ratio", "contradicts"),
        ({"image": []}, "image", "leave the field out"),
        ({"image": ""}, "image", "URL"),
        ({"mask": ""}, "mask", "URL"),
        ({"resolution": ""}, "resolution", "resolution: must be pixels (1024x1024), a ratio"),
        ({"size": "1K", "resolution": "2K"}, "resolution", "resolution: "),
        ({"response_format": "png"}, "response_format", "'url' or 'b64_json'"),
        ({"moderation": "low"}, "moderation", "auto"),
        ({"partial_images": 4}, "partial_images", "3"),
        ({"partial_images": -1}, "partial_images", "0"),
        ({"output_compression": 50}, "output_compression", "100"),
        ({"image": "a cat"}, "image", "URL"),
        ({"image": [URL, "a cat"]}, "image", "URL"),
        ({"mask": "a cat"}, "mask", "URL"),
        ({"watermark": True, "watermark_enabled": False}, "watermark_enabled", "contradicts"),
        ({"watermark": False, "watermark_enabled": True}, "watermark_enabled", "contradicts"),
        ({"async": "yes"}, "async", "boolean"),
        ({"async": True, "stream": True}, "async", "neither stream"),
        ({"async": True, "response_format": "b64_json"}, "async", "nor b64_json"),
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
    found = decoded(watermark=False, watermark_enabled=False)
    assert image_of(found).options == Options(watermark=False)


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
    ("fields", "action", "param"),
    [
        ([IMAGE], Action.EDIT, "prompt"),
        ([PROMPT], Action.EDIT, "image"),
        ([], Action.VARY, "image"),
        ([PROMPT, FormField("image", "a cat")], Action.EDIT, "image"),
        ([PROMPT, FormField("image", "")], Action.EDIT, "image"),
        ([PROMPT, FormField("image[]", content=blob(b"%PDF-1.7"))], Action.EDIT, "image"),
        ([PROMPT, IMAGE, FormField("mask", content=blob(b"%PDF-1.7"))], Action.EDIT, "mask"),
        (
            [
                PROMPT,
                IMAGE,
                FormField("mask", content=blob(PNG)),
                FormField("mask", content=blob(PNG)),
            ],
            Action.EDIT,
            "mask",
        ),
        ([FormField("prompt", content=blob(b"a cat")), IMAGE], Action.EDIT, "prompt"),
        ([PROMPT, IMAGE, FormField("n", "many")], Action.EDIT, "n"),
        ([PROMPT, IMAGE, FormField("n", "11")], Action.EDIT, "n"),
        ([PROMPT, IMAGE, FormField("async", "maybe")], Action.EDIT, "async"),
        ([PROMPT, IMAGE, FormField("resolution", " ")], Action.EDIT, "resolution"),
        ([PROMPT, FormField("prompt", "a dog"), IMAGE], Action.EDIT, "prompt"),
    ],
)
def test_a_form_is_refused_by_its_field(
    fields: list[FormField], action: Action, param: str
) -> None:
    assert form_refusal(*fields, action=action).param == param


def test_a_body_that_is_no_json_is_told_so() -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_json(incoming(b'{"prompt": "secret"'))
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
        found = decoded(**fields)
    except InvalidRequest:
        return
    assert image_of(found).prompt == fields.get("prompt", "a cat")


@given(st.lists(st.tuples(NAMES | st.just("image[]"), st.text(max_size=8)), max_size=4))
def test_no_form_breaks_the_decoding(fields: list[tuple[str, str]]) -> None:
    try:
        found = edit(*(FormField(name, text) for name, text in fields))
    except InvalidRequest:
        return
    assert image_of(found).action is Action.EDIT


# Where each is asked.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("generations", Action.GENERATE),
        ("edits", Action.EDIT),
        ("variations", Action.VARY),
    ],
)
def test_the_path_says_what_is_to_be_done(name: str, expected: Action) -> None:
    (operation,) = [each for each in OPERATIONS if each.name == name]
    assert isinstance(operation, PaintOperation)
    fields = (IMAGE,) if expected is Action.VARY else (PROMPT, IMAGE)
    request = incoming(b'{"prompt": "a cat"}', form=fields)
    assert image_of(operation.decode(request)).action is expected


def test_a_task_is_answered_with_addresses() -> None:
    (operation,) = [each for each in OPERATIONS if isinstance(each, TaskOperation)]
    expected = ImagesEncoder(base64=False, stream=False, action=Action.GENERATE, stamp=STAMP)
    assert operation.encoder(STAMP) == expected
