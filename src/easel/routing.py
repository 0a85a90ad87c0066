"""Which endpoint a request is for, and which service paints with a model.

In: a method and a path; a model; a task's id. Out: an `Endpoint` and what the path names; an
`Service` and what it calls the model; `PathNotFound`, `MethodNotAllowed`, `ModelNotFound` or
`TaskNotFound`. One table each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final
from urllib.parse import unquote

from easel.errors import MethodNotAllowed, ModelNotFound, PathNotFound, TaskNotFound
from easel.images import task_id
from easel.services.service import Service
from easel.services.table import SERVICES
from easel.services.token_pool import TokenPool
from easel.settings import Settings


class Endpoint(Enum):
    """What Easel serves."""

    CHAT = auto()
    GENERATIONS = auto()
    EDITS = auto()
    VARIATIONS = auto()
    TASK = auto()
    GEMINI = auto()
    GEMINI_STREAM = auto()
    COUNT_TOKENS = auto()
    MODEL_LIST = auto()
    MODEL = auto()
    GEMINI_MODEL_LIST = auto()
    GEMINI_MODEL = auto()
    HEALTH = auto()
    OPENAPI = auto()


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, and the model or task that the path names ("" for most)."""

    endpoint: Endpoint
    name: str = ""


# (path, method, endpoint); `{}` is a name, which may hold slashes. The first that matches counts.
TABLE: Final = (
    ("/v1/chat/completions", "POST", Endpoint.CHAT),
    ("/v1/images/generations", "POST", Endpoint.GENERATIONS),
    ("/v1/images/edits", "POST", Endpoint.EDITS),
    ("/v1/images/variations", "POST", Endpoint.VARIATIONS),
    ("/v1/images/{}", "GET", Endpoint.TASK),
    ("/v1/models", "GET", Endpoint.MODEL_LIST),
    ("/v1/models/{}:generateContent", "POST", Endpoint.GEMINI),
    ("/v1/models/{}:streamGenerateContent", "POST", Endpoint.GEMINI_STREAM),
    ("/v1/models/{}:countTokens", "POST", Endpoint.COUNT_TOKENS),
    ("/v1/models/{}", "GET", Endpoint.MODEL),
    ("/v1beta/models", "GET", Endpoint.GEMINI_MODEL_LIST),
    ("/v1beta/models/{}:generateContent", "POST", Endpoint.GEMINI),
    ("/v1beta/models/{}:streamGenerateContent", "POST", Endpoint.GEMINI_STREAM),
    ("/v1beta/models/{}:countTokens", "POST", Endpoint.COUNT_TOKENS),
    ("/v1beta/models/{}", "GET", Endpoint.GEMINI_MODEL),
    ("/health", "GET", Endpoint.HEALTH),
    ("/openapi.json", "GET", Endpoint.OPENAPI),
)

_ROUTES: Final = tuple(
    (re.compile(re.escape(path).replace(r"\{\}", "([^:]+)")), method, endpoint)
    for path, method, endpoint in TABLE
)

_GEMINI_PATH: Final = re.compile(r"/v1beta(/.*)?|.*:[A-Za-z]+")

# Whoever asks here speaks OpenAI's language, wherever the key may stand.
_OPENAI_PATH: Final = re.compile(r"/v1/(chat|images)(/.*)?")

# Base URLs are typed by hand. The usual slips: a slash too many, a version that the client adds
# itself (NextChat, Cherry Studio) or does not add, and Gemini's own address for OpenAI's clients.
# Beside them Gemini's other versions, which are the same here, and the paths of Vertex AI, which
# name a publisher, and perhaps the project that pays. google-genai makes a publisher of what stands
# before the slash of a model.
_VERSION: Final = "/v1(?:alpha|beta1?)?"
_SLIPS: Final = (
    (re.compile(r"//+"), "/"),
    (re.compile(rf"^(?:{_VERSION})+(?={_VERSION}(/|$))"), ""),
    (re.compile(rf"^({_VERSION})/projects/[^/]+/locations/[^/]+(?=/publishers/)"), r"\1"),
    (re.compile(rf"^{_VERSION}/publishers/google/models(?=/|$)"), "/v1beta/models"),
    (re.compile(rf"^{_VERSION}/publishers/([^/]+)/models/"), r"/v1beta/models/\1/"),
    (re.compile(r"^/v1(alpha|beta1)(?=/|$)"), "/v1beta"),
    (re.compile(r"^/v1beta/openai(/v1)?(?=/|$)"), "/v1"),
    (re.compile(r"^(?=/(chat|images|models)(/|$))"), "/v1"),
)

# Between the service and its own id of a task. No service's name has one.
_TASK_SEPARATOR: Final = "-"

