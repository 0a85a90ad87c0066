"""Opens a picture where a service says it lies.

In: a `Picture`. Out: an `OpenPicture`, whose MIME type its own first bytes say, or an
`UpstreamError`.
"""

from __future__ import annotations

from dataclasses import dataclass

from easel.answer import Opened
from easel.download import check_download, redirect_target
from easel.errors import EaselError
from easel.image import Picture
from easel.settings import Settings
from easel.sniff import pixel_size
from edge import platform
from edge.platform import JsLifetime, JsPicture


@dataclass(frozen=True, slots=True)
class OpenPicture:
    """A picture of which the first part has come."""

    opened: Opened
    body: JsPicture


async def open_picture(picture: Picture, lifetime: JsLifetime, settings: Settings) -> OpenPicture:
    """Opens a picture, through as many redirects as a picture may have. Raises UpstreamError."""
    if picture.url is None:
        body = platform.open_base64(picture.base64)
    else:
        body = await _follow(picture.url, picture, lifetime, settings)
    first_bytes = body.sniffed.to_bytes() if body.status == 200 else b""
    try:
        found = check_download(body.status, body.length, first_bytes, settings.max_picture_bytes)
    except EaselError:
        await platform.close_picture(body)
        raise
    return OpenPicture(Opened(picture, found, pixel_size(first_bytes) or picture.size), body)


async def _follow(
    url: str, picture: Picture, lifetime: JsLifetime, settings: Settings
) -> JsPicture:
    hops = 0
    while True:
        body = await platform.open_picture(url, lifetime, settings.picture_stall_seconds)
        target = redirect_target(
            body.status, body.location or None, hops, at=url, allow_http=picture.allow_http
        )
        if target is None:
            return body
        url, hops = target, hops + 1
