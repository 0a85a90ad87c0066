"""Gemini's Interactions API, with a picture for an answer.

In: the body of `POST /{v1,v1beta}/interactions`. Out: what it asks for, and how to answer;
`InvalidRequest` where it asks for no picture, or for what needs a memory. Easel keeps no
interaction, so there is none to get, to cancel or to delete. `gemini_interactions_encoder` answers.
Sources: Google's API reference, "Interactions", and its guides, read 2026-11-21; the types of
google-genai 3.4.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from easel.dialects.body import BodyModel, read_json, read_part
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
from easel.dialects.gemini_interactions_encoder import GeminiInteractionsEncoder
from easel.dialects.gemini_interactions_errors import GEMINI_INTERACTIONS
from easel.dialects.gemini_interactions_input import (
    holds_pictures,
    last_places,
    picture_before,
    read_input,
    read_messages,
    texts,
)
from easel.dialects.output_format import read_output_format
from easel.dialects.previous import FindPrevious, may_go_on
from easel.dialects.turn import Turn, read_turn
from easel.errors import InvalidRequest, PathNotFound
from easel.hidden_prompts.detection import INSTRUCTING, Conversation, reply_text
from easel.images.blobs import LongTexts
from easel.images.request import ImageRequest, Options
from easel.images.shape import Shape, ShapeFields, read_shape


def _refused(why: str) -> BeforeValidator:
    """Lets nothing through but what asks for nothing."""

    def check(value: object) -> object:
        if value is None or value is False:
            return value
        raise PydanticCustomError("refused", why)

    return BeforeValidator(check)


_MEMORY: Final = "Easel keeps no interactions"
_NO_AGENT: Final = _refused("agents are not served. Send a model that paints")


class _ImageConfig(BodyModel):
    # What it says shapes the picture; an unknown field would be dropped in silence.
    model_config = ConfigDict(extra="forbid")

    aspect_ratio: str | None = None
    image_size: str | None = None


class _GenerationConfig(BodyModel):
    image_config: _ImageConfig | None = None
    # Google's has no such field here, but its other API has: one picture, and no fewer in silence.
    candidate_count: Literal[1] | None = None


class _ImageFormat(BodyModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["image"]
    aspect_ratio: str | None = None
    image_size: str | None = None
    mime_type: str | None = None
    delivery: Literal["inline", "uri"] | None = None


class _Body(BodyModel):
    # As at Google, which has a code for it: `parameter_unknown`.
    model_config = ConfigDict(extra="forbid")

    # Whoever sends an agent sends no model, and is told of the agent.
    agent: Annotated[None, _NO_AGENT] = None
    agent_config: Annotated[None, _NO_AGENT] = None
    model: Annotated[str, Field(min_length=1)]
    input: Any
    stream: bool | None = None
    system_instruction: Any = None
    generation_config: _GenerationConfig | None = None
    response_format: Any = None
    response_mime_type: str | None = None
    response_modalities: list[str] | None = None
    background: Annotated[
        Literal[False] | None,
        _refused(f"must be false: {_MEMORY}, so that the picture comes with this answer"),
    ] = None
    store: Annotated[
        Literal[False] | None,
        _refused(f"must be false: {_MEMORY}. Leave it out, and send earlier steps in input"),
    ] = None
    previous_interaction_id: Annotated[
        None, _refused(f"{_MEMORY}. Send the earlier steps in input instead")
    ] = None
    continuation_token: Annotated[
        None, _refused(f"{_MEMORY}, and none has to be continued. Leave it out")
    ] = None
    cached_content: Annotated[None, _refused("no content is kept here. Leave it out")] = None
    environment: Annotated[None, _refused("there are no environments here. Leave it out")] = None
    webhook_config: Annotated[
        None, _refused("no event is sent later. Leave it out; with stream they come at once")
    ] = None
    # Of no meaning to a painter.
    labels: Any = None
    safety_settings: Any = None
    service_tier: Any = None
    tools: Any = None
    # Easel's own: the deployment's EDIT_PREVIOUS, for one request.
    edit_previous: bool | None = None


_NO_IMAGE_CONFIG: Final = _ImageConfig()
_NO_FORMAT: Final = _ImageFormat(type="image")


# --- The picture that is asked for. ---


def _formats(body: _Body) -> list[tuple[dict[str, Any], str]]:
    """What `response_format` asks for, each with the field that it stands in."""
    given, param = body.response_format, "response_format"
    if given is None:
        return []
    formats = [(given, param)]
    if isinstance(given, list):
        formats = [(each, f"{param}[{at}]") for at, each in enumerate(given)]
    for each, param in formats:
        if not isinstance(each, dict):
            raise InvalidRequest(f"{param}: must be an object.", param=param)
    return formats


def _image_format(body: _Body, long_texts: LongTexts) -> tuple[_ImageFormat, str]:
    """What is asked of the picture, and the field that it stands in."""
    formats = _formats(body)
    images = [(value, param) for value, param in formats if value.get("type") == "image"]
    if not formats:
        return _NO_FORMAT, "response_format"
    if len(images) != 1:
        raise InvalidRequest(
            "response_format: must have one format of the type image.", param="response_format"
        )
    value, param = images[0]
    return read_part(_ImageFormat, value, param, long_texts=long_texts), param


def _shape(image: _ImageFormat, param: str, config: _ImageConfig) -> Shape:
    """The shape that either place asks for; the older one is `image_config`."""
    asked, fields = {}, {}
    for name in ("aspect_ratio", "image_size"):
        new, old = getattr(image, name), getattr(config, name)
        old_param = f"generation_config.image_config.{name}"
        if None not in (new, old) and new != old:
            raise InvalidRequest(f"{old_param}: contradicts {param}.{name}.", param=old_param)
        asked[name] = old if new is None else new
        fields[name] = old_param if new is None else f"{param}.{name}"
    names = ShapeFields(ratio=fields["aspect_ratio"], resolution=fields["image_size"])
    return read_shape(None, asked["aspect_ratio"], asked["image_size"], names)


def _image_request(
    body: _Body, image: _ImageFormat, param: str, long_texts: LongTexts
) -> ImageRequest | Turn:
    modalities = body.response_modalities
    if modalities and "image" not in [modality.lower() for modality in modalities]:
        raise InvalidRequest(
            "response_modalities: must include image.", param="response_modalities"
        )
    steps = read_input(body.input)
    places = last_places(steps)
    if not places:
        raise InvalidRequest("There is no input of the user. Send a prompt.", param="input")
    # Of texts it says nothing that matters here.
    mime_type = body.response_mime_type or ""
    output_format, format_field = read_output_format(
        {
            f"{param}.mime_type": image.mime_type,
            "response_mime_type": mime_type if mime_type.startswith("image/") else None,
        }
    )
    config = (body.generation_config or _GenerationConfig()).image_config or _NO_IMAGE_CONFIG
    beside = ImageRequest(
        body.model,
        "",
        _shape(image, param, config),
        options=Options(output_format=output_format),
        names={"output_format": format_field},
    )
    return read_turn(places, read_messages(steps, long_texts), beside)


# --- What clients ask by themselves. ---


def _schema(body: _Body) -> dict[str, Any] | None:
    """The JSON schema that an answer is to fit."""
    for value, _ in _formats(body):
        if value.get("type") == "text" and isinstance(schema := value.get("schema"), dict):
            return schema
    return None


def _conversation(body: _Body, long_texts: LongTexts) -> Conversation:
    """What tells a client's own request from a person's."""
    steps = read_input(body.input)
    turn = [steps[at] for at in read_messages(steps, long_texts).turn(last_places(steps))]
    user = [long_texts.glance(text) for step in turn for text in texts(step)]
    instruction = body.system_instruction
    system = [instruction] if isinstance(instruction, str) else []
    last = steps[-1] if steps else None
    instructs = last is not None and last.role in INSTRUCTING
    return Conversation(
        system=tuple(long_texts.glance(text) for text in system),
        last_role=last.role if last else "user",
        last_text="\n".join(map(long_texts.glance, texts(last))) if last and instructs else "",
        user_text="\n".join(user),
        last_part=user[-1] if user else "",
        answered=any(step.role == "model" for step in steps),
        pictures=any(map(holds_pictures, turn)),
        schema=_schema(body),
        long_texts=long_texts,
    )


def decode(incoming: Incoming) -> Decoded:
    """What a request asks for: the last turn of the user, as in a chat.

    Raises InvalidRequest and BodyTooLarge.
    """
    long_texts = incoming.long_texts
    body = read_json(_Body, incoming.body, long_texts=long_texts)
    # It is a model's resource name elsewhere in this API.
    body = body.model_copy(update={"model": body.model.removeprefix("models/")})
    stream = bool(body.stream)
    encoder = GeminiInteractionsEncoder(body.model, stream, incoming.stamp)
    if incoming.settings.answer_hidden_prompts:
        text = reply_text(_conversation(body, long_texts))
        if text is not None:
            return Decoded(TextReply(text, encoder.text_reply(text)), body.model, encoder)
    image, param = _image_format(body, long_texts)
    if image.delivery == "uri":
        encoder = GeminiInteractionsEncoder(body.model, stream, incoming.stamp, links=True)
    wanted = _image_request(body, image, param, long_texts)
    return Decoded(wanted, body.model, encoder, previous=_find_previous(body, incoming))


def _find_previous(body: _Body, incoming: Incoming) -> FindPrevious | None:
    steps = read_input(body.input)
    if len(steps) == 1 or not may_go_on(body.edit_previous, incoming.settings):
        return None
    return partial(picture_before, steps, incoming.long_texts)


def _not_kept(question: Question) -> bytes:
    del question
    raise PathNotFound(
        f"There is no such interaction: {_MEMORY}. Each is answered at once, by POST "
        "/v1beta/interactions; keep what you need of the answer."
    )


def _operations(version: str) -> tuple[Operation, ...]:
    path = version + "/interactions"
    named = f"{path}/{{}}"
    kept = (
        ("interaction_cancel", "POST", f"{named}/cancel"),
        ("interaction", "GET", named),
        ("interaction_delete", "DELETE", named),
    )
    return (
        PaintOperation(
            name="interactions",
            method="POST",
            path=path,
            dialect=GEMINI_INTERACTIONS,
            body=Body.JSON,
            decode=decode,
        ),
        *(
            AnswerOperation(
                name=name, method=method, path=at, dialect=GEMINI_INTERACTIONS, answer=_not_kept
            )
            for name, method, at in kept
        ),
    )


# Its clients ask under either version.
OPERATIONS: Final = (*_operations("/v1"), *_operations("/v1beta"))
