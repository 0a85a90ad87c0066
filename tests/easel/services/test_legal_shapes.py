from __future__ import annotations

from dataclasses import replace
from math import log

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from easel.errors import InvalidRequest
from easel.images.shape import ANY_SHAPE, Shape, ShapeFields, read_shape
from easel.images.size import Ratio, Resolution, Size
from easel.services.legal_shapes import (
    UNCHECKED,
    CustomSizes,
    LegalShapes,
    ratios,
    reconcile,
    sizes,
)

# The rows that the documents have, in kind: a list, a list beside limits, limits alone, ratios.
LISTED = LegalShapes(sizes("1024x1024 1792x1024 1024x1792"))
MIXED = LegalShapes(
    sizes("1024x1024 768x1344 1344x768 1440x720 720x1440"),
    CustomSizes(512, 2048, multiple=16, max_pixels=2**21),
)
MIXED_IN_WORDS = (
    "sizes 1024x1024, 768x1344, 1344x768, 1440x720, 720x1440; sides of 512 to 2048 pixels "
    "that are multiples of 16, at most 2097152 pixels in all"
)
LIMITED = LegalShapes(custom=CustomSizes(768, 1440, max_pixels=2_000_000))
RATIOS = LegalShapes(
    ratios=ratios("1:1 3:4 4:3 16:9 9:16"), resolutions=(Resolution.ONE_K, Resolution.TWO_K)
)

# 5 %, and what floating point adds to it.
NEAR = 0.05 + 1e-9

SIDES = st.integers(1, 20_000)
SIZES = st.builds(Size, SIDES, SIDES)
RATIO_VALUES = st.builds(Ratio, st.integers(1, 50), st.integers(1, 50))
RESOLUTIONS = st.sampled_from(Resolution)
ASKED = st.builds(Shape, st.none() | SIZES, st.none() | RATIO_VALUES, st.none() | RESOLUTIONS)


@st.composite
def customs(draw: st.DrawFn) -> CustomSizes:
    min_side = draw(st.integers(1, 1024))
    max_side = draw(st.integers(min_side, 16_384))
    multiple = draw(st.sampled_from([1, 8, 16, 32, 64]))
    min_pixels = draw(st.integers(0, 2**20))
    max_pixels = draw(st.integers(min_pixels, 2**28))
    return CustomSizes(min_side, max_side, multiple, min_pixels, max_pixels)


ROWS = st.one_of(
    st.sampled_from([LISTED, MIXED, LIMITED, RATIOS]),
    st.builds(
        LegalShapes,
        st.lists(SIZES, max_size=5).map(tuple),
        st.none() | customs(),
    ),
    st.builds(
        LegalShapes,
        ratios=st.lists(RATIO_VALUES, min_size=1, max_size=5).map(tuple),
        resolutions=st.lists(RESOLUTIONS, max_size=3).map(tuple),
    ),
).filter(lambda legal: legal != UNCHECKED)


def distance(one: Ratio, other: Ratio) -> float:
    return max(one.value / other.value, other.value / one.value) - 1


