"""Which operation a request is for, and which service paints with a model.

In: a method and a path; a model; a task's id. Out: an `Operation` and what the path names; a
`Service` and what it calls the model; `PathNotFound`, `MethodNotAllowed`, `ModelNotFound` or
`TaskNotFound`. One table each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from easel.dialects import (
    about,
    gemini,
    gemini_interactions,
    mcp,
    model_list,
    openai_chat,
    openai_images,
    openai_responses,
    pictures,
)
from easel.dialects.dialect import Catalogue, Painter, Question
from easel.dialects.operation_table import OperationTable
from easel.errors import ModelNotFound, TaskNotFound
from easel.images import task_id
from easel.images.result import ImageResult
from easel.services.service import Service
from easel.services.table import SERVICES
from easel.services.token_pool import TokenPool
from easel.settings import Settings

# What Easel serves. A new dialect is one more line.
OPERATIONS: Final = (
    *openai_chat.OPERATIONS,
    *openai_images.OPERATIONS,
    *openai_responses.OPERATIONS,
    # Before Gemini's other methods, whose errors are told at all other paths of its version.
    *gemini_interactions.OPERATIONS,
    *gemini.OPERATIONS,
    *mcp.OPERATIONS,
    *model_list.OPERATIONS,
    *pictures.OPERATIONS,
    *about.OPERATIONS,
)

TABLE: Final = OperationTable(OPERATIONS)

# No service's name of a model is nearly as long. What is kept of a picture holds it too.
_LONGEST_MODEL: Final = 200

# Between the service and its own id of a task. No service's name has one.
_TASK_SEPARATOR: Final = "-"

_LEGAL_MODELS: Final = ", ".join(
    (
        *(service.model_form for service in SERVICES.values() if service.model_form),
        "the others in GET /v1/models",
        "and any model of a service after its name: "
        + ", ".join(f"{name}/<model>" for name in SERVICES),
    )
)

_TASK_SERVICES: Final = {name: service for name, service in SERVICES.items() if service.has_tasks}


def named_by(headers: Iterable[str]) -> Service | None:
    """The service that is named by a token in a header of its own; `headers` are in lower case."""
    given = frozenset(headers)
    return next((each for each in SERVICES.values() if each.own_header in given), None)


def find_service(model: str, named: Service | None = None) -> tuple[Service, str]:
    """The service that paints with a model, and what it calls it. Raises ModelNotFound.

    A model is named as its service's document has it, or with the service in front:
    `geekai/gpt-image-1`. `named` is whose it is where no service comes first. Of a service that
    is named and has models that Easel does not know, the name is taken to the letter.
    """
    model = model.strip()
    prefix, slash, rest = (part.strip() for part in model.partition("/"))
    in_front = SERVICES.get(prefix.lower()) if slash else None
    named, name = (in_front, rest) if in_front else (named, model)
    services = (named,) if named else tuple(SERVICES.values())
    for service in services if len(name) <= _LONGEST_MODEL else ():
        found = name if named and service.any_model else service.find(name)
        if found:
            return service, found
    raise ModelNotFound(f"There is no such model. Legal models are {_LEGAL_MODELS}.", param="model")


def _offered(service: Service, settings: Settings) -> bool:
    """Whether a deployment paints with a service: a personal proxy does where it has a token."""
    return not settings.easel_keys or bool(service.own_tokens(settings))


def check_offered(service: Service, settings: Settings) -> None:
    """Raises ModelNotFound where a personal proxy has no token for a service."""
    if not _offered(service, settings):
        raise ModelNotFound(
            f"This deployment has no token for {service.name}. GET /v1/models lists its models.",
            param="model",
        )


def find_at(model: str, only: Service) -> tuple[Service, str]:
    """The same where a path names a service, and no other may paint. Raises ModelNotFound."""
    with suppress(ModelNotFound):
        service, found = find_service(model, only)
        if service is only:
            return service, found
    legal = only.model_form or ", ".join(_spelled(each, only) for each in only.models)
    raise ModelNotFound(
        f"This address paints with models of {only.display_name} alone: {legal}.", param="model"
    )


def token_pools(settings: Settings, clock: Callable[[], float]) -> dict[str, TokenPool]:
    """A deployment's own tokens, by the name of the service. `clock` tells Unix seconds."""
    return {
        service.name: TokenPool(service.own_tokens(settings), clock)
        for service in SERVICES.values()
    }


def models(settings: Settings) -> tuple[tuple[str, str], ...]:
    """(model, service) of all models that a deployment lists."""
    return tuple(
        (_spelled(model, service), service.name)
        for service in SERVICES.values()
        if _offered(service, settings)
        for model in service.models
    )


def service_at(name: str) -> Service | None:
    """The service that a path names, if it names one."""
    return SERVICES.get(name)


def catalogue(settings: Settings, only: Service | None = None) -> Catalogue:
    """What may be chosen of a deployment, or of `only` one service."""
    painters = tuple(
        Painter(
            service.name,
            service.display_name,
            tuple(_spelled(model, service) for model in service.models),
            service.guide,
            service.paints_from_pictures,
        )
        for service in SERVICES.values()
        if _offered(service, settings) and only in (None, service)
    )
    listed = [model for painter in painters for model in painter.models]
    usual = settings.default_image_model
    with suppress(ModelNotFound):
        service, _ = find_service(usual)
        if any(painter.name == service.name for painter in painters):
            return Catalogue(painters, usual)
    return Catalogue(painters, next(iter(listed), usual))


def _spelled(model: str, service: Service) -> str:
    """A service's own model as callers name it: with the service in front where it needs that."""
    known = model in service.models and service.find(model) == model
    return model if known else f"{service.name}/{model}"


def listed(model: str, settings: Settings, named: Service | None = None) -> tuple[str, str]:
    """(model, service) of one model, spelled as the list spells it. Raises ModelNotFound."""
    service, found = find_service(model, named)
    check_offered(service, settings)
    return _spelled(found, service), service.name


def question(name: str, query: str, settings: Settings, named: Service | None) -> Question:
    """What an operation that is answered at once may depend on; `name` is what the path names."""
    return Question(query, lambda: models(settings), lambda: listed(name, settings, named))


def with_public_id(result: ImageResult, service: Service) -> ImageResult:
    """What a service answered, with its task's public id, which `find_task` reads."""
    if (unread := result.unread) is not None:
        parse = unread.parse
        more = replace(unread, parse=lambda response: with_public_id(parse(response), service))
        result = replace(result, unread=more)
    if result.task_id is None:
        return result
    own_id = task_id.public_id(result.task_id, result.task_issuer)
    return replace(result, task_id=task_prefix(service) + own_id)


def task_prefix(service: Service) -> str:
    """What a public task id of a service begins with."""
    return service.name + _TASK_SEPARATOR


def find_task(text: str) -> tuple[Service, str, str]:
    """The service of a task by its public id, its id there, and its issuer's fingerprint ("" for
    the caller's own token). Raises TaskNotFound.
    """
    name, _, rest = text.partition(_TASK_SEPARATOR)
    service, found = _TASK_SERVICES.get(name), task_id.read_public_id(rest)
    if service is None or found is None:
        legal = " or ".join(f"{name}{_TASK_SEPARATOR}…" for name in _TASK_SERVICES)
        raise TaskNotFound(f"There is no such task. Task ids look like {legal}.")
    return service, *found
