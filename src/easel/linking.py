"""Links of Easel's own in place of those of the services.

In: a request and its deployment. Out: what links begin with, and a `Linker`, which knows how each
is made; None where the deployment has no secret, or where the request does not tell where it came
from. The links of services are shown then.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult

from easel.images.links import MAX_ADDRESS, Link, link_url, own_base, write_link
from easel.images.result import Picture
from easel.settings import Settings


@dataclass(frozen=True, slots=True)
class Linker:
    """How links are made: what they begin with, and what is known of all pictures of a request."""

    base: str
    model: str

    def text_of(self, picture: Picture) -> str:
        """What is sealed in the link of a picture; "" for one that has no address, or one so long
        that its link could not be asked for.
        """
        if picture.url is None or len(picture.url) > MAX_ADDRESS:
            return ""
        return write_link(Link(self.model, picture.url, picture.allow_http))

    def url_of(self, sealed: str) -> str:
        """The link in which this is sealed."""
        return link_url(self.base, sealed)


def link_base(url: SplitResult, settings: Settings) -> str | None:
    """What the links of a request to this URL begin with."""
    if settings.link_secret is None:
        return None
    return own_base(url, settings.public_base_url)
