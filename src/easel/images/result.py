"""What came back from an image service.

In: values that a service has read from its answers. Out: the frozen values between
services and dialects. Nothing raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from easel.errors import EaselError
from easel.images.size import Size


@dataclass(frozen=True, slots=True)
class FilterNote:
    """What a content filter found: where (`role`) and how bad (0 is worst, 3 is slight)."""

    role: str
    level: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A painted picture: its address, or its base64 where a service gives no address.

    `url` may be presigned: whoever has it has the picture, so it stays out of every repr.
    `allow_http` is true only where the service itself is reached by http (the sandbox). `base64` is
    a text, or what the shell keeps instead of a long one (see `wire.HttpResponse`).
    `content_filter` is what was found in the call that painted it.
    """

    url: str | None = field(default=None, repr=False)
    allow_http: bool = False
    base64: object = field(default=None, repr=False)
    size: Size | None = None
    revised_prompt: str | None = field(default=None, repr=False)
    content_filter: tuple[FilterNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """An answer whose last picture waits to be passed on before more of it can be read.

    `response` is a service's `HttpResponse`; `parse` tells all that was painted from the same with
    more of its body. It raises what a flow raises.
    """

    response: Any = field(repr=False)
    parse: Callable[[Any], ImageResult] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What a service answered: pictures, or a task that is still at work on them.

    `error` is why an asynchronous task failed; `errors` say why single pictures are missing.
    `unread` is set where the answer goes on after the last of the pictures.
    `task_issuer` is the fingerprint of the deployment's own token that made the task, if any.
    `remark` is a sentence or two for whoever reads the answer: how it was painted.
    """

    pictures: tuple[Picture, ...] = ()
    task_id: str | None = None
    task_status: str | None = None
    content_filter: tuple[FilterNote, ...] = ()
    error: EaselError | None = None
    unread: Unread | None = None
    errors: tuple[EaselError, ...] = ()
    task_issuer: str = ""
    remark: str = ""

    @property
    def has_addresses(self) -> bool:
        """Whether each picture has one, so that links can stand for all of them."""
        return all(picture.url is not None for picture in self.pictures)


def with_notes(result: ImageResult) -> ImageResult:
    """What one call painted, with what its content filter found at each picture too."""
    noted = (replace(picture, content_filter=result.content_filter) for picture in result.pictures)
    return replace(result, pictures=tuple(noted))


def merge(parts: Sequence[ImageResult]) -> ImageResult:
    """What several calls painted for one request."""
    if len(parts) == 1:
        return parts[0]
    return replace(
        parts[0],
        pictures=tuple(picture for part in parts for picture in part.pictures),
        content_filter=tuple(note for part in parts for note in part.content_filter),
        errors=tuple(error for part in parts for error in part.errors),
    )


def with_sizes(result: ImageResult, sizes: Sequence[Size | None]) -> ImageResult:
    """What was painted, with the sizes that the pictures themselves say; None where none does."""
    pairs = zip(result.pictures, sizes, strict=True)
    sized = tuple(
        picture if picture.size == size else replace(picture, size=size) for picture, size in pairs
    )
    return replace(result, pictures=sized)
