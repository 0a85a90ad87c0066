"""The fetch handler of the Worker.

In: a request. Out: always a Response; whatever fails becomes an error that the client can show.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from workers import Request, WorkerEntrypoint

from easel import headers, routing
from easel.dialects.dialect import (
    JSON_TYPE,
    AnswerOperation,
    Auth,
    Dialect,
    DocumentOperation,
    PaintOperation,
)
from easel.dialects.encoder import Stamp
from easel.errors import EaselError, InternalError, InvalidRequest, Misconfigured
from easel.services.table import SERVICE_VARIABLES, TOKEN_HEADERS, VARIABLES
from easel.services.token_pool import TokenPool
from easel.settings import Settings, read_settings
from easel.token import Token, authenticate, find_tokens, query_key
from edge import platform
from edge.gallery import Gallery
from edge.journal import Journal
from edge.limiter import check_rate
from edge.paint import Painting
from edge.platform import JsResponse
from edge.receive import Call, receive
from edge.respond import Exchange, log_failure, respond_pictures


@dataclass(frozen=True, slots=True)
class _Deployment:
    """What is the same as long as the isolate lives; the pools remember which tokens rest."""

    settings: Settings
    limits: str
    pools: Mapping[str, TokenPool]


_deployment: _Deployment | None = None


def _read_deployment(env: Any) -> _Deployment:
    global _deployment  # noqa: PLW0603
    if _deployment is None:
        given = {name: getattr(env, name, None) for name in VARIABLES}
        # A variable may be a number or a boolean; 0 and false are not the same as none at all.
        settings = read_settings(
            {name: value for name, value in given.items() if platform.is_given(value)},
            SERVICE_VARIABLES,
        )
        limits = platform.limits(settings)
        _deployment = _Deployment(settings, limits, routing.token_pools(settings, time.time))
    return _deployment


# What would end the host of an address, or hide another in it.
_NO_HOST: Final = re.compile(r"[/?#\\@\s]")


def _read_url(request: Any) -> SplitResult:
    """Where a request goes. Raises InvalidRequest: a Host header may be anything."""
    url: SplitResult | None = None
    with suppress(ValueError):
        url = urlsplit(str(request.url))
    if url is None or _NO_HOST.search(request.headers.get("host") or ""):
        raise InvalidRequest("The Host header is no address of a server.")
    return url


def _logs_requests(env: Any) -> bool:
    """Whether requests are logged; where the variables cannot be used, that is worth a line too."""
    try:
        return _read_deployment(env).settings.log_requests
    except Misconfigured:
        return True


def _find_tokens(request: Any, url: SplitResult, dialect: Dialect) -> tuple[Token, ...]:
    given = {name: request.headers.get(name) or "" for name in TOKEN_HEADERS}
    return find_tokens(given, query_key(url.query) if dialect.query_key else None)


def _respond_json(body: object, journal: Journal) -> JsResponse:
    journal.answered(200, length=len(body) if isinstance(body, str) else 0)
    told = headers.answer_headers(journal.request_id, JSON_TYPE)
    return platform.respond(body, 200, told)


def _respond_error(error: EaselError, path: str, request: Any, journal: Journal) -> JsResponse:
    """An error as a whole answer, with its true status and in the caller's dialect."""
    given = [name for name in TOKEN_HEADERS if request.headers.get(name)]
    dialect = routing.TABLE.dialect_at(path, given)
    body = dialect.error(error)
    journal.answered(error.status, error.code, len(body))
    return platform.respond(
        body.decode(),
        error.status,
        headers.error_headers(error, journal.request_id, dialect.content_type),
    )


class Default(WorkerEntrypoint):
    """Easel."""

    async def fetch(self, request: Request) -> JsResponse:
        own_id = uuid.uuid4().hex
        journal = Journal(f"req_{own_id}", enabled=_logs_requests(self.env))
        path = ""
        try:
            url = _read_url(request.js_object)
            path = url.path
            return await self._answer(request.js_object, url, own_id, journal)
        except EaselError as error:
            await platform.drain(request.js_object)
            return _respond_error(error, path, request.js_object, journal)
        except Exception as error:
            log_failure(journal.request_id, error)
            return _respond_error(InternalError(), path, request.js_object, journal)

    async def _answer(
        self, request: Any, url: SplitResult, own_id: str, journal: Journal
    ) -> JsResponse:
        if request.method == "OPTIONS":
            requested = request.headers.get("access-control-request-headers") or None
            journal.answered(204)
            return platform.respond(
                None,
                204,
                headers.preflight_headers(journal.request_id, routing.TABLE.methods, requested),
            )
        route = routing.TABLE.route(request.method, url.path)
        journal.operation = operation = route.operation
        if isinstance(operation, DocumentOperation):
            return _respond_json(platform.openapi(), journal)
        deployment = _read_deployment(self.env)
        settings = deployment.settings
        tokens = _find_tokens(request, url, operation.dialect)
        key_number = None
        if operation.auth is Auth.TOKEN or (operation.auth is Auth.KEY and settings.easel_keys):
            journal.key = key_number = authenticate(tokens, settings.easel_keys)
        if isinstance(operation, AnswerOperation):
            named = routing.named_by(token.header for token in tokens)
            body = operation.answer(routing.question(route.name, url.query, settings, named))
            await platform.drain(request)
            return _respond_json(body.decode(), journal)
        if key_number is not None and isinstance(operation, PaintOperation):
            await check_rate(self.env, key_number)
        now = time.time()
        # Before the body is read: it ends with the client too.
        lifetime = platform.begin(request, self.ctx, journal.request_id, deployment.limits)
        journal.lifetime = lifetime
        stamp = Stamp(own_id, int(now))
        call = Call(
            request,
            route,
            url.query,
            stamp,
            settings,
            deployment.pools,
            tokens,
            now,
            lifetime,
            journal,
        )
        try:
            flows, answer, text_reply = await receive(call)
        except BaseException:
            # A picture may have been kept before the field at fault was read.
            lifetime.release()
            raise
        if text_reply is not None:
            lifetime.release()
            journal.answered(200, length=len(text_reply.body))
            told = headers.stream_headers(journal.request_id, answer.content_type)
            return platform.respond(text_reply.body.decode(), 200, told)
        return await respond_pictures(
            Gallery(Painting(flows, lifetime, settings), lifetime, settings),
            answer,
            Exchange(journal.request_id, settings, lifetime, journal, self.ctx),
        )
