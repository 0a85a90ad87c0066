"""The life of a request: the head that it begins with, and the ends that it can have.

It is one generator, `easel.serve.serve`. It yields tuples of effects (`easel.effects`): jobs to
start, and things to do at once. It is sent `Done` whenever a job has ended (`easel.outcomes`), and
returns its end. Whoever interprets the effects decides nothing: all decisions, late errors too, are
in the generator, so a test drives a whole request with `next()` and `send()`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from easel.effects import Begin, Effects, GiveBack
from easel.outcomes import Done


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body. `headers` has lower-case names; they hold the caller's token."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class Asset(Enum):
    """A file that the shell has, as a body."""

    OPENAPI = "openapi.json"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is complete. `exception` is the exception of ours behind it, to be logged.

    `gives_back` is done first, here and in the others.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | Asset = field(repr=False, default=b"")
    log: str | None = None
    exception: Exception | None = None
    gives_back: tuple[GiveBack, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """The last bytes of an answer, whose headers leave now where there is a `begin`.

    `picture` is the number of a picture that is written as base64 between `head` and `tail`.
    `error_code` is the code of an error in the body. `afterwards` is what is done when the answer
    has left, for as long as the platform lets it.
    """

    begin: Begin | None
    head: bytes = field(repr=False)
    picture: int | None = None
    tail: bytes = field(repr=False, default=b"")
    max_bytes: int = 0
    error_code: str | None = None
    exception: Exception | None = None
    gives_back: tuple[GiveBack, ...] = ()
    afterwards: Afterwards | None = field(repr=False, compare=False, default=None)


@dataclass(frozen=True, slots=True)
class Over:
    """The end of what was done after an answer."""

    exception: Exception | None = None
    gives_back: tuple[GiveBack, ...] = ()


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A picture itself as an answer: its bytes from `start` up to `end`.

    `end` is None where nobody knows its length; it then has `max_bytes` at the most. `copy` is the
    address under which the cache may keep it for `copy_seconds`, "" where it may not.
    """

    status: int
    headers: Mapping[str, str]
    picture: int
    start: int
    end: int | None
    max_bytes: int
    log: str | None = None
    copy: str = field(repr=False, default="")
    copy_seconds: int = 0
    exception: Exception | None = None
    gives_back: tuple[GiveBack, ...] = ()


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """Cuts an answer that has begun, so that nobody takes it for complete."""

    exception: Exception
    gives_back: tuple[GiveBack, ...] = ()


End: TypeAlias = Reply | Ending | PassedOn | BrokenOff
Life: TypeAlias = Generator[Effects, Done, End]
Afterwards: TypeAlias = Generator[Effects, Done, Over]
