from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.dialects.body import read_json
from easel.dialects.image_fields import ImageFields, options, with_long_texts
from easel.errors import InvalidRequest
from easel.images.blobs import NO_LONG_TEXTS, LongTexts
from easel.images.request import Options

MARK = "easel:1:"


def asked(long_texts: LongTexts = NO_LONG_TEXTS, **fields: object) -> Options:
    parsed = read_json(ImageFields, json.dumps(fields).encode())
    return options(with_long_texts(parsed, long_texts), long_texts)


def nested(levels: int) -> object:
    """So many lists, one in another."""
    inner: object = 1
    for _ in range(levels):
        inner = [inner]
    return inner


NAMES = st.text(max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # A lone surrogate is no text of JSON.
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES.map("x-{}".format), VALUES, max_size=3))
def test_what_is_not_known_in_the_bag_stays_as_it_is(bag: dict[str, object]) -> None:
    assert asked(extra_body=bag).extra_body == (bag or None)


def test_nothing_in_the_bag_is_the_same_as_no_bag() -> None:
    for bag in (None, {}, {"sequential_image_generation": None}):
        assert asked(extra_body=bag) == Options()
    assert asked(extra_body={"x": None}).extra_body == {"x": None}


@pytest.mark.parametrize(
    ("bag", "told"),
    [
        ({"x": float("nan")}, "number"),
        ({"x": [{"y": float("-inf")}]}, "number"),
        ({"x": ["y" * 40_000] * 2}, "65536 bytes"),
        ({"x": "\u732b" * 30_000}, "65536 bytes"),
        ({"x": nested(16)}, "16 levels"),
        ({"x": {"y": nested(15)}}, "16 levels"),
    ],
)
def test_a_bag_that_is_too_much_or_no_json_is_refused(bag: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidRequest, match=told) as caught:
        asked(extra_body=bag)
    assert caught.value.param == "extra_body"


def test_a_bag_may_be_as_deep_as_the_limit() -> None:
    bag = {"x": nested(15)}
    assert asked(extra_body=bag).extra_body == bag


def test_long_texts_are_read_wherever_they_stand() -> None:
    texts = LongTexts(MARK, ["a name", "a text"].__getitem__, lambda _: None, lambda: None)
    bag = {f"{MARK}0": [{f"{MARK}0": f"{MARK}1"}]}
    assert asked(texts, extra_body=bag).extra_body == {"a name": [{"a name": "a text"}]}
    assert asked(texts, negative_prompt=f"{MARK}1").negative_prompt == "a text"
