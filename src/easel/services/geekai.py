"""GeekAI: any image model behind one API, at once or as a task.

In: an `ImageRequest` and the caller's API key. Out: the pictures' addresses, or a task;
`InvalidRequest` for what a model's family cannot do, or an `UpstreamError`.
Source: GeekAI document (read 2026-11); what it leaves open is in docs/wire/geekai.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from easel.errors import InvalidRequest, UpstreamBroken, UpstreamNotFound
from easel.images.request import (
    MAX_PICTURES,
    Action,
    ImageRequest,
    refuse_unsupported,
    without_client_defaults,
)
from easel.images.result import ImageResult
from easel.images.shape import Shape
from easel.images.task_id import path_segment
from easel.services.answers import (
    Asked,
    IdOrCode,
    Items,
    WireModel,
    is_success,
    names_pictures,
    read_answer,
    read_painted,
    read_pictures,
)
from easel.services.body_writer import BodyWriter, write_json
from easel.services.error_table import service_error, task_error
from easel.services.geekai_models import SEQUENCE, Family, family_of
from easel.services.legal_shapes import reconcile
from easel.services.reason import explained
from easel.services.service import Access, Service
from easel.services.status_errors import STATUS_ERRORS
from easel.services.unfinished_tasks import UNFINISHED, TaskPoll, finished
from easel.services.wire import Flow, HttpRequest, HttpResponse, answer_with_pictures
from easel.settings import ServiceVariables

_OWN_HEADER: Final = "geekai-api-key"

_SUPPORTED: Final = frozenset(
    {
        *("quality", "output_format", "negative_prompt", "strength", "watermark", "retries"),
        *("extra_body", "images", "mask", "async", Action.EDIT.value),
    }
)

# What OpenAI calls the formats, and what GeekAI does.
_FORMATS: Final = {"png": "png", "jpg": "jpg", "jpeg": "jpg", "webp": "webp"}

# Source: GeekAI document (read 2026-11), `strength`.
_DEFAULT_STRENGTH: Final = 0.5

_BACKGROUNDS: Final = ("transparent", "opaque", "auto")

# Source: GeekAI document (read 2026-11), `max_images`.
_MOST_IN_SEQUENCE: Final = 15

_STATUSES: Final = UNFINISHED | {"succeed", "failed"}


class _Answer(WireModel):
    task_id: IdOrCode | None = None
    task_status: str | None = None
    data: Items = []


def _find(model: str) -> str | None:
    """GeekAI has models of many vendors; they are reached only by its prefix or its header."""
    del model
    return None


def _without_defaults(request: ImageRequest, family: Family) -> ImageRequest:
    """The request without the document's defaults for what the family does not have."""
    # Where nothing is known, every word may be one.
    unknown = (request.options.quality or "",)
    words = {
        "quality": unknown if family.qualities is None else family.qualities,
        "background": _BACKGROUNDS if "background" in family.extras else (),
    }
    request = without_client_defaults(request, words)
    options, extra_body = request.options, dict(request.options.extra_body or {})
    if options.quality == "medium" and "medium" not in words["quality"]:
        options = replace(options, quality=None)
    if "sequential_image_generation" not in family.extras and (
        extra_body.get("sequential_image_generation") == "disabled"
    ):
        del extra_body["sequential_image_generation"]
    return replace(request, options=replace(options, extra_body=extra_body or None))


def _check(request: ImageRequest, family: Family) -> None:
    refuse_unsupported(_SUPPORTED | family.extras, request)
    options = request.options
    for what in sorted(SEQUENCE - family.extras):
        if what in (options.extra_body or {}):
            name = f"extra_body.{what}"
            raise InvalidRequest(
                f"{name}: {request.model} does not support this. Leave it out.", param=name
            )
    if family.qualities is not None and options.quality not in (None, *family.qualities):
        legal = ", ".join(family.qualities) or "no quality at all"
        raise InvalidRequest(f"quality: {request.model} takes {legal}.", param="quality")
    if options.output_format not in (None, *_FORMATS):
        raise InvalidRequest(
            f"output_format: must be one of {', '.join(_FORMATS)}.", param="output_format"
        )
    if options.strength is not None and not 0 <= options.strength <= 1:
        raise InvalidRequest("strength: must be from 0 to 1.", param="strength")
    if options.background not in (None, *_BACKGROUNDS):
        raise InvalidRequest(
            f"background: must be one of {', '.join(_BACKGROUNDS)}.", param="background"
        )
    for what, value in (("mask", request.mask), ("strength", options.strength)):
        if value not in (None, _DEFAULT_STRENGTH) and not request.images:
            raise InvalidRequest(f"{what}: needs an input image.", param=what)
    if options.retries is not None and options.retries < 0:
        raise InvalidRequest("retries: must be 0 or more.", param="retries")


