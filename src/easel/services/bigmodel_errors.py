"""BigModel's errors: what each code of its page means.

In: a code, and the HTTP status it came with. Out: the error; of codes only those of the page are
repeated. The sandbox reads the same table, so that it cannot mean something else.
Source: docs.bigmodel.cn/cn/api/api-code, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from easel.errors import (
    AccessDenied,
    QuotaExhausted,
    RequestRefused,
    TokenRejected,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamConflict,
    UpstreamError,
    UpstreamNotFound,
    UpstreamTooLarge,
    UpstreamTooSlow,
)
from easel.services.wire import retry_after_seconds

_SERVICE: Final = "BigModel"


class Meaning(StrEnum):
    """What codes can mean. Codes of one meaning become one error."""

    FAILED = "failed"
    KEY = "key"
    ACCOUNT = "account"
    ARREARS = "arrears"
    PARAMETER = "parameter"
    TOO_LONG = "too long"
    UNKNOWN = "unknown"
    PERMISSION = "permission"
    DUPLICATE = "duplicate"
    UNSAFE = "unsafe"
    BUSY = "busy"
    SPENT = "spent"


# All codes of the page. 1313 is fair use: the account stays limited until its owner asks for more.
CODES: Final = {
    str(code): meaning
    for meaning, codes in {
        Meaning.FAILED: (500, 1230, 1234),
        Meaning.KEY: (1000, 1001, 1002, 1003, 1004),
        Meaning.ACCOUNT: (1100, 1110, 1111, 1112, 1120, 1121),
        Meaning.ARREARS: (1113,),
        Meaning.PARAMETER: (1200, 1210, 1213, 1214, 1215),
        Meaning.TOO_LONG: (1261,),
        Meaning.UNKNOWN: (1211, 1212, 1222),
        Meaning.PERMISSION: (1220, 1221, 1311),
        Meaning.DUPLICATE: (1231,),
        Meaning.UNSAFE: (1300, 1301),
        Meaning.BUSY: (1302, 1303, 1305, 1312),
        Meaning.SPENT: (1304, 1308, 1309, 1310, 1313),
    }.items()
    for code in codes
}


def _unsafe(why: str) -> UpstreamError:
    return RequestRefused(
        f"{_SERVICE} refuses to paint this: its content filter was hit ({why}).",
        code="content_policy_violation",
    )


def _told(kind: type[UpstreamError], words: str) -> Callable[[str], UpstreamError]:
    return lambda why: kind(f"{_SERVICE} {words} ({why}).")


_BROKEN: Final = _told(UpstreamBroken, "failed")
_REFUSED: Final = _told(RequestRefused, "refuses to paint this")
_REJECTED: Final = _told(TokenRejected, "does not accept this API key")
_DENIED: Final = _told(AccessDenied, "denies this account access")
_EXHAUSTED: Final = _told(QuotaExhausted, "says this account has no pictures left")
_UNKNOWN: Final = _told(UpstreamNotFound, "has no such model or task")
_BUSY: Final = _told(UpstreamBusy, "takes no more pictures from this account for now")
_SLOW: Final = _told(UpstreamTooSlow, "gave up on the picture")

_BY_MEANING: Final[dict[Meaning, Callable[[str], UpstreamError]]] = {
    Meaning.FAILED: _BROKEN,
    Meaning.KEY: _REJECTED,
    Meaning.ACCOUNT: _DENIED,
    Meaning.ARREARS: _EXHAUSTED,
    Meaning.PARAMETER: _REFUSED,
    Meaning.TOO_LONG: _told(UpstreamTooLarge, "finds the prompt too long"),
    Meaning.UNKNOWN: _UNKNOWN,
    Meaning.PERMISSION: _DENIED,
    Meaning.DUPLICATE: _told(UpstreamConflict, "is busy with this request"),
    Meaning.UNSAFE: _unsafe,
    Meaning.BUSY: _BUSY,
    Meaning.SPENT: _EXHAUSTED,
}

# For answers without a code that is known.
_BY_STATUS: Final[dict[int, Callable[[str], UpstreamError]]] = {
    400: _REFUSED,
    401: _REJECTED,
    403: _DENIED,
    404: _UNKNOWN,
    408: _SLOW,
    429: _BUSY,
    434: _DENIED,
    435: _told(UpstreamTooLarge, "finds the file too large"),
    504: _SLOW,
}


def filter_refusal() -> UpstreamError:
    """The error of a refusal that is told by what the content filter found."""
    return _unsafe("content_filter")


def fault(code: str, status: int, retry_after: str = "") -> UpstreamError:
    """The error of a code, or of an HTTP status where the code is not known.

    The same status means different things here, so the code decides.
    """
    meaning = CODES.get(code)
    if meaning is not None:
        error = _BY_MEANING[meaning](f"code {code}")
    else:
        # A code may be anything that a service writes; only those of its page are repeated.
        error = _BY_STATUS.get(status, _BROKEN)(f"status {status}")
    if isinstance(error, UpstreamBusy):
        error.retry_after = retry_after_seconds(retry_after)
    return error
