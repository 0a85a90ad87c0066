"""Opens a picture where a service says it lies.

In: a `Picture`. Out: an `OpenPicture`, whose MIME type its own first bytes say, or an
`UpstreamError`.
"""

from __future__ import annotations

from dataclasses import dataclass

from easel.download import MAX_REDIRECTS, check_download, redirect_target
from easel.errors import EaselError, UpstreamBroken
from easel.image import Picture
from easel.settings import Settings
from edge import platform
from edge.platform import JsLifetime, JsPicture


@dataclass(frozen=True, slots=True)
class OpenPicture:
    """A picture of which the first part has come."""

    picture: Picture
    mime_type: str
    body: JsPicture


async def open_picture(picture: Picture, lifetime: JsLifetime, settings: Settings) -> OpenPicture:
    """Opens a picture, through as many redirects as a picture may have. Raises UpstreamError."""
    url = picture.url
    for _ in range(MAX_REDIRECTS + 1):
        body = await platform.open_picture(url, lifetime, settings.picture_stall_seconds)
        target = redirect_target(
            body.status, body.location or None, at=url, allow_http=picture.allow_http
        )
        if target is None:
            break
        url = target
    else:
        raise UpstreamBroken("The picture's host redirects in circles.")
    first_bytes = body.sniffed.to_bytes() if body.status == 200 else b""
    try:
        found = check_download(body.status, body.length, first_bytes, settings.max_picture_bytes)
    except EaselError:
        await platform.close_picture(body)
        raise
    return OpenPicture(picture, found, body)
