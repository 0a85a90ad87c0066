from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.images.size import Ratio, Resolution, Size, parse_ratio, parse_resolution, parse_size

SIDES = st.integers(1, 999_999)


@pytest.mark.parametrize(
    "text",
    ["1728x960", "1728X960", "1728*960", "1728×960", "1728 x 960", "1728 × 960", " 1728x960\n"],
)
def test_pixels_are_read_in_every_spelling_of_the_documents(text: str) -> None:
    assert parse_size(text) == Size(1728, 960)


@pytest.mark.parametrize(
    "text",
    [
        *("", "auto", "1024", "1024x", "x1024", "0x0", "1024x0", "01024x1024", "-1024x1024"),
        *("1024x1024x1024", "1024.0x1024", "1024  x1024", "1024xx1024", "1024:1024", "1k"),
        *("1000000x1", "1x1000000", "1024x1024px", "１０２４x１０２４", "1024x1\n024"),
    ],
)
def test_what_is_no_size_in_pixels_is_none(text: str) -> None:
    assert parse_size(text) is None


@pytest.mark.parametrize("text", ["16:9", "16 : 9", " 16:9 "])
def test_a_ratio_is_read_with_or_without_blanks(text: str) -> None:
    assert parse_ratio(text) == Ratio(16, 9)


@pytest.mark.parametrize(
    "text", ["", "16", "16:", ":9", "0:1", "1:0", "16x9", "16-9", "1.5:1", "16:9:1", "10000:1"]
)
def test_what_is_no_ratio_is_none(text: str) -> None:
    assert parse_ratio(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1K", Resolution.ONE_K),
        ("1k", Resolution.ONE_K),
        (" 2k ", Resolution.TWO_K),
        ("4K", Resolution.FOUR_K),
        ("3K", None),
        ("1", None),
        ("1\u212a", None),  # the Kelvin sign
        ("", None),
    ],
)
def test_a_resolution_is_read_in_either_case(text: str, expected: Resolution | None) -> None:
    assert parse_resolution(text) == expected


@given(SIDES, SIDES)
def test_a_size_prints_as_it_is_read(width: int, height: int) -> None:
    size = Size(width, height)
    assert parse_size(str(size)) == size


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_a_ratio_prints_as_it_is_read(width: int, height: int) -> None:
    ratio = Ratio(width, height)
    assert parse_ratio(str(ratio)) == ratio


@given(st.text())
def test_a_text_is_at_most_one_of_the_three(text: str) -> None:
    read = [parse_size(text), parse_ratio(text), parse_resolution(text)]
    assert read.count(None) >= 2


def test_a_size_knows_its_ratio_and_its_area() -> None:
    size = Size(1920, 1080)
    assert (size.ratio, size.pixels) == (Ratio(1920, 1080), 2_073_600)
    assert size.ratio.value == Ratio(16, 9).value
