"""The content of a message, the same in OpenAI's chat completions and in its responses.

In: a text, or parts of several types. Out: what the message says; `InvalidRequest` for a part that
holds something else than text or a picture. The messages that are not painted may hold anything.
"""

from __future__ import annotations

from typing import Any, Final

from easel.dialects.previous import TextField
from easel.dialects.turn import Said
from easel.errors import InvalidRequest
from easel.images.blobs import LongTexts
from easel.images.request import InputImage, read_image

_TEXT_PARTS: Final = ("text", "input_text")

# part type → field that holds the picture, as a text or as an object with `url`.
_IMAGE_PARTS: Final = {"image_url": "image_url", "input_image": "image_url", "image": "image"}

# Words in the type or in a field of a part that holds something else than text: such a part must
# not vanish unnoticed.
_MEDIA: Final = ("image", "audio", "video", "file", "inline")


def _image_part(part: dict[str, Any], kind: str, param: str, long_texts: LongTexts) -> InputImage:
    """OpenAI's own form is `{"image_url": {"url": …}}`; many clients leave the inner object out."""
    name = _IMAGE_PARTS[kind]
    value = part.get(name)
    text = value.get("url") if isinstance(value, dict) else value
    if not isinstance(text, str):
        if part.get("file_id") is not None:
            raise InvalidRequest(
                f"{param}.file_id: Easel stores no files. Send the picture itself as {name}.",
                param=f"{param}.file_id",
                code="unsupported_input",
            )
        raise InvalidRequest(f"{param}.{name}: must be a URL.", param=f"{param}.{name}")
    return read_image(text, param, long_texts)


def _holds_image(part: dict[str, Any]) -> bool:
    kind = part.get("type")
    return isinstance(kind, str) and kind in _IMAGE_PARTS


def _read_part(part: Any, param: str, long_texts: LongTexts) -> str | InputImage | None:
    if isinstance(part, str):
        return long_texts.whole(part)
    if not isinstance(part, dict):
        raise InvalidRequest(f"{param}: a part must be an object with a type.", param=param)
    kind, text = part.get("type"), part.get("text")
    if _holds_image(part):
        return _image_part(part, str(kind), param, long_texts)
    if any(word in str(name).lower() for name in (kind, *part) for word in _MEDIA):
        raise InvalidRequest(
            f"{param}: unsupported input. Send text, and pictures as parts of the type image_url "
            "or input_image.",
            param=param,
            code="unsupported_input",
        )
    if kind in _TEXT_PARTS and not isinstance(text, str):
        raise InvalidRequest(f"{param}.text: must be a string.", param=f"{param}.text")
    return long_texts.whole(text) if isinstance(text, str) else None


def read_message(content: Any, param: str, long_texts: LongTexts) -> Said:
    """What one message says."""
    images: tuple[InputImage, ...] = ()
    if isinstance(content, list):
        parts = [_read_part(part, f"{param}[{at}]", long_texts) for at, part in enumerate(content)]
        images = tuple(part for part in parts if isinstance(part, InputImage))
        content = "\n".join(part for part in parts if isinstance(part, str) and part)
    elif isinstance(content, str):
        content = long_texts.whole(content)
    if not isinstance(content, str | None):
        raise InvalidRequest(f"{param}: must be a string or an array of parts.", param=param)
    return Said(param, content or "", images)


def texts_of(content: Any) -> list[str]:
    """The texts of a message as they stand in the body, as far as they are any."""
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        return []
    texts = [part.get("text") if isinstance(part, dict) else part for part in content]
    return [text for text in texts if isinstance(text, str)]


def holds_images(content: Any) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, dict) and _holds_image(part) for part in content
    )


def picture_fields(parts: Any, param: str, *, every: bool = False) -> list[TextField]:
    """The pictures of an earlier message, wherever in a part they are, as texts.

    A part that is no object is none in the content of a message; where pictures stand alone,
    `every` part may be one.
    """
    found: list[TextField] = []
    for at, part in enumerate(parts if isinstance(parts, list) else []):
        value = part if every or (isinstance(part, dict) and _holds_image(part)) else None
        for name in ("image_url", "image", "url"):
            value = value.get(name, value) if isinstance(value, dict) else value
        if isinstance(value, str):
            found.append((f"{param}[{at}]", value))
    return found
