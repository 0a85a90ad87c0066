"""Draws real pictures of the right size, with the prompt on them.

In: a prompt, a size and a format. Out: the bytes of a picture that opens; and the size itself, from
what a request says of it.
"""

from __future__ import annotations

import hashlib
import io
import re
from functools import lru_cache
from math import sqrt
from pathlib import Path
from typing import Final, Literal, TypeAlias

from PIL import Image, ImageDraw, ImageFont

# One font that has Latin and Chinese; it comes with the locked npm packages, because no Python
# package ships one.
FONT: Final = (
    Path(__file__).resolve().parents[2]
    / "node_modules/@fontsource/zcool-xiaowei/files"
    / "zcool-xiaowei-chinese-simplified-400-normal.woff"
)

Format: TypeAlias = Literal["JPEG", "PNG", "WEBP"]

# Some services paint up to 16384 pixels a side; that would take minutes here.
_MAX_PIXELS: Final = 2**22

# Services that round sides at all do so in steps of at least this.
_STEP: Final = 8

_PIXELS: Final = re.compile(r"([1-9][0-9]{0,4})[x*]([1-9][0-9]{0,4})")

_MARGIN: Final = 0.08
_MAX_LINES: Final = 12

# Sizes that image.z.ai was seen to paint at 1K (2026-11): 1:1, 9:16 and 3:4. The others are the
# sandbox's own: the same area in multiples of 32.
SIZES_1K: Final = {
    "1:1": (1280, 1280),
    "3:4": (1088, 1472),
    "4:3": (1472, 1088),
    "16:9": (1728, 960),
    "9:16": (960, 1728),
    "21:9": (1952, 832),
    "9:21": (832, 1952),
}


def size_of(ratio: str, resolution: str) -> tuple[int, int]:
    """Width and height in pixels."""
    width, height = SIZES_1K[ratio]
    factor = {"1K": 1, "2K": 2}[resolution]
    return width * factor, height * factor


def pixels_in(text: str) -> tuple[int, int] | None:
    """Width and height of `1024x768`, also with the `*` that some models want; else None."""
    found = _PIXELS.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def size_with_ratio(ratio: str, side: int) -> tuple[int, int]:
    """A size of this ratio with the area of a square of `side` pixels, as near as may be."""
    width, height = map(int, ratio.split(":"))
    exact = side * sqrt(width / height)
    return round(exact / _STEP) * _STEP, round(side * side / exact / _STEP) * _STEP


def affordable(size: tuple[int, int]) -> tuple[int, int]:
    """The same size, or one of its ratio that is quick enough to paint."""
    width, height = size
    factor = sqrt(_MAX_PIXELS / (width * height))
    return size if factor >= 1 else (max(1, int(width * factor)), max(1, int(height * factor)))


def _background(prompt: str, size: tuple[int, int]) -> Image.Image:
    """A gradient between two colours that belong to the prompt: pictures can be told apart."""
    digest = hashlib.sha256(prompt.encode()).digest()
    start, end = (
        Image.new("RGB", size, tuple(digest[:3])),
        Image.new("RGB", size, tuple(digest[3:6])),
    )
    return Image.composite(start, end, Image.linear_gradient("L").resize(size))


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Lines that fit; Chinese has no spaces to break at, so any character will do."""
    lines = [""]
    for character in " ".join(text.split()):
        if font.getlength(lines[-1] + character) > width:
            lines.append("")
            # A prompt of megabytes would take minutes.
            if len(lines) > _MAX_LINES:
                break
        lines[-1] += character
    if len(lines) > _MAX_LINES:
        lines = [*lines[: _MAX_LINES - 1], lines[_MAX_LINES - 1] + "…"]
    return [line.strip() for line in lines]


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Unpacking the font takes twice as long as drawing a picture."""
    return ImageFont.truetype(str(FONT), size=size)


def draw(prompt: str, size: tuple[int, int], image_format: Format) -> bytes:
    """A picture of exactly `size` pixels with the prompt drawn on it."""
    image = _background(prompt, size)
    width, height = size
    font = _font(max(24, min(size) // 16))
    text = "\n".join(_wrap(prompt, font, width * (1 - 2 * _MARGIN)))
    place = (width / 2, height / 2)
    canvas = ImageDraw.Draw(image)
    canvas.multiline_text(
        place, text, "white", font, "mm", align="center", stroke_width=3, stroke_fill="black"
    )
    label = _font(max(16, min(size) // 40))
    canvas.text((width - 24, height - 24), f"sandbox {width}×{height}", "white", label, "rs")
    out = io.BytesIO()
    image.save(out, image_format, quality=88)
    return out.getvalue()


def pad(picture: bytes, length: int) -> bytes:
    """The same picture, at least `length` bytes long: what follows its end is not looked at."""
    filler = hashlib.shake_256(b"easel").digest(max(0, length - len(picture)))
    return picture + filler
