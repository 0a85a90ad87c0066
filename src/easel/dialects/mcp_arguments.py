"""The arguments of the tools of MCP.

In: what a model has written as arguments of a call. Out: what is to be painted; `InvalidRequest`
and `BodyTooLarge` in words that it can act on. `mcp_tools` describes the same to it.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from easel.dialects import image_fields
from easel.dialects.body import BodyModel, read_value
from easel.dialects.dialect import Incoming
from easel.dialects.image_fields import ImageFields
from easel.errors import InvalidRequest
from easel.images.request import MAX_PICTURES, Action, ImageRequest


def _whole(value: object) -> object:
    """JSON has one kind of number, and some models write `1.0` for a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Arguments(BodyModel):
    """What both tools that paint take."""

    # An unknown argument would be dropped in silence, and the picture be paid for all the same.
    model_config = ConfigDict(extra="forbid")

    prompt: str
    model: str | None = None
    n: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MAX_PICTURES)] | None = None
    aspect_ratio: str | None = None
    size: str | None = None
    resolution: str | None = None
    quality: str | None = None
    style: str | None = None
    background: str | None = None
    output_format: str | None = None
    negative_prompt: str | None = None
    watermark: bool | None = None
    output: Literal["image", "link"] | None = None


class GenerateArguments(Arguments):
    """The arguments of `generate_image`."""


class EditArguments(Arguments):
    """The arguments of `edit_image`."""

    image: str | list[str]
    mask: str | None = None
    strength: float | None = None


class ListModelsArguments(BodyModel):
    """The arguments of `list_models`: none."""

    model_config = ConfigDict(extra="forbid")


# Whoever is told to leave a picture out pays for one that has nothing to do with it.
_ONLY_EDITED: Final = ("image", "mask")


def to_generate(arguments: dict[str, Any], incoming: Incoming) -> GenerateArguments:
    """The arguments of a call. Raises InvalidRequest."""
    for name in _ONLY_EDITED:
        if arguments.get(name) is not None:
            raise InvalidRequest(
                f"{name}: generate_image paints from words alone. Call edit_image.",
                param=name,
                code="unknown_parameter",
            )
    return read_value(GenerateArguments, arguments, long_texts=incoming.long_texts)


def to_edit(arguments: dict[str, Any], incoming: Incoming) -> EditArguments:
    """The arguments of a call. Raises InvalidRequest."""
    return read_value(EditArguments, arguments, long_texts=incoming.long_texts)


def check_none(arguments: dict[str, Any], incoming: Incoming) -> None:
    """Raises InvalidRequest where a tool that takes no arguments has any."""
    read_value(ListModelsArguments, arguments, long_texts=incoming.long_texts)


def image_request(asked: Arguments, incoming: Incoming) -> ImageRequest:
    """What a tool is to paint. Raises InvalidRequest and BodyTooLarge."""
    long_texts = incoming.long_texts
    own = {name: getattr(asked, name) for name in asked.model_fields_set}
    fields = image_fields.with_long_texts(
        ImageFields.model_construct(
            **{name: value for name, value in own.items() if name in ImageFields.model_fields}
        ),
        long_texts,
    )
    prompt = long_texts.whole(asked.prompt)
    if not prompt.strip():
        raise InvalidRequest("prompt: must not be empty.", param="prompt")
    images = image_fields.pictures(fields, long_texts)
    return ImageRequest(
        long_texts.whole(asked.model or incoming.catalogue().default_model),
        prompt,
        image_fields.shape(fields),
        Action.EDIT if images else Action.GENERATE,
        asked.n or 1,
        images,
        image_fields.mask(fields, long_texts),
        image_fields.options(fields, long_texts),
    )
