"""GeekAI's families of models: what the document's tables say of each.

In: a model's name and the fields that belong to it. Out: the rules that its family adds to the
rules for all; and the size to paint. A model of no family is not checked: the document does not
say what it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from tools.sandbox.checks import TEXT, Rule, one_of
from tools.sandbox.pictures import affordable, pixels_in, size_with_ratio

_DEFAULT_SIZE: Final = (1024, 1024)
_SIDES: Final = {"1k": 1024, "2k": 2048, "4k": 4096}
_DEFAULT_SIDE: Final = 1024

# The ratios of the document and the sizes behind them.
_JIMENG_SIZES: Final = {
    "1:1": "512x512",
    "4:3": "512x384",
    "3:4": "384x512",
    "3:2": "512x341",
    "2:3": "341x512",
    "16:9": "512x288",
    "9:16": "288x512",
}


def _within(least: int, most: int, max_pixels: int) -> Rule:
    def holds(value: object) -> bool:
        size = pixels_in(value) if isinstance(value, str) else None
        return (
            size is not None
            and all(least <= side <= most for side in size)
            and size[0] * size[1] <= max_pixels
        )

    return Rule(holds, f"WxH with sides of {least} to {most}, at most {max_pixels} pixels")


def _only_of(family: str) -> Rule:
    return Rule(lambda _: False, f"nothing: {family} alone has it")


_NOTHING: Final = Rule(lambda _: False, "nothing: the document has none for this model")

_SEQUENCE: Final = {"sequential_image_generation", "sequential_image_generation_options"}

# What the document gives to one model each.
_OF_OTHERS: Final = {
    "style_preset": _only_of("Stable Image"),
    "background": _only_of("gpt-image-1"),
    "extra_body": Rule(
        lambda value: isinstance(value, dict) and not _SEQUENCE & value.keys(),
        "an object without what doubao-seedream-4.0 alone has",
    ),
}
_STANDARD_OR_HD: Final = one_of("standard", "hd")
_ANY_QUALITY: Final = one_of("standard", "hd", "auto", "low", "medium", "high", "std", "pro")
_ANY_PIXELS: Final = Rule(
    lambda value: value == "auto" or (isinstance(value, str) and pixels_in(value) is not None),
    "WxH in pixels or auto",
)
_GPT_IMAGE: Final = {
    **_OF_OTHERS,
    "size": one_of("1024x1024", "1024x1536", "1536x1024", "auto"),
    "aspect_ratio": _NOTHING,
    "quality": one_of("auto", "low", "medium", "high"),
}
_LATER_GPT_IMAGE: Final = {**_GPT_IMAGE, "size": _ANY_PIXELS}
_BANANA: Final = {
    **_OF_OTHERS,
    "size": one_of(*_SIDES),
    "aspect_ratio": one_of(
        *("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
    ),
    "quality": _ANY_QUALITY,
}
_WANX: Final = {
    **_OF_OTHERS,
    "size": _within(768, 1440, 2_000_000),
    "aspect_ratio": _NOTHING,
    "quality": _ANY_QUALITY,
}
_STABLE: Final = {
    **_OF_OTHERS,
    "style_preset": TEXT,
    # 64 by 64 is the least number of pixels too.
    "size": _within(64, 16_384, 16_384**2),
    "aspect_ratio": _NOTHING,
    "quality": _ANY_QUALITY,
}

# The first pattern that fits decides.
_FAMILIES: Final[dict[str, Mapping[str, Rule]]] = {
    "gpt-image-1": {field: rule for field, rule in _GPT_IMAGE.items() if field != "background"},
    "gpt-image-[2-9]*": _LATER_GPT_IMAGE,
    "gpt-image-1[0-9]*": _LATER_GPT_IMAGE,
    "gpt-image*": _GPT_IMAGE,
    "imagen*": {
        **_OF_OTHERS,
        "size": _NOTHING,
        # It has more, but the document says that a call over HTTP has the default alone.
        "aspect_ratio": one_of("1:1"),
        "quality": _ANY_QUALITY,
    },
    "*banana*": _BANANA,
    "gemini*image*": _BANANA,
    "cogview*": {
        **_OF_OTHERS,
        "size": one_of(
            *("1024x1024", "768x1344", "864x1152", "1344x768", "1152x864", "1440x720", "720x1440")
        ),
        "aspect_ratio": _NOTHING,
        "quality": _STANDARD_OR_HD,
    },
    "wanx*": _WANX,
    "wan2*": _WANX,
    "tongyi*": _WANX,
    "kling*": {
        **_OF_OTHERS,
        "size": _NOTHING,
        "aspect_ratio": one_of("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3"),
        "quality": one_of("std", "pro"),
    },
    "jimeng*": {
        **_OF_OTHERS,
        "size": one_of(*_JIMENG_SIZES.values()),
        "aspect_ratio": one_of(*_JIMENG_SIZES),
        "quality": _ANY_QUALITY,
    },
    "stable*": _STABLE,
    "sd*": _STABLE,
}


def rules_of(model: str) -> Mapping[str, Rule]:
    """The rules that a model's family adds; none for a model of no family."""
    return next(
        (rules for family, rules in _FAMILIES.items() if fnmatchcase(model.lower(), family)), {}
    )


def size_of(body: Mapping[str, Any]) -> tuple[int, int]:
    """The pixels to paint: as asked, of the asked ratio, or what the service paints unasked."""
    asked, ratio = body.get("size", ""), body.get("aspect_ratio", "1:1")
    if fnmatchcase(body["model"].lower(), "jimeng*"):
        asked = asked or _JIMENG_SIZES[ratio]
    exact = pixels_in(asked)
    if exact is not None:
        return affordable(exact)
    try:
        return affordable(size_with_ratio(ratio, _SIDES.get(asked.lower(), _DEFAULT_SIDE)))
    except (ValueError, ZeroDivisionError):
        return _DEFAULT_SIZE
