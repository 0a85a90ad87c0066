from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.errors import InvalidRequest, UpstreamBusy
from easel.images.blobs import Blob, LongTexts, blob
from easel.images.request import (
    Action,
    ImageRequest,
    InputImage,
    Options,
    read_file,
    read_image,
    refuse_unsupported,
    split,
    without_client_defaults,
)
from easel.images.result import FilterNote, ImageResult, Picture, merge, with_notes, with_sizes
from easel.images.shape import Shape
from easel.images.size import Size

URL = "https://host/cat.png"
# First bytes say what a picture is; these are longer than what is looked at of its base64.
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(68))
PNG_64 = b64encode(PNG).decode()
REQUEST = ImageRequest("a-model", "a cat")


def refused(text: str) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        read_image(text, "image")
    return caught.value


# Pictures to paint from.


@pytest.mark.parametrize("url", [URL, "http://host/cat.png"])
def test_a_picture_may_be_an_address(url: str) -> None:
    image = read_image(url, "image")
    assert image == InputImage("image", url=url)
    assert image.mime_type == ""


@pytest.mark.parametrize(
    "text", [PNG_64, f"data:image/png;base64,{PNG_64}", f"data:image/jpeg;base64,{PNG_64}"]
)
def test_a_picture_may_be_base64_or_a_data_url(text: str) -> None:
    image = read_image(text, "image")
    assert image == InputImage("image", content=blob(PNG))
    assert image.mime_type == "image/png"


def test_a_long_text_may_be_base64_or_an_address() -> None:
    texts = [PNG_64, URL, "a cat"]

    def decode(number: int) -> Blob | None:
        return blob(PNG) if texts[number] == PNG_64 else None

    kept = LongTexts("mark:", texts.__getitem__, decode, lambda: None)
    assert read_image("mark:0", "image", kept) == InputImage("image", content=blob(PNG))
    assert read_image("mark:1", "image", kept) == InputImage("image", url=URL)
    with pytest.raises(InvalidRequest):
        read_image("mark:2", "image", kept)


def test_a_picture_may_be_a_file() -> None:
    image = read_file(blob(JPEG), "image")
    assert image == InputImage("image", content=blob(JPEG))
    assert image.mime_type == "image/jpeg"


def test_a_picture_at_an_address_has_no_bytes_to_send() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_image(URL, "mask").uploaded()
    assert caught.value.param == "mask"
    assert URL not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a cat",
        "ftp://host/cat.png",
        "file:///etc/passwd",
        "data:",
        "data:image/svg+xml,<svg/>",
        "gs://bucket/cat.png",
        "一只猫",
        b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode(),
        PNG_64 + "A",  # no base64 has this length
        PNG_64 + "猫猫猫猫",
    ],
)
def test_what_is_no_picture_is_refused_by_its_field_and_not_repeated(text: str) -> None:
    error = refused(text)
    assert (error.status, error.param) == (400, "image")
    assert error.message == (
        "image: must be a URL (https://…) or base64 of a JPEG, PNG, WebP, GIF or AVIF."
    )


def test_a_file_that_is_no_picture_is_refused_by_its_field() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_file(blob(b"%PDF-1.7"), "mask")
    assert (caught.value.status, caught.value.param) == (400, "mask")
    assert "PDF" not in caught.value.message


@given(st.binary(max_size=100))
def test_base64_is_read_with_or_without_padding(rest: bytes) -> None:
    text = b64encode(PNG + rest).decode()
    for each in (text, text.rstrip("=")):
        assert read_image(each, "image").content == blob(PNG + rest)


@given(st.binary(max_size=100))
def test_base64_is_read_in_the_alphabet_of_urls(rest: bytes) -> None:
    # google-genai for Python sends every picture so (its base64.urlsafe_b64encode).
    image = read_image(urlsafe_b64encode(PNG + rest).decode(), "image")
    assert image.content == blob(PNG + rest)


@given(st.text(st.sampled_from("Aa0+/=-_!%, \r\n\t猫"), max_size=12))
def test_base64_that_is_taken_is_whole(rest: str) -> None:
    try:
        image = read_image(PNG_64 + rest, "image")
    except InvalidRequest:
        return
    content = image.uploaded().source
    assert isinstance(content, bytes)
    assert b64encode(content).decode().rstrip("=")[: len(PNG_64) - 2] == PNG_64[:-2]


