"""What the life of a request can want done, and what comes of it.

The life of a request is one generator, `easel.serve.serve`. It yields tuples of effects: jobs to
start, and things to do at once. It is sent `Done` whenever a job has ended, and returns its reply.
Whoever interprets the effects decides nothing: all decisions, late errors too, are in the
generator, so a test drives a whole request with `next()` and `send()`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from easel.dialects.body import FormField
from easel.images.blobs import Blob, LongTexts
from easel.services.wire import HttpRequest, HttpResponse, ReadOn, Recall, Remember, Wait


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body. `headers` has lower-case names; they hold the caller's token."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


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


# --- Outcomes. ---


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


# --- The end. ---


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
