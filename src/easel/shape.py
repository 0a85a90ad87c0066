"""What shape a caller wants, and what shape a model can paint.

In: what was asked, in pixels, as a ratio or as a resolution, and the table row of a model. Out:
what to ask the service for; `InvalidRequest` with all that is legal. What a service can do exactly
is done exactly, within 5 % of a legal ratio the nearest is taken (the answer tells the actual
size), and nothing else is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import floor, sqrt
from typing import Final

from easel.errors import InvalidRequest
from easel.size import Ratio, Resolution, Size, parse_ratio, parse_resolution, parse_size

# How far a ratio may be from a legal one and still look as it was meant.
TOLERANCE: Final = 0.05 + 1e-9


# How many times the area of a resolution a size may have, or the resolution that of the size:
# 1K is 1024x1024, and 1376x768 and 1536x1024 are meant by it too.
_RESOLUTION_TOLERANCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class ShapeFields:
    """The fields in which a caller's dialect asks for a shape, for errors that name them."""

    size: str = "size"
    ratio: str = "aspect_ratio"
    resolution: str = "resolution"


DEFAULT_FIELDS: Final = ShapeFields()


@dataclass(frozen=True, slots=True)
class Shape:
    """What was asked, or what to ask for. Whatever is None was left open.

    `auto` is whether a caller left the size open by saying so: a few models know the word.
    """

    size: Size | None = None
    ratio: Ratio | None = None
    resolution: Resolution | None = None
    fields: ShapeFields = field(default=DEFAULT_FIELDS, compare=False, repr=False)
    auto: bool = False


ANY_SHAPE: Final = Shape()


@dataclass(frozen=True, slots=True)
class CustomSizes:
    """Sizes that need not be in a list: both sides and the area within limits, in pixels."""

    min_side: int
    max_side: int
    multiple: int = 1
    min_pixels: int = 0
    max_pixels: int = 2**62

    def allow(self, size: Size) -> bool:
        """Whether the service takes this size."""
        return (
            all(
                self.min_side <= side <= self.max_side and side % self.multiple == 0
                for side in (size.width, size.height)
            )
            and self.min_pixels <= size.pixels <= self.max_pixels
        )

    def fit(self, ratio: Ratio, pixels: int) -> Size | None:
        """The size of this ratio with about so many pixels, if the service takes it."""
        width = sqrt(pixels * ratio.value)
        # Rounded to the nearest, an area that is all that is allowed may become more.
        for whole in (round, floor):
            sides = (
                whole(side / self.multiple) * self.multiple for side in (width, pixels / width)
            )
            size = Size(*(max(side, self.multiple) for side in sides))
            if self.allow(size) and _distance(size.ratio, ratio) <= TOLERANCE:
                return size
        return None

    def __str__(self) -> str:
        text = f"sides of {self.min_side} to {self.max_side} pixels"
        if self.multiple > 1:
            text += f" that are multiples of {self.multiple}"
        if self.min_pixels:
            text += f", at least {self.min_pixels} pixels in all"
        if self.max_pixels < 2**62:
            text += f", at most {self.max_pixels} pixels in all"
        return text


@dataclass(frozen=True, slots=True)
class LegalShapes:
    """What a model can paint: `sizes` and `custom` in pixels, or `ratios` and `resolutions`.

    A row with none of them is a model that nothing is known of: all is passed on unchecked.
    """

    sizes: tuple[Size, ...] = ()
    custom: CustomSizes | None = None
    ratios: tuple[Ratio, ...] = ()
    resolutions: tuple[Resolution, ...] = ()

    def __str__(self) -> str:
        parts = [
            f"sizes {_listed(self.sizes)}" if self.sizes else "",
            f"{self.custom}" if self.custom else "",
            f"ratios {_listed(self.ratios)}" if self.ratios else "",
            f"resolutions {_listed(self.resolutions)}" if self.resolutions else "",
        ]
        return "; ".join(part for part in parts if part)


UNCHECKED: Final = LegalShapes()


def sizes(text: str) -> tuple[Size, ...]:
    """A table's sizes, written as the documents do: `1024x1024 1792x1024`."""
    return tuple(Size(*map(int, word.split("x"))) for word in text.split())


def ratios(text: str) -> tuple[Ratio, ...]:
    """A table's ratios, written as the documents do: `1:1 16:9`."""
    return tuple(Ratio(*map(int, word.split(":"))) for word in text.split())


def _said(text: str | None) -> str | None:
    """A field's text, or None where it leaves the choice to the service."""
    return None if text is None or _is_auto(text) else text


def _is_auto(text: str) -> bool:
    return text.strip().lower() == "auto"


def read_shape(
    size: str | None,
    ratio: str | None = None,
    resolution: str | None = None,
    fields: ShapeFields = DEFAULT_FIELDS,
) -> Shape:
    """The shape that a request's fields ask for; `size` may hold any of the three.

    Raises InvalidRequest for a text that is no shape, and for two that contradict each other.
    """
    shape = Shape(fields=fields)
    if (text := _said(size)) is not None:
        shape = Shape(parse_size(text), parse_ratio(text), parse_resolution(text), fields)
        if shape == ANY_SHAPE:
            raise InvalidRequest(
                f"{fields.size}: must be pixels (1024x1024), a ratio (16:9), a resolution (1K, 2K, "
                "4K) or auto.",
                param=fields.size,
            )
        if shape.resolution:
            shape = replace(shape, fields=replace(fields, resolution=fields.size))
    shape = _with_resolution(_with_ratio(shape, _said(ratio)), _said(resolution), fields)
    is_open = shape == ANY_SHAPE and size is not None and _is_auto(size)
    return replace(shape, auto=is_open)


