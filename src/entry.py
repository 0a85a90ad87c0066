"""The fetch handler of the Worker.

In: a request. Out: always a Response; whatever fails becomes an error that the client can show.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from workers import Request, WorkerEntrypoint

from easel import headers, openai, routing
from easel.answer import Stamp
from easel.dialects import openai_chat
from easel.errors import EaselError, InternalError
from easel.routing import Endpoint
from easel.settings import VARIABLES, Settings, read_settings
from easel.token import bearer_token
from easel.upstreams import zai
from edge import platform
from edge.drive import drive
from edge.picture import OpenPicture, open_picture
from edge.platform import JsResponse
from edge.respond import Exchange, log_failure, respond_error, respond_picture

_settings: Settings | None = None


def _read_settings(env: Any) -> Settings:
    """The settings of this deployment, which are the same as long as the isolate lives."""
    global _settings  # noqa: PLW0603
    if _settings is None:
        _settings = read_settings(
            {name: str(value) for name in VARIABLES if (value := getattr(env, name, None))}
        )
    return _settings


class Default(WorkerEntrypoint):
    """Easel."""

    async def fetch(self, request: Request) -> JsResponse:
        request_id = f"req_{uuid.uuid4().hex}"
        try:
            return await self._answer(request.js_object, request_id)
        except EaselError as error:
            return respond_error(error, request_id)
        except Exception as error:
            log_failure(request_id, error)
            return respond_error(InternalError(), request_id)

    async def _answer(self, request: Any, request_id: str) -> JsResponse:
        if request.method == "OPTIONS":
            requested = request.headers.get("access-control-request-headers") or None
            return platform.respond(None, 204, headers.preflight_headers(request_id, requested))
        endpoint, model = routing.route(request.method, urlsplit(request.url).path)
        if endpoint is Endpoint.CHAT:
            return await self._chat(request, request_id)
        return platform.respond(
            _DOCUMENTS[endpoint](model).decode(),
            200,
            headers.answer_headers(request_id, openai.JSON_TYPE),
        )

    async def _chat(self, request: Any, request_id: str) -> JsResponse:
        settings = _read_settings(self.env)
        token = bearer_token(request.headers.get("authorization") or None)
        lifetime = platform.begin(request, self.ctx)
        body = await platform.read_body(request, settings.max_request_bytes)
        asked = openai_chat.decode(body)
        now = time.time()
        stamp = Stamp(f"chatcmpl-{uuid.uuid4().hex}", int(now))
        flow = zai.generate(asked.image, token, settings, now)

        async def paint() -> OpenPicture:
            (picture,) = await drive(flow, lifetime, settings.upstream_timeout_seconds)
            return await open_picture(picture, lifetime, settings)

        return await respond_picture(
            paint(),
            openai_chat.ChatAnswer(asked.model, asked.stream, stamp),
            Exchange(request_id, settings, lifetime, self.ctx),
        )


# What needs nothing but the path.
_DOCUMENTS: Final[dict[Endpoint, Callable[[str], bytes]]] = {
    Endpoint.MODEL_LIST: lambda _: openai.model_list(routing.MODELS),
    Endpoint.MODEL: lambda model: openai.model_document(*routing.model_entry(model)),
    Endpoint.HEALTH: lambda _: b'{"status": "ok"}',
}
