"""BigModel's errors: what each code of its page means.

The same status means different things here, so the code decides. The sandbox reads the same table,
so that it cannot mean something else.
Source: docs.bigmodel.cn/cn/api/api-code, read 2026-11.
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
from easel.services.error_table import FAILED, FILTERED, ErrorTable, Meaning

REJECTED: Final = Meaning(TokenRejected, "does not accept this API key")
LOCKED: Final = Meaning(AccessDenied, "denies this account access")
ARREARS: Final = Meaning(QuotaExhausted, "says this account is in arrears")
ILLEGAL: Final = Meaning(RequestRefused, "refuses to paint this")
TOO_LONG: Final = Meaning(UpstreamTooLarge, "says the prompt is too long")
UNKNOWN: Final = Meaning(UpstreamNotFound, "has no such model or task")
NOT_PERMITTED: Final = Meaning(AccessDenied, "does not let this account use this model")
DUPLICATE: Final = Meaning(UpstreamConflict, "is already working on this request")
BUSY: Final = Meaning(UpstreamBusy, "accepts no more requests from this account for now")
SPENT: Final = Meaning(QuotaExhausted, "says this account has no pictures left")
_SLOW: Final = Meaning(UpstreamTooSlow, "ran out of time")

# All codes of the page. 1313 is fair use: the account stays limited until its owner asks for more.
CODES: Final = {
    str(code): meaning
    for meaning, codes in (
        (FAILED, (500, 1230, 1234)),
        (REJECTED, (1000, 1001, 1002, 1003, 1004)),
        (LOCKED, (1100, 1110, 1111, 1112, 1120, 1121)),
        (ARREARS, (1113,)),
        (ILLEGAL, (1200, 1210, 1213, 1214, 1215)),
        (TOO_LONG, (1261,)),
        (UNKNOWN, (1211, 1212, 1222)),
        (NOT_PERMITTED, (1220, 1221, 1311)),
        (DUPLICATE, (1231,)),
        (FILTERED, (1300, 1301)),
        (BUSY, (1302, 1303, 1305, 1312)),
        (SPENT, (1304, 1308, 1309, 1310, 1313)),
    )
    for code in codes
}

BIGMODEL_ERRORS: Final = ErrorTable(
    # For answers without a code that is known.
    statuses={
        400: ILLEGAL,
        401: REJECTED,
        403: LOCKED,
        404: UNKNOWN,
        408: _SLOW,
        429: BUSY,
        434: LOCKED,
        435: Meaning(UpstreamTooLarge, "says the file is too large"),
        504: _SLOW,
    },
    codes=CODES,
)
