"""OpenAI's chat completions, in which a picture is asked for.

In: the body of `POST /v1/chat/completions`. Out: what it asks for, and how to answer;
`InvalidRequest` where it asks for no picture. `chat_encoder` answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from easel.dialects import image_fields
from easel.dialects.body import BodyModel, read_json
from easel.dialects.chat_encoder import ChatEncoder
from easel.dialects.dialect import (
    AS_USUAL,
    Body,
    Decoded,
    Delivery,
    Incoming,
    Operation,
    PaintOperation,
    TextReply,
)
from easel.dialects.encoder import Stamp
from easel.dialects.image_fields import ImageFields
from easel.dialects.openai_errors import OPENAI
from easel.dialects.openai_parts import holds_images, picture_fields, read_message, texts_of
from easel.dialects.previous import Earlier, FindPrevious, may_go_on, previous_picture
from easel.dialects.turn import Messages, Turn, last_messages, read_turn
from easel.errors import InvalidRequest
from easel.hidden_prompts.detection import (
    INSTRUCTING,
    Conversation,
    reply_text,
)
from easel.images.blobs import LongTexts
from easel.images.request import ImageRequest, InputImage
from easel.images.shape import Shape, ShapeFields, read_shape
from easel.settings import PictureFormat, Progress, Settings


class _Message(BodyModel):
    # All but the last turn may be anything: it is looked at for the picture before, and no more.
    role: str
    content: Any = None
    images: Any = None


class _ImageConfig(BodyModel):
    # What it says shapes the picture; an unknown field would be dropped in silence.
    model_config = ConfigDict(extra="forbid")

    aspect_ratio: str | None = None
    image_size: str | None = None


class _StreamOptions(BodyModel):
    include_usage: bool | None = None


class _Body(ImageFields):
    # Unlike in the images API, a field of no meaning to a painter is tolerated: clients send many.
    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[list[_Message], Field(min_length=1)]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    n: int | None = None
    image_config: _ImageConfig | None = None
    modalities: list[Any] | None = None
    # Easel's own: the deployment's CHAT_PICTURE, for one request.
    chat_picture: PictureFormat | None = None
    # The same of PROGRESS.
    progress: Progress | None = None
    # Easel's own too: the deployment's EDIT_PREVIOUS.
    edit_previous: bool | None = None
    response_format: Any = None


def _messages(body: _Body, long_texts: LongTexts) -> Messages:
    messages = body.messages
    return Messages(
        "message",
        lambda at: texts_of(messages[at].content),
        lambda at: read_message(messages[at].content, f"messages[{at}].content", long_texts),
        long_texts,
    )


# How OpenRouter asks for a shape in a chat.
_CONFIG_FIELDS: Final = ShapeFields(
    ratio="image_config.aspect_ratio", resolution="image_config.image_size"
)


def _shape(body: _Body) -> Shape:
    """The shape that the body's own fields ask for, or those of `image_config`."""
    config = body.image_config
    if config is None or (config.aspect_ratio is None and config.image_size is None):
        return image_fields.shape(body)
    for name, own in (("aspect_ratio", body.aspect_ratio), ("resolution", body.resolution)):
        if own is not None:
            raise InvalidRequest(
                f"{name}: set it here or in image_config, not in both.", param=name
            )
    return read_shape(body.size, config.aspect_ratio, config.image_size, _CONFIG_FIELDS)


def _places(body: _Body) -> Sequence[int]:
    return last_messages([message.role for message in body.messages])


def _schema(response_format: Any) -> dict[str, Any] | None:
    """The JSON schema that an answer is to fit."""
    if not isinstance(response_format, dict) or response_format.get("type") != "json_schema":
        return None
    wrapped = response_format.get("json_schema")
    schema = wrapped.get("schema") if isinstance(wrapped, dict) else None
    return schema if isinstance(schema, dict) else {}


def _conversation(body: _Body, long_texts: LongTexts) -> Conversation:
    """What tells a client's own request from a person's."""
    answered, system = False, []
    for message in body.messages:
        if message.role == "assistant":
            answered = True
        elif message.role in INSTRUCTING:
            system.append("\n".join(map(long_texts.glance, texts_of(message.content))))
    turn = [body.messages[at].content for at in _messages(body, long_texts).turn(_places(body))]
    user = [long_texts.glance(text) for content in turn for text in texts_of(content)]
    last_role = body.messages[-1].role
    return Conversation(
        system=tuple(system),
        last_role=last_role,
        last_text=system[-1] if last_role in INSTRUCTING else "",
        user_text="\n".join(user),
        last_part=user[-1] if user else "",
        answered=answered,
        pictures=any(map(holds_images, turn)),
        schema=_schema(body.response_format),
        long_texts=long_texts,
    )


