"""The input of OpenAI's Responses API: a text, or the items of a conversation.

In: `input` and `instructions` as they stand in a body. Out: its messages, of which the last turn of
the user is read; `InvalidRequest` for what is no item, or leads to something that Easel would have
to remember. Earlier items may hold anything: a call that painted counts as the assistant's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from easel.dialects.openai_parts import holds_images, picture_fields, read_message, texts_of
from easel.dialects.previous import Earlier, previous_picture
from easel.dialects.turn import Messages, last_messages
from easel.errors import InvalidRequest
from easel.hidden_prompts.detection import INSTRUCTING, Conversation
from easel.images.blobs import LongTexts
from easel.images.request import InputImage

_ASSISTANT: Final = "assistant"

# Parts of a message, which some clients send without the message.
_BARE_PARTS: Final = ("input_text", "input_image", "input_file")


@dataclass(frozen=True, slots=True)
class Message:
    """One item as a message, and where its content stands in the body; `item` is all of it."""

    role: str
    content: Any = field(repr=False)
    param: str
    item: Mapping[str, Any] = field(repr=False)


def read_input(given: str | Sequence[Any]) -> tuple[Message, ...]:
    """The messages of an input. Raises InvalidRequest."""
    if isinstance(given, str):
        return (Message("user", given, "input", {}),)
    return tuple(_message(item, f"input[{at}]") for at, item in enumerate(given))


def _message(item: Any, param: str) -> Message:
    if not isinstance(item, dict):
        raise InvalidRequest(f"{param}: must be an object.", param=param)
    kind, role = item.get("type"), item.get("role")
    if kind == "item_reference":
        raise InvalidRequest(
            f"{param}: Easel keeps no responses, so an item_reference leads to nothing. Send the "
            "items themselves. The AI SDK does with store: false.",
            param=param,
        )
    if kind in _BARE_PARTS:
        return Message("user", [item], param, item)
    if kind not in (None, "message"):
        # What a model did: it painted, thought, or called a function.
        return Message(_ASSISTANT, None, param, item)
    if not isinstance(role, str):
        raise InvalidRequest(f"{param}.role: must be a string.", param=f"{param}.role")
    return Message(role, item.get("content"), f"{param}.content", item)


def is_answered(messages: Sequence[Message]) -> bool:
    """Whether the assistant has said or done anything yet."""
    return any(message.role == _ASSISTANT for message in messages)


def last_turn(messages: Sequence[Message]) -> Sequence[int]:
    """Where the user's last messages stand. Raises InvalidRequest where there is none."""
    places = last_messages([message.role for message in messages])
    if not places:
        raise InvalidRequest("There is no user message. Send one with a prompt.", param="input")
    return places


def readable(messages: Sequence[Message], long_texts: LongTexts) -> Messages:
    """How the messages are read."""
    return Messages(
        "message",
        lambda at: texts_of(messages[at].content),
        lambda at: read_message(messages[at].content, messages[at].param, long_texts),
        long_texts,
    )


def picture_before(messages: Sequence[Message], long_texts: LongTexts) -> InputImage | None:
    """The picture before, which a turn goes on from that brings none.

    Raises InvalidRequest and BodyTooLarge.
    """
    first, *_ = readable(messages, long_texts).turn(last_turn(messages))
    return previous_picture(map(_earlier, reversed(messages[:first])), long_texts)


def _earlier(message: Message) -> Earlier:
    result = message.item.get("result")
    if message.item.get("type") == "image_generation_call" and isinstance(result, str):
        return Earlier(message.role, [(f"{message.param}.result", result)])
    texts = [(message.param, text) for text in texts_of(message.content)]
    return Earlier(message.role, picture_fields(message.content, message.param), texts)


def conversation(
    messages: Sequence[Message],
    instructions: str | None,
    schema: Mapping[str, object] | None,
    long_texts: LongTexts,
) -> Conversation:
    """What tells a client's own request from a person's. `schema` is what an answer is to fit."""
    places = last_messages([message.role for message in messages])
    turn = [messages[at].content for at in readable(messages, long_texts).turn(places)]
    user = [long_texts.glance(text) for content in turn for text in texts_of(content)]
    system = [
        "\n".join(map(long_texts.glance, texts_of(message.content)))
        for message in messages
        if message.role in INSTRUCTING
    ]
    last_role = messages[-1].role if messages else "user"
    return Conversation(
        system=(*([long_texts.glance(instructions)] if instructions else ()), *system),
        last_role=last_role,
        last_text=system[-1] if last_role in INSTRUCTING else "",
        user_text="\n".join(user),
        last_part=user[-1] if user else "",
        answered=is_answered(messages),
        pictures=any(map(holds_images, turn)),
        schema=schema,
        long_texts=long_texts,
    )
