from __future__ import annotations

import pytest

from easel.images.range import Range, read_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", (0, 10)),
        (" bytes=90- ", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=50-1000", (50, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=100-", (100, 100)),
        ("bytes=200-300", (200, 100)),
        ("bytes=-0", (100, 100)),
    ],
)
def test_one_range_is_read(header: str, expected: tuple[int, int]) -> None:
    found = read_range(header, 100)
    assert found is not None
    assert (found.start, found.end, found.total) == (*expected, 100)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=0-1,3-4",
        "items=0-1",
        "bytes=9-1",
        "bytes=a-b",
        "bytes=0-1234567890123456",
    ],
)
def test_what_need_not_be_given_is_no_range(header: str | None) -> None:
    assert read_range(header, 100) is None


@pytest.mark.parametrize(
    ("found", "is_part", "is_empty"),
    [
        (Range(0, 100, 100), False, False),
        (Range(0, 99, 100), True, False),
        (Range(100, 100, 100), True, True),
        (Range(200, 100, 100), True, True),
    ],
)
def test_a_range_tells_whether_it_is_a_part_and_whether_anything(
    found: Range, *, is_part: bool, is_empty: bool
) -> None:
    assert (found.is_part, found.is_empty) == (is_part, is_empty)