@given(st.text())
def test_no_text_breaks_the_reading_of_a_picture(text: str) -> None:
    if text.startswith(("http://", "https://")):
        assert read_image(text, "image").url == text
    else:
        assert refused(text).param == "image"


# What is asked of a service, and what it cannot do.


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        (Options(quality="hd"), "quality"),
        (Options(style="vivid"), "style"),
        (Options(style_preset="anime"), "style_preset"),
        (Options(background="opaque"), "background"),
        (Options(output_format="png"), "output_format"),
        (Options(negative_prompt="dogs"), "negative_prompt"),
        (Options(strength=0.0), "strength"),
        (Options(watermark=False), "watermark"),
        (Options(user_id="user-1"), "user_id"),
        (Options(retries=1), "retries"),
        (Options(extra_body={"sequential_image_generation": "auto"}), "extra_body"),
    ],
)
def test_an_option_that_a_service_cannot_honour_is_refused_by_its_name(
    asked: Options, param: str
) -> None:
    request = replace(REQUEST, options=asked)
    with pytest.raises(InvalidRequest) as caught:
        refuse_unsupported(frozenset(), request)
    assert caught.value.param == param
    assert caught.value.message == f"{param}: a-model does not support this. Leave it out."
    refuse_unsupported(frozenset({param}), request)
    with pytest.raises(InvalidRequest, match=f"^the {param}: "):
        refuse_unsupported(frozenset(), replace(request, names={param: f"the {param}"}))


