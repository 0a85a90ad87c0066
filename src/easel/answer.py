"""What the shell needs of a dialect to answer with pictures it never holds.

In: what was painted, pictures that were opened, or the error that came instead. Out: the bytes
around their base64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from easel.errors import EaselError, SurplusPictures
from easel.image import Painted, Picture
from easel.markdown import missing_note, words
from easel.size import Size


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


def note(failure: EaselError) -> str:
    """What is said of a picture that is not there, where an answer has nothing but text for it."""
    if isinstance(failure, SurplusPictures):
        return f"({words(failure.message)})"
    return missing_note(failure.message)


class Answer(Protocol):
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
    def said(self) -> str | None:
        """What is answered where no picture is to be painted; see `easel.chat_clients`."""

    def carries_pictures(self, painted: Painted) -> bool:
        """Whether the pictures themselves are in the answer."""

    def opening(self, painted: Painted) -> bytes:
        """What stands before the first picture."""

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        """What stands before and after the base64 of a picture; `index` counts from 0."""

    def closing(self, painted: Painted, failures: Sequence[EaselError], *, carried: bool) -> bytes:
        """What stands after the last picture; `failures` are why others are missing.

        `carried` is whether `opening` and pictures stand before it.
        """

    def late_error(self, error: EaselError) -> bytes:
        """The whole answer when all fails after the headers have left."""
