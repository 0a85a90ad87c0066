"""What services and the shell exchange.

A service is a generator: it yields an `HttpRequest`, is sent the `HttpResponse`, and returns what
was painted. It never does I/O itself, so a test drives it with `next()` and `send()`. What the
platform calls an error of that I/O becomes an `UpstreamError` here. It is thrown into the flow
where it asked, so that a flow that can go on does.

An answer that holds pictures as base64 is not read to its end at once: its JSON stops where such a
text begins, so that the picture can be passed on as it comes. `ReadOn` asks for more of it.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from easel.errors import (
    OutOfCalls,
    PictureUnreachable,
    UpstreamBroken,
    UpstreamError,
    UpstreamTooSlow,
)
from easel.images.blobs import Blob
from easel.images.result import ImageResult

# An answer names a picture and does not hold it; the largest seen had 2 KB.
MAX_ANSWER_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Insert:
    """A blob that goes into a body before the byte `at`, as it is or as base64."""

    at: int
    blob: Blob
    base64: bool


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to send. Headers and body hold the token and the prompt: never in a repr.

    `inserts` are pictures that the shell puts into the body, in their order. `max_answer_bytes` is
    larger only where the answer may hold pictures. The answer may take `max_seconds`, and no more
    than its flow has left.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False, default=())
    body: bytes | None = field(repr=False, default=None)
    inserts: tuple[Insert, ...] = ()
    max_answer_bytes: int = MAX_ANSWER_BYTES
    max_seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class LongText:
    """A long text of an answer, by the number of the answer and its own; the shell has it."""

    answer: int
    number: int


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer. Only the headers that decide anything are carried.

    Megabytes of base64 in a JSON body stay outside Python: the body has `LONG_TEXT` and a number
    in place of such a text, and `long_texts` holds what the shell has instead. Where `rest` is not
    None, the body is the beginning of JSON, up to the last of these, which waits to be read; it
    is what the shell reads on from. `cut` is the platform's name for why the body is only the
    beginning of JSON and no more will come, "" where it is whole.
    """

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    retry_after: str = ""
    long_texts: tuple[object, ...] = field(repr=False, default=())
    rest: int | None = None
    cut: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the body is all that was answered."""
        return self.rest is None and not self.cut


@dataclass(frozen=True, slots=True)
class ReadOn:
    """Asks for more of an answer; the text that waits to be read is passed over.

    What is sent back is the same response with a longer body.
    """

    response: HttpResponse


@dataclass(frozen=True, slots=True)
class Wait:
    """Asks for a pause, in seconds. `WAITED` is sent back."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Recall:
    """Asks the store for a short text that was kept under a name. It is the body of what is sent
    back, which is "" where there is none.
    """

    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Remember:
    """Keeps a short text in the store, encrypted, up to a time in Unix seconds. `WAITED` is sent
    back at once: nobody waits for the store.
    """

    name: str = field(repr=False)
    text: str = field(repr=False)
    until: float


WAITED: Final = HttpResponse(0, b"")


def answer_with_pictures(max_picture_bytes: int, count: int = 1) -> int:
    """How long an answer may be that may hold `count` pictures as base64, in bytes."""
    return count * (max_picture_bytes * 4 // 3) + MAX_ANSWER_BYTES


Step: TypeAlias = HttpRequest | ReadOn | Wait | Recall | Remember
Flow: TypeAlias = Generator[Step, HttpResponse, ImageResult]
# What asks for a session, and returns it.
SessionFlow: TypeAlias = Generator[Step, HttpResponse, str]


LONG_TEXT: Final = "easel:long-text:"


def whole_text(response: HttpResponse, text: str) -> object:
    """A text of the body, or what the shell keeps instead of it. Raises UpstreamBroken."""
    if not text.startswith(LONG_TEXT):
        return text
    try:
        return response.long_texts[int(text.removeprefix(LONG_TEXT))]
    except (ValueError, IndexError):
        raise UpstreamBroken("The image service sent an answer that Easel cannot read.") from None


def platform_error(error_name: str, who: str) -> UpstreamError:
    """The error of a request to `who` that failed, by the platform's name for it."""
    if error_name == "TimeoutError":
        return UpstreamTooSlow(f"{who} did not answer in time.")
    if error_name in ("TooLarge", "TooMuchText", "TooManyValues", "TooDeep"):
        return UpstreamBroken(f"{who} sent a longer answer than Easel reads.")
    if error_name == "TooManyFetches":
        return OutOfCalls(
            f"{who} was not asked: this request has made as many calls as the platform allows."
        )
    return UpstreamBroken(f"{who} could not be reached, or the connection broke.")


def download_error(error_name: str) -> UpstreamError:
    """The error of a download that failed, by the platform's name for it."""
    error = platform_error(error_name, "The picture's host")
    if not isinstance(error, UpstreamBroken):
        return error
    return PictureUnreachable(error.message)


def check_time_left(deadline: float, now: float) -> float:
    """The seconds that are left for an answer. Raises UpstreamTooSlow when there are none."""
    if now >= deadline:
        raise platform_error("TimeoutError", "The image service")
    return deadline - now


def retry_after_seconds(retry_after: str) -> int | None:
    """The seconds of a Retry-After header, or None where it is absent or a date.

    A date would need a clock, and no service here sends one.
    """
    text = retry_after.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
