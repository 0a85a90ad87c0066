"""The life of a request, from its head to the end of its answer.

In: the head of a request, the deployment, the time, and a word that nobody can guess. Out: one
generator of effects (`easel.effects`), which returns the reply. Whatever fails becomes an error
that the client can show.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import SplitResult, urlsplit

from easel import headers, routing
from easel.answering import answer
from easel.dialects import gemini, model_list, openai_errors
from easel.dialects.encoder import Stamp
from easel.effects import Allowed, Asset, CheckRate, Head, Life, Reply
from easel.errors import EaselError, InternalError, InvalidRequest, Misconfigured, RateLimited
from easel.jobs import Part, perform
from easel.receiving import LIMITER_BINDING, Call, Deployment, Limiter, receive
from easel.request_log import RequestLog
from easel.routing import Endpoint
from easel.services.service import Service
from easel.settings import Settings
from easel.token import authenticate, find_tokens, query_key

# What would end the host of an address, or hide another in it.
_NO_HOST: Final = re.compile(r"[/?#\\@\s]")


def serve(head: Head, deployment: Deployment | Misconfigured, now: float, nonce: str) -> Life:
    """Serves one request at `now`, in Unix seconds. It raises nothing.

    A deployment that is misconfigured is told where its settings are first needed.
    """
    configured = isinstance(deployment, Deployment)
    log = RequestLog(f"req_{nonce}", not configured or deployment.settings.log_requests)
    try:
        return (yield from _live(head, deployment, now, nonce, log))
    except EaselError as error:
        return _error(error, head, log)
    except Exception as error:  # noqa: BLE001
        return replace(_error(InternalError(), head, log), exception=error)


def _error(error: EaselError, head: Head, log: RequestLog) -> Reply:
    """An error as a whole answer, with its true status and in the caller's dialect."""
    url = _split(head)
    google_key = bool(head.headers.get("x-goog-api-key"))
    speaks_gemini = url is not None and routing.speaks_gemini(url.path, google_key=google_key)
    spell = gemini.error_object if speaks_gemini else openai_errors.error_object
    told = headers.error_headers(error, log.request_id, openai_errors.JSON_TYPE)
    return Reply(error.status, told, spell(error), log.line(error.status, error.code))


def _json(body: bytes | Asset, log: RequestLog) -> Reply:
    told = headers.answer_headers(log.request_id, openai_errors.JSON_TYPE)
    return Reply(200, told, body, log.line(200))


def _split(head: Head) -> SplitResult | None:
    """Where a request goes; None where the Host header makes no address of it."""
    with suppress(ValueError):
        if not _NO_HOST.search(head.headers.get("host", "")):
            return urlsplit(head.url)
    return None


@dataclass(frozen=True, slots=True)
class _Question:
    """What an answer without a picture may depend on."""

    model: str
    # It may hold `?key=`.
    query: str = field(repr=False)
    settings: Settings
    named: Service | None

    def listed(self) -> tuple[str, str]:
        """The model that is asked about, and its service. Raises ModelNotFound."""
        return routing.listed(self.model, self.settings, self.named)


def _openai_list(asked: _Question) -> bytes:
    page = model_list.read_page(asked.query)
    return model_list.openai_list(routing.models(asked.settings), page)


def _gemini_list(asked: _Question) -> bytes:
    page = model_list.read_page(asked.query)
    return model_list.gemini_list(routing.models(asked.settings), page)


def _token_count(asked: _Question) -> bytes:
    asked.listed()
    return gemini.token_count()


_LISTS: Final[dict[Endpoint, Callable[[_Question], bytes]]] = {
    Endpoint.MODEL_LIST: _openai_list,
    Endpoint.MODEL: lambda asked: model_list.openai_model(*asked.listed()),
    Endpoint.GEMINI_MODEL_LIST: _gemini_list,
    Endpoint.GEMINI_MODEL: lambda asked: model_list.gemini_model(*asked.listed()),
}

# What needs no call to any service.
_ANSWERS: Final = {**_LISTS, Endpoint.COUNT_TOKENS: _token_count}


def _live(
    head: Head, deployment: Deployment | Misconfigured, now: float, nonce: str, log: RequestLog
) -> Life:
    """Raises an EaselError that comes before the headers of an answer, or an exception of ours."""
    url = _split(head)
    if url is None:
        raise InvalidRequest("The Host header is no address of a server.")
    if head.method == "OPTIONS":
        requested = head.headers.get("access-control-request-headers")
        told = headers.preflight_headers(log.request_id, requested)
        return Reply(204, told, b"", log.line(204))
    route = routing.route(head.method, url.path)
    log.operation = route.endpoint.name.lower()
    if route.endpoint is Endpoint.OPENAPI:
        return _json(Asset.OPENAPI, log)
    if isinstance(deployment, Misconfigured):
        raise deployment
    if route.endpoint is Endpoint.HEALTH:
        return _json(b'{"status": "ok"}', log)
    settings = deployment.settings
    key = query_key(url.query) if routing.speaks_gemini(url.path) else None
    tokens = find_tokens(head.headers, key)
    # Whoever may not paint hears it from the model list already, which clients ask for first.
    if route.endpoint not in _LISTS or settings.easel_keys:
        log.key = authenticate(tokens, settings.easel_keys)
    call = Call(route, url.query, deployment, tokens, now, Stamp(nonce, int(now)), log)
    make_answer = _ANSWERS.get(route.endpoint)
    if make_answer is not None:
        return _json(make_answer(_Question(route.name, url.query, settings, call.named)), log)
    if log.key is not None and route.endpoint is not Endpoint.TASK:
        yield from _check_rate(log.key, deployment.limiter)
    plan = yield from receive(call)
    return (yield from answer(plan, settings, log, now))


def _check_rate(key_number: int, limiter: Limiter) -> Part[None]:
    """Counts one more request of a key. Raises RateLimited where it has had too many."""
    if limiter is Limiter.NONE:
        return
    if limiter is Limiter.NOT_A_LIMITER:
        raise Misconfigured(
            f"This deployment of Easel is misconfigured. {LIMITER_BINDING}: must be a rate limit of "
            "[[ratelimits]], not a variable."
        )
    outcome = yield from perform(CheckRate(key_number))
    if not isinstance(outcome, Allowed):
        # Whoever bound a limiter wants a limit.
        raise InternalError("The rate limiter did not answer.")
    if not outcome.allowed:
        raise RateLimited(f"Key {key_number} of this deployment has made too many requests.")
