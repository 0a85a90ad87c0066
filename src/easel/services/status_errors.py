"""The errors of services that tell them by HTTP status, as OpenAI does.

Sources: the Zhaotou and GeekAI documents, and GeekAI's page on errors (read 2026-11).
"""

from __future__ import annotations

from typing import Final

from easel.errors import (
    AccessDenied,
    QuotaExhausted,
    RequestRefused,
    TokenRejected,
    UpstreamBusy,
    UpstreamConflict,
    UpstreamNotFound,
    UpstreamTooLarge,
    UpstreamTooSlow,
)
from easel.services.error_table import FILTERED, ErrorTable, Hint, Meaning

_REFUSED: Final = Meaning(RequestRefused, "refuses this request")
_SPENT: Final = Meaning(QuotaExhausted, "says this account has no balance left")
_SLOW: Final = Meaning(UpstreamTooSlow, "ran out of time")

STATUS_ERRORS: Final = ErrorTable(
    statuses={
        400: _REFUSED,
        401: Meaning(TokenRejected, "does not accept this API key"),
        402: _SPENT,
        403: Meaning(AccessDenied, "denies this account access"),
        404: Meaning(UpstreamNotFound, "has no such model or task"),
        408: _SLOW,
        409: Meaning(UpstreamConflict, "is already working on this request"),
        413: Meaning(UpstreamTooLarge, "says the prompt or a picture is too large"),
        422: _REFUSED,
        429: Meaning(UpstreamBusy, "accepts no more requests from this account for now"),
        504: _SLOW,
        524: _SLOW,
    },
    hints=(
        Hint(
            frozenset({400, 403, 422}),
            ("content_policy", "content_filter", "moderation", "sensitive", "safety"),
            FILTERED,
        ),
        Hint(
            frozenset({429}),
            ("insufficient_quota", "insufficient_balance", "quota_exceeded"),
            _SPENT,
        ),
    ),
)
