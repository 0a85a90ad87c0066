"""What an upstream and the shell say to each other.

An upstream is a generator: it yields an `HttpRequest`, is sent the `HttpResponse`, and returns what
was painted. It never does I/O itself, so a test drives it with `next()` and `send()`. What the
platform calls a failure of that I/O becomes an `UpstreamError` here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from easel.errors import UpstreamBroken, UpstreamError, UpstreamTooSlow
from easel.image import Painted

# An answer names a picture and does not hold it; the largest seen had 2 KB.
MAX_ANSWER_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to send. Headers and body hold the token and the prompt: never in a repr.

    `max_answer_bytes` is larger only where the answer may hold pictures.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False, default=())
    body: bytes | None = field(repr=False, default=None)
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


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a multipart form; a file where `filename` is set."""

    name: str
    content: bytes = field(repr=False)
    filename: str | None = None
    content_type: str | None = None


def encode_form(parts: Sequence[FormPart]) -> tuple[str, bytes]:
    """Content-Type and body of a multipart form (RFC 7578).

    The boundary is a hash of all that stands between boundaries, so it cannot stand there too.
    Names are Easel's own and need no quoting.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.content)
    boundary = f"easel-{digest.hexdigest()[:40]}"
    lines: list[bytes] = []
    for part in parts:
        disposition = f'form-data; name="{part.name}"'
        if part.filename is not None:
            disposition += f'; filename="{part.filename}"'
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n"
        if part.content_type is not None:
            head += f"Content-Type: {part.content_type}\r\n"
        lines += [head.encode(), b"\r\n", part.content, b"\r\n"]
    lines.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(lines)
