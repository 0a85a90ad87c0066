"""What the life of a request can want done: jobs to start, and things to do at once.

What comes of a job is in `easel.outcomes`, and the life itself in `easel.life`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from easel.services.wire import HttpRequest, ReadOn, Recall, Remember, Wait

# --- Jobs. Each ends in one outcome. ---


@dataclass(frozen=True, slots=True)
class CheckRate:
    """Counts one more request with a key of the deployment. Ends in `Allowed`."""

    key_number: int


@dataclass(frozen=True, slots=True)
class ReadJson:
    """Reads the body as JSON, its long texts apart. Ends in `JsonBody`."""

    mark: str


@dataclass(frozen=True, slots=True)
class ReadForm:
    """Reads the body as a multipart form. Ends in `FormBody`."""


@dataclass(frozen=True, slots=True)
class Send:
    """Sends a request to an image service. Ends in `HttpResponse`, within `seconds`."""

    request: HttpRequest
    seconds: float


@dataclass(frozen=True, slots=True)
class OpenAddress:
    """Opens a picture, with no credentials and no redirects. Ends in `OpenedBody`.

    `seal` is sealed meanwhile, where it is not "".
    """

    url: str = field(repr=False)
    seal: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class OpenBase64:
    """Opens a picture that came as base64, a text or a `LongText`. Ends in `OpenedBody`."""

    base64: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Seal:
    """Encrypts and authenticates texts with the deployment's `LINK_SECRET`. Ends in `Sealed`."""

    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unseal:
    """Reads what was sealed. Ends in `Unsealed`, and fails where this deployment sealed no such
    text.
    """

    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeepPicture:
    """Reads a picture that was opened, and keeps it to paint from. Ends in `KeptPicture`.

    Fails where it has more than `max_bytes`, where it breaks off, and where there is no memory.
    """

    picture: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class StorePicture:
    """Puts a picture that was opened into the store. Ends in `Stored`.

    It is there for `seconds`. A picture whose length was not announced, or that `stays` open all
    the same, is held in memory meanwhile, within a limit.
    """

    picture: int
    key: str
    mime_type: str
    seconds: int
    max_bytes: int
    stays: bool = False


@dataclass(frozen=True, slots=True)
class OpenStored:
    """Opens a picture of the store. Ends in `OpenedBody`: 404 where it is not there, 410 where it
    was deleted.
    """

    key: str


@dataclass(frozen=True, slots=True)
class OpenCopy:
    """Opens the copy of a picture that the platform's cache may have under the picture's own
    address. Ends in `OpenedBody`: 404 where there is none, or no cache.
    """

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeleteStored:
    """Deletes a picture of the store, and keeps for `seconds` that it is deleted. Ends in None.

    `url` is where the cache may have a copy, which goes too.
    """

    key: str
    seconds: int
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WritePicture:
    """Writes a picture as base64 between `head` and `tail`. Ends in None, or in `Kept`.

    `picture` is an `OpenedBody.picture`. If it breaks off or has more than `max_bytes`, or the
    client leaves, the transfer is cut and the generator is closed. `keep` is whether it will be
    written once more, and is to be kept where there is room for it.
    """

    picture: int
    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)
    max_bytes: int
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Writes a piece of the answer. Ends in None."""

    piece: bytes = field(repr=False)


Job: TypeAlias = (
    CheckRate
    | ReadJson
    | ReadForm
    | Send
    | ReadOn
    | Wait
    | Recall
    | Remember
    | OpenAddress
    | OpenBase64
    | Seal
    | Unseal
    | KeepPicture
    | StorePicture
    | OpenStored
    | OpenCopy
    | DeleteStored
    | WritePicture
    | Write
)


@dataclass(frozen=True, slots=True)
class Start:
    """Starts a job. `Done` reports its end by this key."""

    key: int
    job: Job


# --- Effects that are done at once. ---


@dataclass(frozen=True, slots=True)
class Hold:
    """Reports `HELD` if the answer has not begun after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Begin:
    """Sends the headers of an answer with status 200. `log` is its line in the log, as JSON."""

    headers: Mapping[str, str]
    log: str | None = None


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Writes `piece` every so many seconds, until something else is written.

    `first` is written now. Where there is a `tail`, each is `piece`, a number, and `tail`; that of
    `first` is `number`, and each is greater by `step` than the one before, rounded.
    """

    piece: bytes
    seconds: float
    first: bytes = field(default=b"", repr=False)
    tail: bytes | None = None
    number: float = 1
    step: float = 1


@dataclass(frozen=True, slots=True)
class KeepUploads:
    """Keeps uploads for so many seconds more, since they are sent to a service.

    `sent_once` is whether they can be released as soon as they have been sent.
    """

    seconds: float
    sent_once: bool


@dataclass(frozen=True, slots=True)
class ReleaseUploads:
    """Releases uploads, which are not needed any more."""


@dataclass(frozen=True, slots=True)
class CloseAnswer:
    """Drops the unread rest of a service's answer, which would occupy one of six connections."""

    answer: int


@dataclass(frozen=True, slots=True)
class ClosePicture:
    """Drops a picture that was opened."""

    picture: int


@dataclass(frozen=True, slots=True)
class Complain:
    """Writes a line into the log, beside that of the request: what failed and hurt nobody."""

    words: str


Effect: TypeAlias = (
    Start
    | Hold
    | Begin
    | KeepAlive
    | KeepUploads
    | ReleaseUploads
    | CloseAnswer
    | ClosePicture
    | Complain
)
Effects: TypeAlias = tuple[Effect, ...]

# What is done even when the answer is over: most of it gives back memory or a connection.
GiveBack: TypeAlias = ReleaseUploads | CloseAnswer | ClosePicture | Complain
