"""The input of an interaction: a text, content, steps, or the turns of earlier versions.

In: the field as it stands in a body. Out: steps, and how a turn of the user is read from them;
`InvalidRequest` for what is none of it.
Sources: Google's API reference, "Interactions", read 2026-11-21; the types of google-genai 3.4, and
what it makes of a list of content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from easel.dialects.body import BodyModel, read_part
from easel.dialects.previous import Earlier, TextField, previous_picture
from easel.dialects.turn import Messages, Said, last_messages
from easel.errors import InvalidRequest
from easel.hidden_prompts.detection import INSTRUCTING
from easel.images.blobs import LongTexts
from easel.images.request import InputImage, read_image


class _Content(BodyModel):
    type: Any = None
    text: str | None = None
    data: str | None = None
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Who says something, and what: values, each with the field that it stands in."""

    role: str
    param: str
    contents: list[tuple[Any, str]] = field(repr=False)


# What stands beside steps only by mistake.
_CONTENT_TYPES: Final = ("text", "image", "audio", "video", "document")
_STEP_TYPES: Final = ("user_input", "model_output", "thought")


def _is_step(item: Any) -> bool:
    return isinstance(item, dict) and ("role" in item or item.get("type") in _STEP_TYPES)


def _contents(value: Any, param: str) -> list[tuple[Any, str]]:
    if isinstance(value, list):
        return [(each, f"{param}[{at}]") for at, each in enumerate(value)]
    return [] if value is None else [(value, param)]


def _read_step(item: Any, param: str) -> Step:
    """A step, or a turn; a step of a kind that is not known is none of the user's."""
    if not isinstance(item, dict) or item.get("type") in _CONTENT_TYPES:
        raise InvalidRequest(
            f"{param}: must be a step, as others here are. Send it as the content of a step of the "
            "type user_input.",
            param=param,
        )
    role = "user" if item.get("type") == "user_input" else item.get("role")
    spoken = role if role in ("user", *INSTRUCTING) else "model"
    return Step(spoken, f"{param}.content", _contents(item.get("content"), f"{param}.content"))


def read_input(value: Any) -> list[Step]:
    """The steps of an input; content alone is one step of the user's. Raises InvalidRequest."""
    if not isinstance(value, str | dict | list | None):
        raise InvalidRequest("input: must be a string, an object or an array.", param="input")
    items = _contents(value, "input")
    if not any(_is_step(item) for item, _ in items):
        return [Step("user", "input", items)] if items else []
    return [_read_step(item, param) for item, param in items]


def texts(step: Step) -> list[str]:
    """The texts of a step as they stand in the body, as far as they are any."""
    texts = [value.get("text") if isinstance(value, dict) else value for value, _ in step.contents]
    return [text for text in texts if isinstance(text, str) and text]


def holds_pictures(step: Step) -> bool:
    """Whether there is anything else than texts in a step."""
    return any(isinstance(value, dict) and "text" not in value for value, _ in step.contents)


def _read_content(value: Any, param: str, long_texts: LongTexts) -> str | InputImage:
    if isinstance(value, str):
        return long_texts.whole(value)
    content = read_part(_Content, value, param, long_texts=long_texts)
    # Of a text the type may be left out, which google-genai adds.
    if content.type in ("text", None) and content.text is not None:
        return long_texts.whole(content.text)
    if content.type == "text":
        raise InvalidRequest(f"{param}.text: must be a string.", param=f"{param}.text")
    if content.type != "image":
        raise InvalidRequest(
            f"{param}: unsupported input. Send content of the types text and image.",
            param=param,
            code="unsupported_input",
        )
    if (content.data is None) == (content.uri is None):
        raise InvalidRequest(f"{param}: must have data or uri, and not both.", param=param)
    if content.uri is not None:
        return read_image(content.uri, f"{param}.uri", long_texts)
    return read_image(_as_base64(content.data or "", long_texts), f"{param}.data", long_texts)


def _as_base64(data: str, long_texts: LongTexts) -> str:
    """It is base64 and nothing else, though it may look like an address."""
    return data if long_texts.holds(data) else f"data:,{data}"


def _said(step: Step, long_texts: LongTexts) -> Said:
    read = [_read_content(value, param, long_texts) for value, param in step.contents]
    text = "\n".join(each for each in read if isinstance(each, str) and each)
    return Said(step.param, text, tuple(each for each in read if isinstance(each, InputImage)))


def read_messages(steps: Sequence[Step], long_texts: LongTexts) -> Messages:
    """How a turn is read from these steps."""
    return Messages(
        "step", lambda at: texts(steps[at]), lambda at: _said(steps[at], long_texts), long_texts
    )


def picture_before(steps: Sequence[Step], long_texts: LongTexts) -> InputImage | None:
    """The picture before, which a turn goes on from that brings none.

    Raises InvalidRequest and BodyTooLarge.
    """
    first, *_ = read_messages(steps, long_texts).turn(last_places(steps))
    earlier = (_earlier(step, long_texts) for step in reversed(steps[:first]))
    return previous_picture(earlier, long_texts)


def _earlier(step: Step, long_texts: LongTexts) -> Earlier:
    pictures: list[TextField] = []
    for value, param in step.contents:
        if not isinstance(value, dict) or value.get("type") != "image":
            continue
        data, uri = value.get("data"), value.get("uri")
        if isinstance(data, str):
            pictures.append((f"{param}.data", _as_base64(data, long_texts)))
        elif isinstance(uri, str):
            pictures.append((f"{param}.uri", uri))
    return Earlier(step.role, pictures, [(step.param, text) for text in texts(step)])


def last_places(steps: Sequence[Step]) -> Sequence[int]:
    """Where the last steps of the user stand."""
    return last_messages([step.role for step in steps])
