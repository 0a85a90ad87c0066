"""What shape a caller wants.

In: what was asked, in pixels, as a ratio, as a resolution or in a word of the service's own. Out: a
frozen value; `InvalidRequest` for what contradicts itself. What becomes of it is said by
the services' `legal_shapes`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from easel.errors import InvalidRequest
from easel.images.size import Ratio, Resolution, Size, parse_ratio, parse_resolution, parse_size

# How far a ratio may be from a legal one and still look as it was meant.
TOLERANCE: Final = 0.05 + 1e-9

# Room for every word of a size that a service has, and for nothing else.
_WORD_CHARACTERS: Final = 32


@dataclass(frozen=True, slots=True)
class ShapeFields:
    """The fields in which a caller's dialect asks for a shape, for errors that name them."""

    size: str = "size"
    ratio: str = "aspect_ratio"
    resolution: str = "resolution"


DEFAULT_FIELDS: Final = ShapeFields()


@dataclass(frozen=True, slots=True)
class Words:
    """A shape as the caller wrote it, for models that nothing is known of."""

    size: str | None = None
    ratio: str | None = None
    resolution: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What was asked, or what to ask for. Whatever is None was left open.

    `auto` is whether a caller left the size open by saying so: a few models know the word.
    `unknown` is the field that holds a word of another kind, which only `words` has.
    """

    size: Size | None = None
    ratio: Ratio | None = None
    resolution: Resolution | None = None
    unknown: str | None = None
    words: Words = field(default=Words(), compare=False, repr=False)
    fields: ShapeFields = field(default=DEFAULT_FIELDS, compare=False, repr=False)
    auto: bool = False


ANY_SHAPE: Final = Shape()


def _chosen(text: str | None, name: str) -> str | None:
    """A field's text, or None where it leaves the choice to the service."""
    if text is None or _is_auto(text):
        return None
    if not text.strip() or not text.isprintable() or len(text) > _WORD_CHARACTERS:
        raise InvalidRequest(
            f"{name}: must be pixels (1024x1024), a ratio (16:9), a resolution (2K) or a word, of "
            f"up to {_WORD_CHARACTERS} characters.",
            param=name,
        )
    return text


def _is_auto(text: str) -> bool:
    return text.strip().lower() == "auto"


def read_shape(
    size: str | None,
    ratio: str | None = None,
    resolution: str | None = None,
    fields: ShapeFields = DEFAULT_FIELDS,
) -> Shape:
    """The shape that a request's fields ask for; `size` may hold any of the three.

    Raises InvalidRequest for two that contradict each other, and for a text that is no word at all.
    """
    shape = Shape(fields=fields)
    if (text := _chosen(size, fields.size)) is not None:
        shape = _read_size(text, fields)
    if (text := _chosen(ratio, fields.ratio)) is not None:
        shape = _with_ratio(shape, text, fields.ratio)
    if (text := _chosen(resolution, fields.resolution)) is not None:
        shape = _with_resolution(shape, text, fields.resolution)
    is_open = shape == ANY_SHAPE and size is not None and _is_auto(size)
    return replace(shape, auto=is_open)


def _read_size(text: str, fields: ShapeFields) -> Shape:
    if ratio := parse_ratio(text):
        fields = replace(fields, ratio=fields.size)
        return Shape(ratio=ratio, words=Words(ratio=text), fields=fields)
    if resolution := parse_resolution(text):
        fields = replace(fields, resolution=fields.size)
        return Shape(resolution=resolution, words=Words(resolution=text), fields=fields)
    size = parse_size(text)
    unknown = None if size else fields.size
    return Shape(size, unknown=unknown, words=Words(size=text), fields=fields)


def _with_ratio(shape: Shape, text: str, name: str) -> Shape:
    found = parse_ratio(text)
    asked = shape.size.ratio if shape.size else shape.ratio
    if found and asked and asked.distance(found) > TOLERANCE:
        raise InvalidRequest(
            f"{name}: {found} contradicts the size {shape.size or asked}. Send one of them.",
            param=name,
        )
    return replace(
        shape,
        ratio=found,
        unknown=shape.unknown or (None if found else name),
        words=replace(shape.words, ratio=text),
        fields=replace(shape.fields, ratio=name),
    )


def _with_resolution(shape: Shape, text: str, name: str) -> Shape:
    found = parse_resolution(text)
    if shape.resolution not in (None, found):
        raise InvalidRequest(
            f"{name}: contradicts the size {shape.resolution}. Send one of them.", param=name
        )
    return replace(
        shape,
        resolution=found,
        unknown=shape.unknown or (None if found else name),
        words=replace(shape.words, resolution=shape.words.resolution or text),
        fields=replace(shape.fields, resolution=name),
    )
