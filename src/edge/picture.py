"""Opens a picture where a service says it lies.

In: a `Picture`. Out: an `OpenPicture`, whose MIME type its own first bytes say, or an
`UpstreamError`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from easel.dialects.encoder import Opened
from easel.download import check_download, is_worth_repeating, redirect_target, with_link
from easel.errors import UpstreamError
from easel.images.result import Picture
from easel.images.sniffing import pixel_size
from easel.settings import Settings
from edge import platform
from edge.platform import JsLifetime, JsPicture

# A picture may be announced a moment before its host has it.
_PAUSE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class OpenPicture:
    """A picture of which the first part has come."""

    opened: Opened
    body: JsPicture

    @property
    def is_embedded(self) -> bool:
        """Whether it stands in an answer that may tell more of it behind it."""
        return not isinstance(self.opened.picture.base64, str | None)


async def open_picture(picture: Picture, lifetime: JsLifetime, settings: Settings) -> OpenPicture:
    """Opens a picture, through as many redirects as a picture may have.

    What fails before the first byte is tried once more; nothing is paid for a download. Raises
    UpstreamError, with the address: what lies there was paid.
    """
    try:
        try:
            return await _open(picture, lifetime, settings)
        except UpstreamError as error:
            if picture.url is None or not is_worth_repeating(error):
                raise
        await asyncio.sleep(_PAUSE_SECONDS)
        return await _open(picture, lifetime, settings)
    except UpstreamError as error:
        raise with_link(error, picture.url) from None


async def _open(picture: Picture, lifetime: JsLifetime, settings: Settings) -> OpenPicture:
    if picture.url is None:
        body = await platform.open_base64(picture.base64, lifetime)
    else:
        body = await _follow(picture.url, picture, lifetime)
    first_bytes = body.sniffed.to_bytes() if body.status == 200 else b""
    try:
        found = check_download(body.status, body.length, first_bytes, settings.max_picture_bytes)
    except UpstreamError:
        await platform.close_picture(body)
        raise
    return OpenPicture(Opened(picture, found, pixel_size(first_bytes) or picture.size), body)


async def _follow(url: str, picture: Picture, lifetime: JsLifetime) -> JsPicture:
    hops = 0
    while True:
        body = await platform.open_picture(url, lifetime)
        target = redirect_target(
            body.status, body.location or None, hops, at=url, allow_http=picture.allow_http
        )
        if target is None:
            return body
        url, hops = target, hops + 1
