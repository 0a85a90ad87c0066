"""Bytes and long texts of a request that stay outside Python: pictures to paint from, and all the
pictures that a chat sends back with its history.

In: what the shell keeps. Out: what can be known of it without looking at all of it; `BodyTooLarge`
where it was more than is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from easel.errors import BodyTooLarge

# Enough for the MIME type of any picture.
HEAD_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes of which Python knows the first ones.

    `source` is the bytes themselves, or what the shell keeps instead of them.
    """

    head: bytes = field(repr=False)
    source: object = field(repr=False)


def blob(content: bytes) -> Blob:
    """Bytes that are in Python."""
    return Blob(content[:HEAD_BYTES], content)


def _has_no_picture(number: int) -> None:
    del number


@dataclass(frozen=True, slots=True)
class LongTexts:
    """The long texts of a JSON body. Where one stood, the body has `mark` and its number.

    `read` gives the text of a number; `decode` gives what it is the base64 of, with or without
    `data:…,` in front, or None where it is none. `find_picture` gives the number of a text inside
    it, which is the address of its last picture in markdown, or None where it has none. All three
    raise BodyTooLarge where the text was too far from the end of the body to be kept. `close` gives
    back the memory that they take.
    """

    mark: str
    read: Callable[[int], str] = field(repr=False)
    decode: Callable[[int], Blob | None] = field(repr=False)
    close: Callable[[], None] = field(repr=False)
    find_picture: Callable[[int], int | None] = field(default=_has_no_picture, repr=False)

    def holds(self, text: str) -> bool:
        """Whether this is the mark of a long text."""
        return text.startswith(self.mark)

    def whole(self, text: str) -> str:
        """A text of the body as it was sent. Raises BodyTooLarge."""
        return self.read(self._number(text)) if self.holds(text) else text

    def glance(self, text: str) -> str:
        """The same for a text that may be missed: "" where it was not kept."""
        try:
            return self.whole(text)
        except BodyTooLarge:
            return ""

    def blob(self, text: str) -> Blob | None:
        """What a long text is the base64 of, or None. Raises BodyTooLarge."""
        return self.decode(self._number(text))

    def last_picture(self, text: str) -> str | None:
        """The address of the last picture of a long markdown text, which may be a long text too.

        Raises BodyTooLarge.
        """
        found = self.find_picture(self._number(text))
        return None if found is None else f"{self.mark}{found}"

    def _number(self, text: str) -> int:
        return int(text.removeprefix(self.mark))


def _none_is_kept(number: int) -> str:
    raise LookupError(number)


def _nothing_to_decode(number: int) -> None:
    raise LookupError(number)


# A lone surrogate cannot be sent, so no text starts with this mark.
NO_LONG_TEXTS: Final = LongTexts("\ud800", _none_is_kept, _nothing_to_decode, lambda: None)
