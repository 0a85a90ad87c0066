"""The fetch handler of the Worker.

In: a request. Out: always a Response; whatever fails becomes an error that the client can show.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from workers import Request, WorkerEntrypoint

from easel import headers, model_list, openai, routing
from easel.answer import Answer, Stamp
from easel.dialects import gemini, openai_chat, openai_images
from easel.errors import EaselError, InternalError
from easel.image import ImageRequest, Task, split
from easel.routing import Endpoint, Route
from easel.settings import VARIABLES, Settings, read_settings
from easel.token import TOKEN_HEADERS, find_token
from easel.upstream import Access
from easel.wire import Flow
from edge import platform
from edge.drive import drive_all
from edge.picture import open_picture
from edge.platform import JsLifetime, JsResponse
from edge.respond import Exchange, Outcome, log_failure, respond_pictures

_settings: Settings | None = None


def _read_settings(env: Any) -> Settings:
    """The settings of this deployment, which are the same as long as the isolate lives."""
    global _settings  # noqa: PLW0603
    if _settings is None:
        given = {name: getattr(env, name, None) for name in VARIABLES}
        # A variable may be a number or a boolean; 0 and false are not the same as none at all.
        _settings = read_settings(
            {name: str(value) for name, value in given.items() if platform.is_given(value)}
        )
    return _settings


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way, with what every endpoint needs of it."""

    request: Any
    route: Route
    query: str
    request_id: str
    stamp: Stamp
    settings: Settings
    access: Access
    lifetime: JsLifetime

    async def body(self) -> bytes:
        return await platform.read_body(self.request, self.settings.max_request_bytes)


# Each reads the caller's body and says what to paint and how to answer.


async def _read_chat(call: Call) -> tuple[ImageRequest, Answer]:
    asked = openai_chat.decode(await call.body())
    stamp = replace(call.stamp, id=f"chatcmpl-{call.stamp.id}")
    return asked.image, openai_chat.ChatAnswer(asked.image.model, asked.stream, stamp)


async def _read_images(call: Call) -> tuple[ImageRequest, Answer]:
    default_model = call.settings.default_image_model
    if call.route.endpoint is Endpoint.GENERATIONS:
        asked = openai_images.decode_json(await call.body(), default_model)
    else:
        form = await platform.read_form(call.request, call.settings.max_request_bytes)
        task = Task.EDIT if call.route.endpoint is Endpoint.EDITS else Task.VARY
        asked = openai_images.decode_form(form, task, default_model)
    upstream, _ = routing.find_upstream(asked.image.model)
    answer = openai_images.ImagesAnswer(
        asked.base64, asked.stream, asked.image.task, call.stamp, routing.task_prefix(upstream)
    )
    return asked.image, answer


async def _read_gemini(call: Call) -> tuple[ImageRequest, Answer]:
    streamed = call.route.endpoint is Endpoint.GEMINI_STREAM
    events = parse_qs(call.query).get("alt") == ["sse"]
    framing = gemini.Framing.EVENTS if events else gemini.Framing.ARRAY
    image = gemini.decode(call.route.name, await call.body())
    model = call.route.name
    return image, gemini.GeminiAnswer(
        model, framing if streamed else gemini.Framing.WHOLE, call.stamp
    )


_READERS: Final = {
    Endpoint.CHAT: _read_chat,
    Endpoint.GENERATIONS: _read_images,
    Endpoint.EDITS: _read_images,
    Endpoint.VARIATIONS: _read_images,
    Endpoint.GEMINI: _read_gemini,
    Endpoint.GEMINI_STREAM: _read_gemini,
}

# What needs nothing but the path.
_DOCUMENTS: Final[dict[Endpoint, Callable[[str], bytes]]] = {
    Endpoint.MODEL_LIST: lambda _: model_list.openai_list(routing.MODELS),
    Endpoint.MODEL: lambda model: model_list.openai_model(*routing.listed(model)),
    Endpoint.GEMINI_MODEL_LIST: lambda _: model_list.gemini_list(routing.MODELS),
    Endpoint.GEMINI_MODEL: lambda model: model_list.gemini_model(*routing.listed(model)),
    Endpoint.HEALTH: lambda _: b'{"status": "ok"}',
}