@pytest.mark.parametrize(
    ("request_", "supported", "param", "code", "told"),
    [
        (
            replace(REQUEST, mask=InputImage("mask", url=URL)),
            frozenset({"images"}),
            "mask",
            "invalid_request",
            "mask: a-model does not support this. Leave it out.",
        ),
        (
            replace(REQUEST, asynchronous=True),
            frozenset(),
            "async",
            "invalid_request",
            "async: a-model does not support this. Leave it out.",
        ),
        (
            replace(REQUEST, action=Action.EDIT),
            frozenset({"variation"}),
            "model",
            "invalid_request",
            "model: a-model does not support edits.",
        ),
        (
            replace(REQUEST, action=Action.VARY),
            frozenset({"edit"}),
            "model",
            "invalid_request",
            "model: a-model does not support variations.",
        ),
        (
            replace(REQUEST, images=(InputImage("image[0]", url=URL),)),
            frozenset({"mask"}),
            "image[0]",
            "unsupported_input",
            "image[0]: a-model does not support image input. Send text only.",
        ),
    ],
)
def test_a_mask_a_task_or_a_picture_that_a_service_cannot_take_is_refused(
    request_: ImageRequest, supported: frozenset[str], param: str, code: str, told: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        refuse_unsupported(supported, request_)
    error = caught.value
    assert (error.param, error.code, error.message) == (param, code, told)


def test_what_a_service_honours_is_no_fault() -> None:
    image = InputImage("image", url=URL)
    everything = ImageRequest(
        "a-model", "a cat", action=Action.EDIT, images=(image,), mask=image, asynchronous=True
    )
    refuse_unsupported(frozenset({"images", "mask", "edit", "async"}), everything)
    refuse_unsupported(frozenset(), REQUEST)


@pytest.mark.parametrize(
    ("given", "words", "left"),
    [
        (Options(quality="auto"), {}, Options()),
        (Options(quality="standard"), {"quality": ("low", "high")}, Options()),
        (Options(quality="auto"), {"quality": ("auto", "low")}, Options(quality="auto")),
        (Options(quality="hd"), {}, Options(quality="hd")),
        (Options(style="vivid"), {"quality": ("vivid",)}, Options()),
        (Options(style="vivid"), {"style": ("vivid",)}, Options(style="vivid")),
        (Options(style="natural"), {}, Options(style="natural")),
        (Options(background="auto"), {}, Options()),
        (Options(output_format="auto"), {}, Options(output_format="auto")),
    ],
)
def test_what_clients_say_where_nobody_chose_stays_only_where_the_model_has_the_word(
    given: Options, words: dict[str, tuple[str, ...]], left: Options
) -> None:
    request = replace(REQUEST, options=given)
    assert without_client_defaults(request, words) == replace(REQUEST, options=left)


# Several pictures.


@pytest.mark.parametrize(
    ("n", "pictures_a_call", "counts"),
    [(1, 1, [1]), (3, 1, [1, 1, 1]), (10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 10, [3])],
)
def test_a_request_is_split_into_the_calls_that_it_takes(
    n: int, pictures_a_call: int, counts: list[int]
) -> None:
    request = replace(REQUEST, n=n, shape=Shape(Size(1, 1)))
    parts = split(request, pictures_a_call)
    assert parts == tuple(replace(request, n=count) for count in counts)


@given(st.integers(1, 10), st.integers(1, 10))
def test_no_picture_is_lost_or_won_by_the_splitting(n: int, pictures_a_call: int) -> None:
    counts = [part.n for part in split(replace(REQUEST, n=n), pictures_a_call)]
    assert sum(counts) == n
    assert all(1 <= count <= pictures_a_call for count in counts)


def test_a_task_that_would_take_several_calls_is_refused() -> None:
    request = replace(REQUEST, n=2, asynchronous=True)
    with pytest.raises(InvalidRequest) as caught:
        split(request, 1)
    assert caught.value.param == "n"
    assert split(request, 2) == (request,)


def test_what_several_calls_painted_is_one_answer() -> None:
    one, two, three = (Picture(f"https://host/{name}.png") for name in "123")
    first, second = FilterNote("user", 3), FilterNote("assistant", 2)
    parts = [
        ImageResult((one, two), content_filter=(first,)),
        ImageResult((three,), "t", "running"),
        ImageResult(content_filter=(second,)),
    ]
    merged = merge(parts)
    assert merged == ImageResult((one, two, three), content_filter=(first, second))


def test_what_single_calls_tell_of_missing_pictures_is_told_of_all() -> None:
    one, two = UpstreamBusy("one"), UpstreamBusy("two")
    assert merge(
        [ImageResult(errors=(one,)), ImageResult(), ImageResult(errors=(two,))]
    ) == ImageResult(errors=(one, two))


def test_what_the_filter_of_a_call_found_stands_at_each_of_its_pictures() -> None:
    one, two = Picture("https://host/1.png"), Picture("https://host/2.png")
    notes = (FilterNote("user", 3),)
    parts = [with_notes(ImageResult((one,), content_filter=notes)), with_notes(ImageResult((two,)))]
    assert merge(parts) == ImageResult(
        (replace(one, content_filter=notes), two), content_filter=notes
    )


def test_a_lone_call_stays_as_it_is() -> None:
    painted = ImageResult((), "task-1", "failed", error=UpstreamBusy("busy"))
    assert merge([painted]) == painted


def test_pictures_get_the_sizes_that_they_say_themselves() -> None:
    one, two = Picture("https://host/1.png", size=Size(1, 2)), Picture(base64="AAAA")
    sized = with_sizes(ImageResult((one, two), "task-1"), [None, Size(3, 4)])
    assert sized == ImageResult((replace(one, size=None), replace(two, size=Size(3, 4))), "task-1")


def test_a_size_too_few_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        with_sizes(ImageResult((Picture(URL), Picture(URL))), [None])


def test_neither_prompt_nor_picture_nor_presigned_address_shows_in_a_repr() -> None:
    values = [
        ImageRequest("m", "secret", options=Options(negative_prompt="secret", user_id="secret")),
        Options(extra_body={"secret": "secret"}),
        Picture("https://host/p.png?Signature=secret", base64="secret", revised_prompt="secret"),
        InputImage("image", url="https://host/secret"),
        InputImage("image", content=blob(b"secret")),
    ]
    assert "secret" not in repr(values)


def test_what_says_the_same_as_nothing_is_no_fault_of_any_service() -> None:
    extra_body = {"sequential_image_generation": "disabled"}
    options = Options(retries=0, negative_prompt="", extra_body=extra_body)
    refuse_unsupported(frozenset(), replace(REQUEST, options=options))
