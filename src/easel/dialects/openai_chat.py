"""OpenAI's chat completions, with a picture for an answer.

In: the body of `POST /v1/chat/completions`. Out: the `ImageRequest` it asks for, and the answer's
bytes around the picture; `InvalidRequest` or `ModelNotFound` where it asks for none.

The answer is two things at once: the object of seed 000 (`candidates`), and a valid chat completion
or chunk of one. Clients of either kind read it; an object with `candidates` alone makes some
OpenAI libraries throw (tried 2026-11-20).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from easel import openai, sse
from easel.answer import Stamp
from easel.errors import EaselError, InvalidRequest
from easel.image import ImageRequest, Picture
from easel.model_id import parse_model_id

# Parts of a message that hold something other than text, which must not vanish unnoticed.
_MEDIA_PARTS: Final = frozenset(
    {"image_url", "input_image", "image", "input_audio", "audio", "video_url", "file", "input_file"}
)


class _Model(BaseModel):
    # Unknown fields are tolerated: clients send many that mean nothing to a painter.
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)


class _Message(_Model):
    role: str
    content: str | list[Any] | None = None


class _Body(_Model):
    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[list[_Message], Field(min_length=1)]
    stream: bool | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat request for one picture. `model` is spelled as the caller spelled it."""

    image: ImageRequest
    model: str
    stream: bool


def _path(location: tuple[int | str, ...]) -> str:
    """`("messages", 1, "content", "str")` as `messages[1].content`."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step not in ("str", "list[any]"):
            path += f".{step}" if path else step
    return path


def _invalid(error: ValidationError) -> InvalidRequest:
    """The first fault of a body, in words that hold nothing of the body itself."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if fault["type"] == "json_invalid":
        return InvalidRequest(f"The body is not JSON: {fault['msg']}.", code="invalid_json")
    param = _path(fault["loc"])
    return InvalidRequest(f"{param or 'The body'}: {fault['msg']}.", param=param or None)


def _part_text(part: Any, param: str) -> str | None:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        raise InvalidRequest(f"{param}: a part must be an object with a type.", param=param)
    kind = part.get("type")
    if isinstance(kind, str) and kind in _MEDIA_PARTS:
        raise InvalidRequest(
            f"{param}: {kind} input is not supported by this model; it paints from text alone.",
            param=param,
            code="unsupported_input",
        )
    text = part.get("text")
    if kind in ("text", "input_text") and not isinstance(text, str):
        raise InvalidRequest(f"{param}.text: must be a string.", param=f"{param}.text")
    return text if isinstance(text, str) else None


def _prompt(messages: list[_Message]) -> str:
    """The text of the last user message; everything else is discarded, as seed 000 says."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].role == "user":
            break
    else:
        raise InvalidRequest("There is no user message to paint.", param="messages")
    content = messages[index].content
    param = f"messages[{index}].content"
    if isinstance(content, list):
        texts = [_part_text(part, f"{param}[{at}]") for at, part in enumerate(content)]
        content = "\n".join(text for text in texts if text)
    if content is None or not content.strip():
        raise InvalidRequest("The last user message holds no text to paint.", param=param)
    return content


def decode(body: bytes) -> ChatRequest:
    """The picture that a chat request asks for.

    Raises InvalidRequest for a body that is no JSON or has an illegal field, and ModelNotFound.
    """
    try:
        parsed = _Body.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from None
    if parsed.n not in (None, 1):
        raise InvalidRequest("n: a chat request paints one picture; n can only be 1.", param="n")
    model = parse_model_id(parsed.model)
    image = ImageRequest(_prompt(parsed.messages), model.ratio, model.resolution)
    return ChatRequest(image, parsed.model, bool(parsed.stream))


def markdown_link(url: str) -> str:
    """A picture in markdown. Parentheses would end the link early, so they are escaped."""
    return f"![image]({url.replace('(', '%28').replace(')', '%29')})"


# Stands in the JSON where the base64 goes, and is where it is cut.
_PICTURE: Final = "\x1a\x1a"
_ESCAPED_PICTURE: Final = json.dumps(_PICTURE).strip('"').encode()


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """The answer to a chat request; an `easel.answer.Answer`."""

    model: str
    stream: bool
    stamp: Stamp

    @property
    def content_type(self) -> str:
        return sse.CONTENT_TYPE if self.stream else openai.JSON_TYPE

    def around(self, picture: Picture, mime_type: str) -> tuple[bytes, bytes]:
        message = {"role": "assistant", "content": markdown_link(picture.url)}
        inline_data = {"mimeType": mime_type, "data": _PICTURE}
        completion: dict[str, object] = {
            "candidates": [{"content": {"parts": [{"inlineData": inline_data}]}}],
            "id": self.stamp.id,
            "object": "chat.completion.chunk" if self.stream else "chat.completion",
            "created": self.stamp.created,
            "model": self.model,
            "choices": [
                {
                    "index": 0,
                    "delta" if self.stream else "message": message,
                    "finish_reason": "stop",
                }
            ],
        }
        if not self.stream:
            # Zeros: the service tells no usage, and clients read the fields unasked.
            completion["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        # The base64 stands first in the object, so the first cut is the right one.
        head, _, tail = json.dumps(completion).encode().partition(_ESCAPED_PICTURE)
        if self.stream:
            return sse.EVENT_START + head, tail + sse.EVENT_END + sse.DONE
        return head, tail

    def late_error(self, error: EaselError) -> bytes:
        body = openai.error_object(error)
        return sse.encode_event(body) + sse.DONE if self.stream else body
