"""The picture before: what a turn that brings no picture may go on from.

In: the messages before the last turn. Out: the picture of the latest turn of the assistant, or one
that the user sent after it; None where there is none; `CallerError` where what stands there is no
picture, or was not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from easel.dialects.markdown import last_picture
from easel.images.blobs import LongTexts
from easel.images.request import InputImage, read_image
from easel.settings import Settings

# Who painted, in the words of either API.
_ASSISTANTS: Final = frozenset({"assistant", "model"})

# A field, and its text as it stands in the body.
TextField: TypeAlias = tuple[str, str]

# Finds the picture before. Only who may use it calls it: it looks through the conversation, and
# what it decodes takes memory.
FindPrevious: TypeAlias = Callable[[], InputImage | None]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message before the last turn: who says it, its pictures, and its texts."""

    role: str
    pictures: Sequence[TextField] = field(default=(), repr=False)
    texts: Sequence[TextField] = field(default=(), repr=False)


def may_go_on(asked: bool | None, settings: Settings) -> bool:  # noqa: FBT001 - it is a field
    """Whether a request may go on from the picture before: what it says itself goes first."""
    return settings.edit_previous if asked is None else asked


def previous_picture(earlier: Iterable[Earlier], long_texts: LongTexts) -> InputImage | None:
    """The picture before. `earlier` are the messages before the last turn, the latest first.

    The assistant's turn may have several messages, and the picture itself goes before a link to it
    in another. An assistant that says nothing has failed, or was stopped, and had no turn. Raises
    InvalidRequest and BodyTooLarge.
    """
    found, answered = None, False
    for message in earlier:
        is_answer = message.role in _ASSISTANTS
        if answered and message.role == "user":
            break
        if not (is_answer or message.role == "user"):
            continue
        if message.pictures:
            found = message.pictures[-1]
            break
        if is_answer:
            found = found or _last_in_texts(message.texts, long_texts)
            answered |= any(text.strip() for _, text in message.texts)
    if found is None:
        return None
    param, text = found
    return read_image(text, param, long_texts)


def _last_in_texts(texts: Sequence[TextField], long_texts: LongTexts) -> TextField | None:
    """The last picture that markdown texts have."""
    for param, text in reversed(texts):
        found = long_texts.last_picture(text) if long_texts.holds(text) else last_picture(text)
        if found is not None:
            return param, found
    return None