def refusal(asked: Shape, legal: LegalShapes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        reconcile(asked, legal, "a-model")
    assert caught.value.status == 400
    return caught.value


def test_a_table_is_written_as_the_documents_write_it() -> None:
    assert sizes("1024x1024 1792x1024") == (Size(1024, 1024), Size(1792, 1024))
    assert ratios("1:1 16:9") == (Ratio(1, 1), Ratio(16, 9))


# What a model can paint of it.


@pytest.mark.parametrize("legal", [LISTED, MIXED, LIMITED, RATIOS])
def test_a_shape_that_was_left_open_stays_open(legal: LegalShapes) -> None:
    assert reconcile(ANY_SHAPE, legal, "a-model") == ANY_SHAPE


@given(ASKED)
def test_what_nothing_is_known_of_is_passed_on_unchecked(asked: Shape) -> None:
    assert reconcile(asked, UNCHECKED, "a-model") == asked


@pytest.mark.parametrize(
    ("legal", "asked", "expected"),
    [
        # Exactly what was asked.
        (LISTED, Shape(Size(1792, 1024)), Shape(Size(1792, 1024))),
        (MIXED, Shape(Size(768, 1344)), Shape(Size(768, 1344))),
        (MIXED, Shape(Size(2048, 1024)), Shape(Size(2048, 1024))),
        (MIXED, Shape(Size(1040, 1024), Ratio(1, 1)), Shape(Size(1040, 1024))),
        (LIMITED, Shape(Size(769, 1439)), Shape(Size(769, 1439))),
        (RATIOS, Shape(ratio=Ratio(16, 9)), Shape(ratio=Ratio(16, 9))),
        (
            RATIOS,
            Shape(None, Ratio(4, 3), Resolution.TWO_K),
            Shape(None, Ratio(4, 3), Resolution.TWO_K),
        ),
        (
            RATIOS,
            Shape(resolution=Resolution.ONE_K),
            Shape(resolution=Resolution.ONE_K),
        ),
        # The nearest by area within 5 % of the ratio.
        (LISTED, Shape(Size(800, 820)), Shape(Size(1024, 1024))),
        (LISTED, Shape(ratio=Ratio(16, 9)), Shape(Size(1792, 1024))),
        (LISTED, Shape(ratio=Ratio(9, 16)), Shape(Size(1024, 1792))),
        (MIXED, Shape(Size(1000, 1001)), Shape(Size(1008, 1008))),
        (MIXED, Shape(Size(720, 360)), Shape(Size(976, 512))),
        (MIXED, Shape(Size(2052, 513)), Shape(Size(2048, 512))),
        (RATIOS, Shape(Size(1920, 1080)), Shape(None, Ratio(16, 9), Resolution.ONE_K)),
        (RATIOS, Shape(Size(2048, 2048)), Shape(None, Ratio(1, 1), Resolution.TWO_K)),
        (replace(RATIOS, resolutions=()), Shape(Size(64, 64)), Shape(ratio=Ratio(1, 1))),
        (
            RATIOS,
            Shape(Size(1024, 768), None, Resolution.ONE_K),
            Shape(None, Ratio(4, 3), Resolution.ONE_K),
        ),
        # A resolution in pixels where a model takes those.
        (LISTED, Shape(resolution=Resolution.ONE_K), Shape(Size(1024, 1024))),
        (LISTED, Shape(None, Ratio(16, 9), Resolution.ONE_K), Shape(Size(1792, 1024))),
        (LIMITED, Shape(resolution=Resolution.ONE_K), Shape(Size(1024, 1024))),
        (
            LegalShapes(custom=CustomSizes(64, 16384)),
            Shape(resolution=Resolution.FOUR_K),
            Shape(Size(4096, 4096)),
        ),
        # A size of its own where the list has none that is near.
        (MIXED, Shape(ratio=Ratio(3, 2)), Shape(Size(1248, 832))),
        (LIMITED, Shape(ratio=Ratio(1, 1)), Shape(Size(1024, 1024))),
    ],
)
def test_a_model_is_asked_for_what_was_meant(
    legal: LegalShapes, asked: Shape, expected: Shape
) -> None:
    assert reconcile(asked, legal, "a-model") == expected


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        (Ratio(104, 100), True),
        (Ratio(100, 104), True),
        (Ratio(21, 20), True),  # exactly 5 %
        (Ratio(20, 21), True),
        (Ratio(106, 100), False),
        (Ratio(100, 106), False),
    ],
)
def test_up_to_five_percent_from_a_legal_ratio_is_near_and_more_is_not(
    asked: Ratio, *, taken: bool
) -> None:
    legal = LegalShapes(ratios=ratios("1:1"))
    if taken:
        assert reconcile(Shape(ratio=asked), legal, "a-model") == Shape(ratio=Ratio(1, 1))
    else:
        assert refusal(Shape(ratio=asked), legal).param == "aspect_ratio"


def test_of_two_near_ratios_the_nearer_is_taken() -> None:
    legal = LegalShapes(ratios=ratios("100:96 100:97 100:103"))
    assert reconcile(Shape(ratio=Ratio(1, 1)), legal, "a-model").ratio == Ratio(100, 103)


@pytest.mark.parametrize(
    ("legal", "asked", "param", "told"),
    [
        (LISTED, Shape(Size(1024, 768)), "size", "1024x768"),
        (LISTED, Shape(ratio=Ratio(4, 3)), "aspect_ratio", "4:3"),
        (LISTED, Shape(resolution=Resolution.TWO_K), "resolution", "2K"),
        (LISTED, read_shape("2K"), "size", "2K"),
        (LISTED, Shape(ratio=Ratio(4, 3), resolution=Resolution.ONE_K), "aspect_ratio", "4:3"),
        (LIMITED, Shape(resolution=Resolution.FOUR_K), "resolution", "4K"),
        (replace(RATIOS, resolutions=()), Shape(resolution=Resolution.ONE_K), "resolution", "1K"),
        (RATIOS, Shape(Size(64, 64)), "size", "64x64"),
        (LISTED, Shape(Size(700, 700)), "size", "700x700"),
        (LISTED, Shape(Size(1449, 1449)), "size", "1449x1449"),
        (MIXED, Shape(Size(4096, 4096)), "size", "4096x4096"),
        (MIXED, Shape(Size(1, 1)), "size", "1x1"),
        (MIXED, Shape(resolution=Resolution.TWO_K), "resolution", "2K"),
        (MIXED, Shape(unknown="size"), "size", "this"),
        (RATIOS, Shape(unknown="aspect_ratio"), "aspect_ratio", "this"),
        (RATIOS, Shape(Size(1000, 300), None, Resolution.TWO_K), "size", "1000x300"),
        (MIXED, Shape(ratio=Ratio(50, 1)), "aspect_ratio", "50:1"),
        (LIMITED, Shape(Size(4000, 100)), "size", "4000x100"),
        (RATIOS, Shape(Size(2100, 900)), "size", "2100x900"),
        (RATIOS, Shape(ratio=Ratio(21, 9)), "aspect_ratio", "21:9"),
        (RATIOS, Shape(None, Ratio(1, 1), Resolution.FOUR_K), "resolution", "4K"),
    ],
)
def test_what_a_model_cannot_paint_is_refused_with_all_that_is_legal(
    legal: LegalShapes, asked: Shape, param: str, told: str
) -> None:
    error = refusal(asked, legal)
    expected = f"{param}: a-model cannot paint {told}. Legal: {legal}."
    assert (error.param, error.message) == (param, expected)


