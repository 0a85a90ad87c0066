"""OpenAI's images API: generations, edits, variations, and tasks that are asked for later.

In: a JSON body, or the fields of a multipart form. Out: what it asks for, and how to answer;
`InvalidRequest` for a field that is illegal or unknown. `images_encoder` answers it.
Sources: OpenAI's API reference, "Images", read 2026-11; for what goes beyond it the documents of
BigModel, GeekAI and Zhaotou (2026-01).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from easel.dialects import image_fields
from easel.dialects.body import read_json, read_texts
from easel.dialects.dialect import (
    Body,
    Decoded,
    Incoming,
    Operation,
    PaintOperation,
    TaskOperation,
)
from easel.dialects.encoder import Stamp
from easel.dialects.image_fields import ExtraBody, ImageFields
from easel.dialects.images_encoder import ImagesEncoder
from easel.dialects.openai_errors import OPENAI
from easel.errors import InvalidRequest
from easel.images.blobs import NO_LONG_TEXTS, LongTexts
from easel.images.request import (
    MAX_PICTURES,
    Action,
    ImageRequest,
    InputImage,
    read_file,
    read_image,
)


class _Body(ImageFields):
    # An unknown field would be dropped in silence, and the picture be paid for all the same.
    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    prompt: str = ""
    n: Annotated[int, Field(ge=1, le=MAX_PICTURES)] | None = None
    response_format: Literal["url", "b64_json"] | None = None
    stream: bool | None = None
    # Who asks, for OpenAI's own abuse checks: it goes to no service.
    user: str | None = None
    safety_identifier: str | None = None


_TEXT_FIELDS: Final = frozenset(
    field.alias or name
    for name, field in _Body.model_fields.items()
    if name not in image_fields.PICTURES
)


def _decoded(
    body: _Body,
    action: Action,
    pictures: tuple[tuple[InputImage, ...], InputImage | None],
    incoming: Incoming,
    long_texts: LongTexts = NO_LONG_TEXTS,
) -> Decoded:
    """`pictures` are those to paint from, and the mask."""
    images, mask = pictures
    if action is not Action.VARY and not body.prompt.strip():
        raise InvalidRequest("prompt: must not be empty.", param="prompt")
    if action is not Action.GENERATE and not images:
        raise InvalidRequest("image: missing. Send the picture to start from.", param="image")
    if action is Action.VARY and body.prompt.strip():
        raise InvalidRequest(
            "prompt: not supported for a variation. Use /v1/images/edits.",
            param="prompt",
        )
    image = ImageRequest(
        body.model or incoming.settings.default_image_model,
        body.prompt,
        image_fields.shape(body),
        action,
        body.n or 1,
        images,
        mask,
        image_fields.options(body, long_texts),
        bool(body.asynchronous),
        image_fields.names(body),
    )
    if image.asynchronous and (body.stream or body.response_format == "b64_json"):
        raise InvalidRequest(
            "async: a task supports neither stream nor b64_json.",
            param="async",
        )
    if body.stream and body.response_format == "url":
        raise InvalidRequest(
            "response_format: must be b64_json for a stream.", param="response_format"
        )
    # Addresses are the default (GeekAI document, 2026-01). A stream has only base64.
    base64 = body.response_format == "b64_json" or bool(body.stream)
    return Decoded(
        image, image.model, ImagesEncoder(base64, bool(body.stream), action, incoming.stamp)
    )


def decode_json(incoming: Incoming) -> Decoded:
    """What `POST /v1/images/generations` asks for. Raises InvalidRequest and BodyTooLarge."""
    long_texts = incoming.long_texts
    body = read_json(_Body, incoming.body, long_texts=long_texts)
    body = image_fields.with_long_texts(body, long_texts)
    images = image_fields.pictures(body, long_texts)
    mask = image_fields.mask(body, long_texts)
    action = Action.EDIT if images else Action.GENERATE
    return _decoded(body, action, (images, mask), incoming, long_texts)


def decode_form(incoming: Incoming, action: Action) -> Decoded:
    """What `POST /v1/images/edits` or `/variations` asks for. Raises InvalidRequest."""
    texts: dict[str, Any] = {}
    images: list[InputImage] = []
    masks: list[InputImage] = []
    for field in incoming.form:
        name = field.name.removesuffix("[]")
        if name in image_fields.PICTURES:
            content = field.content
            image = (
                read_image(field.text or "", name) if content is None else read_file(content, name)
            )
            (images if name == "image" else masks).append(image)
        elif name in texts:
            raise InvalidRequest(f"{name}: can only be given once.", param=name)
        elif field.text is None and name in _TEXT_FIELDS:
            raise InvalidRequest(f"{name}: must be text, not a file.", param=name)
        elif name == "extra_body":
            texts[name] = read_json(ExtraBody, (field.text or "").encode(), name)
        else:
            # A file of another name is refused by its name.
            texts[name] = field.text
    if len(masks) > 1:
        raise InvalidRequest("mask: there can be only one.", param="mask")
    parsed = read_texts(_Body, texts)
    pictures = tuple(images), masks[0] if masks else None
    return _decoded(parsed, action, pictures, incoming)


def _task_encoder(stamp: Stamp) -> ImagesEncoder:
    return ImagesEncoder(base64=False, stream=False, action=Action.GENERATE, stamp=stamp)


OPERATIONS: Final[tuple[Operation, ...]] = (
    PaintOperation(
        name="generations",
        method="POST",
        path="/v1/images/generations",
        dialect=OPENAI,
        body=Body.JSON,
        decode=decode_json,
    ),
    PaintOperation(
        name="edits",
        method="POST",
        path="/v1/images/edits",
        dialect=OPENAI,
        body=Body.FORM,
        decode=partial(decode_form, action=Action.EDIT),
    ),
    PaintOperation(
        name="variations",
        method="POST",
        path="/v1/images/variations",
        dialect=OPENAI,
        body=Body.FORM,
        decode=partial(decode_form, action=Action.VARY),
    ),
    TaskOperation(
        name="task",
        method="GET",
        path="/v1/images/{}",
        dialect=OPENAI,
        encoder=_task_encoder,
    ),
)
