"""The models of GeekAI, by family: what each paints, and which options it has.

In: a model's name. Out: its `Family`, also for unknown names. Nothing raises.
Source: GeekAI document (read 2026-11), the table of sizes and the descriptions of the fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from easel.images.size import Resolution
from easel.services.legal_shapes import UNCHECKED, CustomSizes, LegalShapes, ratios, sizes


@dataclass(frozen=True, slots=True)
class Family:
    """Models of one vendor, known by their names: what they paint and which options they have.

    `qualities` None means that nothing is known, and all is passed on; `auto_size` is whether the
    word `auto` is a size; `edits` is whether they edit in conversations; `extras` are the options,
    and the names inside `extra_body`, that the document keeps for this family.
    """

    pattern: str
    shapes: LegalShapes = UNCHECKED
    qualities: tuple[str, ...] | None = ()
    extras: frozenset[str] = frozenset()
    auto_size: bool = False
    edits: bool = False


_OPENAI_QUALITIES: Final = ("standard", "hd")
_GPT_QUALITIES: Final = ("auto", "low", "medium", "high")
_GPT_SHAPES: Final = LegalShapes(sizes("1024x1024 1024x1536 1536x1024"))

SEQUENCE: Final = frozenset({"sequential_image_generation", "sequential_image_generation_options"})

_UNKNOWN: Final = Family(
    "",
    qualities=None,
    extras=frozenset({"background", "style_preset"}) | SEQUENCE,
    auto_size=True,
)

# Source: GeekAI document (read 2026-11), the table of sizes and the descriptions of `quality`,
# `style_preset`, `background` and `extra_body`. The first that matches counts.
_FAMILIES: Final = (
    # From gpt-image-2 on any size within limits that the document does not name.
    Family(r"gpt-image-([2-9]|1\d)", qualities=_GPT_QUALITIES, auto_size=True, edits=True),
    Family(
        r"gpt-image-1$",
        _GPT_SHAPES,
        _GPT_QUALITIES,
        frozenset({"background"}),
        auto_size=True,
        edits=True,
    ),
    Family(r"gpt-image", _GPT_SHAPES, _GPT_QUALITIES, auto_size=True, edits=True),
    Family(r"dall-e", qualities=_OPENAI_QUALITIES),
    # Five ratios in all, but "calls by HTTP take only the default".
    Family(r"imagen", LegalShapes(ratios=ratios("1:1"))),
    Family(
        r"banana|gemini.*image",
        LegalShapes(
            ratios=ratios("1:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 21:9"),
            resolutions=tuple(Resolution),
        ),
        edits=True,
    ),
    Family(
        r"cogview",
        LegalShapes(sizes("1024x1024 768x1344 864x1152 1344x768 1152x864 1440x720 720x1440")),
        _OPENAI_QUALITIES,
    ),
    Family(r"wanx|wan\d|tongyi", LegalShapes(custom=CustomSizes(768, 1440, max_pixels=2_000_000))),
    Family(r"kling", LegalShapes(ratios=ratios("16:9 9:16 1:1 4:3 3:4 3:2 2:3")), ("std", "pro")),
    Family(
        r"jimeng",
        LegalShapes(sizes("512x512 512x384 384x512 512x341 341x512 512x288 288x512")),
    ),
    # The document only links to its sizes.
    Family(r"seedream-4[.-]0", extras=SEQUENCE, edits=True),
    Family(r"seedream-([4-9]|\d\d)", edits=True),
    Family(r"seedream"),
    Family(
        r"stable|^sd[\d-]",
        LegalShapes(custom=CustomSizes(64, 16384, min_pixels=4096)),
        extras=frozenset({"style_preset"}),
    ),
    # They are not in the table, but known to edit.
    replace(_UNKNOWN, pattern=r"kontext|gpt-4o-image", edits=True),
)


def family_of(model: str) -> Family:
    """The family of a model, by its name; one of which nothing is known where it has none."""
    name = model.lower()
    return next((each for each in _FAMILIES if re.search(each.pattern, name)), _UNKNOWN)
