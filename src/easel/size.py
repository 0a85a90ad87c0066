"""The shape of a picture: ratio and resolution.

In: what a caller or a service wrote. Out: frozen values that print as the services spell them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Ratio:
    """Width to height, in lowest terms as the services write it: `Ratio(16, 9)` is `16:9`."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}:{self.height}"


class Resolution(StrEnum):
    """How large a picture is, in the services' rough steps."""

    ONE_K = "1K"
    TWO_K = "2K"


# Source: seed 000, "支持的 ratio"; in its order, which is also the order of the model list.
ZAI_RATIOS: Final = (
    Ratio(1, 1),
    Ratio(3, 4),
    Ratio(4, 3),
    Ratio(16, 9),
    Ratio(9, 16),
    Ratio(21, 9),
    Ratio(9, 21),
)

# Source: seed 000, "默认比例".
ZAI_DEFAULT_RATIO: Final = Ratio(21, 9)
