"""The caller's token: where it stands in a request, and what can be told of it without a call.

In: headers and query of a request, or a token. Out: the token, or when it expires; `TokenUnusable`
where there is none.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

from easel.errors import TokenUnusable

GEEKAI_HEADER: Final = "geekai-api-key"

# Where clients put a token, the first that is there counts. All but the first are bare tokens.
TOKEN_HEADERS: Final = ("authorization", GEEKAI_HEADER, "x-goog-api-key")


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


def find_token(headers: Mapping[str, str], key: str | None = None) -> Token:
    """The caller's token. `headers` has lower-case names; `key` is that of the query, if any.

    Raises TokenUnusable when there is none.
    """
    for name in TOKEN_HEADERS:
        text = headers.get(name, "")
        found = bearer_token(text) if name == "authorization" else text.strip()
        if found:
            return Token(found, name)
    if key:
        return Token(key, "")
    raise TokenUnusable(
        "There is no token. Send the image service's own token as 'Authorization: Bearer <token>'."
    )


def expires_at(token: str) -> float | None:
    """When a JSON Web Token expires, in Unix seconds; None for anything that does not say.

    Source: RFC 7519, 4.1.4. The signature is not looked at: the service judges the token, this
    only spares a call that is sure to fail.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        expiry = claims["exp"]
        return None if isinstance(expiry, bool | str) else float(expiry)
    except (binascii.Error, ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None
