"""Zhaotou: one API over the image models of several makers, with edits and variations.

In: an `ImageRequest` and the caller's API key. Out: the pictures' addresses; `InvalidRequest` for
what the service cannot do, or an `UpstreamError`.
Source: Zhaotou document (read 2026-11); what it leaves open is in docs/wire/zhaotou.md.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from easel.errors import InvalidRequest
from easel.images.request import (
    MAX_PICTURES,
    Action,
    ImageRequest,
    InputImage,
    refuse_unsupported,
    without_client_defaults,
)
from easel.images.result import ImageResult
from easel.images.shape import Shape
from easel.services.answers import (
    Asked,
    Items,
    WireModel,
    is_success,
    read_answer,
    read_painted,
    read_pictures,
)
from easel.services.body_writer import BodyWriter, FormPart, write_form, write_json
from easel.services.error_table import service_error
from easel.services.legal_shapes import UNCHECKED, LegalShapes, reconcile, sizes
from easel.services.reason import explained
from easel.services.service import Access, Service
from easel.services.status_errors import STATUS_ERRORS
from easel.services.wire import Flow, HttpResponse, answer_with_pictures
from easel.settings import ServiceVariables

# Source: Zhaotou document (read 2026-11), "支持的模型" and "支持的尺寸". Only the first id stands
# in its examples; the others are guessed from the display names by the same rule: lower case,
# hyphens.
_GEMINI: Final = LegalShapes(sizes("1024x1024 1792x1024 1024x1792"))
_GPT: Final = LegalShapes(sizes("1024x1024 1536x1024 1024x1536"))
_SEEDREAM: Final = LegalShapes(sizes("1024x1024 1920x1080 1080x1920"))
# 1792x1024 is recommended for Flux, beside the table.
_FLUX: Final = LegalShapes(sizes("1024x1024 1280x720 720x1280 1792x1024"))


class _Model(NamedTuple):
    """What a model paints, and whether it edits in conversations."""

    shapes: LegalShapes
    edits: bool


_MODELS: Final = {
    "gemini-3-pro-image-preview": _Model(_GEMINI, edits=True),
    "gemini-2.5-flash-image-preview": _Model(_GEMINI, edits=True),
    "gpt-4o-image": _Model(_GPT, edits=True),
    "seedream-4.0": _Model(_SEEDREAM, edits=True),
    "seedream-4.5": _Model(_SEEDREAM, edits=True),
    "flux-kontext": _Model(_FLUX, edits=True),
    "flux-2.0": _Model(_FLUX, edits=False),
}

# Any other id is sent as it is typed, and nothing is known of it.
_UNKNOWN: Final = _Model(UNCHECKED, edits=False)

_WORDS: Final = {"quality": ("standard", "hd"), "style": ("vivid", "natural")}

# Source: Zhaotou document (read 2026-11), the tables of the three endpoints.
_SUPPORTED: Final = {
    Action.GENERATE: frozenset({"quality", "style"}),
    Action.EDIT: frozenset({Action.EDIT.value, "images", "mask"}),
    Action.VARY: frozenset({Action.VARY.value, "images"}),
}


class _Answer(WireModel):
    data: Items = []


def _find(model: str) -> str | None:
    """Display names count too: `Flux Kontext` is `flux-kontext`."""
    name = model.strip().lower().replace(" ", "-")
    return name if name in _MODELS else None


def _model(name: str) -> _Model:
    return _MODELS.get(_find(name) or "", _UNKNOWN)


def _shape(request: ImageRequest, access: Access) -> Shape:
    """What the service is asked for. Its one field is `size`."""
    shape = reconcile(request.shape, _model(request.model).shapes, request.model)
    fields, words = shape.fields, shape.words
    for name, word in ((fields.ratio, words.ratio), (fields.resolution, words.resolution)):
        if word is not None and name != fields.size:
            raise InvalidRequest(
                f"{name}: {access.service} has no such field. Put it in the size, in "
                f"a word that {request.model} knows.",
                param=name,
            )
    return shape


def _size(shape: Shape) -> str | None:
    """The size in pixels, or the caller's own word for a model that nothing is known of."""
    words = shape.words
    size = words.size or words.ratio or words.resolution or shape.size
    return None if size is None else str(size)


