"""What an upstream and the shell say to each other.

An upstream is a generator: it yields an `HttpRequest`, is sent the `HttpResponse`, and returns what
was painted. It never does I/O itself, so a test drives it with `next()` and `send()`. What the
platform calls a failure of that I/O becomes an `UpstreamError` here.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from easel.blob import Blob
from easel.errors import UpstreamBroken, UpstreamError, UpstreamTooSlow
from easel.image import Painted

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
    larger only where the answer may hold pictures.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False, default=())
    body: bytes | None = field(repr=False, default=None)
    inserts: tuple[Insert, ...] = ()
    max_answer_bytes: int = MAX_ANSWER_BYTES


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole answer. Only the headers that decide anything are carried.

    Megabytes of base64 in a JSON body stay outside Python: the body has `LONG_TEXT` and a number
    where such a text stood, and `long_texts` holds what the shell keeps instead.
    """

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    retry_after: str = ""
    long_texts: tuple[object, ...] = field(repr=False, default=())


def answer_with_pictures(max_picture_bytes: int) -> int:
    """How long an answer may be that may hold a picture as base64, in bytes."""
    return max_picture_bytes * 4 // 3 + MAX_ANSWER_BYTES


Flow: TypeAlias = Generator[HttpRequest, HttpResponse | None, Painted]


def no_call() -> Flow:
    """A flow that asks nobody and paints nothing."""
    yield from ()
    return Painted()


LONG_TEXT: Final = "easel:long-text:"


def whole_text(response: HttpResponse, text: str) -> object:
    """A text of the body, or what the shell keeps instead of it. Raises UpstreamBroken."""
    if not text.startswith(LONG_TEXT):
        return text
    try:
        return response.long_texts[int(text.removeprefix(LONG_TEXT))]
    except (ValueError, IndexError):
        raise UpstreamBroken("The image service answered what Easel cannot read.") from None


def failure_of(error_name: str, who: str) -> UpstreamError:
    """What a failed exchange with `who` means, by the name of the platform's error."""
    if error_name == "TimeoutError":
        return UpstreamTooSlow(f"{who} did not answer in time.")
    if error_name == "TooLarge":
        return UpstreamBroken(f"{who} answered more than Easel reads.")
    return UpstreamBroken(f"{who} could not be reached, or broke off.")


def check_time_left(deadline: float, now: float) -> float:
    """The seconds that are left for an answer. Raises UpstreamTooSlow when there are none."""
    if now >= deadline:
        raise failure_of("TimeoutError", "The image service")
    return deadline - now


def retry_after_seconds(retry_after: str) -> int | None:
    """The seconds of a Retry-After header, or None where it is absent or a date.

    A date would need a clock, and no service here sends one.
    """
    text = retry_after.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
