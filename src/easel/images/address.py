"""The address of a picture: read as every reader reads it, and where it leads.

In: an address as a service or a picture's host wrote it. Out: the same address in ASCII, and
whether its host is inside: on this machine, in a private network, or the cloud's own. None for an
address that two readers could read differently: what is checked here is opened by `fetch`
(https://url.spec.whatwg.org), and shown by clients that follow RFC 3986 or neither.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, NamedTuple
from urllib.parse import quote

from easel.errors import UpstreamBroken

# What comes before the path has no user, no percent encoding and no backslash, which `fetch` takes
# for a slash. `https:/host` and `https:host` are no addresses either, though `fetch` opens them.
_ADDRESS: Final = re.compile(
    r"(https?)://([^/?#\\@:\[\]%]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?([/?#].*)?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)

# `fetch` drops them at both ends of an address, and so does every reader.
_BLANKS: Final = "".join(map(chr, range(0x21)))

# RFC 3986, 2: what an address may hold as it stands, and the square brackets, which many hosts have
# in their paths and which no reader changes.
_LEGAL: Final = "-._~:/?#[]@!$&'()*+,;=%"

_LONE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")

_MAX_PORT: Final = 65_535
# RFC 1035, 2.3.4.
_MAX_HOST: Final = 253
_LABEL: Final = re.compile(r"[a-z0-9_-]{1,63}", re.ASCII)
# https://url.spec.whatwg.org/#ends-in-a-number-checker: such a host is an IPv4 address, however it
# is spelled.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)

# Letters and marks that nobody sees, and that `fetch` drops (Unicode 17, Default_Ignorable).
_IGNORED: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

# IANA's registry of special-purpose IPv4 addresses, multicast and what is reserved (2026-11), and
# Azure's own host, which is in no registry. 100.64.0.0/10 holds Alibaba's metadata.
_INSIDE_V4: Final = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32"),
            *("169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)

# The only IPv6 addresses that are public, but for those of the second row, in which IPv4 addresses
# hide (Teredo, 6to4) or which are for documents.
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_INSIDE_V6: Final = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)

# A name is inside when it is one of these or ends with one (RFC 6761, 6762, 8375, ICANN's
# `internal`), and so are the names of clouds for their metadata.
_INSIDE_NAMES: Final = tuple(
    f".{name}"
    for name in (
        *(
            "localhost",
            "localdomain",
            "local",
            "internal",
            "intranet",
            "private",
            "lan",
            "corp",
            "home",
        ),
        *("home.arpa",),
        *("metadata", "instance-data", "metadata.tencentyun.com", "metadata.packet.net"),
        *("metadata.platformequinix.com", "ip6-localhost", "ip6-loopback"),
    )
)


class Address(NamedTuple):
    """An address in ASCII, and what decides whether it may be opened."""

    text: str
    scheme: str
    is_inside: bool


def read_address(text: str) -> Address | None:
    """The address that a text is, or None."""
    try:
        return _read(text)
    except ValueError:
        return None


@lru_cache(maxsize=8)
def is_inside(url: str) -> bool:
    """Whether the host of an address is inside; False for what is no address."""
    address = read_address(url)
    return address is not None and address.is_inside


def percent_encode(text: str, legal: str) -> str:
    """A text in ASCII: all but letters, digits and what is `legal` percent-encoded.

    What is encoded already stays as it is, so that the address still leads to the same place.
    """
    return quote(_LONE_PERCENT.sub("%25", text), safe=legal, errors="surrogatepass")


def _read(text: str) -> Address:
    found = _ADDRESS.fullmatch(text.strip(_BLANKS))
    if found is None:
        raise ValueError("no address of http or https that every reader reads alike")
    scheme, host, port, rest = found[1].lower(), found[2].lower(), found[3], found[4]
    host, inside = _read_ipv6(host) if host.startswith("[") else _read_host(host)
    if port and not 1 <= int(port) <= _MAX_PORT:
        raise ValueError("no port")
    place = (
        f"{scheme}://{host}"
        + (f":{int(port)}" if port else "")
        + percent_encode(rest or "", _LEGAL)
    )
    return Address(place, scheme, inside)


def _read_ipv6(host: str) -> tuple[str, bool]:
    address = IPv6Address(host[1:-1])
    inside = address not in _PUBLIC_V6 or any(address in network for network in _INSIDE_V6)
    return f"[{address.compressed}]", inside


def _read_host(host: str) -> tuple[str, bool]:
    """A name in ASCII, or an IPv4 address, and whether it is inside."""
    labels = [_read_label(label) for label in host.removesuffix(".").split(".")]
    name = ".".join(labels)
    if len(name) > _MAX_HOST:
        raise ValueError("no host")
    if _NUMBER.fullmatch(labels[-1]):
        # Strict: neither octal nor hexadecimal nor short forms, which readers read differently.
        address = IPv4Address(name)
        return name, any(address in network for network in _INSIDE_V4)
    return name, f".{name}".endswith(_INSIDE_NAMES)


def _read_label(label: str) -> str:
    """One part of a name in ASCII. Raises ValueError where readers could turn it into another."""
    if label.isascii():
        if not _LABEL.fullmatch(label):
            raise ValueError("no host")
        if label.startswith("xn--") and _in_ascii(_from_ascii(label)) != label:
            raise ValueError("no host")
        return label
    return _in_ascii(label)


def _from_ascii(label: str) -> str:
    return label.removeprefix("xn--").encode().decode("punycode")


def _in_ascii(label: str) -> str:
    """RFC 5891, for a label that needs no mapping: full-width digits and the like are refused."""
    if label.isascii() or label.startswith("xn--") or _IGNORED.search(label):
        raise ValueError("no host")
    if unicodedata.normalize("NFKC", label) != label:
        raise ValueError("no host")
    if any(unicodedata.category(each)[0] not in "LMN" and each != "-" for each in label):
        raise ValueError("no host")
    return "xn--" + label.encode("punycode").decode()


def check_picture_url(url: str, *, allow_http: bool, allow_inside: bool = False) -> str:
    """The URL in ASCII, if a picture may be opened there.

    Raises UpstreamBroken for anything but https (http too, where `allow_http`), for a URL with a
    user name or password, which would be sent along as credentials, for one that is not read alike
    by every reader, and, but where `allow_inside`, for a host that is not on the open internet.

    Any port will do: a picture's host may have one of its own, and whatever listens there gets a
    GET without credentials, of which only a picture is passed on.
    """
    address = read_address(url)
    if (
        address is None
        or (address.scheme == "http" and not allow_http)
        or (address.is_inside and not allow_inside)
    ):
        raise UpstreamBroken("The image service returned a picture address that cannot be opened.")
    return address.text