def _check_words(request: ImageRequest) -> None:
    for param, legal in _WORDS.items():
        if getattr(request.options, param) not in (None, *legal):
            raise InvalidRequest(f"{param}: must be {' or '.join(legal)}.", param=param)


def _file(name: str, image: InputImage) -> FormPart:
    content, extension = image.uploaded(), image.mime_type.partition("/")[2]
    return FormPart(name, content, f"{name}.{extension}", image.mime_type)


def _form(request: ImageRequest, shape: Shape, access: Access) -> tuple[str, BodyWriter]:
    if len(request.images) != 1:
        name = request.images[-1].param if request.images else "image"
        raise InvalidRequest(
            f"{name}: {access.service} takes exactly one input image, not {len(request.images)}.",
            param=name,
        )
    fields = {
        "model": request.model,
        "prompt": request.prompt if request.action is Action.EDIT else None,
        "n": str(request.n),
        "size": _size(shape),
        "response_format": "url",
    }
    parts = [FormPart(name, text) for name, text in fields.items() if text is not None]
    parts.append(_file("image", request.images[0]))
    if request.mask is not None:
        parts.append(_file("mask", request.mask))
    boundary = f"easel-{access.nonce}"
    return f"multipart/form-data; boundary={boundary}", write_form(parts, boundary)


def _json(request: ImageRequest, shape: Shape, _: Access) -> tuple[str, BodyWriter]:
    fields = {
        "model": request.model,
        "prompt": request.prompt,
        "n": request.n,
        "size": _size(shape),
        "quality": request.options.quality,
        "style": request.options.style,
        "response_format": "url",
    }
    given = {name: value for name, value in fields.items() if value is not None}
    return "application/json", write_json(given)


# task → (path, body)
_ENDPOINTS: Final = {
    Action.GENERATE: ("generations", _json),
    Action.EDIT: ("edits", _form),
    Action.VARY: ("variations", _form),
}


def generate(request: ImageRequest, access: Access) -> Flow:
    """Paints up to ten pictures, from a prompt or from a picture.

    Raises InvalidRequest before anything is sent, then any UpstreamError.
    """
    # Edits and variations have neither quality nor style.
    words = _WORDS if request.action is Action.GENERATE else {}
    request = without_client_defaults(request, words)
    refuse_unsupported(_SUPPORTED[request.action], request)
    _check_words(request)
    shape = _shape(request, access)
    path, encode = _ENDPOINTS[request.action]
    content_type, body = encode(request, shape, access)
    response = yield body.request(
        f"{access.base_url}/images/{path}",
        (("Content-Type", content_type), ("Authorization", f"Bearer {access.token.text}")),
        answer_with_pictures(access.settings.max_picture_bytes, request.n),
    )
    if not is_success(response):
        raise service_error(response, STATUS_ERRORS, access)

    def parse(response: HttpResponse) -> ImageResult:
        answer = read_answer(_Answer, response, access)
        asked = Asked(access, shape.size, request.n)
        return read_pictures(answer.data, response, asked)

    return (yield from read_painted(response, explained(parse, access)))


SERVICE: Final = Service(
    name="zhaotou",
    display_name="Zhaotou",
    default_base_url="https://zhaotouai.com/v1",
    variables=ServiceVariables("ZHAOTOU_BASE_URL", "ZHAOTOU_API_KEYS"),
    models=tuple(_MODELS),
    find=_find,
    generate=generate,
    pictures_a_call=MAX_PICTURES,
    any_model=True,
    edits=lambda model: _model(model).edits,
    paints_from_pictures=True,
    guide=(
        f"The gemini models: {_GEMINI}. gpt-4o-image: {_GPT}. The seedream models: {_SEEDREAM}. "
        f"The flux models: {_FLUX}. quality standard or hd, and style vivid or natural, but not "
        "in edits. Edits take the pictures themselves, not their addresses, and a mask."
    ),
)
