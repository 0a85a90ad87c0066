"""Receives a request for pictures, whatever its dialect.

In: a `Context`. Out: a `Plan` with the flows that paint what it asks for, or a text reply; an
`EaselError` where it asks for what cannot be done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import partial
from typing import Final

from easel import routing
from easel.dialects.body import FormField, body_error
from easel.dialects.dialect import (
    AS_USUAL,
    Body,
    Decoded,
    Delivery,
    Incoming,
    PaintOperation,
    TaskOperation,
    TextReply,
)
from easel.dialects.encoder import Encoder, Stamp
from easel.dialects.turn import Turn
from easel.effects import (
    Failed,
    FormBody,
    JsonBody,
    KeepUploads,
    ReadForm,
    ReadJson,
    ReleaseUploads,
)
from easel.images.blobs import NO_LONG_TEXTS
from easel.images.request import ImageRequest, split
from easel.jobs import Jobs, Stage
from easel.request_log import RequestLog
from easel.services.service import Access, Service
from easel.services.sessions import Account, Sessions, with_session
from easel.services.token_pool import TokenPool, in_turn, with_issuer
from easel.services.unfinished_tasks import naming_its_task
from easel.services.wire import Flow, SessionFlow
from easel.settings import Settings, form_limit
from easel.token import Token, choose_token

# The name in `[[ratelimits]]` of wrangler.toml.
LIMITER_BINDING: Final = "KEY_LIMITER"


class Limiter(Enum):
    """What a deployment has bound to limit the rate of its keys."""

    NONE = auto()
    BOUND = auto()
    NOT_A_LIMITER = auto()


@dataclass(frozen=True, slots=True)
class Deployment:
    """What lives as long as the isolate.

    The pools remember which tokens cool down, `sessions` those that Easel has got by itself.
    """

    settings: Settings
    pools: Mapping[str, TokenPool]
    limiter: Limiter = Limiter.NONE
    sessions: Sessions = field(default_factory=Sessions)


@dataclass(frozen=True, slots=True)
class Context:
    """What every stage needs of one request.

    `name` is what the path names. `base` is what links of Easel's own begin with; None where the
    deployment makes none, or where the request does not tell.
    """

    name: str
    # It may hold `?key=`.
    query: str = field(repr=False)
    deployment: Deployment
    tokens: tuple[Token, ...]
    stamp: Stamp
    log: RequestLog
    jobs: Jobs
    base: str | None = None

    @property
    def settings(self) -> Settings:
        return self.deployment.settings

    @property
    def named(self) -> Service | None:
        """The service that the caller names by a header."""
        return routing.named_by(token.header for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Plan:
    """What paints, and how it is answered. `uploads` says how long uploads are needed.

    `painter` is what paints, as files may be called: a model, or the service where it is not known.
    """

    flows: tuple[Flow, ...]
    encoder: Encoder
    uploads: KeepUploads | None = None
    painter: str = ""
    delivery: Delivery = AS_USUAL


def receive(context: Context, operation: PaintOperation) -> Stage[Plan | tuple[TextReply, Encoder]]:
    """What a request asks for; a text reply where nothing is painted.

    Raises CallerError, before any service is called.
    """
    decoded = yield from _decode(context, operation)
    wanted, encoder, settings = decoded.wanted, decoded.encoder, context.settings
    service, model = routing.find_service(decoded.model, context.named)
    context.log.paints(service, model, stream=encoder.stream)
    routing.check_offered(service, settings)
    if isinstance(wanted, TextReply):
        return wanted, encoder
    if isinstance(wanted, Turn):
        wanted = wanted.as_read(whole=service.joins_messages)
        if not wanted.images:
            # Those of the other messages are held by now.
            context.jobs.also(ReleaseUploads())
    # Most callers use the service's own name of a model.
    request = wanted if wanted.model == model else replace(wanted, model=model)
    parts = split(request, service.pictures_a_call)
    flows = tuple(_paint(context, service, part) for part in parts)
    if not wanted.images:
        return Plan(flows, encoder, painter=model, delivery=decoded.delivery)
    # A second call, with another token or for another picture, sends them again.
    sent_once = len(parts) == 1 and not settings.easel_keys
    uploads = KeepUploads(settings.upstream_timeout_seconds, sent_once)
    return Plan(flows, encoder, uploads, model, decoded.delivery)


def receive_task(context: Context, operation: TaskOperation) -> Plan:
    """What polls a task. Raises TokenUnusable and TaskNotFound."""
    service, task_id, issuer = routing.find_task(context.name)
    if not context.settings.easel_keys:
        token = choose_token(context.tokens, service.own_header)
        flow = service.poll(task_id, _access(context, service, token))
    else:
        # Only its issuer may ask for it.
        flow = with_issuer(
            context.deployment.pools[service.name].issuer(issuer),
            _asking(context, service, partial(service.poll, task_id)),
        )
    flows = (_handing_out(flow, service),)
    return Plan(flows, operation.encoder(context.stamp), painter=service.name)


def _access(context: Context, service: Service, token: Token) -> Access:
    return service.access(token, context.settings, context.jobs.now, context.stamp.id)


def _asking(
    context: Context, service: Service, ask: Callable[[Access], Flow]
) -> Callable[[Token], Flow]:
    """Asks with a token of the deployment's: with itself, or with a session of its account."""

    def with_itself(token: Token) -> Flow:
        return ask(_access(context, service, token))

    def asking(token: Token) -> Flow:
        sign_in = service.signs_in_with(token, context.settings)
        if sign_in is None:
            return with_itself(token)

        def session() -> SessionFlow:
            now, nonce = context.jobs.now, context.stamp.id
            site = service.site_access(sign_in, token, context.settings, now, nonce)
            return sign_in.session(_access(context, service, token), site)

        account = Account(
            token.text,
            service.display_name,
            sign_in.site,
            session,
            context.deployment.sessions,
            lambda: context.jobs.now,
        )
        return with_session(account, with_itself)

    return asking


