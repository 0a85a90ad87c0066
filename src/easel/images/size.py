"""How large a picture is: pixels, a ratio, or a rough resolution.

In: what a caller or a service wrote. Out: frozen values that print as the services spell them;
None where a text is none of the three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SIZE: Final = re.compile(r"([1-9][0-9]{0,5}) ?[xX×*] ?([1-9][0-9]{0,5})")
_RATIO: Final = re.compile(r"([1-9][0-9]{0,3}) ?: ?([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class Ratio:
    """Width to height as the services write it: `Ratio(16, 9)` is `16:9`."""

    width: int
    height: int

    @property
    def value(self) -> float:
        return self.width / self.height

    def distance(self, other: Ratio) -> float:
        """How far apart two ratios are: 0.05 is 5 %."""
        return max(self.value / other.value, other.value / self.value) - 1

    def __str__(self) -> str:
        return f"{self.width}:{self.height}"


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels: `Size(1728, 960)` is `1728x960`."""

    width: int
    height: int

    @property
    def ratio(self) -> Ratio:
        return Ratio(self.width, self.height)

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Resolution(StrEnum):
    """How large a picture is, in the services' rough steps."""

    ONE_K = "1K"
    TWO_K = "2K"
    FOUR_K = "4K"

    @property
    def pixels(self) -> int:
        """The area of a square picture of this resolution."""
        return (1024 * int(self.value[0])) ** 2


def parse_size(text: str) -> Size | None:
    """`1024x1024`, also with `X`, `*` or the `×` that BigModel's document has."""
    found = _SIZE.fullmatch(text.strip())
    return Size(int(found[1]), int(found[2])) if found else None


def parse_ratio(text: str) -> Ratio | None:
    """`16:9`."""
    found = _RATIO.fullmatch(text.strip())
    return Ratio(int(found[1]), int(found[2])) if found else None


def parse_resolution(text: str) -> Resolution | None:
    """`1k`, in upper or lower case."""
    try:
        return Resolution(text.strip().upper())
    except ValueError:
        return None
