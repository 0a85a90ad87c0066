"""Which bytes of a picture are asked for.

In: the header `Range` (RFC 9110, 14.2), and how many bytes the picture has. Out: a `Range`; None
where the header asks for what need not be given: several ranges, another unit, or nothing legal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Longer numbers than a picture can have bytes are cut off in any case.
_ONE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Range:
    """The bytes from `start` up to `end` of `total`; none of them where nothing is left of it."""

    start: int
    end: int
    total: int

    @property
    def is_part(self) -> bool:
        return self.end - self.start < self.total

    @property
    def is_empty(self) -> bool:
        """Whether the picture has no such bytes."""
        return self.start >= self.end


def read_range(header: str | None, total: int) -> Range | None:
    """The one range that a header asks for."""
    found = _ONE.fullmatch((header or "").strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return Range(max(0, total - int(found[2])), total, total)
    start = int(found[1])
    end = min(int(found[2]) + 1, total) if found[2] else total
    # What ends before it begins is no range at all; what begins behind the end is one of nothing.
    return None if found[2] and int(found[2]) < start else Range(start, end, total)
