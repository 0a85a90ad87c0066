"""The caller's token: where it is in a request, and what can be known of it without a call.

In: headers and query of a request, or a token. Out: the token, or when it expires; `TokenUnusable`
where there is none.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

from easel.errors import TokenUnusable
from easel.foreign_json import NotReadable, parse_json

# Where clients put a token for any service. All but the first are bare tokens.
SHARED_HEADERS: Final = ("authorization", "x-api-key", "api-key", "x-goog-api-key")

# The header of a token that came in the query.
_IN_QUERY: Final = ""

_SHARED_PLACES: Final = frozenset({*SHARED_HEADERS, _IN_QUERY})

_WHERE_IT_BELONGS: Final = "Send the image service's own token as 'Authorization: Bearer <token>'."

# RFC 9110, 5.5 `field-vchar`, in ASCII: anything else would break the header that it goes into.
VISIBLE: Final = re.compile(r"[\x21-\x7e]+")

# More than a cookie may have in any browser (RFC 6265, 6.1), and than any key here.
_MAX_TOKEN_CHARACTERS: Final = 8 * 1024

# The claims of a token are a flat object; some issuers put a list or an object into it.
_MAX_CLAIMS_DEPTH: Final = 8


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and the header that it came in ("" for the query)."""

    text: str = field(repr=False)
    header: str = "authorization"


def bearer_token(authorization: str | None) -> str | None:
    """The token of an Authorization header, or None when there is none.

    Source: RFC 6750, 2.1; the scheme is matched in any case, as RFC 9110, 11.1 has it.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def query_key(query: str) -> str | None:
    """Gemini's `?key=`."""
    return parse_qs(query).get("key", [None])[0]


def find_tokens(headers: Mapping[str, str], key: str | None = None) -> tuple[Token, ...]:
    """The caller's tokens. `headers` are those that may hold one, by their lower-case names and in
    the order in which they count; `key` is that of the query, if any.
    """
    found: list[Token] = []
    for name, text in headers.items():
        token = bearer_token(text) if name == "authorization" else text.strip()
        if token:
            found.append(Token(token, name))
    if key:
        found.append(Token(key, _IN_QUERY))
    return tuple(found)


def digest(text: str) -> bytes:
    """A SHA-256 digest, by which a text is told from another and nothing of it."""
    # Only a personal proxy needs it, and its modules would lie in the snapshot of every isolate.
    import hashlib

    return hashlib.sha256(text.encode()).digest()


def authenticate(tokens: Sequence[Token], keys: Sequence[str]) -> int | None:
    """Which of a deployment's keys the caller has, counted from 1; None where it has no keys.

    Raises TokenUnusable for a caller without any token, or without one of the keys where there are
    such. A key that is nearly right takes as long to refuse as any other.
    """
    if not keys:
        if not tokens:
            raise TokenUnusable(f"Missing token. {_WHERE_IT_BELONGS}")
        return None
    from hmac import compare_digest

    known = [digest(key) for key in keys]
    given = [digest(token.text) for token in tokens]
    numbers = [
        number
        for one in given
        for number, other in enumerate(known, 1)
        if compare_digest(one, other)
    ]
    if not numbers:
        raise TokenUnusable(
            "Missing or unknown API key. Send one of this deployment's keys (EASEL_KEYS) as "
            "'Authorization: Bearer <key>'."
        )
    return numbers[0]


def choose_token(tokens: Sequence[Token], own_header: str | None) -> Token:
    """The token that is meant for a service; `own_header` is the one that is only for it.

    Raises TokenUnusable where there is none, or where it is too long or does not fit into a header.
    """
    own = [token for token in tokens if own_header and token.header == own_header]
    shared = [token for token in tokens if token.header in _SHARED_PLACES]
    token = next(iter(own + shared), None)
    if token is None:
        given = ", ".join(token.header for token in tokens)
        raise TokenUnusable(
            f"The service of this model does not take a token from {given}. {_WHERE_IT_BELONGS}"
        )
    if len(token.text) > _MAX_TOKEN_CHARACTERS:
        raise TokenUnusable(
            f"This token has {len(token.text)} characters; the limit is "
            f"{_MAX_TOKEN_CHARACTERS}. Copy it again."
        )
    if not VISIBLE.fullmatch(token.text):
        raise TokenUnusable("This token contains illegal characters. Copy it again.")
    return token


def expires_at(token: str) -> float | None:
    """When a JSON Web Token expires, in Unix seconds; None for anything that does not say.

    Source: RFC 7519, 4.1.4. The signature is not checked: the service judges the token, and
    this only spares a call that is sure to fail.
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _MAX_TOKEN_CHARACTERS:
        return None
    try:
        text = urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = parse_json(text, max_bytes=_MAX_TOKEN_CHARACTERS, max_depth=_MAX_CLAIMS_DEPTH)
        expiry = claims["exp"]
        return None if isinstance(expiry, bool | str) else float(expiry)
    except (binascii.Error, NotReadable, ValueError, TypeError, LookupError, OverflowError):
        return None