_LEGAL_MODELS: Final = ", ".join(
    (
        *(service.model_form for service in SERVICES.values() if service.model_form),
        "the others of GET /v1/models",
        "and any of a service behind its name: "
        + ", ".join(f"{name}/<model>" for name in SERVICES),
    )
)

_TASK_SERVICES: Final = {name: service for name, service in SERVICES.items() if service.has_tasks}


def _plain(path: str) -> str:
    """The path as it was meant, and with Gemini's colon as it is."""
    for slip, meant in _SLIPS:
        path = slip.sub(meant, path)
    return path.replace("%3A", ":").replace("%3a", ":").rstrip("/")


def speaks_gemini(path: str, *, google_key: bool = False) -> bool:
    """Whether errors at this path are told in Gemini's form.

    `google_key` is whether a key came in the header that Google's clients alone send: those for
    Python ask under /v1.
    """
    path = _plain(path)
    if _GEMINI_PATH.fullmatch(path):
        return True
    return google_key and path.startswith("/v1/") and not _OPENAI_PATH.fullmatch(path)


def route(method: str, path: str) -> Route:
    """The endpoint of a request. `path` is as it stands in the URL, still percent-encoded.

    Raises PathNotFound, or MethodNotAllowed with the methods that are.
    """
    path = _plain(path)
    for pattern, legal, endpoint in _ROUTES:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        # Whatever answers GET answers HEAD (RFC 9110, 9.3.2); the platform leaves out the body.
        allow = ("GET", "HEAD", "OPTIONS") if legal == "GET" else (legal, "OPTIONS")
        if method not in allow:
            raise MethodNotAllowed(f"Use {legal} here.", allow=allow)
        return Route(endpoint, unquote(found[1]) if found.groups() else "")
    raise PathNotFound(
        "Easel serves nothing here. An OpenAI client's base URL ends in /v1, a Gemini client's has "
        "no path. The endpoints are "
        + ", ".join(f"{method} {path}" for path, method, _ in TABLE)
        + "."
    )


def named_by(headers: Iterable[str]) -> Service | None:
    """The service that is named by a token in a header of its own; `headers` are in lower case."""
    given = frozenset(headers)
    return next((each for each in SERVICES.values() if each.own_header in given), None)


def find_service(model: str, named: Service | None = None) -> tuple[Service, str]:
    """The service that paints with a model, and what it calls it. Raises ModelNotFound.

    A model is named as its service's document has it, or with the service in front:
    `geekai/gpt-image-1`. `named` is whose it is where no service stands in front. Of a service that
    is named and has models that Easel does not know, the name is taken to the letter.
    """
    model = model.strip()
    prefix, slash, rest = (part.strip() for part in model.partition("/"))
    in_front = SERVICES.get(prefix.lower()) if slash else None
    named, name = (in_front, rest) if in_front else (named, model)
    for service in (named,) if named else SERVICES.values():
        found = name if named and service.any_model else service.find(name)
        if found:
            return service, found
    raise ModelNotFound(f"There is no such model. Legal are {_LEGAL_MODELS}.", param="model")


def _offered(service: Service, settings: Settings) -> bool:
    """Whether a deployment paints with a service: a personal proxy does where it has a token."""
    return not settings.easel_keys or bool(service.own_tokens(settings))


def check_offered(service: Service, settings: Settings) -> None:
    """Raises ModelNotFound where a personal proxy has no token for a service."""
    if not _offered(service, settings):
        raise ModelNotFound(
            f"This deployment has no token for {service.name}. GET /v1/models lists what it has.",
            param="model",
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


def _spelled(model: str, service: Service) -> str:
    """A service's own model as callers name it: with the service in front where it needs that."""
    known = model in service.models and service.find(model) == model
    return model if known else f"{service.name}/{model}"


def listed(model: str, settings: Settings, named: Service | None = None) -> tuple[str, str]:
    """(model, service) of one model, spelled as the list spells it. Raises ModelNotFound."""
    service, found = find_service(model, named)
    check_offered(service, settings)
    return _spelled(found, service), service.name


def task_prefix(service: Service) -> str:
    """What stands before a service's id of a task, so that it can be found again."""
    return service.name + _TASK_SEPARATOR


def find_task(text: str) -> tuple[Service, str, str]:
    """The service of a task that Easel handed out, its id there, and the fingerprint of the token
    that made it ("" where that was the caller's own). Raises TaskNotFound.
    """
    name, _, rest = text.partition(_TASK_SEPARATOR)
    service, found = _TASK_SERVICES.get(name), task_id.understood(rest)
    if service is None or found is None:
        legal = " or ".join(f"{name}{_TASK_SEPARATOR}…" for name in _TASK_SERVICES)
        raise TaskNotFound(f"There is no such task. Ids of tasks look like {legal}.")
    return service, *found