def _size(shape: Shape, *, auto: bool) -> dict[str, str | None]:
    """The fields of a shape. A model with ratios takes the resolution in `size`, in lower case.

    What the caller wrote goes first: it is here only for models that nothing is known of.
    """
    words = shape.words
    if words.size and words.resolution:
        raise InvalidRequest("size: give pixels or a resolution, not both.", param="size")
    size = words.size or words.resolution or shape.size
    if size is None and shape.resolution:
        size = shape.resolution.lower()
    if auto:
        size = "auto"
    ratio = words.ratio or shape.ratio
    return {
        "size": None if size is None else str(size),
        "aspect_ratio": None if ratio is None else str(ratio),
    }


def _body(request: ImageRequest, shape: Shape, *, auto: bool) -> BodyWriter:
    options = request.options
    images = list(request.images)
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": request.prompt,
        "negative_prompt": options.negative_prompt,
        "image": images[0] if len(images) == 1 else images or None,
        "strength": options.strength,
        **_size(shape, auto=auto),
        "n": request.n,
        "quality": options.quality,
        "style_preset": options.style_preset,
        "response_format": "url",
        "output_format": _FORMATS[options.output_format] if options.output_format else None,
        "mask": request.mask,
        "watermark": options.watermark,
        "background": options.background,
        "extra_body": options.extra_body,
        "async": request.asynchronous or None,
        "retries": options.retries,
    }
    return write_json({name: value for name, value in body.items() if value is not None})


def _headers(access: Access) -> tuple[tuple[str, str], ...]:
    """Either way to authenticate, as the caller did."""
    token = access.token
    if token.header == _OWN_HEADER:
        return (("Content-Type", "application/json"), ("GeekAI-API-Key", token.text))
    return (("Content-Type", "application/json"), ("Authorization", f"Bearer {token.text}"))


def generate(request: ImageRequest, access: Access) -> Flow:
    """Paints up to ten pictures, or has them painted as a task.

    Raises InvalidRequest before anything is sent, then any UpstreamError.
    """
    family = family_of(request.model)
    request = _without_defaults(request, family)
    _check(request, family)
    shape = reconcile(request.shape, family.shapes, request.model)
    auto = family.auto_size and request.shape.auto
    most = request.n * _most_images(request)
    response = yield _body(request, shape, auto=auto).request(
        f"{access.base_url}/images/generations",
        _headers(access),
        answer_with_pictures(access.settings.max_picture_bytes, most),
    )
    _check_status(response, access)
    if request.asynchronous:
        return (yield from read_painted(response, lambda answer: _task(None, answer, access)))
    asked = Asked(access, shape.size, request.n, most)
    return (yield from _waited_for(response, access, asked))


def _waited_for(response: HttpResponse, access: Access, asked: Asked) -> Flow:
    """What was painted for a caller who waits, be it at once or by a task that is asked for."""

    def parse(response: HttpResponse) -> ImageResult:
        return _at_once(None, response, access, asked)

    result = yield from read_painted(response, explained(parse, access))
    task_id = result.task_id
    if task_id is None or result.task_status not in UNFINISHED:
        return result

    def parse_task(response: HttpResponse) -> ImageResult:
        return _at_once(task_id, response, access, asked)

    task_poll = TaskPoll(
        _question(task_id, access, asked.most),
        lambda response: _check_status(response, access),
        explained(parse_task, access),
    )
    return (yield from finished(result, task_poll))


