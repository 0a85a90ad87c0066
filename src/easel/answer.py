"""What the shell needs of a dialect to answer with a picture it never holds.

In: a picture that was opened, or the error that came instead. Out: the bytes around its base64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from easel.errors import EaselError
from easel.image import Picture


@dataclass(frozen=True, slots=True)
class Stamp:
    """What sets one answer apart from the next: an id, and when it was made in Unix seconds."""

    id: str
    created: int


class Answer(Protocol):
    """An answer in the caller's dialect, before it is known how the painting ends."""

    @property
    def stream(self) -> bool:
        """Whether the caller asked for a stream of events."""

    @property
    def content_type(self) -> str:
        """The Content-Type of the answer."""

    def around(self, picture: Picture, mime_type: str) -> tuple[bytes, bytes]:
        """What stands before and after the picture's base64."""

    def late_error(self, error: EaselError) -> bytes:
        """The whole answer when the picture fails after the headers have left."""
