"""The fields that shape a picture, the same in OpenAI's images API and in a chat.

In: a body that a dialect has read, with these fields among its own. Out: the `Options`, pictures
and mask that it asks for; `InvalidRequest` for what no service supports.
Sources: OpenAI's API reference, "Images", read 2026-11; for what goes beyond it the documents of
BigModel, GeekAI and Zhaotou (2026-01).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import ConfigDict, Field

from easel.dialects.body import BodyModel
from easel.errors import InvalidRequest
from easel.images.blobs import LongTexts
from easel.images.request import InputImage, Options, read_image
from easel.images.shape import ANY_SHAPE, Shape, read_shape


class _SequentialOptions(BodyModel):
    model_config = ConfigDict(extra="allow")

    max_images: Annotated[int, Field(ge=1, le=15)] | None = None


class ExtraBody(BodyModel):
    """An open bag: what is not known here goes to the service as it is."""

    model_config = ConfigDict(extra="allow")

    sequential_image_generation: Literal["auto", "disabled"] | None = None
    sequential_image_generation_options: _SequentialOptions | None = None


class ImageFields(BodyModel):
    """What a body may say of the pictures that it asks for, beside the prompt and their number."""

    size: str | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    quality: str | None = None
    style: str | None = None
    style_preset: str | None = None
    background: str | None = None
    output_format: str | None = None
    negative_prompt: str | None = None
    image: str | list[str] | None = None
    mask: str | None = None
    strength: float | None = None
    watermark: bool | None = None
    watermark_enabled: bool | None = None
    user_id: str | None = None
    asynchronous: Annotated[bool | None, Field(alias="async")] = None
    retries: int | None = None
    extra_body: ExtraBody | None = None
    # No service here has these; what OpenAI does without them is no error.
    moderation: Literal["auto", "low"] | None = None
    output_compression: Annotated[int, Field(ge=100, le=100)] | None = None
    # OpenAI may send none of them where the picture is done first (its reference).
    partial_images: Annotated[int, Field(ge=0, le=3)] | None = None


_Fields = TypeVar("_Fields", bound=ImageFields)

PICTURES: Final = ("image", "mask")
_PICTURES: Final = frozenset(PICTURES)

# A bag holds settings. Pictures have fields of their own, and do not pass through Python.
_MAX_EXTRA_BYTES: Final = 64 * 1024
_MAX_EXTRA_DEPTH: Final = 16


def with_long_texts(fields: _Fields, long_texts: LongTexts) -> _Fields:
    """The same with its long texts in it, but for pictures. Raises BodyTooLarge."""
    texts = {
        name: long_texts.whole(value)
        for name in fields.model_fields_set - _PICTURES
        if isinstance(value := getattr(fields, name), str) and long_texts.holds(value)
    }
    return fields.model_copy(update=texts) if texts else fields


def options(fields: ImageFields, long_texts: LongTexts) -> Options:
    """The options that a body asks for. Raises InvalidRequest and BodyTooLarge."""
    watermark, other = fields.watermark, fields.watermark_enabled
    if watermark is not None and other not in (None, watermark):
        raise InvalidRequest("watermark_enabled: contradicts watermark.", param="watermark_enabled")
    if fields.moderation == "low":
        raise InvalidRequest("moderation: must be auto.", param="moderation")
    return Options(
        quality=fields.quality,
        style=fields.style,
        style_preset=fields.style_preset,
        background=fields.background,
        output_format=fields.output_format,
        negative_prompt=fields.negative_prompt,
        strength=fields.strength,
        watermark=watermark if watermark is not None else other,
        user_id=fields.user_id,
        retries=fields.retries,
        extra_body=_extra_body(fields.extra_body, long_texts),
    )


def shape(fields: ImageFields) -> Shape:
    """The shape that a body asks for. Raises InvalidRequest."""
    if fields.size is None and fields.aspect_ratio is None and fields.resolution is None:
        return ANY_SHAPE
    return read_shape(fields.size, fields.aspect_ratio, fields.resolution)


def names(fields: ImageFields) -> Mapping[str, str]:
    """What the body calls an option, where it has two names for it."""
    return {} if fields.watermark is not None else {"watermark": "watermark_enabled"}


def pictures(fields: ImageFields, long_texts: LongTexts) -> tuple[InputImage, ...]:
    """The pictures to paint from. Raises InvalidRequest and BodyTooLarge."""
    sources = [fields.image] if isinstance(fields.image, str) else fields.image
    if sources == []:
        raise InvalidRequest(
            "image: must not be empty. Add a picture, or leave the field out.", param="image"
        )
    return tuple(read_image(text, "image", long_texts) for text in sources or ())


def mask(fields: ImageFields, long_texts: LongTexts) -> InputImage | None:
    """Where to paint, as a picture. Raises InvalidRequest and BodyTooLarge."""
    return None if fields.mask is None else read_image(fields.mask, "mask", long_texts)


def _extra_body(bag: ExtraBody | None, long_texts: LongTexts) -> Mapping[str, object] | None:
    if bag is None:
        return None
    known = ExtraBody.model_fields
    given = {
        long_texts.whole(name): _whole(value, 1, long_texts)
        for name, value in bag.model_dump(exclude_unset=True).items()
        if value is not None or name not in known
    }
    if len(json.dumps(given, ensure_ascii=False).encode()) > _MAX_EXTRA_BYTES:
        raise InvalidRequest(
            f"extra_body: must have at most {_MAX_EXTRA_BYTES} bytes.", param="extra_body"
        )
    return given or None


def _whole(value: Any, depth: int, long_texts: LongTexts) -> Any:
    """A value of the bag with its long texts in it."""
    if depth > _MAX_EXTRA_DEPTH:
        raise InvalidRequest(
            f"extra_body: is nested deeper than {_MAX_EXTRA_DEPTH} levels.", param="extra_body"
        )
    if isinstance(value, dict):
        return {
            long_texts.whole(name): _whole(each, depth + 1, long_texts)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_whole(each, depth + 1, long_texts) for each in value]
    if isinstance(value, float) and not isfinite(value):
        raise InvalidRequest(
            "extra_body: has a number that JSON does not allow.", param="extra_body"
        )
    return long_texts.whole(value) if isinstance(value, str) else value