def _most_images(request: ImageRequest) -> int:
    """How many pictures one of a request may become."""
    extra = request.options.extra_body or {}
    if extra.get("sequential_image_generation") != "auto":
        return 1
    options = extra.get("sequential_image_generation_options")
    most = options.get("max_images") if isinstance(options, Mapping) else None
    return most if isinstance(most, int) else _MOST_IN_SEQUENCE


def _question(task_id: str, access: Access, pictures: int) -> HttpRequest:
    return HttpRequest(
        "GET",
        f"{access.base_url}/images/{path_segment(task_id)}",
        _headers(access),
        max_answer_bytes=answer_with_pictures(access.settings.max_picture_bytes, pictures),
    )


def poll(task_id: str, access: Access) -> Flow:
    """The state of a task. Raises any UpstreamError."""
    response = yield _question(task_id, access, MAX_PICTURES)
    if response.status == 404:
        raise UpstreamNotFound(f"{access.service} has no such task.", code="task_not_found")
    _check_status(response, access)
    return (yield from read_painted(response, lambda answer: _task(task_id, answer, access)))


def _check_status(response: HttpResponse, access: Access) -> None:
    """Before more of it is read: the status says enough, even where the body breaks off."""
    if not is_success(response):
        raise service_error(response, STATUS_ERRORS, access)


def _read(response: HttpResponse, access: Access) -> _Answer:
    return read_answer(_Answer, response, access)


def _at_once(
    task_id: str | None, response: HttpResponse, access: Access, asked: Asked
) -> ImageResult:
    """An answer to a caller who waits: the pictures, or a task that is not done."""
    answer = _read(response, access)
    status, task_id = answer.task_status, task_id or str(answer.task_id or "") or None
    if not names_pictures(answer.data):
        if status == "failed":
            raise task_error(response, STATUS_ERRORS, access)
        if status in UNFINISHED and task_id:
            return ImageResult((), task_id, status)
    result = read_pictures(answer.data, response, asked)
    return replace(result, task_id=task_id, task_status="succeed") if task_id else result


def _task(task_id: str | None, response: HttpResponse, access: Access) -> ImageResult:
    answer = _read(response, access)
    status, task_id = answer.task_status, task_id or str(answer.task_id or "")
    if names_pictures(answer.data) and (status not in _STATUSES or not task_id):
        # It may follow the pictures, which are there only when it has succeeded.
        status = "succeed"
    elif status not in _STATUSES or not task_id:
        raise UpstreamBroken(f"{access.service} sent an answer that Easel cannot read.")
    if status == "failed":
        return ImageResult((), task_id, status, error=task_error(response, STATUS_ERRORS, access))
    if status != "succeed":
        return ImageResult((), task_id, status)
    # What was asked for is not known here.
    most = MAX_PICTURES * _MOST_IN_SEQUENCE
    asked = Asked(access, most=most)
    result = read_pictures(answer.data, response, asked)
    return replace(result, task_id=task_id, task_status=status) if task_id else result


# The ids among the names in the document; most are names of families.
_MODELS: Final = ("gpt-image-1", "gpt-image-2", "doubao-seedream-4.0")

SERVICE: Final = Service(
    name="geekai",
    display_name="GeekAI",
    default_base_url="https://geekai.co/api/v1",
    variables=ServiceVariables("GEEKAI_BASE_URL", "GEEKAI_API_KEYS"),
    models=_MODELS,
    find=_find,
    generate=generate,
    pictures_a_call=MAX_PICTURES,
    poll=poll,
    any_model=True,
    own_header=_OWN_HEADER,
    edits=lambda model: family_of(model).edits,
    takes_addresses=True,
    # Others' clients were given addresses there (2025-03 to 2026-01); the document names none.
    picture_hosts=("static.geekai.co",),
    paints_from_pictures=True,
    guide=(
        "Any model of GeekAI, behind geekai/. Most also paint from pictures, by address or as "
        "base64; with a mask too. gpt-image takes a size (1024x1024, 1024x1536, 1536x1024) and "
        "quality low, medium or high; banana and gemini take aspect_ratio and resolution (1K, 2K, "
        "4K). What a model cannot do is an error that says what it can."
    ),
)
