"""Opens a picture at the address that a service gives.

In: a `Picture`. Out: an `OpenPicture`, with the MIME type that its own first bytes say, or an
`UpstreamError` with the address: the picture was paid for.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from easel.dialects.encoder import Opened
from easel.download import check_download, is_worth_repeating, redirect_target, with_link
from easel.effects import ClosePicture, KeepPicture, OpenAddress, OpenBase64
from easel.errors import UpstreamBroken, UpstreamError
from easel.images.request import InputImage
from easel.images.result import Picture
from easel.images.sniffing import pixel_size
from easel.jobs import Jobs, Stage
from easel.outcomes import Failed, KeptPicture, OpenedBody, Outcome
from easel.services.wire import Wait, download_error

# A picture may be announced a moment before its host has it.
_PAUSE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class OpenPicture:
    """A picture whose first bytes have come. `number` is the shell's name for it.

    `length` is in bytes, 0 where none was announced. `sealed` is what was sealed meanwhile, or "".
    `source` is where it was opened, whatever link is shown for it. `until` is when a copy of the
    platform's cache ends, 0 where it is none.
    """

    opened: Opened
    number: int
    length: int = 0
    sealed: str = field(repr=False, default="")
    source: Picture = field(default=Picture())
    until: int = 0

    @property
    def is_embedded(self) -> bool:
        """Whether it is inside an answer, which may say more about it after it."""
        return not isinstance(self.opened.picture.base64, str | None)


def open_picture(
    picture: Picture, jobs: Jobs, max_bytes: int, seal: str = ""
) -> Stage[OpenPicture]:
    """Opens a picture, as `open_twice` does. Raises UpstreamError, with the address."""
    try:
        return (yield from open_twice(picture, jobs, max_bytes, seal))
    except UpstreamError as error:
        raise with_link(error, picture.url) from None


def open_twice(picture: Picture, jobs: Jobs, max_bytes: int, seal: str = "") -> Stage[OpenPicture]:
    """Opens a picture, through as many redirects as a picture may have.

    A download that fails before its first byte is repeated once; downloads cost nothing. `seal` is
    sealed meanwhile, which takes no time. Raises UpstreamError.
    """
    try:
        return (yield from _open(picture, jobs, max_bytes, seal))
    except UpstreamError as error:
        # What is embedded never is: it has no host that could have it later.
        if not is_worth_repeating(error):
            raise
    yield from jobs.do(Wait(_PAUSE_SECONDS))
    return (yield from _open(picture, jobs, max_bytes, seal))


def _open(picture: Picture, jobs: Jobs, max_bytes: int, seal: str) -> Stage[OpenPicture]:
    if picture.url is None:
        body = yield from _embedded(picture.base64, jobs)
    else:
        body = yield from _follow(picture.url, jobs, seal, allow_http=picture.allow_http)
    return opened_by(body, picture, jobs, max_bytes)


def opened_by(body: Outcome, picture: Picture, jobs: Jobs, max_bytes: int) -> OpenPicture:
    """The picture that was opened, if it is one. Raises UpstreamError."""
    if not isinstance(body, OpenedBody):
        raise UpstreamBroken("The store of this deployment did not answer.")
    try:
        mime_type = check_download(body.status, body.length, body.first_bytes, max_bytes)
    except UpstreamError:
        if body.picture:
            jobs.also(ClosePicture(body.picture))
        raise
    size = pixel_size(body.first_bytes) or picture.size
    return OpenPicture(
        Opened(picture, mime_type, size),
        body.picture,
        body.length,
        body.sealed,
        picture,
        body.until,
    )


def hold_picture(
    param: str, opened: OpenPicture, jobs: Jobs, max_bytes: int
) -> Stage[InputImage | None]:
    """An open picture as one to paint from; `param` is the field that names it.

    None where it cannot be read to its end, or is larger.
    """
    kept = yield from jobs.do(KeepPicture(opened.number, max_bytes))
    return InputImage(param, content=kept.content) if isinstance(kept, KeptPicture) else None


def _embedded(base64: object, jobs: Jobs) -> Stage[OpenedBody]:
    body = yield from jobs.do(OpenBase64(base64))
    if not isinstance(body, OpenedBody):
        raise UpstreamBroken("The image service did not return an image.")
    return body


def _follow(url: str, jobs: Jobs, seal: str, *, allow_http: bool) -> Stage[OpenedBody]:
    hops, sealed = 0, ""
    while True:
        # Once is enough, wherever the address leads.
        body = yield from jobs.do(OpenAddress(url, "" if sealed else seal))
        if not isinstance(body, OpenedBody):
            raise download_error(body.name if isinstance(body, Failed) else "")
        target = redirect_target(
            body.status, body.location or None, hops, at=url, allow_http=allow_http
        )
        sealed = sealed or body.sealed
        if target is None:
            return replace(body, sealed=sealed) if sealed else body
        url, hops = target, hops + 1
