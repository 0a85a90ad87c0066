from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.errors import InvalidRequest
from easel.images.shape import ANY_SHAPE, Shape, ShapeFields, Words, read_shape
from easel.images.size import Ratio, Resolution, Size


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("1728×960", Shape(size=Size(1728, 960))),
        ("16:9", Shape(ratio=Ratio(16, 9))),
        ("2k", Shape(resolution=Resolution.TWO_K)),
        ("auto", Shape(auto=True)),
        (" AUTO ", Shape(auto=True)),
        (None, ANY_SHAPE),
    ],
)
def test_a_size_may_be_pixels_a_ratio_a_resolution_or_auto(
    size: str | None, expected: Shape
) -> None:
    assert read_shape(size) == expected


@pytest.mark.parametrize(
    ("size", "ratio", "resolution", "expected"),
    [
        (None, "16:9", "4k", Shape(None, Ratio(16, 9), Resolution.FOUR_K)),
        ("auto", "auto", "Auto", Shape(auto=True)),
        ("auto", "1:1", None, Shape(ratio=Ratio(1, 1))),
        ("auto", None, "1K", Shape(resolution=Resolution.ONE_K)),
        (None, "auto", "auto", ANY_SHAPE),
        ("1024x1024", "1:1", None, Shape(Size(1024, 1024), Ratio(1, 1))),
        ("1344x768", "16:9", None, Shape(Size(1344, 768), Ratio(16, 9))),
        ("16:9", "16:9", None, Shape(ratio=Ratio(16, 9))),
        ("2K", "1:1", None, Shape(None, Ratio(1, 1), Resolution.TWO_K)),
        ("2K", None, "2k", Shape(resolution=Resolution.TWO_K)),
        ("16:9", None, "1K", Shape(None, Ratio(16, 9), Resolution.ONE_K)),
    ],
)
def test_fields_that_agree_make_one_shape(
    size: str | None, ratio: str | None, resolution: str | None, expected: Shape
) -> None:
    assert read_shape(size, ratio, resolution) == expected


@pytest.mark.parametrize(
    ("size", "ratio", "resolution", "param", "told"),
    [
        ("", None, None, "size", "pixels (1024x1024), a ratio (16:9), a resolution"),
        ("s" * 33, None, None, "size", "a word, of up to 32 characters"),
        ("2K\n", None, None, "size", "must be"),
        (None, " ", None, "aspect_ratio", "16:9"),
        ("1024x1024", "16:9", None, "aspect_ratio", "contradicts"),
        ("4:3", "3:4", None, "aspect_ratio", "contradicts"),
        (None, None, "8K\0", "resolution", "must be"),
        ("1K", None, "2K", "resolution", "contradicts"),
        ("1K", None, "8K", "resolution", "contradicts"),
    ],
)
def test_what_is_no_word_or_contradicts_itself_is_told_by_its_field(
    size: str | None, ratio: str | None, resolution: str | None, param: str, told: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_shape(size, ratio, resolution)
    error = caught.value
    assert (error.status, error.param, told in error.message) == (400, param, True), error.message


@pytest.mark.parametrize(
    ("size", "ratio", "resolution", "expected", "words"),
    [
        ("1024*1024", None, None, Shape(Size(1024, 1024)), Words(size="1024*1024")),
        (" 2k", None, None, Shape(resolution=Resolution.TWO_K), Words(resolution=" 2k")),
        ("16 : 9", None, None, Shape(ratio=Ratio(16, 9)), Words(ratio="16 : 9")),
        ("square_hd", None, None, Shape(unknown="size"), Words(size="square_hd")),
        (None, "wide", None, Shape(unknown="aspect_ratio"), Words(ratio="wide")),
        (None, None, "3K", Shape(unknown="resolution"), Words(resolution="3K")),
        (
            "2K",
            "1:1",
            "2k",
            Shape(None, Ratio(1, 1), Resolution.TWO_K),
            Words(ratio="1:1", resolution="2K"),
        ),
        ("auto", "AUTO", " auto ", Shape(auto=True), Words()),
    ],
)
def test_a_shape_keeps_the_callers_own_words(
    size: str | None, ratio: str | None, resolution: str | None, expected: Shape, words: Words
) -> None:
    shape = read_shape(size, ratio, resolution)
    assert (shape, shape.words) == (expected, words)


def test_the_first_word_that_is_unknown_is_the_one_that_is_named() -> None:
    assert read_shape("big", "wide", "3K").unknown == "size"
    assert read_shape(None, "wide", "3K").unknown == "aspect_ratio"


@given(st.text(), st.none() | st.text(), st.none() | st.text())
def test_no_text_breaks_the_reading(size: str, ratio: str | None, resolution: str | None) -> None:
    try:
        shape = read_shape(size, ratio, resolution)
    except InvalidRequest:
        return
    given_texts = [text.strip().lower() for text in (size, ratio, resolution) if text is not None]
    assert (shape == Shape(auto=True)) == (set(given_texts) == {"auto"})


def test_what_is_meant_by_a_field_is_told_by_the_name_of_that_field() -> None:
    fields = ShapeFields("pixels", "form", "detail")
    assert read_shape("16:9", fields=fields).fields.ratio == "pixels"
    assert read_shape("16:9", "16:9", fields=fields).fields.ratio == "form"
    assert read_shape("2K", fields=fields).fields.resolution == "pixels"
    assert read_shape("2K", None, "2K", fields).fields.resolution == "detail"
