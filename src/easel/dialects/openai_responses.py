"""OpenAI's Responses API, in which a picture is asked for: `POST /v1/responses`.

In: the body of a request. Out: what it asks for, and how to answer; `InvalidRequest` where it asks
for no picture, or for something that Easel would have to remember. `responses_encoder` answers it.
Source: OpenAI's API reference, "Responses", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from easel.dialects.body import BodyModel, read_json
from easel.dialects.dialect import (
    AnswerOperation,
    Body,
    Decoded,
    Incoming,
    Operation,
    PaintOperation,
    Question,
    TextReply,
)
from easel.dialects.openai_errors import OPENAI
from easel.dialects.openai_parts import holds_images
from easel.dialects.previous import FindPrevious, may_go_on
from easel.dialects.responses_encoder import ResponsesEncoder
from easel.dialects.responses_input import (
    Message,
    conversation,
    is_answered,
    last_turn,
    picture_before,
    read_input,
    readable,
)
from easel.dialects.responses_tool import Asked, beside_the_input, check_action, read_asked
from easel.dialects.turn import Turn, read_turn
from easel.errors import InvalidRequest, PathNotFound
from easel.hidden_prompts.detection import reply_text
from easel.images.blobs import LongTexts
from easel.images.request import ImageRequest
from easel.settings import PictureFormat

_MEMORY: Final = "Easel keeps no responses"


class _Body(BodyModel):
    # A field of no meaning to a painter is tolerated: clients send many. Some shape the picture.
    model_config = ConfigDict(extra="allow")

    input: str | list[Any]
    model: Annotated[str, Field(min_length=1)] | None = None
    instructions: str | None = None
    tools: list[dict[str, Any]] | None = None
    stream: bool | None = None
    text: Any = None
    previous_response_id: str | None = None
    conversation: Any = None
    prompt: Any = None
    store: bool | None = None
    background: bool | None = None
    # Easel's own: whether a picture becomes a link, as in a chat.
    chat_picture: PictureFormat | None = None
    # Easel's own too: the deployment's EDIT_PREVIOUS.
    edit_previous: bool | None = None


def _check_memory(body: _Body, messages: tuple[Message, ...]) -> None:
    """Raises InvalidRequest for what needs something that was kept, or that keeps the answer."""
    items = f"{_MEMORY}. Send the earlier items as input."
    if body.previous_response_id is not None and not is_answered(messages):
        raise InvalidRequest(f"previous_response_id: {items}", param="previous_response_id")
    if body.conversation is not None:
        raise InvalidRequest(f"conversation: {items}", param="conversation")
    if body.prompt is not None:
        raise InvalidRequest(
            "prompt: Easel keeps no templates. Send the prompt as input.", param="prompt"
        )
    if body.store:
        raise InvalidRequest(f"store: must be false. {_MEMORY}. Leave it out.", param="store")
    if body.background:
        raise InvalidRequest(
            "background: must be false. Easel answers while it paints: use stream, or async in "
            "/v1/images/generations.",
            param="background",
        )


def _schema(text: Any) -> Mapping[str, Any] | None:
    """The JSON schema that an answer is to fit; an empty one where it could not be read."""
    wanted = text.get("format") if isinstance(text, dict) else None
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    schema = wanted.get("schema")
    return schema if isinstance(schema, dict) else {}


def decode(incoming: Incoming) -> Decoded:
    """What a request asks for. Of its long texts only those of the last turn are read.

    Raises InvalidRequest for a body that is no JSON or has an illegal field, and BodyTooLarge.
    """
    settings, long_texts = incoming.settings, incoming.long_texts
    body = read_json(_Body, incoming.body, long_texts=long_texts)
    messages = read_input(body.input)
    asked = read_asked(body.tools, body.model_extra or {}, long_texts)
    model = body.model or asked.model or settings.default_image_model
    encoder = _encoder(body, model, incoming)
    painter = asked.model or model
    if settings.answer_hidden_prompts:
        schema = _schema(body.text)
        text = reply_text(conversation(messages, body.instructions, schema, long_texts))
        if text is not None:
            return Decoded(TextReply(text, encoder.text_reply(text)), painter, encoder)
    _check_memory(body, messages)
    find = _find_previous(body, messages, asked, incoming)
    wanted = _wanted(messages, asked, painter, find, long_texts)
    return Decoded(wanted, painter, encoder, previous=find)


def _find_previous(
    body: _Body, messages: tuple[Message, ...], asked: Asked, incoming: Incoming
) -> FindPrevious | None:
    # Whoever generates wants no edit.
    if asked.fields.action == "generate" or len(messages) == 1:
        return None
    if not may_go_on(body.edit_previous, incoming.settings):
        return None
    return partial(picture_before, messages, incoming.long_texts)


def _wanted(
    messages: tuple[Message, ...],
    asked: Asked,
    painter: str,
    find: FindPrevious | None,
    long_texts: LongTexts,
) -> ImageRequest | Turn:
    """What is to be painted. Raises CallerError."""
    places, beside = last_turn(messages), beside_the_input(asked, painter, long_texts)
    has_picture = any(holds_images(messages[at].content) for at in places)
    if asked.fields.action == "edit" and find is not None and not has_picture:
        # An edit that is asked for is one with any service, or an error.
        image = find()
        beside = replace(beside, images=() if image is None else (replace(image, found=True),))
    wanted = read_turn(places, readable(messages, long_texts), beside)
    check_action(asked, wanted)
    return wanted


def _encoder(body: _Body, model: str, incoming: Incoming) -> ResponsesEncoder:
    settings = incoming.settings
    links = (body.chat_picture or settings.chat_picture) == "link"
    # A picture that turns out to be too large becomes a link.
    announces = not links and settings.max_inline_bytes >= settings.max_picture_bytes
    return ResponsesEncoder(model, bool(body.stream), incoming.stamp, links, announces)


def _not_kept(question: Question) -> bytes:
    del question
    raise PathNotFound(
        f"There is no such response: {_MEMORY}. Each is answered at once, by POST /v1/responses; "
        "keep what you need of the answer."
    )


# What its clients ask of a response that is kept. A name may hold a slash: the longest come first.
_KEPT: Final = (
    ("response_cancel", "POST", "/v1/responses/{}/cancel"),
    ("response_items", "GET", "/v1/responses/{}/input_items"),
    ("response", "GET", "/v1/responses/{}"),
    ("response_delete", "DELETE", "/v1/responses/{}"),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    PaintOperation(
        name="responses",
        method="POST",
        path="/v1/responses",
        dialect=OPENAI,
        body=Body.JSON,
        decode=decode,
    ),
    *(
        AnswerOperation(name=name, method=method, path=path, dialect=OPENAI, answer=_not_kept)
        for name, method, path in _KEPT
    ),
)
