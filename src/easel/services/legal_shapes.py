"""What shape a model can paint, and what it is asked for.

In: a `Shape`, and the table row of a model. Out: what to ask the service for; `InvalidRequest` with
all that is legal. What a service can do exactly is done exactly. Else the nearest by area is taken
of what is within 5 % of the ratio and between half and twice the area, and the answer tells the
actual size. There is nothing beyond that. A model that nothing is known of is asked in the caller's
own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, sqrt
from typing import Final

from easel.errors import InvalidRequest
from easel.images.shape import TOLERANCE, Shape
from easel.images.size import Ratio, Resolution, Size

# How many times the area of what is painted that of what was asked may be, or the other way round.
AREA_TOLERANCE: Final = 2.0

# As much as the ratio may be off, a side may be too.
_BEND: Final = 1 + TOLERANCE

# How many multiples further a side may be: where it is a few of them, the next ones may be far off
# in ratio.
_REACH: Final = 8

_SQUARE: Final = Ratio(1, 1)


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
        """The size whose sides are nearest to this ratio with so many pixels.

        None where the service takes none within 5 % of the ratio.
        """
        width = sqrt(pixels * ratio.value)
        height = pixels / width
        smallest = max(self.min_side / min(width, height), sqrt(self.min_pixels / pixels))
        largest = min(self.max_side / max(width, height), sqrt(self.max_pixels / pixels))
        scaled = width * min(max(1.0, smallest), largest)
        reach = _REACH * self.multiple
        # By their sides and not by their area: 1000x1000 is meant to be 992x992, and 992x1024 has
        # the nearer area.
        return min(
            (
                size
                for each in self._multiples(scaled / _BEND - reach, scaled * _BEND + reach)
                for size in self._with_width(each, height, ratio)
                if self.allow(size) and ratio.distance(size.ratio) <= TOLERANCE
            ),
            key=lambda size: _times(size.width, width) * _times(size.height, height),
            default=None,
        )

    def _multiples(self, least: float, most: float) -> range:
        """The sides between two, and those next to them, that the service takes."""
        first = max(floor(least / self.multiple), ceil(self.min_side / self.multiple))
        last = min(ceil(most / self.multiple), self.max_side // self.multiple)
        return range(first * self.multiple, last * self.multiple + 1, self.multiple)

    def _with_width(self, width: int, height: float, ratio: Ratio) -> Iterator[Size]:
        """The sizes of this width whose heights are the nearest legal ones."""
        ideal = width / ratio.value
        least = max(ideal / _BEND, self.min_pixels / width, self.min_side)
        most = min(ideal * _BEND, self.max_pixels / width, self.max_side)
        nearest = min(max(height, least), most)
        return (Size(width, each) for each in self._multiples(nearest, nearest))

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


def reconcile(asked: Shape, legal: LegalShapes, model: str) -> Shape:
    """What to ask the service for: `words` where nothing is known of `model`, else the rest.

    Raises InvalidRequest with what is legal for `model`.
    """
    if legal == UNCHECKED:
        return asked
    if asked.unknown is not None:
        raise _illegal(asked.unknown, "this", model, legal)
    if legal.sizes or legal.custom:
        return _in_pixels(asked, legal, model)
    return _in_ratios(asked, legal, model)


@dataclass(frozen=True, slots=True)
class _Option:
    """What a model can be asked for, and how large it is; `pixels` is None where unknown."""

    shape: Shape
    ratio: Ratio
    pixels: int | None

    def times(self, pixels: int) -> float:
        return _times(self.pixels, pixels) if self.pixels else 1.0


def _nearest(options: Sequence[_Option], ratio: Ratio, areas: Sequence[int]) -> Shape | None:
    """Of what is near in ratio and in every area, the nearest to the first area, then to the ratio.

    This is the one rule, whatever is asked.
    """
    near = [
        each
        for each in options
        if ratio.distance(each.ratio) <= TOLERANCE
        and all(each.times(area) <= AREA_TOLERANCE for area in areas)
    ]
    found = min(
        near,
        key=lambda each: (*map(each.times, areas[:1]), ratio.distance(each.ratio)),
        default=None,
    )
    return found.shape if found else None


def _in_pixels(asked: Shape, legal: LegalShapes, model: str) -> Shape:
    """What a model that takes only pixels is asked for."""
    ratio = asked.size.ratio if asked.size else asked.ratio
    areas = [each.pixels for each in (asked.size, asked.resolution) if each]
    if ratio is None and not areas:
        return Shape(fields=asked.fields)
    found = _size(ratio or _SQUARE, areas, legal)
    if found is None:
        ratio_is_legal = ratio is None or _size(ratio, (), legal) is not None
        raise _no_shape(asked, legal, model, ratio_is_legal=ratio_is_legal)
    return replace(found, fields=asked.fields)


def _size(ratio: Ratio, areas: Sequence[int], legal: LegalShapes) -> Shape | None:
    """The legal size that is nearest; where no area is asked for, one of the list goes first."""
    listed = [_Option(Shape(size), size.ratio, size.pixels) for size in legal.sizes]
    found = _nearest(listed, ratio, areas)
    if legal.custom is None or (found and not areas):
        return found
    usual = legal.sizes[0].pixels if legal.sizes else Resolution.ONE_K.pixels
    size = legal.custom.fit(ratio, areas[0] if areas else usual)
    fitted = [_Option(Shape(size), size.ratio, size.pixels)] if size else []
    return _nearest([*listed, *fitted], ratio, areas)


def _in_ratios(asked: Shape, legal: LegalShapes, model: str) -> Shape:
    """What a model that takes a ratio and a resolution is asked for.

    Pixels choose both. Where there is one resolution or none, nobody says how many pixels that is,
    and they choose only the ratio.
    """
    if asked.resolution not in (None, *legal.resolutions):
        raise _illegal(asked.fields.resolution, asked.resolution, model, legal)
    ratio = asked.ratio or (asked.size.ratio if asked.size else None)
    if ratio is None:
        return Shape(resolution=asked.resolution, fields=asked.fields)
    measured = asked.size is not None and len(legal.resolutions) > 1
    areas = [asked.size.pixels] if asked.size and measured else []
    resolutions = (
        legal.resolutions if measured and asked.resolution is None else (asked.resolution,)
    )
    options = [
        _Option(Shape(None, each, resolution), each, resolution.pixels if resolution else None)
        for each in legal.ratios
        for resolution in resolutions
    ]
    found = _nearest(options, ratio, areas)
    if found is None:
        ratio_is_legal = _nearest(options, ratio, ()) is not None
        raise _no_shape(asked, legal, model, ratio_is_legal=ratio_is_legal)
    return replace(found, fields=asked.fields)


def _no_shape(
    asked: Shape, legal: LegalShapes, model: str, *, ratio_is_legal: bool
) -> InvalidRequest:
    """Why there is nothing near, by the field that is to blame."""
    fields, size, resolution = asked.fields, asked.size, asked.resolution
    conflict = size and resolution and _times(size.pixels, resolution.pixels) > AREA_TOLERANCE
    if conflict and ratio_is_legal:
        return InvalidRequest(
            f"{fields.resolution}: {resolution} contradicts the size {size}. Send one of them.",
            param=fields.resolution,
        )
    if size:
        return _illegal(fields.size, size, model, legal)
    if asked.ratio and not ratio_is_legal:
        return _illegal(fields.ratio, asked.ratio, model, legal)
    return _illegal(fields.resolution, resolution, model, legal)


def _times(one: float, other: float) -> float:
    return max(one, other) / min(one, other)


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values))


def _illegal(param: str, asked: object, model: str, legal: LegalShapes) -> InvalidRequest:
    return InvalidRequest(f"{param}: {model} cannot paint {asked}. Legal: {legal}.", param=param)
