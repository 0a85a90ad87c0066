from __future__ import annotations

import pytest

from easel.dialects.output_format import read_output_format
from easel.errors import InvalidRequest


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, (None, "")),
        ({"a": None, "b": ""}, (None, "")),
        ({"a": "image/png"}, ("png", "a")),
        ({"a": None, "b": "image/jpeg"}, ("jpeg", "b")),
        ({"a": "image/webp", "b": "image/webp"}, ("webp", "a")),
    ],
)
def test_a_mime_type_asks_for_a_format(
    asked: dict[str, str | None], expected: tuple[str | None, str]
) -> None:
    assert read_output_format(asked) == expected


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"a": "image/gif"}, "a: must be one of image/png, image/jpeg, image/webp."),
        ({"a": "image/png", "b": "image/webp"}, "a: contradicts b."),
    ],
)
def test_what_is_none_or_contradicts_another_is_told_with_its_field(
    asked: dict[str, str | None], message: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_output_format(asked)
    assert (caught.value.message, caught.value.param) == (message, "a")
