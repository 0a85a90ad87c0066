"""image.z.ai: one call that answers when the picture is painted.

In: an `ImageRequest` and the caller's session token. Out: where the picture lies; an
`UpstreamError`, `InvalidRequest` for what this service cannot do, or `TokenUnusable` for a token
that needs no call to be known as useless.
Source: seed 000; what it leaves open is in docs/wire/zai.md.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Annotated, Final, TypeAlias

from pydantic import Field

from easel.errors import (
    AccessDenied,
    ModelNotFound,
    RequestRefused,
    TokenRejected,
    TokenUnusable,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamError,
    UpstreamTooSlow,
)
from easel.images.address import check_picture_url, is_inside
from easel.images.request import ImageRequest, refuse_unsupported, without_client_defaults
from easel.images.result import ImageResult, Picture
from easel.images.shape import Shape
from easel.images.size import Size
from easel.services.answers import WireModel, is_success, read_answer, read_painted
from easel.services.event_stream import EventDecoder
from easel.services.legal_shapes import LegalShapes, reconcile
from easel.services.reason import said, with_reason
from easel.services.service import Access, Service
from easel.services.wire import Flow, HttpRequest, HttpResponse, retry_after_seconds
from easel.services.zai_models import DEFAULT_RATIO, LEGAL_FORM, MODEL_IDS, RATIOS, parse_model_id
from easel.settings import ServiceVariables
from easel.token import expires_at

# Source: seed 000, "Headers"; to the letter.
_USER_AGENT: Final = "Mozilla/5.0 AppleWebKit/537.36 Chrome/143 Safari/537"

# RFC 6265, 4.1.1 `cookie-octet`: what may stand in a cookie without changing its meaning.
_COOKIE_VALUE: Final = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")

# What the API would say of the request itself: inferred (2026-11) from HTTP's own meanings, and
# 1300 and 1301 from the same company's BigModel. Its codes for the prompt's length and the content
# filter are not published.
_REFUSALS: Final = frozenset({400, 413, 422, 451, 1300, 1301})
_POLICY_REFUSALS: Final = frozenset({451, 1300, 1301})
_TIMEOUTS: Final = frozenset({408, 504, 524})


# No picture has more; a size of a million digits would be told as it is.
_Side: TypeAlias = Annotated[int, Field(ge=1, le=99_999)]


class _Image(WireModel):
    image_url: str | None = None
    width: _Side | None = None
    height: _Side | None = None


class _Data(WireModel):
    image: _Image | None = None


class _Answer(WireModel):
    # Codes are repeated in messages; a service's number without end is none.
    code: Annotated[int, Field(ge=0, le=99_999)] | None = None
    message: str = ""
    data: _Data | None = None


def _find(model: str) -> str | None:
    try:
        parse_model_id(model)
    except ModelNotFound:
        return None
    return model.lower()


def _shape(request: ImageRequest) -> Shape:
    """Ratio and resolution. The model id fixes the resolution and, with a suffix, the ratio.

    Raises InvalidRequest where the body says something else.
    """
    model = parse_model_id(request.model)
    ratios = (model.ratio,) if model.ratio else RATIOS
    legal = LegalShapes(ratios=ratios, resolutions=(model.resolution,))
    ratio = reconcile(request.shape, legal, request.model).ratio
    return Shape(None, ratio or model.ratio or DEFAULT_RATIO, model.resolution)


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
    """The error that a code means, be it an HTTP status or the `code` in the body."""
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


def _no_picture(code: int | None, response: HttpResponse, access: Access) -> UpstreamError:
    """The error of an answer that names no picture, by its own code."""
    if code is None:
        return UpstreamBroken(f"{access.service} answered what Easel cannot read.")
    if code != 200:
        return _fault(code, response.retry_after)
    return UpstreamBroken(
        f"{access.service} says it painted, but names no picture.", code="upstream_no_picture"
    )


def _parse(response: HttpResponse, access: Access) -> _Answer:
    """The JSON object of an answer, which may come as the last event of a stream."""
    if response.content_type.strip().lower().startswith("text/event-stream"):
        decoder = EventDecoder()
        events = decoder.decode(response.body) + decoder.flush()
        last = next((data for data in reversed(events) if data.startswith("{")), "")
        response = replace(response, body=last.encode())
    return read_answer(_Answer, response, access)


def generate(request: ImageRequest, access: Access) -> Flow:
    """Paints one picture.

    Raises InvalidRequest and TokenUnusable before anything is sent, then any UpstreamError.
    """
    refuse_unsupported(frozenset({"watermark"}), without_client_defaults(request, {}))
    shape = _shape(request)
    token, base_url = access.token.text, access.base_url
    _check_token(token, access.now)
    watermark = request.options.watermark
    body = {
        "prompt": request.prompt,
        "ratio": str(shape.ratio),
        "resolution": str(shape.resolution),
        "rm_label_watermark": access.settings.rm_label_watermark
        if watermark is None
        else not watermark,
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
    if not is_success(response):
        error = _fault(response.status, response.retry_after)
        raise with_reason(error, said(response, access), access)
    return (yield from read_painted(response, lambda read: _painted(read, access)))


def _painted(response: HttpResponse, access: Access) -> ImageResult:
    """What an answer of success names. Raises UpstreamError."""
    base_url = access.base_url
    answer = _parse(response, access)
    image = answer.data.image if answer.data else None
    if image is None or not image.image_url:
        raise with_reason(_no_picture(answer.code, response, access), answer.message, access)
    allow_http = base_url.startswith("http://")
    url = check_picture_url(
        image.image_url, allow_http=allow_http, allow_inside=is_inside(base_url)
    )
    size = Size(image.width, image.height) if image.width and image.height else None
    return ImageResult((Picture(url, allow_http, None, size),))


SERVICE: Final = Service(
    name="zai",
    display_name="image.z.ai",
    default_base_url="https://image.z.ai",
    variables=ServiceVariables("ZAI_IMAGE_BASE_URL", "ZAI_TOKENS"),
    models=MODEL_IDS,
    model_form=LEGAL_FORM,
    find=_find,
    generate=generate,
)
