"""Where a picture may be opened, and whether it is a picture.

In: addresses as a service wrote them, and the beginning of what the picture's host answers. Out: an
address to open, or the picture's MIME type; `UpstreamBroken` otherwise.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin

from easel.dialects.markdown import link_address
from easel.errors import PictureUnreachable, UpstreamBroken, UpstreamError, UpstreamTooSlow
from easel.images.address import check_picture_url, is_inside
from easel.images.sniffing import mime_type

# RFC 9110, 15.4: the redirects of a GET. 300 and 304 name no target.
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

# Where browsers go to another host than `urljoin` does: they take a backslash for a slash, drop
# tabs and line breaks, and do not count slashes.
_MISREAD: Final = re.compile(r"[\\\t\r\n]|\A(?:https?:)?///", re.IGNORECASE | re.ASCII)

# As many as a presigned link behind a CDN ever needs; browsers stop at 20.
MAX_REDIRECTS: Final = 5


def redirect_target(
    status: int, location: str | None, hops: int, *, at: str, allow_http: bool
) -> str | None:
    """Where an answer to a picture's GET redirects to, or None if it does not redirect.

    `hops` counts the redirects that led here; `at` is the URL that answered, as `check_picture_url`
    returns it. Raises UpstreamBroken when there were too many, or when the target is missing or may
    not be opened: only from inside may a redirect lead inside.
    """
    if status not in _REDIRECTS:
        return None
    if hops >= MAX_REDIRECTS:
        raise UpstreamBroken(f"The picture's host redirected more than {MAX_REDIRECTS} times.")
    if not location:
        raise UpstreamBroken("The picture's host redirected without an address.")
    location = location.strip()
    if _MISREAD.search(location):
        raise UpstreamBroken("The picture's host redirected to an invalid address.")
    try:
        target = urljoin(at, location)
    except ValueError:
        raise UpstreamBroken("The picture's host redirected to an invalid address.") from None
    return check_picture_url(target, allow_http=allow_http, allow_inside=is_inside(at))


def check_download(status: int, length: int, first_bytes: bytes, max_bytes: int) -> str:
    """The MIME type of a picture that was opened.

    `length` is its Content-Length, 0 where none was sent; its bytes are then counted while they are
    passed on. Raises UpstreamBroken for anything but a picture of at most `max_bytes`.
    """
    if status != 200:
        raise PictureUnreachable(
            f"The picture was painted, but its host returned status {status}.",
            code="picture_missing",
        )
    if length > max_bytes:
        raise UpstreamBroken(
            f"The picture has {length} bytes. This deployment passes on at most {max_bytes}.",
            code="picture_too_large",
        )
    found = mime_type(first_bytes)
    if found is None:
        raise UpstreamBroken("The picture is not an image in a known format.")
    return found


def is_worth_repeating(error: UpstreamError) -> bool:
    """Whether a download that failed before its first byte may succeed a moment later."""
    return isinstance(error, PictureUnreachable | UpstreamTooSlow)


def with_link(error: UpstreamError, url: str | None) -> UpstreamError:
    """The error of a download, with the address of the picture, which was paid for."""
    if url is None:
        return error
    return type(error)(f"{error.message} Its address: {link_address(url)}", code=error.code)
