"""What the shell needs of a dialect to answer with pictures it never holds.

In: what was painted, pictures that were opened, or the error that came instead. Out: the bytes
around their base64.

Every answer says what is known of its pictures in one object of one name, `easel`, with an item for
each picture: `size`, `revised_prompt` and `content_filter`, as far as there are any.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from easel.dialects.markdown import missing_note, words
from easel.errors import EaselError, PictureLinked, SurplusPictures
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


@dataclass(frozen=True, slots=True)
class Counted:
    """What keeps an answer alive and is counted: the number stands between the two.

    `seconds` is whether the number is that of seconds, else that of the piece.
    """

    before: bytes
    after: bytes
    seconds: bool = False


def note(error: EaselError) -> str:
    """What says that a picture is missing, where an answer has only text for it."""
    if isinstance(error, SurplusPictures | PictureLinked):
        return f"({words(error.message)})"
    return missing_note(error.message)


def notes(result: ImageResult, errors: Sequence[EaselError]) -> list[str]:
    """All that an answer tells in words, beside its pictures: how they were painted, and what is
    missing.
    """
    remarks = [f"({words(result.remark)})"] if result.remark else []
    return [*remarks, *map(note, errors)]


def easel_member(pictures: Sequence[Picture]) -> str:
    """`, "easel": {…}`: the one object in which every answer says what is known of its pictures.

    It follows other members; where there is no picture it is empty.
    """
    if not pictures:
        return ""
    facts = ", ".join([_facts(picture, picture.size) for picture in pictures])
    return f', "easel": {{"pictures": [{facts}]}}'


def easel_member_of(opened: Opened) -> str:
    """The same of a picture that was opened."""
    return f', "easel": {{"pictures": [{_facts(opened.picture, opened.size)}]}}'


def _facts(picture: Picture, size: Size | None) -> str:
    return "{" + ", ".join(known_of(picture, size)) + "}"


def known_of(picture: Picture, size: Size | None) -> list[str]:
    """What is known of a picture, as members of an object in JSON."""
    # Written by hand: a call of `json.dumps` for an object costs more than all of this.
    facts = []
    if size is not None:
        facts.append(f'"size": "{size}"')
    if picture.revised_prompt:
        facts.append(f'"revised_prompt": {json.dumps(picture.revised_prompt)}')
    if picture.content_filter:
        facts.append(f'"content_filter": {filter_notes(picture.content_filter)}')
    return facts


def filter_notes(notes: Sequence[FilterNote]) -> str:
    """What a content filter found, as BigModel writes it in JSON."""
    return json.dumps([{"role": note.role, "level": note.level} for note in notes])


class Reprise(Protocol):
    """The pictures of an answer once more, where its dialect has them at its end too.

    It is written behind the answer's `closing`: `opening`, then for each picture its base64 between
    the two of `around`, or `instead` where it cannot be written again, then `closing`.
    """

    @property
    def pause(self) -> bytes:
        """What may be written between pictures any number of times, to keep the answer alive."""

    def opening(self, result: ImageResult) -> bytes:
        """What comes before the first picture."""

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        """What comes before and after the base64 of a picture; `index` counts from 0."""

    def instead(self, index: int, opened: Opened) -> bytes:
        """What stands for a picture that is neither kept nor has an address."""

    def closing(self, result: ImageResult, errors: Sequence[EaselError]) -> bytes:
        """What comes after the last picture; `errors` say why others are missing."""


class Encoder(Protocol):
    """An answer in the caller's dialect, before it is known how the painting ends.

    It is written as `prelude`, `opening`, then for each picture its base64 between the two of
    `around`, then `closing`, then `reprise` where there is one. Where it does not carry pictures
    none is opened, and `closing` has their addresses.
    """

    @property
    def stream(self) -> bool:
        """Whether the caller asked for a stream of events."""

    @property
    def content_type(self) -> str:
        """The Content-Type of the answer."""

    @property
    def pause(self) -> bytes:
        """What may be written between pictures any number of times, to keep the answer alive."""

    @property
    def linked(self) -> Encoder | None:
        """The same answer with links instead of pictures; None where the caller asked for these."""

    @property
    def prelude(self) -> bytes:
        """What is written as soon as the headers leave, whatever comes of the painting."""

    @property
    def reprise(self) -> Reprise | None:
        """What has the pictures once more."""

    @property
    def tells_links(self) -> bool:
        """Whether what follows the pictures has their links too."""

    def carries_pictures(self, result: ImageResult) -> bool:
        """Whether the pictures themselves are in the answer."""

    def opening(self, result: ImageResult) -> bytes:
        """What comes before the first picture."""

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        """What comes before and after the base64 of a picture; `index` counts from 0."""

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        """What comes after the last picture; `errors` say why others are missing.

        `carried` is whether `opening` and pictures come before it. The id of a task in `result`
        is the public one.
        """

    def late_error(self, error: EaselError) -> bytes:
        """The whole answer, after `prelude`, when all fails after the headers have left."""