def _with_ratio(shape: Shape, text: str | None) -> Shape:
    if text is None:
        return shape
    name, found = shape.fields.ratio, parse_ratio(text)
    if found is None:
        raise InvalidRequest(f"{name}: must be a ratio such as 16:9.", param=name)
    asked = shape.size.ratio if shape.size else shape.ratio
    if asked is not None and _distance(asked, found) > TOLERANCE:
        raise InvalidRequest(
            f"{name}: {found} contradicts the size {shape.size or asked}.", param=name
        )
    return replace(shape, ratio=found)


def _with_resolution(shape: Shape, text: str | None, fields: ShapeFields) -> Shape:
    if text is None:
        return shape
    name, found = fields.resolution, parse_resolution(text)
    if found is None:
        raise InvalidRequest(f"{name}: must be one of 1K, 2K and 4K.", param=name)
    if shape.resolution not in (None, found):
        raise InvalidRequest(
            f"{name}: {found} contradicts the size {shape.resolution}.", param=name
        )
    return replace(shape, resolution=found, fields=replace(shape.fields, resolution=name))


def reconcile(asked: Shape, legal: LegalShapes, model: str) -> Shape:
    """What to ask the service for. Raises InvalidRequest with what is legal for `model`."""
    if legal == UNCHECKED:
        return asked
    fields = asked.fields
    if asked.resolution is not None and asked.resolution not in legal.resolutions:
        return _sized(asked, asked.resolution, legal, model)
    if not legal.ratios:
        return Shape(_legal_size(asked, legal, model), None, asked.resolution, fields)
    resolution = _resolution(asked, legal, model)
    ratio = asked.ratio or (asked.size.ratio if asked.size else None)
    if ratio is None:
        return replace(asked, resolution=resolution)
    nearest = _nearest(ratio, legal.ratios)
    if nearest is None:
        name = fields.ratio if asked.ratio else fields.size
        raise _illegal(name, asked.ratio or asked.size, model, legal)
    return Shape(None, nearest, resolution, fields)


def _resolution(asked: Shape, legal: LegalShapes, model: str) -> Resolution | None:
    """The resolution, which pixels choose too where a model has several.

    Where it has one, or none, pixels choose the ratio only.
    """
    if asked.size is None or len(legal.resolutions) < 2:
        return asked.resolution
    pixels = asked.size.pixels
    nearest = min(legal.resolutions, key=lambda each: _times(pixels, each.pixels))
    if _times(pixels, nearest.pixels) > _RESOLUTION_TOLERANCE:
        raise _illegal(asked.fields.size, asked.size, model, legal)
    if asked.resolution not in (None, nearest):
        raise InvalidRequest(
            f"{asked.fields.resolution}: {asked.resolution} contradicts the size {asked.size}.",
            param=asked.fields.resolution,
        )
    return nearest


def _sized(asked: Shape, resolution: Resolution, legal: LegalShapes, model: str) -> Shape:
    """A resolution in pixels, for a model that takes those: Gemini's clients say 1K by default."""
    if not legal.ratios:
        ratio = asked.ratio or Ratio(1, 1)
        listed = _legal_size(replace(asked, ratio=ratio), legal, model)
        free = None if asked.size else legal.custom
        for size in (listed, free and free.fit(ratio, resolution.pixels)):
            if size and _times(size.pixels, resolution.pixels) <= _RESOLUTION_TOLERANCE:
                return Shape(size, None, None, asked.fields)
    raise _illegal(asked.fields.resolution, resolution, model, legal)


def _legal_size(asked: Shape, legal: LegalShapes, model: str) -> Size | None:
    if asked.size is not None and (
        asked.size in legal.sizes or (legal.custom and legal.custom.allow(asked.size))
    ):
        return asked.size
    ratio = asked.size.ratio if asked.size else asked.ratio
    if ratio is None:
        return None
    near = _nearest(ratio, tuple(size.ratio for size in legal.sizes))
    if near is not None:
        return Size(near.width, near.height)
    # A ratio can be done exactly where sizes are free; pixels that are not legal cannot.
    usual = legal.sizes[0] if legal.sizes else Size(1024, 1024)
    fitted = legal.custom.fit(ratio, usual.pixels) if legal.custom and not asked.size else None
    if fitted is None:
        name = asked.fields.size if asked.size else asked.fields.ratio
        raise _illegal(name, asked.size or ratio, model, legal)
    return fitted


def _times(one: int, other: int) -> float:
    return max(one, other) / min(one, other)


def _distance(one: Ratio, other: Ratio) -> float:
    return max(one.value / other.value, other.value / one.value) - 1


def _nearest(ratio: Ratio, legal: Sequence[Ratio]) -> Ratio | None:
    if not legal:
        return None
    nearest = min(legal, key=lambda each: _distance(each, ratio))
    return nearest if _distance(nearest, ratio) <= TOLERANCE else None


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values))


def _illegal(param: str, asked: object, model: str, legal: LegalShapes) -> InvalidRequest:
    return InvalidRequest(f"{param}: {model} cannot paint {asked}. Legal: {legal}.", param=param)
