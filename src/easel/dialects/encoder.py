"""What the shell needs of a dialect to answer with pictures it never holds.

In: what was painted, pictures that were opened, or the error that came instead. Out: the bytes
around their base64.

Every answer says what is known of its pictures in one object of one name, `easel`, with an item for
each picture: `size`, `revised_prompt` and `content_filter`, as far as there are any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from easel.dialects.markdown import missing_note, words
from easel.errors import EaselError, SurplusPictures
from easel.images.result import FilterNote, ImageResult, Picture
from easel.images.size import Size


@dataclass(frozen=True, slots=True)
class Stamp:
    """What sets one answer apart from the next: an id, and when it was made in Unix seconds."""

    id: str
    created: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What the first bytes of a picture say, and what the service says of it."""

    picture: Picture
    mime_type: str
    size: Size | None


def note(error: EaselError) -> str:
    """What is said of a picture that is not there, where an answer has nothing but text for it."""
    if isinstance(error, SurplusPictures):
        return f"({words(error.message)})"
    return missing_note(error.message)


def told(pictures: Sequence[Picture]) -> dict[str, object]:
    """`easel`: the one object in which every answer says what is known of its pictures."""
    return {"easel": {"pictures": [_facts(picture) for picture in pictures]}} if pictures else {}


def told_of(opened: Opened) -> dict[str, object]:
    """The same of a picture that was opened."""
    return told([replace(opened.picture, size=opened.size)])


def _facts(picture: Picture) -> dict[str, object]:
    facts: dict[str, object] = {}
    if picture.size is not None:
        facts["size"] = str(picture.size)
    if picture.revised_prompt:
        facts["revised_prompt"] = picture.revised_prompt
    if picture.content_filter:
        facts["content_filter"] = filter_notes(picture.content_filter)
    return facts


def filter_notes(notes: Sequence[FilterNote]) -> list[dict[str, object]]:
    """What a content filter found, as BigModel writes it."""
    return [{"role": note.role, "level": note.level} for note in notes]


class Encoder(Protocol):
    """An answer in the caller's dialect, before it is known how the painting ends.

    It is written as `opening`, then for each picture its base64 between the two of `around`, then
    `closing`. Where it does not carry pictures none is opened, and `closing` tells where they lie.
    """

    @property
    def stream(self) -> bool:
        """Whether the caller asked for a stream of events."""

    @property
    def content_type(self) -> str:
        """The Content-Type of the answer."""

    @property
    def pause(self) -> bytes:
        """What may stand between two pictures any number of times, to keep the answer alive."""

    def carries_pictures(self, result: ImageResult) -> bool:
        """Whether the pictures themselves are in the answer."""

    def opening(self, result: ImageResult) -> bytes:
        """What stands before the first picture."""

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        """What stands before and after the base64 of a picture; `index` counts from 0."""

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        """What stands after the last picture; `errors` are why others are missing.

        `carried` is whether `opening` and pictures stand before it. The id of a task in `result`
        is as it is to be handed out.
        """

    def late_error(self, error: EaselError) -> bytes:
        """The whole answer when all fails after the headers have left."""
