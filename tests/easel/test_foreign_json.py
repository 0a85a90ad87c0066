from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import easel
from easel.foreign_json import NotReadable, parse_json

SECRET = "a-word-of-the-text"

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def parse(text: bytes, max_bytes: int = 1_000_000, max_depth: int = 50) -> object:
    return parse_json(text, max_bytes=max_bytes, max_depth=max_depth)


def refusal(text: bytes, **limits: int) -> str:
    with pytest.raises(NotReadable) as caught:
        parse(text, **limits)
    return str(caught.value)


@given(VALUES)
def test_what_others_write_is_read(value: object) -> None:
    assert parse(json.dumps(value).encode(), max_depth=200) == value


def test_a_byte_order_mark_in_front_is_fine() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [b"", b"<html>", SECRET.encode(), f'{{"a": "{SECRET}"'.encode(), b"\xff", b"[1] 2"],
)
def test_what_is_no_json_is_told_and_not_repeated(text: bytes) -> None:
    message = refusal(text)
    assert message.startswith("is not JSON: ")
    assert SECRET not in message


def test_a_text_may_be_as_long_as_its_reader_says() -> None:
    assert parse(b"[1, 2]", max_bytes=6) == [1, 2]
    assert refusal(b"[1, 2] ", max_bytes=6) == "is longer than 6 bytes"


def nested(opening: str, depth: int) -> bytes:
    return (opening * depth + "1" + {"[": "]", '{"a":': "}"}[opening] * depth).encode()


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("limit", [0, 1, 8, 100])
def test_a_text_may_be_nested_as_deep_as_its_reader_says(opening: str, limit: int) -> None:
    parse(nested(opening, limit), max_depth=limit)
    expected = f"is nested deeper than {limit} levels"
    for depth in (limit + 1, 150, 5_500, 1_000_000):
        assert refusal(nested(opening, depth), max_bytes=10_000_000, max_depth=limit) == expected


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert parse(b"[" + b"[], " * 1000 + b"{}]", max_depth=2) == [[]] * 1000 + [{}]


def test_an_array_and_an_object_that_are_empty_are_a_level_too() -> None:
    assert refusal(b"[[]]", max_depth=1) == "is nested deeper than 1 levels"
    assert refusal(b"[{}]", max_depth=1) == "is nested deeper than 1 levels"


def test_a_number_without_end_is_no_json() -> None:
    assert "number out of range" in refusal(b"9" * 900_000)


@pytest.mark.parametrize(
    ("beginning", "value"),
    [
        (b'{"id": 12', {}),
        (b'{"id": 12,', {"id": 12}),
        (b'{"id": -', {}),
        (b'{"id": 1.5e', {}),
        (b'{"id": 1, "url": "https://a/b', {"id": 1}),
        (b'{"url": "https://a/1"', {"url": "https://a/1"}),
        (b'{"url": "https://a/\\', {}),
        (b'{"ok": true', {}),
        (b"[1, 2]", [1, 2]),
    ],
)
def test_of_a_beginning_only_what_is_whole_counts(beginning: bytes, value: object) -> None:
    """A number may go on where it is cut: half an id would be another's."""
    assert parse_json(beginning, max_bytes=100, max_depth=9, partial=True) == value


def test_nothing_else_parses_json() -> None:
    source = Path(easel.__file__).parents[1]
    parsers = re.compile(r"json\.loads?\(|JSONDecoder|from_json\(|_validate_json")
    found = {path.name for path in source.rglob("*.py") if parsers.search(path.read_text("utf-8"))}
    # chat_clients reads strings with it, which nest nothing.
    assert found == {"foreign_json.py", "detection.py"}
