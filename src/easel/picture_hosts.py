"""Where services keep their pictures: the only hosts at which Easel opens what a caller names.

In: an address as a caller wrote it. Out: the `Address`, or None where no service of this deployment
keeps its pictures there. Whoever opened others would be a proxy to the whole internet.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from easel.images.address import Address, read_address
from easel.services.table import SERVICES
from easel.settings import Settings

_KNOWN: Final = tuple(host for each in SERVICES.values() for host in each.picture_hosts)


def services_address(url: str, settings: Settings) -> Address | None:
    """The address, where a service of this deployment keeps its pictures; None elsewhere."""
    address = read_address(url)
    if address is None:
        return None
    host = urlsplit(address.text).hostname or ""
    for service in SERVICES.values():
        base_url = settings.base_urls.get(service.name, service.default_base_url)
        if _is_below(host, urlsplit(base_url).hostname or ""):
            # It is reached as its service is: in the clear, and inside, only where that is.
            is_safe = address.scheme == "https" and not address.is_inside
            return address if is_safe or base_url.startswith("http://") else None
    known = any(_is_below(host, each) for each in (*_KNOWN, *settings.picture_hosts))
    return address if known and address.scheme == "https" and not address.is_inside else None


def _is_below(host: str, name: str) -> bool:
    return host == name or host.endswith(f".{name}")
