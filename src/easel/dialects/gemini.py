"""Gemini's `generateContent` and `streamGenerateContent`, with a picture for an answer.

In: the body of a request, in camelCase or snake_case. Out: the `ImageRequest` it asks for, and the
answer's bytes around the picture; `InvalidRequest` where it asks for none.
Source: Google's API reference, "Generating content", read 2026-11; what google-genai for Python and
JavaScript accept was tried on 2026-11-20: no comment, no `event:` line and no `[DONE]` in a stream.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from easel.dialects import openai_errors, sse
from easel.dialects.body import BodyModel, read_json
from easel.dialects.encoder import Opened, Stamp, note, told
from easel.dialects.markdown import words
from easel.errors import EaselError, InvalidRequest
from easel.hidden_prompts.detection import Conversation, own_words, short_answer
from easel.images.blobs import NO_LONG_TEXTS, LongTexts
from easel.images.request import ImageRequest, InputImage, Options, Task, read_image
from easel.images.result import ImageResult
from easel.images.shape import ShapeFields, read_shape


class _Model(BodyModel):
    # Both spellings: the SDKs send camelCase, and hand-written requests often do not.
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class _InlineData(_Model):
    data: str


class _FileData(_Model):
    file_uri: str


class _Part(_Model):
    text: str | None = None
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


class _Body(_Model):
    contents: Annotated[list[_Content], Field(min_length=1)]
    system_instruction: Any = None
    generation_config: _GenerationConfig | None = None


class Framing(Enum):
    """How an answer is cut into pieces, which the method and `?alt=` decide."""

    WHOLE = "whole"
    EVENTS = "events"
    ARRAY = "array"


def framing(query: str, *, streamed: bool) -> Framing:
    """How the answer is cut: `streamed` is whether the method is streamGenerateContent."""
    if not streamed:
        return Framing.WHOLE
    return Framing.EVENTS if parse_qs(query).get("alt") == ["sse"] else Framing.ARRAY


# Gemini's word for an HTTP status. Source: google.rpc.Code.
_STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def error_object(error: EaselError) -> bytes:
    """`{"error": {"code", "message", "status", "details"}}`; Easel's own code is the `reason`."""
    metadata = {"param": error.param} if error.param else {}
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": error.code,
        "domain": "easel",
        "metadata": metadata,
    }
    return json.dumps(
        {
            "error": {
                "code": error.status,
                "message": error.message,
                "status": _STATUSES[error.status],
                "details": [info],
            }
        }
    ).encode()


def _inline_image(data: str, param: str, long_texts: LongTexts) -> InputImage:
    """It is base64 and nothing else, though it may look like an address."""
    return read_image(data if long_texts.holds(data) else f"data:,{data}", param, long_texts)


def _images(parts: Sequence[_Part], param: str, long_texts: LongTexts) -> tuple[InputImage, ...]:
    found: list[InputImage] = []
    for at, part in enumerate(parts):
        if part.inline_data is not None:
            where = f"{param}[{at}].inlineData.data"
            found.append(_inline_image(part.inline_data.data, where, long_texts))
        if part.file_data is not None:
            where = f"{param}[{at}].fileData.fileUri"
            found.append(read_image(part.file_data.file_uri, where, long_texts))
    return tuple(found)


_SHAPE_FIELDS: Final = ShapeFields(
    ratio="generationConfig.imageConfig.aspectRatio",
    resolution="generationConfig.imageConfig.imageSize",
)


# Gemini's words for a format, and the images API's.
_FORMATS: Final = {"image/png": "png", "image/jpeg": "jpeg", "image/webp": "webp"}


