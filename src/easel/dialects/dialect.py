"""What a dialect is, and what can be asked in one.

A dialect is an API that clients speak. It is a value: how it spells an error, and at which paths.
What can be asked is an operation of it, one value each; `easel.routing` has all of them in one
table. There are five kinds:

    Operation
    ├── PaintOperation     paints: it is decoded, and answered by an encoder
    ├── AnswerOperation    is answered at once: a list of models, a count
    ├── TaskOperation      asks for a task that was begun before
    ├── PictureOperation   asks for the picture behind a link of Easel's own
    └── DocumentOperation  is answered with the document that describes the API

Nothing here raises. What the functions in these values raise is an `EaselError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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
class Incoming:
    """A request as an operation decodes it.

    `name` is what the path names, `query` that of the URL. Of `body` and `form`, the one counts
    that the operation reads. Where a long text stood in the body, it has a mark of `long_texts`.
    """

    name: str
    query: str = field(repr=False)
    body: bytes = field(repr=False)
    form: tuple[FormField, ...] = field(repr=False)
    long_texts: LongTexts = field(repr=False)
    stamp: Stamp
    settings: Settings = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextReply:
    """A text that answers a hidden prompt: nothing is painted.

    `body` is the whole answer with the text in it; its content type is that of the encoder.
    """

    text: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer is delivered where its dialect has ways of its own.

    `keep_alive` is written while the picture is painted instead of blank lines. None is as usual.
    """

    keep_alive: Counted | None = None


AS_USUAL: Final = Delivery()


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


# A model as the list spells it, and its service.
Listed: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer at once may depend on.

    `models` gives the list, `model` the one that the path names; that raises ModelNotFound.
    """

    # It may hold `?key=`.
    query: str = field(repr=False)
    models: Callable[[], Sequence[Listed]]
    model: Callable[[], Listed]


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
