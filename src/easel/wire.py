"""What an upstream and the shell say to each other.

An upstream is a generator: it yields an `HttpRequest` and is sent the `HttpResponse`, or yields a
`Wait` and is sent None, and returns the pictures. It never does I/O itself, so a test drives it
with `next()` and `send()`.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeAlias

from easel.image import Picture


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to send. Headers and body hold the token and the prompt: never in a repr."""

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False, default=())
    body: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole answer. Only the headers that decide anything are carried."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause before the next step, in seconds."""

    seconds: float


Flow: TypeAlias = Generator["HttpRequest | Wait", "HttpResponse | None", tuple[Picture, ...]]


def retry_after_seconds(retry_after: str) -> int | None:
    """The seconds of a Retry-After header, or None where it is absent or a date.

    A date would need a clock, and no service here sends one.
    """
    text = retry_after.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
