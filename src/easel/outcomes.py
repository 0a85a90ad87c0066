"""What comes of the jobs that the life of a request has started (`easel.effects`).

A job that cannot be done ends in `Failed`; one that has nothing to tell ends in None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from easel.dialects.body import FormField
from easel.images.blobs import Blob, LongTexts
from easel.services.wire import HttpResponse


@dataclass(frozen=True, slots=True)
class Failed:
    """A job failed. `name` is what the platform calls the error."""

    name: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whether a key may make this request."""

    allowed: bool


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A body of JSON, and its long texts."""

    json: bytes = field(repr=False)
    long_texts: LongTexts


@dataclass(frozen=True, slots=True)
class FormBody:
    """The fields of a form."""

    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class OpenedBody:
    """What a picture's host answered. With status 200 the picture is open; `picture` is its number.

    `length` is in bytes, 0 where none was announced. `first_bytes` are enough to tell type and
    size. `sealed` is what `OpenAddress.seal` came to. `until` is when a copy ends, in Unix seconds.
    """

    status: int
    location: str = field(repr=False, default="")
    length: int = 0
    first_bytes: bytes = field(repr=False, default=b"")
    picture: int = 0
    sealed: str = field(repr=False, default="")
    until: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that was written and is to be written once more. It is open again as `picture`.

    `picture` is 0 where there was no room to keep it.
    """

    picture: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """What texts were sealed to, in characters that stand in any address."""

    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The text that was sealed."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture that is kept to paint from."""

    content: Blob


@dataclass(frozen=True, slots=True)
class Stored:
    """Whether a picture is in the store now, and all of it; `reason` is why not."""

    stored: bool
    reason: str = ""


Outcome: TypeAlias = (
    Failed
    | Allowed
    | JsonBody
    | FormBody
    | HttpResponse
    | OpenedBody
    | Kept
    | KeptPicture
    | Sealed
    | Unsealed
    | Stored
    | None
)

# The key of a hold that is over.
HELD: Final = 0


@dataclass(frozen=True, slots=True)
class Done:
    """A job has ended, or a hold is over. `now` is in Unix seconds."""

    key: int
    outcome: Outcome
    now: float
