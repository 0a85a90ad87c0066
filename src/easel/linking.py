"""Links of Easel's own in place of those of the services.

In: a request and its deployment. Out: what links begin with, and a `Linker`, which knows how each
is made; None where the deployment has no secret, or where the request does not tell where it came
from. The links of services are shown then.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult

from easel.images.links import MAX_ADDRESS, Link, link_url, own_base
from easel.images.result import Picture
from easel.settings import Settings


@dataclass(frozen=True, slots=True)
class Linker:
    """How links are made: what they begin with, and what is known of all pictures of a request.

    `nonce` begins the names of its pictures in the store, and `expires` is when these end, in Unix
    seconds; "" and 0 where they are not stored.
    """

    base: str
    model: str
    nonce: str = ""
    expires: int = 0

    def link_of(self, picture: Picture, number: int) -> Link | None:
        """The link of a picture, by its number in the answer.

        None for one that has no address and is not stored, or whose address is so long that its
        link could not be asked for.
        """
        address = picture.url or ""
        if len(address) > MAX_ADDRESS or not (address or self.nonce):
            return None
        key = f"{self.nonce}-{number}" if self.nonce else ""
        return Link(self.model, address, picture.allow_http, self.expires, key)

    def url_of(self, sealed: str) -> str:
        """The link in which this is sealed."""
        return link_url(self.base, sealed)


@dataclass(frozen=True, slots=True)
class Linked:
    """A picture and its link."""

    picture: Picture
    link: Link
    url: str


def link_base(url: SplitResult, settings: Settings) -> str | None:
    """What the links of a request to this URL begin with."""
    if settings.link_secret is None:
        return None
    return own_base(url, settings.public_base_url)


def link_bases(url: SplitResult, settings: Settings) -> tuple[str, ...]:
    """What links of this deployment may begin with, in a request to this URL.

    Whoever forges a host gains nothing: what was sealed here decides, and this only tells a link
    that has gone from an address of somebody else's.
    """
    return (*filter(None, (settings.public_base_url,)), f"{url.scheme}://{url.netloc}")