@pytest.mark.parametrize("legal", [RATIOS, MIXED])
def test_pixels_that_contradict_a_resolution_are_refused(legal: LegalShapes) -> None:
    error = refusal(read_shape("1024x1024", None, "2K"), legal)
    assert (error.param, "contradicts" in error.message) == ("resolution", True)


def test_errors_name_the_fields_of_the_callers_dialect() -> None:
    fields = ShapeFields("pixels", "form", "detail")
    for shape, name in (
        (read_shape("1000x10", fields=fields), "pixels"),
        (read_shape(None, "50:1", fields=fields), "form"),
        (read_shape(None, None, "4K", fields), "detail"),
    ):
        assert refusal(shape, RATIOS).param == name
    for size, ratio, resolution, name in (
        ("odd", None, None, "pixels"),
        (None, "odd", None, "form"),
        (None, None, "odd", "detail"),
        ("50:1", None, None, "pixels"),
        ("4K", None, None, "pixels"),
    ):
        shape = read_shape(size, ratio, resolution, fields)
        assert refusal(shape, RATIOS).param == name


@pytest.mark.parametrize(
    ("legal", "text"),
    [
        (LISTED, "sizes 1024x1024, 1792x1024, 1024x1792"),
        (MIXED, MIXED_IN_WORDS),
        (LIMITED, "sides of 768 to 1440 pixels, at most 2000000 pixels in all"),
        (
            LegalShapes(custom=CustomSizes(64, 16384, min_pixels=4096)),
            "sides of 64 to 16384 pixels, at least 4096 pixels in all",
        ),
        (RATIOS, "ratios 1:1, 3:4, 4:3, 16:9, 9:16; resolutions 1K, 2K"),
        (UNCHECKED, ""),
    ],
)
def test_all_that_is_legal_is_told_in_words(legal: LegalShapes, text: str) -> None:
    assert str(legal) == text


def test_a_resolution_is_not_dropped_where_a_model_has_no_ratios() -> None:
    legal = LegalShapes(resolutions=(Resolution.ONE_K, Resolution.TWO_K))
    asked = Shape(resolution=Resolution.TWO_K)
    assert reconcile(asked, legal, "a-model") == asked


@given(ASKED, ROWS)
def test_what_a_model_is_asked_for_is_always_legal_and_near_what_was_meant(
    asked: Shape, legal: LegalShapes
) -> None:
    try:
        shape = reconcile(asked, legal, "a-model")
    except InvalidRequest:
        return
    if legal.ratios:
        assert shape.size is None
        assert shape.ratio is None or shape.ratio in legal.ratios
    else:
        assert shape.ratio is None
        assert (
            shape.size is None
            or shape.size in legal.sizes
            or (legal.custom is not None and legal.custom.allow(shape.size))
        )
    if asked.size is not None and len(legal.resolutions) > 1:
        # Pixels choose the resolution too, and no other than was asked for.
        assert shape.resolution is not None
        assert asked.resolution in (None, shape.resolution)
        assert 0.5 <= asked.size.pixels / shape.resolution.pixels <= 2
    elif shape.resolution is None and asked.resolution is not None:
        assert shape.size is not None
        assert 0.5 <= shape.size.pixels / asked.resolution.pixels <= 2
    else:
        assert shape.resolution == asked.resolution
    if asked.size is not None and shape.size is not None:
        assert 0.5 <= shape.size.pixels / asked.size.pixels <= 2
    assert shape.resolution is None or shape.resolution in legal.resolutions
    meant = {asked.ratio, asked.size.ratio if asked.size else None} - {None}
    if not meant and shape.resolution != asked.resolution:
        meant = {Ratio(1, 1)}
    got = shape.size.ratio if shape.size else shape.ratio
    assert (got is None) == (not meant)
    assert got is None or any(distance(got, each) <= NEAR for each in meant if each)