def _output_format(config: _GenerationConfig) -> tuple[str | None, str]:
    """The format that is asked for, and the field that says so."""
    image = config.image_config or _ImageConfig()
    output = image.image_output_options or _ImageOutputOptions()
    # Of texts it says nothing that matters here.
    response = config.response_mime_type or ""
    said = {
        "generationConfig.imageConfig.imageOutputOptions.mimeType": output.mime_type,
        "generationConfig.imageConfig.outputMimeType": image.output_mime_type,
        "generationConfig.responseMimeType": response if response.startswith("image/") else None,
    }
    given = {name: mime_type for name, mime_type in said.items() if mime_type}
    name = next(iter(given), "")
    if any(mime_type not in _FORMATS for mime_type in given.values()):
        raise InvalidRequest(f"{name}: must be one of {', '.join(_FORMATS)}.", param=name)
    if len(set(given.values())) > 1:
        raise InvalidRequest(f"{name}: contradicts {', '.join([*given][1:])}.", param=name)
    return (_FORMATS[given[name]] if given else None), name


def _check_response_format(response_format: Any) -> None:
    """Raises InvalidRequest where it speaks of pictures: its words for sizes are others."""
    formats = response_format if isinstance(response_format, list) else [response_format]
    if any(isinstance(each, dict) and each.get("image") for each in formats):
        name = "generationConfig.responseFormat"
        raise InvalidRequest(
            f"{name}: say what the picture is to be in generationConfig.imageConfig.", param=name
        )


@dataclass(frozen=True, slots=True)
class GeminiRequest:
    """A request for one picture. `said` is what is said to a client that asks for none."""

    image: ImageRequest
    said: str | None = field(default=None, repr=False)


def _conversation(body: _Body, long_texts: LongTexts) -> Conversation:
    """What tells a client's own request from a person's."""
    roles = [turn.role or "user" for turn in body.contents]
    asked = max((at for at, role in enumerate(roles) if role == "user"), default=None)
    parts = [] if asked is None else body.contents[asked].parts
    user = _texts(parts, long_texts)
    return Conversation(
        system=_system_texts(body.system_instruction, long_texts),
        last_role=roles[-1],
        # The model's may be a picture.
        last_text=""
        if roles[-1] == "model"
        else "\n".join(_texts(body.contents[-1].parts, long_texts)),
        user_text="\n".join(user),
        last_part=user[-1] if user else "",
        answered="model" in roles,
        pictures=any(part.inline_data or part.file_data for part in parts),
    )


def _texts(parts: Sequence[_Part], long_texts: LongTexts) -> list[str]:
    return [long_texts.glance(part.text) for part in parts if part.text]


