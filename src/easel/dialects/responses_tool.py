"""What a request to OpenAI's Responses API says of its picture: the tool `image_generation`.

In: the tools of a body, and the same fields beside them, which SDKs with typed tools can send in no
other place. Out: what is asked of the picture; `InvalidRequest` for what is illegal, said twice, or
unknown in the tool. The fields mean what they mean in the images API (`image_fields`).
Source: OpenAI's API reference, "Responses", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from easel.dialects import image_fields
from easel.dialects.body import BodyModel, read_value
from easel.dialects.image_fields import ImageFields
from easel.dialects.turn import Turn
from easel.errors import InvalidRequest
from easel.images.blobs import LongTexts
from easel.images.request import (
    MAX_PICTURES,
    Action,
    ImageRequest,
    InputImage,
    Options,
    read_image,
)
from easel.images.shape import ShapeFields, read_shape

_TOOL: Final = "image_generation"


class _Mask(BodyModel):
    image_url: str | None = None
    file_id: str | None = None


class _Fields(ImageFields):
    # An unknown field would be dropped in silence, and the picture be paid for all the same.
    model_config = ConfigDict(extra="forbid")

    n: Annotated[int, Field(ge=1, le=MAX_PICTURES)] | None = None


class _Tool(_Fields):
    type: str
    model: Annotated[str, Field(min_length=1)] | None = None
    action: Literal["generate", "edit", "auto"] | None = None
    input_image_mask: _Mask | None = None


def _spelled(name: str) -> str:
    """A field of ours as the body has it."""
    return _Tool.model_fields[name].alias or name


# What may stand beside the tool. There the API has fields of its own called `background`, `image`
# and `moderation`, which mean something else.
BESIDE: Final = frozenset(map(_spelled, _Fields.model_fields)) - {
    "background",
    "moderation",
    *image_fields.PICTURES,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a picture, apart from the prompt and the pictures of the input.

    `model` is the tool's own. `params` are the paths of the fields that stand in the tool.
    """

    fields: _Tool = field(repr=False)
    params: Mapping[str, str]

    @property
    def model(self) -> str | None:
        return self.fields.model

    def param(self, name: str) -> str:
        """The path of a field."""
        return self.params.get(name, name)


def read_asked(
    tools: Sequence[Any] | None, beside: Mapping[str, Any], long_texts: LongTexts
) -> Asked:
    """What the tool and the fields beside it ask for. Raises InvalidRequest and BodyTooLarge.

    Other tools are tolerated: a painter calls none.
    """
    found = [
        (at, tool)
        for at, tool in enumerate(tools or ())
        if isinstance(tool, dict) and tool.get("type") == _TOOL
    ]
    if len(found) > 1:
        raise InvalidRequest(f"tools: there can be only one {_TOOL}.", param="tools")
    at, given = found[0] if found else (0, {"type": _TOOL})
    tool = read_value(_Tool, given, "tools", at, long_texts=long_texts)
    params = {_spelled(name): f"tools[{at}].{_spelled(name)}" for name in tool.model_fields_set}
    for name in image_fields.PICTURES:
        if getattr(tool, name) is not None:
            raise InvalidRequest(
                f"{params[name]}: not supported here. Send pictures as input_image, and a mask as "
                "input_image_mask.",
                param=params[name],
            )
    known = {name: value for name, value in beside.items() if name in BESIDE}
    own = read_value(_Fields, known, long_texts=long_texts)
    said = {name: value for name, value in own if value is not None}
    for own_name in said:
        name = _spelled(own_name)
        if getattr(tool, own_name) is not None:
            raise InvalidRequest(
                f"{name}: set it here or in {params[name]}, not in both.", param=name
            )
        params.pop(name, None)
    both = tool.model_copy(update=said)
    return Asked(image_fields.with_long_texts(both, long_texts), params)


def beside_the_input(asked: Asked, model: str, long_texts: LongTexts) -> ImageRequest:
    """All that is asked for but the prompt and the pictures of the input; `model` paints.

    Raises InvalidRequest and BodyTooLarge.
    """
    fields, param = asked.fields, asked.param
    if fields.asynchronous:
        raise InvalidRequest(
            f"{param('async')}: not supported in a response. Use /v1/images/generations.",
            param=param("async"),
        )
    shape_fields = ShapeFields(param("size"), param("aspect_ratio"), param("resolution"))
    own_names = {option: param(name) for option, name in image_fields.names(fields).items()}
    return ImageRequest(
        model,
        "",
        read_shape(fields.size, fields.aspect_ratio, fields.resolution, shape_fields),
        n=fields.n or 1,
        mask=_mask(asked, long_texts),
        options=_options(asked, long_texts),
        names={**asked.params, **own_names},
    )


def _options(asked: Asked, long_texts: LongTexts) -> Options:
    try:
        return image_fields.options(asked.fields, long_texts)
    except InvalidRequest as error:
        # Its message begins with the field.
        name = error.param or ""
        at = asked.param(name)
        raise InvalidRequest(
            at + error.message.removeprefix(name), code=error.code, param=at
        ) from None


def check_action(asked: Asked, wanted: ImageRequest | Turn) -> None:
    """Raises InvalidRequest where the tool wants something else than what the input is for."""
    image = wanted.whole if isinstance(wanted, Turn) else wanted
    action, param = asked.fields.action, asked.param("action")
    if action in (None, "auto") or not isinstance(image, ImageRequest):
        return
    if action == "edit" and image.action is not Action.EDIT:
        raise InvalidRequest(
            f"{param}: edit needs a picture. Send one as input_image.", param=param
        )
    if action == "generate" and image.action is Action.EDIT:
        raise InvalidRequest(
            f"{param}: generate contradicts the picture of the input. Leave one of them out.",
            param=param,
        )


def _mask(asked: Asked, long_texts: LongTexts) -> InputImage | None:
    mask, param = asked.fields.input_image_mask, asked.param("input_image_mask")
    if mask is None:
        return None
    if mask.image_url is None:
        raise InvalidRequest(
            f"{param}: Easel stores no files. Send the mask itself as image_url.", param=param
        )
    return read_image(mask.image_url, f"{param}.image_url", long_texts)