@given(SIZES, ROWS)
def test_a_size_that_is_legal_stays_exactly_as_it_was_asked(size: Size, legal: LegalShapes) -> None:
    assume(not legal.ratios)
    legal = LegalShapes((*legal.sizes, size), legal.custom)
    assert reconcile(Shape(size), legal, "a-model") == Shape(size)


@given(st.integers(1, 64), st.integers(1, 300), st.integers(1, 300))
def test_a_size_within_the_limits_of_custom_sizes_stays_exactly_as_it_was_asked(
    multiple: int, width: int, height: int
) -> None:
    size = Size(width * multiple, height * multiple)
    custom = CustomSizes(multiple, 300 * multiple, multiple, size.pixels, size.pixels)
    legal = LegalShapes(sizes("1024x1024"), custom)
    assert reconcile(Shape(size), legal, "a-model") == Shape(size)


def near(size: Size, asked: Size) -> bool:
    return distance(size.ratio, asked.ratio) <= NEAR and 0.5 <= size.pixels / asked.pixels <= 2


@given(
    st.builds(Size, st.integers(1, 1500), st.integers(1, 1500)),
    st.lists(st.builds(Size, st.integers(1, 1500), st.integers(1, 1500)), min_size=1),
)
def test_of_the_sizes_that_are_near_the_nearest_by_area_is_taken(
    asked: Size, listed: list[Size]
) -> None:
    close = [size for size in listed if near(size, asked)]
    try:
        size = reconcile(Shape(asked), LegalShapes(tuple(listed)), "a-model").size
    except InvalidRequest:
        assert close == []
        return
    assert size in close
    times = {each: abs(log(each.pixels / asked.pixels)) for each in close}
    assert times[size] <= min(times.values()) + 1e-12


@given(
    st.builds(Size, st.integers(1, 700), st.integers(1, 700)),
    st.sampled_from([8, 16, 32]),
    st.integers(1, 300),
    st.integers(0, 2**16),
    st.integers(0, 2**18),
)
@settings(max_examples=300)
def test_of_sizes_that_are_free_none_is_refused_where_one_is_near(
    asked: Size, multiple: int, min_side: int, min_pixels: int, more_pixels: int
) -> None:
    custom = CustomSizes(min_side, 512, multiple, min_pixels, min_pixels + more_pixels)
    sides = range(multiple, 513, multiple)
    legal = [
        size
        for width in sides
        for height in sides
        if custom.allow(size := Size(width, height)) and near(size, asked)
    ]
    try:
        found = reconcile(Shape(asked), LegalShapes(custom=custom), "a-model").size
    except InvalidRequest:
        assert legal == []
        return
    assert found in legal


# Sizes that are in no list.


@pytest.mark.parametrize(
    ("size", "allowed"),
    [
        (Size(512, 512), True),
        (Size(2048, 1024), True),
        (Size(496, 512), False),
        (Size(512, 2064), False),
        (Size(512, 520), False),
        (Size(2048, 1040), False),
    ],
)
def test_custom_sizes_keep_to_their_sides_multiples_and_area(size: Size, *, allowed: bool) -> None:
    assert CustomSizes(512, 2048, multiple=16, max_pixels=2**21).allow(size) is allowed


def test_custom_sizes_may_have_a_least_area() -> None:
    custom = CustomSizes(64, 16384, min_pixels=4096)
    assert [custom.allow(Size(64, 64)), custom.allow(Size(64, 63))] == [True, False]
    assert not CustomSizes(1, 100, min_pixels=4096).allow(Size(64, 63))


@given(customs(), RATIO_VALUES, st.integers(1, 2**26))
def test_a_fitted_size_is_legal_and_of_the_ratio(
    custom: CustomSizes, ratio: Ratio, pixels: int
) -> None:
    size = custom.fit(ratio, pixels)
    if size is not None:
        assert custom.allow(size)
        assert (size.width % custom.multiple, size.height % custom.multiple) == (0, 0)
        assert custom.min_side <= min(size.width, size.height)
        assert max(size.width, size.height) <= custom.max_side
        assert custom.min_pixels <= size.width * size.height <= custom.max_pixels
        assert distance(size.ratio, ratio) <= NEAR


@given(st.integers(33, 300))
def test_a_ratio_up_to_three_to_one_fits_into_the_limits_of_cogview(percent: int) -> None:
    custom = CustomSizes(512, 2048, multiple=16, max_pixels=2**21)
    size = custom.fit(Ratio(percent, 100), 1024 * 1024)
    assert size is not None
    assert 0.95 <= size.pixels / (1024 * 1024) <= 1.05
