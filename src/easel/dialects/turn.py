"""The last turn of a conversation, which may come in several messages of the user.

In: the messages of the user that follow each other at the end, and how to read one. Out: what is to
be painted; a `Turn` where that is a matter of who reads it; `InvalidRequest` where the one message
there is has no prompt.

Some clients send the text in one message and its pictures in others. A turn that failed or was
stopped stands before the new one too, and is not part of it: both have a text then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from easel.errors import EaselError, InvalidRequest
from easel.hidden_prompts.detection import INSTRUCTING, own_words
from easel.images.blobs import LongTexts
from easel.images.request import Action, ImageRequest, InputImage


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says, or several: a text, the field that it came in, and pictures."""

    param: str
    text: str = field(repr=False)
    images: tuple[InputImage, ...] = ()

    @property
    def prompt(self) -> str:
        """The person's own words; blank where there are none."""
        return own_words(self.text)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn in several messages, as it is read whole, and as its last message alone is.

    Each is what to paint, or why it cannot be painted: that of the other way must stop nobody.
    """

    whole: ImageRequest | EaselError
    last: ImageRequest | EaselError

    def as_read(self, *, whole: bool) -> ImageRequest:
        """What to paint, in one of the two ways. Raises CallerError."""
        read = self.whole if whole else self.last
        if isinstance(read, EaselError):
            raise read
        return read


@dataclass(frozen=True, slots=True)
class Messages:
    """How a dialect reads its messages, each of which is known by its place.

    `texts` gives the texts of one as they stand in the body; `read` raises CallerError.
    """

    name: str
    texts: Callable[[int], Sequence[str]]
    read: Callable[[int], Said]
    long_texts: LongTexts

    def has_text(self, at: int) -> bool:
        """Whether a person has written anything in a message. A long text need not be kept."""
        texts = self.texts(at)
        if any(self.long_texts.holds(text) for text in texts):
            return True
        return bool(own_words("\n".join(texts)).strip())

    def turn(self, places: Sequence[int]) -> Sequence[int]:
        """Of the last messages of the user, those that make one turn: all of them, or the last."""
        one_text = len(places) > 1 and sum(self.has_text(at) for at in places) == 1
        return places if one_text else places[-1:]


def last_messages(roles: Sequence[str]) -> Sequence[int]:
    """Where the user's last messages stand that follow each other, but for instructions between."""
    places: list[int] = []
    for at in range(len(roles) - 1, -1, -1):
        if roles[at] == "user":
            places.append(at)
        elif places and roles[at] not in INSTRUCTING:
            break
    return places[::-1]


def read_turn(
    places: Sequence[int], messages: Messages, beside: ImageRequest
) -> ImageRequest | Turn:
    """What is to be painted of the turn that `last_messages` found. Raises CallerError.

    `beside` is what the request says beside its messages.
    """
    turn = messages.turn(places)
    if len(turn) == 1:
        return _painted(_with_prompt(messages.read(turn[0]), messages), beside)
    # Each is read once: what a picture is decoded to takes memory.
    said = [_attempt(messages.read, at) for at in turn]
    whole = _attempt(lambda all_said: _painted(_joined(all_said, messages), beside), said)
    last = _attempt(lambda end: _painted(_with_prompt(_sound(end), messages), beside), said[-1])
    if isinstance(whole, EaselError) and isinstance(last, EaselError):
        raise whole
    return Turn(whole, last)


def _painted(said: Said, beside: ImageRequest) -> ImageRequest:
    images = said.images + beside.images
    return replace(
        beside,
        prompt=said.prompt,
        action=Action.EDIT if images else Action.GENERATE,
        images=images,
        names={**beside.names, "prompt": said.param},
    )


_In = TypeVar("_In")
_Out = TypeVar("_Out")


def _attempt(function: Callable[[_In], _Out], argument: _In) -> _Out | EaselError:
    try:
        return function(argument)
    except EaselError as error:
        return error


def _sound(said: Said | EaselError) -> Said:
    if isinstance(said, EaselError):
        raise said
    return said


def _with_prompt(said: Said, messages: Messages) -> Said:
    if not said.prompt.strip():
        raise InvalidRequest(f"The last user {messages.name} has no prompt.", param=said.param)
    return said


def _joined(said: Sequence[Said | EaselError], messages: Messages) -> Said:
    """The one text with the pictures of all."""
    read = [_sound(each) for each in said]
    *_, last = read
    # Who ends with nothing at all does not ask for what was said before.
    candidates = read if last.images else [last]
    spoken = next((each for each in candidates if each.prompt.strip()), last)
    images = tuple(image for each in read for image in each.images)
    return replace(_with_prompt(spoken, messages), images=images)
