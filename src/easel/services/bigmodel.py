"""Zhipu BigModel: glm-image and CogView, one picture a call, at once or as a task.

In: an `ImageRequest` and the caller's API key. Out: the picture's address, or a task;
`InvalidRequest` for what the service cannot do, or an `UpstreamError` by the service's own code.
Source: BigModel document (read 2026-11); what it leaves open is in docs/wire/bigmodel.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from easel.errors import (
    InvalidRequest,
    RequestRefused,
    UpstreamBroken,
    UpstreamError,
    UpstreamNotFound,
)
from easel.images.request import ImageRequest, refuse_unsupported, without_client_defaults
from easel.images.result import FilterNote, ImageResult, with_notes
from easel.images.size import Size
from easel.images.task_id import path_segment
from easel.services.answers import (
    Asked,
    IdOrCode,
    Items,
    WireModel,
    is_success,
    names_pictures,
    read_answer,
    read_items,
    read_painted,
    read_pictures,
)
from easel.services.bigmodel_errors import BIGMODEL_ERRORS
from easel.services.error_table import FILTERED, error_of, service_error, task_error
from easel.services.legal_shapes import CustomSizes, LegalShapes, reconcile, sizes
from easel.services.reason import explained, reason_of, with_reason
from easel.services.service import Access, Service
from easel.services.wire import Flow, HttpRequest, HttpResponse, answer_with_pictures
from easel.settings import ServiceVariables

_GLM_IMAGE: Final = "glm-image"
_MODELS: Final = (_GLM_IMAGE, "cogview-4-250304", "cogview-4", "cogview-3-flash")

# Source: BigModel document (read 2026-11), `size`. 1024 to 2048 is what glm-image recommends, and
# not a limit.
_GLM_SHAPES: Final = LegalShapes(
    sizes("1280x1280 1568x1056 1056x1568 1472x1088 1088x1472 1728x960 960x1728"),
    CustomSizes(32, 2**22 // 32, multiple=32, max_pixels=2**22),
)
_COGVIEW_SHAPES: Final = LegalShapes(
    sizes("1024x1024 768x1344 864x1152 1344x768 1152x864 1440x720 720x1440"),
    CustomSizes(512, 2048, multiple=16, max_pixels=2**21),
)

# Source: the service's page on glm-image, read 2026-11.
_GLM_PROMPT_CHARACTERS: Final = 1000

# Source: BigModel document (read 2026-11), `user_id`.
_USER_ID_CHARACTERS: Final = range(6, 129)

_SUPPORTED: Final = frozenset({"quality", "watermark", "user_id", "async"})


class _FilterNote(WireModel):
    role: str | None = None
    level: int | None = None


class _Answer(WireModel):
    data: Items = []
    content_filter: Items = []


class _TaskAnswer(WireModel):
    id: IdOrCode | None = None
    task_status: str = ""
    image_result: Items = []
    content_filter: Items = []


# The service's words for the state of a task → the GeekAI document's, which Easel speaks to
# clients.
_STATUSES: Final = {"PROCESSING": "running", "SUCCESS": "succeed", "FAIL": "failed"}


def _find(model: str) -> str | None:
    return model.lower() if model.lower() in _MODELS else None


def _qualities(model: str) -> tuple[str, ...]:
    return ("hd",) if model == _GLM_IMAGE else ("hd", "standard")


def _check(request: ImageRequest, access: Access) -> None:
    refuse_unsupported(_SUPPORTED, request)
    legal = _qualities(request.model)
    if request.options.quality not in (None, *legal):
        raise InvalidRequest(
            f"quality: {request.model} takes {' or '.join(legal)}.", param="quality"
        )
    if request.model == _GLM_IMAGE and len(request.prompt) > _GLM_PROMPT_CHARACTERS:
        name = request.name_of("prompt")
        raise InvalidRequest(
            f"{name}: has {len(request.prompt)} characters. The most for {request.model} is "
            f"{_GLM_PROMPT_CHARACTERS}.",
            param=name,
        )
    if request.asynchronous and request.model != _GLM_IMAGE:
        raise InvalidRequest(
            f"async: {access.service} supports tasks for {_GLM_IMAGE} only.", param="async"
        )
    user_id = request.options.user_id
    if user_id is not None and len(user_id) not in _USER_ID_CHARACTERS:
        raise InvalidRequest("user_id: must have 6 to 128 characters.", param="user_id")


def _check_status(response: HttpResponse, access: Access) -> None:
    if not is_success(response):
        raise service_error(response, BIGMODEL_ERRORS, access)


def _filter_refusal(access: Access) -> UpstreamError:
    """The error of a refusal that only the findings of the content filter show."""
    return error_of(FILTERED, "content_filter", access)


def _notes(found: Sequence[object]) -> tuple[FilterNote, ...]:
    return tuple(
        FilterNote(note.role, note.level)
        for note in read_items(_FilterNote, found)
        if note.role is not None and note.level is not None
    )


def _is_unsafe(notes: Sequence[object]) -> bool:
    return any(note.level == 0 for note in read_items(_FilterNote, notes))


def _painted(
    data: Sequence[object],
    notes: Sequence[object],
    response: HttpResponse,
    access: Access,
    size: Size | None = None,
) -> ImageResult:
    """What was painted. Raises RequestRefused where nothing was because of the content filter."""
    if not names_pictures(data) and _is_unsafe(notes):
        raise _filter_refusal(access)
    result = read_pictures(data, response, Asked(access, size))
    return with_notes(replace(result, content_filter=_notes(notes)))


def _headers(access: Access) -> tuple[tuple[str, str], ...]:
    return (
        ("Content-Type", "application/json"),
        ("Authorization", f"Bearer {access.token.text}"),
    )


def generate(request: ImageRequest, access: Access) -> Flow:
    """Paints one picture, or has it painted as a task.

    Raises InvalidRequest before anything is sent, then any UpstreamError.
    """
    request = without_client_defaults(request, {"quality": _qualities(request.model)})
    _check(request, access)
    legal = _GLM_SHAPES if request.model == _GLM_IMAGE else _COGVIEW_SHAPES
    size = reconcile(request.shape, legal, request.model).size
    body = {
        "model": request.model,
        "prompt": request.prompt,
        "size": None if size is None else str(size),
        "quality": request.options.quality,
        "watermark_enabled": request.options.watermark,
        "user_id": request.options.user_id,
    }
    path = "async/images/generations" if request.asynchronous else "images/generations"
    response = yield HttpRequest(
        "POST",
        f"{access.base_url}/paas/v4/{path}",
        _headers(access),
        json.dumps(
            {name: value for name, value in body.items() if value is not None}, ensure_ascii=False
        ).encode(),
        max_answer_bytes=answer_with_pictures(access.settings.max_picture_bytes),
    )
    _check_status(response, access)
    if request.asynchronous:
        return _task(None, response, access)

    def parse(response: HttpResponse) -> ImageResult:
        answer = read_answer(_Answer, response, access)
        return _painted(answer.data, answer.content_filter, response, access, size)

    return (yield from read_painted(response, explained(parse, access)))


def _task(task_id: str | None, response: HttpResponse, access: Access) -> ImageResult:
    answer = read_answer(_TaskAnswer, response, access)
    status = _STATUSES.get(answer.task_status)
    task_id = task_id or str(answer.id or "")
    if names_pictures(answer.image_result) and (status is None or not task_id):
        status = "succeed"
    elif status is None or not task_id:
        raise UpstreamBroken(f"{access.service} sent an answer that Easel cannot read.")
    if status == "failed":
        error = (
            with_reason(_filter_refusal(access), reason_of(response, access), access)
            if _is_unsafe(answer.content_filter)
            else task_error(response, BIGMODEL_ERRORS, access)
        )
        return ImageResult((), task_id, status, _notes(answer.content_filter), error)
    result = ImageResult(content_filter=_notes(answer.content_filter))
    if status == "succeed":
        result = _painted(answer.image_result, answer.content_filter, response, access)
    return replace(result, task_id=task_id, task_status=status) if task_id else result


def poll(task_id: str, access: Access) -> Flow:
    """The state of a task. Raises any UpstreamError."""
    response = yield HttpRequest(
        "GET", f"{access.base_url}/paas/v4/async-result/{path_segment(task_id)}", _headers(access)
    )
    try:
        _check_status(response, access)
    except (RequestRefused, UpstreamNotFound) as error:
        if error.code not in (RequestRefused.code, UpstreamNotFound.code):
            raise
        # A task is all that was named, so that is what is not right.
        raise UpstreamNotFound(
            f"{access.service} has no such task.", code="task_not_found"
        ) from None
    return _task(task_id, response, access)


SERVICE: Final = Service(
    name="bigmodel",
    display_name="BigModel",
    default_base_url="https://open.bigmodel.cn/api",
    variables=ServiceVariables("BIGMODEL_BASE_URL", "BIGMODEL_API_KEYS"),
    models=_MODELS,
    find=_find,
    generate=generate,
    poll=poll,
    # Others' clients were given addresses there (2024-12 to 2026-02); the document names none.
    picture_hosts=(
        "aigc-files.bigmodel.cn",
        "maas-watermark-prod.cn-wlcb.ufileos.com",
        "maas-watermark-prod-new.cn-wlcb.ufileos.com",
    ),
    guide=(
        f"They paint from a text alone. {_GLM_IMAGE}: {_GLM_SHAPES}; quality hd; a prompt of up "
        f"to {_GLM_PROMPT_CHARACTERS} characters. The cogview models: {_COGVIEW_SHAPES}; quality "
        "hd or standard."
    ),
)
