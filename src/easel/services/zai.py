"""image.z.ai: one call that answers when the picture is painted.

In: an `ImageRequest` and the caller's session token. Out: the picture's address; an
`UpstreamError`, `InvalidRequest` for what this service cannot do, or `TokenUnusable` for a token
that needs no call to be known as useless.
Source: image.z.ai document (2026-01); what it leaves open is in docs/wire/zai.md.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Final, TypeAlias

from pydantic import Field

from easel.errors import (
    ModelNotFound,
    UpstreamBroken,
)
from easel.images.address import check_picture_url, is_inside
from easel.images.request import ImageRequest, refuse_unsupported, without_client_defaults
from easel.images.result import ImageResult, Picture
from easel.images.shape import Shape
from easel.images.size import Size
from easel.services.answers import WireModel, is_success, no_picture, read_answer, read_painted
from easel.services.error_table import service_error
from easel.services.event_stream import EventDecoder
from easel.services.legal_shapes import LegalShapes, reconcile
from easel.services.reason import with_reason
from easel.services.service import Access, Service
from easel.services.wire import Flow, HttpRequest, HttpResponse
from easel.services.zai_errors import ZAI_ERRORS
from easel.services.zai_models import DEFAULT_RATIO, LEGAL_FORM, MODEL_IDS, RATIOS, parse_model_id
from easel.services.zai_session import SIGN_IN, USER_AGENT, check_session
from easel.settings import ServiceVariables

# The `code` of an answer with a picture.
_SUCCESS: Final = 200

# No picture has more; a size of a million digits would be repeated as it is.
_Side: TypeAlias = Annotated[int, Field(ge=1, le=99_999)]


class _Image(WireModel):
    image_url: str | None = None
    width: _Side | None = None
    height: _Side | None = None


class _Data(WireModel):
    image: _Image | None = None


class _Answer(WireModel):
    code: int | None = None
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


def _object(response: HttpResponse) -> HttpResponse:
    """An answer as one JSON object, which may come as the last event of a stream."""
    if not response.content_type.strip().lower().startswith("text/event-stream"):
        return response
    decoder = EventDecoder()
    events = decoder.decode(response.body) + decoder.flush()
    last = next((data for data in reversed(events) if data.startswith("{")), "")
    return replace(response, body=last.encode())


def generate(request: ImageRequest, access: Access) -> Flow:
    """Paints one picture.

    Raises InvalidRequest and TokenUnusable before anything is sent, then any UpstreamError.
    """
    refuse_unsupported(frozenset({"watermark"}), without_client_defaults(request, {}))
    shape = _shape(request)
    token, base_url = access.token.text, access.base_url
    check_session(token, access.now)
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
            ("User-Agent", USER_AGENT),
            ("Cookie", f"session={token}"),
        ),
        json.dumps(body, ensure_ascii=False).encode(),
    )
    if not is_success(response):
        raise service_error(response, ZAI_ERRORS, access)
    return (yield from read_painted(response, lambda read: _painted(read, access)))


def _painted(response: HttpResponse, access: Access) -> ImageResult:
    """What an answer of success names. Raises UpstreamError."""
    base_url = access.base_url
    response = _object(response)
    answer = read_answer(_Answer, response, access)
    image = answer.data.image if answer.data else None
    if image is None or not image.image_url:
        if answer.code is None:
            unreadable = UpstreamBroken(f"{access.service} sent an answer that Easel cannot read.")
            raise with_reason(unreadable, answer.message, access)
        if answer.code != _SUCCESS:
            raise service_error(response, ZAI_ERRORS, access)
        raise with_reason(no_picture(access), answer.message, access)
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
    variables=ServiceVariables(
        "ZAI_IMAGE_BASE_URL", "ZAI_TOKENS", "ZAI_CHAT_BASE_URL", "ZAI_CHAT_TOKENS"
    ),
    models=MODEL_IDS,
    model_form=LEGAL_FORM,
    find=_find,
    generate=generate,
    sign_in=SIGN_IN,
    joins_messages=False,
    # Source: image.z.ai document (2026-01), "Response".
    picture_hosts=("z-ai-audio.oss-cn-hongkong.aliyuncs.com",),
    guide=(
        f"Models are {LEGAL_FORM}. They paint from a text alone. The model fixes the resolution "
        "and, with a suffix, the ratio; without one, aspect_ratio chooses among "
        f"{', '.join(map(str, RATIOS))}."
    ),
)
