"""What a dialect is, and what can be asked in one.

A dialect is an API that clients speak. It is a value: how it spells an error, and at which paths.
What can be asked is an operation of it, one value each; `easel.routing` has all of them in one
table. There are five kinds:

    Operation
    ├── PaintOperation     paints: it is decoded, and answered by an encoder
    ├── MessageOperation   takes messages of a protocol, of which a few paint
    ├── AnswerOperation    is answered at once: a list of models, a count
    ├── TaskOperation      asks for a task that was begun before
    ├── PictureOperation   asks for the picture behind a link of Easel's own
    └── DocumentOperation  is answered with the document that describes the API

Nothing here raises. What the functions in these values raise is an `EaselError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, TypeAlias

from easel.dialects.body import FormField
from easel.dialects.encoder import Counted, Encoder, Stamp
from easel.dialects.previous import FindPrevious
from easel.dialects.turn import Turn
from easel.errors import EaselError
from easel.images.blobs import LongTexts
from easel.images.request import ImageRequest
from easel.settings import Settings

JSON_TYPE: Final = "application/json; charset=utf-8"


def _own_status(error: EaselError) -> int:
    return error.status


@dataclass(frozen=True, slots=True)
class Dialect:
    """An API that clients speak.

    `error` spells an error as a whole answer, and `status` says with which HTTP status. `paths` are
    the paths at which nothing else is spoken, also where nothing is served. At the paths that
    dialects share, `key_header` is the header in which only its clients send a key. `query_key` is
    whether a key may be `?key=`.
    """

    name: str
    error: Callable[[EaselError], bytes]
    paths: re.Pattern[str]
    key_header: str | None = None
    query_key: bool = False
    content_type: str = JSON_TYPE
    status: Callable[[EaselError], int] = _own_status


class Body(Enum):
    """How the body of a request is read."""

    NONE = auto()
    JSON = auto()
    FORM = auto()


class Auth(Enum):
    """Who may ask: anybody, whoever has a key where the deployment has keys, or whoever has a token
    or such a key.
    """

    NONE = auto()
    KEY = auto()
    TOKEN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What can be asked. In `path`, `{}` is a name, which may hold slashes but no colon.

    `name` is the log's word for it. Of two operations with one name only the path differs.
    """

    name: str
    method: str
    path: str
    dialect: Dialect
    body: Body = Body.NONE
    auth: Auth = Auth.TOKEN


@dataclass(frozen=True, slots=True)
class Painter:
    """A service that a request may choose, in the words that a chooser needs.

    `models` are spelled as callers name them. `guide` says what they paint and what is legal;
    `edits` is whether some of them paint from pictures.
    """

    name: str
    display_name: str
    models: tuple[str, ...]
    guide: str = ""
    edits: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a deployment paints with; `default_model` is meant where a request names none."""

    painters: tuple[Painter, ...] = ()
    default_model: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request before anything of it is read, for an operation that does not take every one.

    `address` is the URL without path and query. `headers` are those that the operation reads.
    """

    address: str
    headers: Mapping[str, str]
    settings: Settings = field(repr=False)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as an operation decodes it.

    `name` is what the path names, `query` that of the URL. Of `body` and `form`, the one counts
    that the operation reads. Where a long text stood in the body, it has a mark of `long_texts`.
    `headers` are those that the operation reads. `catalogue` gives what may be chosen.
    """

    name: str
    query: str = field(repr=False)
    body: bytes = field(repr=False)
    form: tuple[FormField, ...] = field(repr=False)
    long_texts: LongTexts = field(repr=False)
    stamp: Stamp
    settings: Settings = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    catalogue: Callable[[], Catalogue] = Catalogue


@dataclass(frozen=True, slots=True)
class DirectReply:
    """A whole answer, where nothing is painted and no model is named. It is JSON, or empty.

    `code` is that of an error, for the log.
    """

    status: int
    body: bytes = field(repr=False, default=b"")
    code: str | None = None


# Spells an error that comes before the headers of an answer, where the request is known by then.
Tell: TypeAlias = Callable[[EaselError], DirectReply]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer is delivered where its dialect has ways of its own.

    `tell` spells an error instead of the dialect's `error`. `keep_alive` is written while the
    picture is painted instead of blank lines. `inline_bytes` is how many bytes of pictures an
    answer may have; what is more becomes a link. None is as the deployment has it.
    """

    tell: Tell | None = None
    keep_alive: Counted | None = None
    inline_bytes: int | None = None


AS_USUAL: Final = Delivery()


@dataclass(frozen=True, slots=True)
class TextReply:
    """A text that answers a hidden prompt: nothing is painted.

    `body` is the whole answer with the text in it; its content type is that of the encoder.
    """

    text: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a request asks for, with which model as the caller spells it, and how to answer.

    `previous` finds the picture before in a conversation that goes on from it, and may be called
    only as long as the body's long texts are there.
    """

    wanted: ImageRequest | Turn | TextReply
    model: str
    encoder: Encoder
    delivery: Delivery = AS_USUAL
    previous: FindPrevious | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintOperation(Operation):
    """`decode` raises InvalidRequest and BodyTooLarge."""

    decode: Callable[[Incoming], Decoded]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOperation(Operation):
    """`decode` raises InvalidRequest and PathNotFound.

    A name in the path is that of a service, and no other paints then. `reads` are the headers that
    it reads, in lower case. `admit` raises CallerError for a request that is not even read. A rate
    limit counts only messages that paint.
    """

    decode: Callable[[Incoming], Decoded | DirectReply]
    reads: tuple[str, ...]
    admit: Callable[[Arrival], None]


# A model as the list spells it, and its service.
Listed: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer at once may depend on.

    `models` gives the list, `model` the one that the path names; that raises ModelNotFound.
    `about` tells of the deployment what is for whoever asks: more where they have one of its keys.
    """

    # It may hold `?key=`.
    query: str = field(repr=False)
    models: Callable[[], Sequence[Listed]]
    model: Callable[[], Listed]
    about: Callable[[], Mapping[str, object]] = dict


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOperation(Operation):
    """`answer` gives JSON; it raises InvalidRequest and ModelNotFound."""

    answer: Callable[[Question], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOperation(Operation):
    """The name in the path is the task's id as it was handed out; `encoder` answers it."""

    encoder: Callable[[Stamp], Encoder]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOperation(Operation):
    """The name in the path is what is sealed in the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentOperation(Operation):
    """The document is a file, which the shell has."""