def _flows(image: ImageRequest, access: Access) -> tuple[Flow, ...]:
    """The calls that paint a request, side by side."""
    upstream, model = routing.find_upstream(image.model)
    parts = split(replace(image, model=model), upstream.pictures_a_call)
    return tuple(upstream.generate(part, access) for part in parts)


async def _paint(flows: tuple[Flow, ...], answer: Answer, call: Call) -> Outcome:
    limit = call.settings.upstream_timeout_seconds
    painted, failures = await drive_all(flows, call.lifetime, limit)
    if not answer.carries_pictures(painted):
        return Outcome(painted, failures, None)
    missing: list[EaselError] = []
    for turn, picture in enumerate(painted.pictures):
        try:
            first = await open_picture(picture, call.lifetime, call.settings)
        except EaselError as error:
            missing.append(error)
            continue
        left = replace(painted, pictures=painted.pictures[turn:])
        return Outcome(left, (*failures, *missing), first)
    raise missing[0]


def _respond_error(error: EaselError, path: str, request_id: str) -> JsResponse:
    """An error as a whole answer, with its true status and in the caller's dialect."""
    spell = gemini.error_object if routing.speaks_gemini(path) else openai.error_object
    return platform.respond(
        spell(error).decode(),
        error.status,
        headers.error_headers(error, request_id, openai.JSON_TYPE),
    )


class Default(WorkerEntrypoint):
    """Easel."""

    async def fetch(self, request: Request) -> JsResponse:
        own_id = uuid.uuid4().hex
        request_id = f"req_{own_id}"
        url = urlsplit(request.js_object.url)
        try:
            return await self._answer(request.js_object, url.path, url.query, own_id)
        except EaselError as error:
            return _respond_error(error, url.path, request_id)
        except Exception as error:
            log_failure(request_id, error)
            return _respond_error(InternalError(), url.path, request_id)

    async def _answer(self, request: Any, path: str, query: str, own_id: str) -> JsResponse:
        request_id = f"req_{own_id}"
        if request.method == "OPTIONS":
            requested = request.headers.get("access-control-request-headers") or None
            return platform.respond(None, 204, headers.preflight_headers(request_id, requested))
        route = routing.route(request.method, path)
        if route.endpoint in _DOCUMENTS:
            return platform.respond(
                _DOCUMENTS[route.endpoint](route.name).decode(),
                200,
                headers.answer_headers(request_id, openai.JSON_TYPE),
            )
        settings, now = _read_settings(self.env), time.time()
        given = {name: request.headers.get(name) or "" for name in TOKEN_HEADERS}
        query_key = parse_qs(query).get("key", [None])[0] if routing.speaks_gemini(path) else None
        token = find_token(given, query_key)
        lifetime = platform.begin(request, self.ctx, request_id)
        access, stamp = Access(token, settings, now), Stamp(own_id, int(now))
        call = Call(request, route, query, request_id, stamp, settings, access, lifetime)
        if route.endpoint is Endpoint.TASK:
            flows, answer = _task(call)
        else:
            image, answer = await _READERS[route.endpoint](call)
            flows = _flows(image, access)
        exchange = Exchange(request_id, settings, lifetime, self.ctx)
        return await respond_pictures(_paint(flows, answer, call), answer, exchange)


def _task(call: Call) -> tuple[tuple[Flow, ...], Answer]:
    upstream, task_id = routing.find_task(call.route.name)
    assert upstream.poll is not None
    answer = openai_images.ImagesAnswer(
        base64=False,
        stream=False,
        task=Task.GENERATE,
        stamp=call.stamp,
        task_prefix=routing.task_prefix(upstream),
    )
    return (upstream.poll(task_id, call.access),), answer
