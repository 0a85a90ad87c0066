"""image.z.ai's errors. A number in the body means what it means as an HTTP status.

What the service says of the request itself is inferred (2026-11) from HTTP's own meanings, and 1300
and 1301 from the same company's BigModel: its codes for the prompt's length and the content filter
are not published.
"""

from __future__ import annotations

from typing import Final

from easel.errors import (
    AccessDenied,
    RequestRefused,
    TokenRejected,
    UpstreamBusy,
    UpstreamTooSlow,
)
from easel.services.error_table import FILTERED, ErrorTable, Meaning

_REFUSED: Final = Meaning(RequestRefused, "refuses to paint this")
_SLOW: Final = Meaning(UpstreamTooSlow, "ran out of time")

_STATUSES: Final = {
    400: _REFUSED,
    401: Meaning(
        TokenRejected,
        "does not accept this session token",
        advice="Sign in there again and use the new value of its 'session' cookie.",
    ),
    403: Meaning(AccessDenied, "denies this token access"),
    408: _SLOW,
    413: _REFUSED,
    422: _REFUSED,
    429: Meaning(
        UpstreamBusy,
        "accepts no more requests from this account for now",
        advice="Try again later.",
    ),
    451: FILTERED,
    504: _SLOW,
    524: _SLOW,
}

ZAI_ERRORS: Final = ErrorTable(
    statuses=_STATUSES,
    codes={
        **{str(status): meaning for status, meaning in _STATUSES.items()},
        "1300": FILTERED,
        "1301": FILTERED,
    },
)
