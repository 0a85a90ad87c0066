"""The ids of tasks: as a service has them, as clients see them, and in a service's address.

In: an id that a service made, of whatever characters, or one that a client asks for. Out: an id
that fits into any address as it is, and the service's own again; None for what is no public id.
Nothing raises.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final
from urllib.parse import quote

# Between an id and the fingerprint of the token that issued the task.
_ISSUER: Final = "~"

# What the services' ids are made of so far: it means nothing in an address, nor is it encoded.
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

# In front of any other, which is base64 then. Percent encoding would come back encoded once more
# from one client, and decoded from the next.
_ENCODED: Final = "."

# An address of 16 KiB is the longest that Cloudflare takes.
_MAX_CHARACTERS: Final = 8 * 1024

# They mean a folder in an address, however they are encoded (https://url.spec.whatwg.org).
_FOLDERS: Final = (".", "..")


def public_id(own_id: str, issuer: str = "") -> str:
    """A service's id as clients see it; `issuer` is the fingerprint of a token, if any."""
    text = own_id
    if not _PLAIN.fullmatch(own_id):
        encoded = urlsafe_b64encode(own_id.encode("utf-8", "surrogatepass"))
        text = _ENCODED + encoded.decode().rstrip("=")
    return text + (_ISSUER + issuer if issuer else "")


def read_public_id(text: str) -> tuple[str, str] | None:
    """The service's own id and the fingerprint ("" for none) in a public id; None for any other."""
    if len(text) > _MAX_CHARACTERS:
        return None
    given, _, issuer = text.partition(_ISSUER)
    own_id = _decoded(given.removeprefix(_ENCODED)) if given.startswith(_ENCODED) else given
    # One spelling each, so that nothing is asked for that was not handed out.
    if own_id is None or own_id in _FOLDERS or public_id(own_id) != given:
        return None
    return own_id, issuer


def _decoded(encoded: str) -> str | None:
    try:
        raw = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        return raw.decode("utf-8", "surrogatepass") or None
    except (binascii.Error, ValueError):
        return None


def path_segment(own_id: str) -> str:
    """A service's id as one step of the path of its address."""
    return quote(own_id, safe="", errors="surrogatepass")
