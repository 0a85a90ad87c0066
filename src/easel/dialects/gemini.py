"""Gemini's `generateContent` and `streamGenerateContent`, with a picture for an answer.

In: the body of a request, in camelCase or snake_case. Out: what it asks for, and how to answer;
`InvalidRequest` where it asks for no picture. `gemini_encoder` answers it.
Source: Google's API reference, "Generating content", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

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
from easel.dialects.gemini_encoder import GeminiEncoder, framing
from easel.dialects.gemini_errors import GEMINI
from easel.dialects.output_format import read_output_format
from easel.dialects.previous import (
    Earlier,
    FindPrevious,
    TextField,
    may_go_on,
    previous_picture,
)
from easel.dialects.turn import Messages, Said, Turn, last_messages, read_turn
from easel.errors import InvalidRequest
from easel.hidden_prompts.detection import INSTRUCTING, Conversation, reply_text
from easel.images.blobs import LongTexts
from easel.images.request import ImageRequest, InputImage, Options, read_image
from easel.images.shape import Shape, ShapeFields, read_shape
from easel.settings import PictureFormat


class _Model(BodyModel):
    # Both spellings: the SDKs send camelCase, and hand-written requests often do not.
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class _InlineData(_Model):
    data: str
    mime_type: Any = None


class _FileData(_Model):
    file_uri: str


class _Part(_Model):
    text: str | None = None
    # What is painted on the way to the answer is no answer.
    thought: Any = None
    inline_data: _InlineData | None = None
    file_data: _FileData | None = None


class _Content(_Model):
    role: str | None = None
    parts: list[_Part] = []


class _ImageOutputOptions(_Model):
    model_config = ConfigDict(extra="forbid")

    mime_type: str | None = None


class _ImageConfig(_Model):
    # What it says shapes the picture; an unknown field would be dropped in silence.
    model_config = ConfigDict(extra="forbid")

    aspect_ratio: str | None = None
    image_size: str | None = None
    output_mime_type: str | None = None
    image_output_options: _ImageOutputOptions | None = None


class _GenerationConfig(_Model):
    candidate_count: int | None = None
    response_modalities: list[str] | None = None
    response_mime_type: str | None = None
    response_format: Any = None
    image_config: _ImageConfig | None = None


# Most requests have none: it is read as one that says nothing.
_NO_OUTPUT_OPTIONS: Final = _ImageOutputOptions()
_NO_IMAGE_CONFIG: Final = _ImageConfig()
_NO_CONFIG: Final = _GenerationConfig()


class _Body(_Model):
    contents: Annotated[list[_Content], Field(min_length=1)]
    system_instruction: Any = None
    generation_config: _GenerationConfig | None = None
    # Easel's own: the deployment's EDIT_PREVIOUS, for one request.
    edit_previous: bool | None = None
    # Easel's own too; but for `link`, the picture comes as Google has it.
    chat_picture: PictureFormat | None = None


def _pictures(parts: Sequence[_Part], param: str, long_texts: LongTexts) -> list[TextField]:
    """The pictures of some parts, as texts."""
    found: list[TextField] = []
    for at, part in enumerate(parts):
        if part.inline_data is not None:
            data = part.inline_data.data
            # It is base64 and nothing else, though it may look like an address.
            text = data if long_texts.holds(data) else f"data:,{data}"
            found.append((f"{param}[{at}].inlineData.data", text))
        if part.file_data is not None:
            found.append((f"{param}[{at}].fileData.fileUri", part.file_data.file_uri))
    return found


def _images(parts: Sequence[_Part], param: str, long_texts: LongTexts) -> tuple[InputImage, ...]:
    found = _pictures(parts, param, long_texts)
    return tuple(read_image(text, where, long_texts) for where, text in found)


_SHAPE_FIELDS: Final = ShapeFields(
    ratio="generationConfig.imageConfig.aspectRatio",
    resolution="generationConfig.imageConfig.imageSize",
)


_ANY_SHAPE: Final = read_shape(None, fields=_SHAPE_FIELDS)


def _output_format(config: _GenerationConfig) -> tuple[str | None, str]:
    """The format that is asked for, and the field that says so."""
    image = config.image_config or _NO_IMAGE_CONFIG
    output = image.image_output_options or _NO_OUTPUT_OPTIONS
    # Of texts it says nothing that matters here.
    response = config.response_mime_type or ""
    return read_output_format(
        {
            "generationConfig.imageConfig.imageOutputOptions.mimeType": output.mime_type,
            "generationConfig.imageConfig.outputMimeType": image.output_mime_type,
            "generationConfig.responseMimeType": (
                response if response.startswith("image/") else None
            ),
        }
    )


def _check_response_format(response_format: Any) -> None:
    """Raises InvalidRequest where it speaks of pictures: its words for sizes are others."""
    formats = response_format if isinstance(response_format, list) else [response_format]
    if any(isinstance(each, dict) and each.get("image") for each in formats):
        name = "generationConfig.responseFormat"
        raise InvalidRequest(
            f"{name}: not supported for pictures. Use generationConfig.imageConfig.", param=name
        )


def _conversation(body: _Body, long_texts: LongTexts) -> Conversation:
    """What tells a client's own request from a person's."""
    answered = any(content.role == "model" for content in body.contents)
    turn = _messages(body, long_texts).turn(_places(body))
    parts = [part for at in turn for part in body.contents[at].parts]
    user = _texts(parts, long_texts)
    last = body.contents[-1]
    instructs = last.role in INSTRUCTING
    return Conversation(
        system=_system_texts(body.system_instruction, long_texts),
        last_role=last.role or "user",
        last_text="\n".join(_texts(last.parts, long_texts)) if instructs else "",
        user_text="\n".join(user),
        last_part=user[-1] if user else "",
        answered=answered,
        pictures=any(part.inline_data or part.file_data for part in parts),
    )


def _places(body: _Body) -> Sequence[int]:
    return last_messages([content.role or "user" for content in body.contents])


def _messages(body: _Body, long_texts: LongTexts) -> Messages:
    contents = body.contents
    return Messages(
        "content",
        lambda at: [part.text for part in contents[at].parts if part.text],
        lambda at: _read_content(contents[at].parts, f"contents[{at}].parts", long_texts),
        long_texts,
    )


def _read_content(parts: Sequence[_Part], param: str, long_texts: LongTexts) -> Said:
    text = "\n".join(long_texts.whole(part.text) for part in parts if part.text)
    return Said(param, text, _images(parts, param, long_texts))


def _texts(parts: Sequence[_Part], long_texts: LongTexts) -> list[str]:
    return [long_texts.glance(part.text) for part in parts if part.text]


def _system_texts(instruction: Any, long_texts: LongTexts) -> tuple[str, ...]:
    """Whatever text there is; what else an instruction may be does not matter to a painter."""
    parts = instruction.get("parts") if isinstance(instruction, dict) else None
    parts = parts if isinstance(parts, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return tuple(long_texts.glance(text) for text in texts if isinstance(text, str))


def decode(incoming: Incoming, *, stream: bool = False) -> Decoded:
    """What a request asks for; `stream` is whether it asks `streamGenerateContent`.

    The prompt is the last turn of the user; all else is discarded, as in a chat. Raises
    InvalidRequest and BodyTooLarge.
    """
    model, long_texts = incoming.name, incoming.long_texts
    body = read_json(_Body, incoming.body, long_texts=long_texts)
    cut, links = framing(incoming.query, stream=stream), body.chat_picture == "link"
    encoder = GeminiEncoder(model, cut, incoming.stamp, links)
    if incoming.settings.answer_hidden_prompts:
        text = reply_text(_conversation(body, long_texts))
        if text is not None:
            return Decoded(TextReply(text, encoder.text_reply(text)), model, encoder)
    wanted, previous = _image_request(model, body, long_texts), _find_previous(body, incoming)
    return Decoded(wanted, model, encoder, previous=previous)


def _find_previous(body: _Body, incoming: Incoming) -> FindPrevious | None:
    if len(body.contents) == 1 or not may_go_on(body.edit_previous, incoming.settings):
        return None
    return partial(_previous, body, incoming.long_texts)


def _previous(body: _Body, long_texts: LongTexts) -> InputImage | None:
    """The picture before, which a turn goes on from that brings none."""
    first, *_ = _messages(body, long_texts).turn(_places(body))
    earlier = (
        _earlier(body.contents[at], f"contents[{at}].parts", long_texts)
        for at in reversed(range(first))
    )
    return previous_picture(earlier, long_texts)


def _earlier(content: _Content, param: str, long_texts: LongTexts) -> Earlier:
    shown = [part for part in content.parts if not part.thought and not _is_no_image(part)]
    texts = [(param, part.text) for part in shown if part.text]
    return Earlier(content.role or "user", _pictures(shown, param, long_texts), texts)


def _is_no_image(part: _Part) -> bool:
    """Whether a part holds data that says itself that it is no image: sound, say, or a PDF."""
    mime_type = part.inline_data and part.inline_data.mime_type
    return isinstance(mime_type, str) and not mime_type.startswith("image/")


def _shape(config: _ImageConfig | None) -> Shape:
    if config is None or (config.aspect_ratio is None and config.image_size is None):
        return _ANY_SHAPE
    return read_shape(None, config.aspect_ratio, config.image_size, _SHAPE_FIELDS)


def _image_request(model: str, parsed: _Body, long_texts: LongTexts) -> ImageRequest | Turn:
    config = parsed.generation_config or _NO_CONFIG
    if config.candidate_count not in (None, 1):
        raise InvalidRequest(
            "generationConfig.candidateCount: must be 1.",
            param="generationConfig.candidateCount",
        )
    modalities = config.response_modalities
    if modalities and "IMAGE" not in [modality.upper() for modality in modalities]:
        raise InvalidRequest(
            "generationConfig.responseModalities: must include IMAGE.",
            param="generationConfig.responseModalities",
        )
    places = _places(parsed)
    if not places:
        raise InvalidRequest(
            "There is no content of the role user. Send one with a prompt.", param="contents"
        )
    _check_response_format(config.response_format)
    output_format, format_field = _output_format(config)
    beside = ImageRequest(
        model,
        "",
        _shape(config.image_config),
        options=Options(output_format=output_format),
        names={"output_format": format_field},
    )
    return read_turn(places, _messages(parsed, long_texts), beside)


def _token_count(question: Question) -> bytes:
    """What `countTokens` answers: the services count none, as every answer says."""
    question.model()
    return b'{"totalTokens": 0}'


def _operations(version: str) -> tuple[Operation, ...]:
    path = version + "/models/{}"
    return (
        PaintOperation(
            name="gemini",
            method="POST",
            path=f"{path}:generateContent",
            dialect=GEMINI,
            body=Body.JSON,
            decode=decode,
        ),
        PaintOperation(
            name="gemini_stream",
            method="POST",
            path=f"{path}:streamGenerateContent",
            dialect=GEMINI,
            body=Body.JSON,
            decode=partial(decode, stream=True),
        ),
        AnswerOperation(
            name="count_tokens",
            method="POST",
            path=f"{path}:countTokens",
            dialect=GEMINI,
            answer=_token_count,
        ),
    )


# Its clients ask under either version.
OPERATIONS: Final = (*_operations("/v1"), *_operations("/v1beta"))
