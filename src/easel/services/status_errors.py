"""The errors of services that tell them by HTTP status, as OpenAI does.

In: an answer that is not 200. Out: the error, with what `reason` tells of the service's own.
Sources: seeds 001 and 002, and GeekAI's page on errors (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable
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
from easel.services.answers import WireModel, Word, read_answer
from easel.services.reason import said, with_reason
from easel.services.service import Access
from easel.services.wire import HttpResponse, retry_after_seconds

# Parts of the `code` and the `type` in which a service says why.
_POLICY_WORDS: Final = ("content_policy", "content_filter", "moderation", "sensitive", "safety")
_QUOTA_WORDS: Final = ("insufficient_quota", "insufficient_balance", "quota_exceeded")


class _Words(WireModel):
    code: Word | None = None
    type: str | None = None


class _Body(_Words):
    error: _Words | None = None


def _words(response: HttpResponse, access: Access) -> str:
    """`code` and `type` of an error object, wherever it stands in the body; "" for none."""
    try:
        body = read_answer(_Body, response, access)
    except UpstreamBroken:
        return ""
    found = (body.code, body.type, *((body.error.code, body.error.type) if body.error else ()))
    return " ".join(str(word) for word in found).lower()


_SLOW: Final = (408, 504, 524)

_BY_STATUS: Final[dict[int, tuple[Callable[[str], UpstreamError], str]]] = {
    400: (RequestRefused, "refuses this request"),
    401: (TokenRejected, "does not accept this API key"),
    402: (QuotaExhausted, "says this account has no balance left"),
    403: (AccessDenied, "denies this account access"),
    404: (UpstreamNotFound, "has no such model or task"),
    409: (UpstreamConflict, "is busy with this very request"),
    413: (UpstreamTooLarge, "finds the prompt or a picture too large"),
    422: (RequestRefused, "refuses this request"),
}


def status_error(response: HttpResponse, access: Access) -> UpstreamError:
    """The error that an answer means."""
    return with_reason(_fault(response, access), said(response, access), access)


def _fault(response: HttpResponse, access: Access) -> UpstreamError:
    status, service = response.status, access.service
    words = _words(response, access)
    if status in (400, 403, 422) and any(word in words for word in _POLICY_WORDS):
        return RequestRefused(
            f"{service} refuses to paint this: its content filter was hit (status {status}).",
            code="content_policy_violation",
        )
    if status == 429 and not any(word in words for word in _QUOTA_WORDS):
        return UpstreamBusy(
            f"{service} takes no more requests from this account for now.",
            retry_after=retry_after_seconds(response.retry_after),
        )
    if status == 429:
        return QuotaExhausted(f"{service} says this account has no balance left (status 429).")
    if status in _SLOW:
        return UpstreamTooSlow(f"{service} gave up on the picture (status {status}).")
    kind, what = _BY_STATUS.get(status, (UpstreamBroken, "failed"))
    return kind(f"{service} {what} (status {status}).")
