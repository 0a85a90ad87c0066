"""image.z.ai: one call that answers when the picture is painted.

In: an `ImageRequest` and the caller's session token. Out: where the picture lies; an
`UpstreamError`, or `TokenUnusable` for a token that needs no call to be known as useless.
Source: seed 000; what it leaves open is in docs/wire/zai.md.
"""

from __future__ import annotations

import json
import re
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from easel.download import check_picture_url
from easel.errors import (
    AccessDenied,
    RequestRefused,
    TokenRejected,
    TokenUnusable,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamError,
    UpstreamTooSlow,
)
from easel.image import ImageRequest, Picture
from easel.settings import Settings
from easel.sse import EventDecoder
from easel.token import expires_at
from easel.wire import Flow, HttpRequest, HttpResponse, retry_after_seconds

NAME: Final = "zai"

# Source: seed 000, "Headers"; to the letter.
_USER_AGENT: Final = "Mozilla/5.0 AppleWebKit/537.36 Chrome/143 Safari/537"

# RFC 6265, 4.1.1 `cookie-octet`: what may stand in a cookie without changing its meaning.
_COOKIE_VALUE: Final = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")

# What the API was seen or is known to say with 4xx about the request itself. The prompt's length
# and the content filter have codes that nobody has published; 1300 and 1301 are those of the same
# company's BigModel.
_REFUSALS: Final = frozenset({400, 413, 422, 451, 1300, 1301})
_POLICY_REFUSALS: Final = frozenset({451, 1300, 1301})
_TIMEOUTS: Final = frozenset({408, 504, 524})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Image(_Model):
    image_url: str | None = None


class _Data(_Model):
    image: _Image | None = None


class _Answer(_Model):
    code: int
    data: _Data | None = None


def _check_token(token: str, now: float) -> None:
    if not _COOKIE_VALUE.fullmatch(token):
        raise TokenUnusable(
            "This token holds characters that cannot stand in a cookie; image.z.ai's session "
            "token has none of them. Copy the value of its 'session' cookie, and nothing else."
        )
    expiry = expires_at(token)
    if expiry is not None and expiry <= now:
        raise TokenUnusable(
            "This image.z.ai session token has expired. Sign in at image.z.ai again and use the "
            "new value of its 'session' cookie.",
            code="token_expired",
        )


def _fault(code: int, retry_after: str) -> UpstreamError:
    """The error that a code means, be it an HTTP status or the `code` in the body.

    Messages say the code and nothing else of the body: a service may repeat prompt or token.
    """
    if code == 401:
        return TokenRejected(
            "image.z.ai does not accept this session token. Sign in there again and use the new "
            "value of its 'session' cookie."
        )
    if code == 403:
        return AccessDenied("image.z.ai denies this token access.")
    if code == 429:
        return UpstreamBusy(
            "image.z.ai takes no more pictures from this account for now. Try again later.",
            retry_after=retry_after_seconds(retry_after),
        )
    if code in _REFUSALS:
        policy = "content_policy_violation" if code in _POLICY_REFUSALS else None
        return RequestRefused(f"image.z.ai refuses to paint this (code {code}).", code=policy)
    if code in _TIMEOUTS:
        return UpstreamTooSlow(f"image.z.ai gave up on the picture (code {code}).")
    return UpstreamBroken(f"image.z.ai failed (code {code}).")


def _parse(response: HttpResponse) -> _Answer:
    """The JSON object of an answer, which may come as the last event of a stream."""
    body: bytes | str = response.body
    if response.content_type.strip().lower().startswith("text/event-stream"):
        decoder = EventDecoder()
        events = decoder.decode(response.body) + decoder.flush()
        body = next((data for data in reversed(events) if data.startswith("{")), "")
    try:
        return _Answer.model_validate_json(body)
    except ValidationError:
        raise UpstreamBroken("image.z.ai answered what Easel cannot read.") from None


def generate(request: ImageRequest, token: str, settings: Settings, now: float) -> Flow:
    """Paints one picture. `now` is in Unix seconds.

    Raises TokenUnusable before anything is sent, then any UpstreamError.
    """
    _check_token(token, now)
    base_url = settings.zai_image_base_url
    body = {
        "prompt": request.prompt,
        "ratio": str(request.ratio),
        "resolution": str(request.resolution),
        "rm_label_watermark": settings.rm_label_watermark,
    }
    response = yield HttpRequest(
        "POST",
        f"{base_url}/api/proxy/images/generate",
        (
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream"),
            ("Origin", base_url),
            ("Referer", f"{base_url}/"),
            ("User-Agent", _USER_AGENT),
            ("Cookie", f"session={token}"),
        ),
        json.dumps(body, ensure_ascii=False).encode(),
    )
    assert response is not None
    if response.status != 200:
        raise _fault(response.status, response.retry_after)
    answer = _parse(response)
    if answer.code != 200:
        raise _fault(answer.code, response.retry_after)
    url = answer.data.image.image_url if answer.data and answer.data.image else None
    if not url:
        raise UpstreamBroken(
            "image.z.ai says it painted, but names no picture.", code="upstream_no_picture"
        )
    allow_http = base_url.startswith("http://")
    return (Picture(check_picture_url(url, allow_http=allow_http), allow_http),)
