"""The caller's token: where it stands in a request, and what can be told of it without a call.

In: an Authorization header, or a token. Out: the token, or when it expires; `TokenUnusable` where
there is none.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode

from easel.errors import TokenUnusable


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization header. Raises TokenUnusable when there is none.

    Source: RFC 6750, 2.1; the scheme is matched in any case, as RFC 9110, 11.1 has it.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenUnusable(
            "There is no token. Send the image service's own token as "
            "'Authorization: Bearer <token>'."
        )
    return token.strip()


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