def decode(incoming: Incoming) -> Decoded:
    """What a chat request asks for. Of its long texts only those of the last turn are read.

    Raises InvalidRequest for a body that is no JSON or has an illegal field, and BodyTooLarge.
    """
    settings, long_texts = incoming.settings, incoming.long_texts
    body = read_json(_Body, incoming.body, long_texts=long_texts)
    encoder = _encoder(body, incoming.stamp, settings)
    if settings.answer_hidden_prompts:
        text = reply_text(_conversation(body, long_texts))
        if text is not None:
            return Decoded(TextReply(text, encoder.text_reply(text)), body.model, encoder)
    if body.n not in (None, 1):
        raise InvalidRequest("n: must be 1; a chat answers with one picture.", param="n")
    if body.asynchronous:
        raise InvalidRequest(
            "async: not supported in a chat. Use /v1/images/generations.",
            param="async",
        )
    wanted, previous = _image_request(body, long_texts), _find_previous(body, incoming)
    return Decoded(wanted, body.model, encoder, _delivery(body, encoder, settings), previous)


def _delivery(body: _Body, encoder: ChatEncoder, settings: Settings) -> Delivery:
    if (body.progress or settings.progress) == "off":
        return AS_USUAL
    if encoder.stream:
        return Delivery(keep_alive=encoder.progress)
    if body.progress is None:
        # The deployment's default is for streams.
        return AS_USUAL
    raise InvalidRequest(
        "progress: only a stream can tell it. Set stream to true, or progress to off.",
        param="progress",
    )


def _find_previous(body: _Body, incoming: Incoming) -> FindPrevious | None:
    if len(body.messages) == 1 or not may_go_on(body.edit_previous, incoming.settings):
        return None
    return partial(_previous, body, incoming.long_texts)


def _previous(body: _Body, long_texts: LongTexts) -> InputImage | None:
    """The picture before, which a turn goes on from that brings none."""
    first, *_ = _messages(body, long_texts).turn(_places(body))
    earlier = (_earlier(body.messages[at], f"messages[{at}]") for at in reversed(range(first)))
    return previous_picture(earlier, long_texts)


def _earlier(message: _Message, param: str) -> Earlier:
    content, at = message.content, f"{param}.content"
    # OpenRouter and LiteLLM put the pictures of an answer beside its content.
    beside = picture_fields(message.images, f"{param}.images", every=True)
    texts = [(at, text) for text in texts_of(content)]
    return Earlier(message.role, [*picture_fields(content, at), *beside], texts)


def _image_request(body: _Body, long_texts: LongTexts) -> ImageRequest | Turn:
    """What the last turn asks for.

    The rest is discarded, as the image.z.ai document (2026-01) has it.
    """
    places = _places(body)
    if not places:
        raise InvalidRequest("There is no user message. Send one with a prompt.", param="messages")
    fields = image_fields.with_long_texts(body, long_texts)
    beside = ImageRequest(
        body.model,
        "",
        _shape(fields),
        images=image_fields.pictures(fields, long_texts),
        mask=image_fields.mask(fields, long_texts),
        options=image_fields.options(fields, long_texts),
        names=image_fields.names(fields),
    )
    return read_turn(places, _messages(body, long_texts), beside)


def _encoder(body: _Body, stamp: Stamp, settings: Settings) -> ChatEncoder:
    # OpenRouter's and LiteLLM's word for a client that looks for pictures in `images[]`.
    asked: PictureFormat | None = "images" if "image" in (body.modalities or ()) else None
    return ChatEncoder(
        body.model,
        bool(body.stream),
        Stamp(f"chatcmpl-{stamp.id}", stamp.created),
        body.chat_picture or asked or settings.chat_picture,
        usage=bool(body.stream_options and body.stream_options.include_usage),
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    PaintOperation(
        name="chat",
        method="POST",
        path="/v1/chat/completions",
        dialect=OPENAI,
        body=Body.JSON,
        decode=decode,
    ),
)
