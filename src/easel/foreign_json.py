"""JSON that somebody else wrote: clients, image services, and issuers of tokens.

In: bytes or a text, and how long and how deep it may be. Out: its value; `NotReadable`, in words
that hold nothing of the text. This is the only place that parses: `json.loads` recurses as deep as
the text says, and a stack that overflows in WebAssembly ends the isolate and everybody's requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic_core import from_json

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

# What a number may end in, wherever it is cut. What is whole loses at the most a number, `true` or
# `false` at its end by it.
_NUMBER: Final = b"0123456789+-.eE"

# Which brackets open a level of nesting.
_OPENING: Final = (b"[", b"{")


class NotReadable(ValueError):
    """The text is no JSON, or more of it than its reader takes; `str()` goes on after its name."""


def parse_json(text: bytes, *, max_bytes: int, max_depth: int, partial: bool = False) -> Any:
    """The value of a JSON text; a byte order mark in front is fine (RFC 8259, 8.1).

    `max_depth` counts nested arrays and objects; the parser itself stops at 200. Of a `partial`
    text, which is only the beginning of JSON, the value has what is whole. Raises NotReadable.
    """
    if len(text) > max_bytes:
        raise NotReadable(f"is longer than {max_bytes} bytes")
    if partial:
        # The end of a number may be missing; of anything else the parser knows.
        text = text.rstrip(_NUMBER)
    try:
        # Keys come again and again; values may be secrets, and would stay in the parser's memory.
        value = from_json(
            text.removeprefix(_BYTE_ORDER_MARK), allow_partial=partial, cache_strings="keys"
        )
    except ValueError as error:
        if str(error).startswith("recursion limit"):
            raise _too_deep(max_depth) from None
        raise NotReadable(f"is not JSON: {error}") from None
    # Few brackets cannot nest deeply, so most texts need no second look.
    if sum(map(text.count, _OPENING)) > max_depth and _is_deeper(value, max_depth):
        raise _too_deep(max_depth)
    return value


def _too_deep(max_depth: int) -> NotReadable:
    return NotReadable(f"is nested deeper than {max_depth} levels")


def _is_deeper(value: object, depth: int) -> bool:
    """Whether arrays and objects are nested deeper, level by level and without recursion."""
    level = _containers([value])
    for _ in range(depth):
        level = _containers(inner for outer in level for inner in _items(outer))
    return bool(level)


def _containers(values: Iterable[object]) -> list[list[object] | dict[str, object]]:
    return [value for value in values if isinstance(value, list | dict)]


def _items(outer: list[object] | dict[str, object]) -> Iterable[object]:
    return outer.values() if isinstance(outer, dict) else outer
