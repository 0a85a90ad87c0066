"""The headers of Easel's own answers.

In: what the answer is. Out: name → value. Nothing raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from easel.errors import EaselError, MethodNotAllowed
from easel.images.range import Range

# Any page may call Easel: it keeps no cookie, so no origin can borrow anybody's session. An answer
# holds prompts and addresses of others, which a browser must not take for a page or a script.
ALWAYS: Final = {"access-control-allow-origin": "*", "x-content-type-options": "nosniff"}

# Without these a browser hides the headers from the client's code.
_EXPOSED: Final = {
    "access-control-expose-headers": "x-request-id, retry-after, x-should-retry, www-authenticate"
}
_PICTURE_EXPOSED: Final = {
    "access-control-expose-headers": "x-request-id, etag, accept-ranges, content-range, "
    "content-length, content-disposition"
}

UNAUTHORIZED: Final = 401

# RFC 6750, 3. No browser asks for a password because of it.
CHALLENGE: Final = 'Bearer realm="Easel"'

# A day, which is the most that any browser keeps a preflight.
_PREFLIGHT_SECONDS: Final = 86_400


def answer_headers(request_id: str, content_type: str) -> dict[str, str]:
    """The headers of any answer with a body."""
    return {
        "content-type": content_type,
        "x-request-id": request_id,
        "cache-control": "no-store",
        **ALWAYS,
        **_EXPOSED,
    }


def stream_headers(request_id: str, content_type: str) -> dict[str, str]:
    """The headers of an answer that is written piece by piece."""
    # nginx and its like hold an answer back until it is complete, unless told not to.
    return {**answer_headers(request_id, content_type), "x-accel-buffering": "no"}


def error_headers(error: EaselError, request_id: str, content_type: str) -> dict[str, str]:
    """The headers of an error: those of any answer, and what the client should do next."""
    headers = answer_headers(request_id, content_type)
    if error.should_retry is not None:
        # Both OpenAI SDKs heed this; otherwise they would retry twice and pay three times.
        headers["x-should-retry"] = "true" if error.should_retry else "false"
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if error.status == UNAUTHORIZED:
        # RFC 9110, 15.5.2.
        headers["www-authenticate"] = CHALLENGE
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.allow)
    return headers


def preflight_headers(
    request_id: str, methods: Sequence[str], requested_headers: str | None
) -> dict[str, str]:
    """The answer to a preflight: whatever headers it asks for are allowed.

    A fixed list broke with every client in turn, and `*` does not cover Authorization.
    """
    headers = {
        "x-request-id": request_id,
        "access-control-allow-methods": ", ".join(methods),
        "access-control-max-age": str(_PREFLIGHT_SECONDS),
        "vary": "access-control-request-headers",
        **ALWAYS,
    }
    if requested_headers:
        headers["access-control-allow-headers"] = requested_headers
    return headers


def picture_headers(  # noqa: PLR0913 - what a picture's headers say is all there is to it
    request_id: str, mime_type: str, *, name: str, tag: str, max_age: int, part: Range | None
) -> dict[str, str]:
    """The headers of a picture itself. `part` is what is sent of it, None for all of an unknown
    length; whoever reads a picture opens nothing else with it.
    """
    fields = {
        "content-type": mime_type,
        "content-disposition": f'inline; filename="{name}"',
        # A picture that a browser opens as a page runs nothing and loads nothing.
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "cross-origin",
        "cache-control": f"public, max-age={max_age}" if max_age else "no-store",
        "etag": tag,
        "x-request-id": request_id,
        **ALWAYS,
        **_PICTURE_EXPOSED,
    }
    if part is None:
        return {**fields, "accept-ranges": "none"}
    fields["accept-ranges"] = "bytes"
    if part.is_empty:
        fields["content-range"] = f"bytes */{part.total}"
    elif part.is_part:
        fields["content-range"] = f"bytes {part.start}-{part.end - 1}/{part.total}"
    return fields