def _paint(context: Context, service: Service, request: ImageRequest) -> Flow:
    """Paints with the caller's token, or in turn with those of a personal proxy.

    Raises TokenUnusable.
    """
    if not context.settings.easel_keys:
        token = choose_token(context.tokens, service.own_header)
        flow = service.generate(request, _access(context, service, token))
    else:
        pool = context.deployment.pools[service.name]
        flow = in_turn(pool, _asking(context, service, partial(service.generate, request)))
    return _handing_out(naming_its_task(flow, routing.task_prefix(service)), service)


def _handing_out(flow: Flow, service: Service) -> Flow:
    """The same flow, whose task has its public id."""
    return routing.with_public_id((yield from flow), service)


def _decode(context: Context, operation: PaintOperation) -> Stage[Decoded]:
    json, form, long_texts = b"", tuple[FormField, ...](), NO_LONG_TEXTS
    if operation.body is Body.FORM:
        form = yield from _read_form(context)
    else:
        body = yield from _read_json(context)
        json, long_texts = body.json, body.long_texts
    with closing(long_texts):
        return operation.decode(
            Incoming(
                context.name,
                context.query,
                json,
                form,
                long_texts,
                context.stamp,
                context.settings,
            )
        )


def _read_json(context: Context) -> Stage[JsonBody]:
    """A body of JSON, and its long texts. Raises CallerError."""
    # No client can know the id, so none can write what stands for a long text.
    outcome = yield from context.jobs.do(ReadJson(f"easel:{context.stamp.id}:"))
    if isinstance(outcome, Failed):
        raise body_error(outcome.name, context.settings.max_request_bytes)
    assert isinstance(outcome, JsonBody)
    return outcome


def _read_form(context: Context) -> Stage[tuple[FormField, ...]]:
    """The fields of a form. Raises CallerError."""
    outcome = yield from context.jobs.do(ReadForm())
    if isinstance(outcome, Failed):
        raise body_error(outcome.name, form_limit(context.settings))
    assert isinstance(outcome, FormBody)
    return outcome.fields