def _system_texts(instruction: Any, long_texts: LongTexts) -> tuple[str, ...]:
    """Whatever text there is; what else an instruction may be does not matter to a painter."""
    parts = instruction.get("parts") if isinstance(instruction, dict) else None
    parts = parts if isinstance(parts, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return tuple(long_texts.glance(text) for text in texts if isinstance(text, str))


def decode(
    model: str,
    body: bytes,
    long_texts: LongTexts = NO_LONG_TEXTS,
    *,
    answer_hidden_prompts: bool = True,
) -> GeminiRequest:
    """The picture that a request asks for. Raises InvalidRequest and BodyTooLarge.

    The prompt is the last content of the user; all else is discarded, as in a chat.
    """
    parsed = read_json(_Body, body, long_texts=long_texts)
    said = short_answer(_conversation(parsed, long_texts)) if answer_hidden_prompts else None
    if said is not None:
        return GeminiRequest(ImageRequest(model, ""), said)
    return GeminiRequest(_image_request(model, parsed, long_texts))


def _image_request(model: str, parsed: _Body, long_texts: LongTexts) -> ImageRequest:
    config = parsed.generation_config or _GenerationConfig()
    if config.candidate_count not in (None, 1):
        raise InvalidRequest(
            "generationConfig.candidateCount: can only be 1.",
            param="generationConfig.candidateCount",
        )
    modalities = [modality.upper() for modality in config.response_modalities or ("IMAGE",)]
    if "IMAGE" not in modalities:
        raise InvalidRequest(
            "generationConfig.responseModalities: must hold IMAGE; nothing else is made here.",
            param="generationConfig.responseModalities",
        )
    turns = [at for at, turn in enumerate(parsed.contents) if turn.role in (None, "user")]
    if not turns:
        raise InvalidRequest("There is no content of the user to paint.", param="contents")
    parts, param = parsed.contents[turns[-1]].parts, f"contents[{turns[-1]}].parts"
    prompt = own_words("\n".join(long_texts.whole(part.text) for part in parts if part.text))
    if not prompt.strip():
        raise InvalidRequest("The last content of the user holds no text to paint.", param=param)
    images = _images(parts, param, long_texts)
    _check_response_format(config.response_format)
    output_format, format_field = _output_format(config)
    shape = config.image_config or _ImageConfig()
    return ImageRequest(
        model,
        prompt,
        read_shape(
            None,
            shape.aspect_ratio,
            shape.image_size,
            _SHAPE_FIELDS,
        ),
        Task.EDIT if images else Task.GENERATE,
        images=images,
        options=Options(output_format=output_format),
        names={"prompt": param, "output_format": format_field},
    )


# framing → what stands before and after the one object
_FRAMES: Final = {
    Framing.WHOLE: (b"", b""),
    Framing.EVENTS: (sse.EVENT_START, sse.EVENT_END),
    Framing.ARRAY: (b"[", b"]"),
}


@dataclass(frozen=True, slots=True)
class GeminiEncoder:
    """The answer in Gemini's form; an `easel.dialects.encoder.Encoder`. `model` is spelled as
    asked; `said` is the text where nothing is painted.

    What is known of the pictures is a text, because Gemini's types refuse fields that are not
    theirs, in two places: google-genai hands out `modelStatus` at Google's own paths alone and
    `finishMessage` at Vertex AI's (3.4 for Python, 3.1 for JavaScript, 2026-11). See decision 6.
    """

    model: str
    framing: Framing
    stamp: Stamp
    said: str | None = field(default=None, repr=False)

    @property
    def stream(self) -> bool:
        return self.framing is not Framing.WHOLE

    @property
    def content_type(self) -> str:
        return sse.CONTENT_TYPE if self.framing is Framing.EVENTS else openai_errors.JSON_TYPE

    @property
    def pause(self) -> bytes:
        # An event is one line.
        return b" "

    def carries_pictures(self, result: ImageResult) -> bool:
        del result
        return self.said is None

    def opening(self, result: ImageResult) -> bytes:
        del result
        start, _ = _FRAMES[self.framing]
        return start + b'{"candidates": [{"content": {"role": "model", "parts": ['

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        comma = ", " if index else ""
        head = f'{comma}{{"inlineData": {{"mimeType": "{opened.mime_type}", "data": "'
        return head.encode(), b'"}}'

    def closing(
        self, result: ImageResult, failures: Sequence[EaselError], *, carried: bool
    ) -> bytes:
        rest: dict[str, object] = {
            "usageMetadata": _NO_USAGE,
            "modelVersion": self.model,
            "responseId": self.stamp.id,
        }
        notes = [f", {_text_part(note(fault))}" for fault in failures]
        text = "".join(notes) if carried else _text_part(self.said or "")
        start = b"" if carried else self.opening(result)
        why: dict[str, object] = {"finishReason": "STOP", "index": 0}
        if result.pictures:
            text_of_pictures = json.dumps(told(result.pictures))
            why["finishMessage"] = text_of_pictures
            rest["modelStatus"] = {"message": text_of_pictures}
        end = f"{text}]}}, {json.dumps(why)[1:]}], {json.dumps(rest)[1:]}"
        return start + end.encode() + _FRAMES[self.framing][1]

    def late_error(self, error: EaselError) -> bytes:
        start, end = _FRAMES[self.framing]
        body = error_object(error)
        if self.framing is Framing.WHOLE:
            # The status is 200 by now, and google-genai drops what it does not know: so that a
            # client sees why there is no picture.
            content = {"role": "model", "parts": [{"text": words(error.message)}]}
            why = {"content": content, "finishReason": "OTHER", "index": 0}
            body = body[:-1] + f', "candidates": [{json.dumps(why)}]}}'.encode()
        return start + body + end


def token_count() -> bytes:
    """What `countTokens` answers: the services count none, as every answer says."""
    return json.dumps({"totalTokens": 0}).encode()


def _text_part(text: str) -> str:
    return json.dumps({"text": text})


_NO_USAGE: Final = {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0}
