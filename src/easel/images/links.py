"""Links under Easel's own host, which lead to a picture for as long as there is one.

In: where a picture is, and what is known of it. Out: the text that the shell seals (encrypts and
authenticates) into the path of a link, and back; `None` for an address that is no such link.

What is sealed tells nobody anything: not the service, by its address, and by its length only
roughly how long that is. Only what Easel has sealed can be opened, so a link can be turned to
nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, parse_qs

from easel.foreign_json import parse_json
from easel.images.address import read_address

# Under this path, everywhere.
PATH: Final = "/pictures/"

# A sealed text is as long as the next multiple of this in bytes: most signed addresses are shorter.
_STEP_BYTES: Final = 256

# Longer addresses get no link: a path with one may have 16 KiB on any way (Cloudflare's limit of an
# address, its documents, read 2026-11).
MAX_ADDRESS: Final = 8 * 1024
_MAX_BYTES: Final = 12 * 1024

# Base64url of such a text, encrypted.
_ID: Final = re.compile(r"[A-Za-z0-9_-]{32,16384}")

# An address that may be a link of Easel's own, wherever it leads: a deployment has several hosts.
_LINK: Final = re.compile(rf"https?://[^?#]*{PATH}({_ID.pattern})", re.IGNORECASE)

# What a client may show as the name of a file, on any system.
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9.-]+")
_MAX_NAME: Final = 80

# How signed addresses say when they expire, in lower case: a Unix time, as Alibaba's OSS and
# Google's storage have it (their documents, read 2026-11).
_EXPIRES: Final = ("expires", "x-oss-expires-at")
_UNIX_TIME: Final = re.compile(r"[1-9][0-9]{9}")


@dataclass(frozen=True, slots=True)
class Link:
    """Where a picture is: `address` is the service's, "" where it has none.

    `expires` is when the link ends, in Unix seconds; 0 where the service decides that alone. `key`
    is the picture's name in the store, "" where it is in none. `allow_http` is the `Picture`'s.
    """

    model: str
    address: str = field(default="", repr=False)
    allow_http: bool = False
    expires: int = 0
    key: str = ""

    def is_over(self, now: float) -> bool:
        """Whether the link has ended."""
        return 0 < self.expires <= now

    def max_age(self, now: float, most: int) -> int:
        """For how many of the next `most` seconds there certainly is something behind it."""
        ends = [end for end in (self.expires, address_expiry(self.address)) if end]
        return max(0, int(min([most, *(end - now for end in ends)])))


def address_expiry(address: str) -> int:
    """When a signed address expires, in Unix seconds; 0 where it does not say."""
    _, _, query = address.partition("?")
    named = {name.lower(): values[-1] for name, values in parse_qs(query).items()}
    found = next((named[name] for name in _EXPIRES if name in named), "")
    return int(found) if _UNIX_TIME.fullmatch(found) else 0


def write_link(link: Link) -> str:
    """A link as the text that is sealed."""
    facts = [link.model, link.address, int(link.allow_http), link.expires, link.key]
    # In ASCII, so that characters are bytes; JSON may have spaces behind it.
    text = json.dumps(facts, separators=(",", ":"))
    return text.ljust(-(-len(text) // _STEP_BYTES) * _STEP_BYTES)


def read_link(text: str) -> Link:
    """The link that was sealed. Nobody but Easel can have written it."""
    facts = parse_json(text.encode(), max_bytes=_MAX_BYTES, max_depth=1)
    model, address, allow_http, expires, key = facts
    return Link(model, address, bool(allow_http), expires, key)


def is_sealed(text: str) -> bool:
    """Whether this can be a sealed text at all."""
    return _ID.fullmatch(text) is not None


def own_base(url: SplitResult, public_base_url: str | None) -> str | None:
    """Where the links of a request begin; None where it does not tell.

    With https a request only comes under a host that leads to this deployment. With http anybody
    may write any Host header, so only this machine counts, and nothing behind it but a port.
    """
    if public_base_url is not None:
        return public_base_url
    if url.scheme == "https" or _is_loopback(url.hostname or ""):
        base = read_address(f"{url.scheme}://{url.netloc}")
        return base and base.text
    return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def link_url(base: str, sealed: str) -> str:
    """The address of a link. No text has to spell it otherwise: JSON, markdown, HTML."""
    return f"{base}{PATH}{sealed}"


def sealed_in(address: str) -> str | None:
    """What is sealed in an address, if it looks like a link of Easel's own under any host."""
    found = _LINK.fullmatch(address)
    return found and found[1]


def is_under(address: str, bases: Sequence[str]) -> bool:
    """Whether a link begins with one of `bases`."""
    return any(address.lower().startswith(f"{base}{PATH}".lower()) for base in bases)


def file_name(model: str, sealed: str, mime_type: str) -> str:
    """What a picture is called when it is saved: its model, a word of its own, and its type."""
    name = _NO_NAME.sub("-", model).strip("-.")[:_MAX_NAME] or "picture"
    return f"{name}-{sealed[:8].strip('-_')}.{mime_type.removeprefix('image/')}"
