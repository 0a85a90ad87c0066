"""Receives a request for pictures, whatever its dialect.

In: a `Call`. Out: a `Plan` with the flows that paint what it asks for, or a text reply; an
`EaselError` where it asks for what cannot be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from easel import routing
from easel.dialects.body import FormField, body_error
from easel.dialects.dialect import (
    Body,
    Decoded,
    Incoming,
    PaintOperation,
    TaskOperation,
    TextReply,
)
from easel.dialects.encoder import Encoder, Stamp
from easel.effects import Failed, FormBody, JsonBody, KeepUploads, ReadForm, ReadJson
from easel.images.blobs import NO_LONG_TEXTS
from easel.images.request import ImageRequest, split
from easel.jobs import Jobs, Part
from easel.request_log import RequestLog
from easel.services.service import Access, Service
from easel.services.token_pool import TokenPool, in_turn, with_issuer
from easel.services.unfinished_tasks import naming_its_task
from easel.services.wire import Flow
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
    """What lives as long as the isolate; the pools remember which tokens cool down."""

    settings: Settings
    pools: Mapping[str, TokenPool]
    limiter: Limiter = Limiter.NONE


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way, with what every step needs of it. `name` is what the path names."""

    name: str
    # It may hold `?key=`.
    query: str = field(repr=False)
    deployment: Deployment
    tokens: tuple[Token, ...]
    stamp: Stamp
    log: RequestLog
    jobs: Jobs

    @property
    def settings(self) -> Settings:
        return self.deployment.settings

    @property
    def named(self) -> Service | None:
        """The service that the caller names by a header."""
        return routing.named_by(token.header for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Plan:
    """What paints, and how it is answered. `uploads` says how long uploads are needed."""

    flows: tuple[Flow, ...]
    encoder: Encoder
    uploads: KeepUploads | None = None


def receive(call: Call, operation: PaintOperation) -> Part[Plan | tuple[TextReply, Encoder]]:
    """What a request asks for; a text reply where nothing is painted.

    Raises CallerError, before any service is called.
    """
    decoded = yield from _decode(call, operation)
    wanted, encoder, settings = decoded.wanted, decoded.encoder, call.settings
    service, model = routing.find_service(decoded.model, call.named)
    call.log.paints(service, model, stream=encoder.stream)
    routing.check_offered(service, settings)
    if isinstance(wanted, TextReply):
        return wanted, encoder
    # Most callers use the service's own name of a model.
    request = wanted if wanted.model == model else replace(wanted, model=model)
    parts = split(request, service.pictures_a_call)
    flows = tuple(_paint(call, service, part) for part in parts)
    if not wanted.images:
        return Plan(flows, encoder)
    # A second call, with another token or for another picture, sends them again.
    sent_once = len(parts) == 1 and not settings.easel_keys
    return Plan(flows, encoder, KeepUploads(settings.upstream_timeout_seconds, sent_once))


def receive_task(call: Call, operation: TaskOperation) -> Plan:
    """What polls a task. Raises TokenUnusable and TaskNotFound."""
    service, task_id, issuer = routing.find_task(call.name)
    if not call.settings.easel_keys:
        token = choose_token(call.tokens, service.own_header)
        flow = service.poll(task_id, _access(call, service, token))
    else:
        # Only its issuer may ask for it.
        flow = with_issuer(
            call.deployment.pools[service.name].issuer(issuer),
            lambda token: service.poll(task_id, _access(call, service, token)),
        )
    return Plan((_handing_out(flow, service),), operation.encoder(call.stamp))


def _access(call: Call, service: Service, token: Token) -> Access:
    return service.access(token, call.settings, call.jobs.now, call.stamp.id)


def _paint(call: Call, service: Service, request: ImageRequest) -> Flow:
    """Paints with the caller's token, or in turn with those of a personal proxy.

    Raises TokenUnusable.
    """
    if not call.settings.easel_keys:
        token = choose_token(call.tokens, service.own_header)
        flow = service.generate(request, _access(call, service, token))
    else:
        pool = call.deployment.pools[service.name]
        flow = in_turn(pool, lambda token: service.generate(request, _access(call, service, token)))
    return _handing_out(naming_its_task(flow, routing.task_prefix(service)), service)


def _handing_out(flow: Flow, service: Service) -> Flow:
    """The same flow, whose task has its public id."""
    return routing.with_public_id((yield from flow), service)


def _decode(call: Call, operation: PaintOperation) -> Part[Decoded]:
    json, form, long_texts = b"", tuple[FormField, ...](), NO_LONG_TEXTS
    if operation.body is Body.FORM:
        form = yield from _read_form(call)
    else:
        body = yield from _read_json(call)
        json, long_texts = body.json, body.long_texts
    with closing(long_texts):
        return operation.decode(
            Incoming(call.name, call.query, json, form, long_texts, call.stamp, call.settings)
        )


def _read_json(call: Call) -> Part[JsonBody]:
    """A body of JSON, and its long texts. Raises CallerError."""
    # No client can know the id, so none can write what stands for a long text.
    outcome = yield from call.jobs.do(ReadJson(f"easel:{call.stamp.id}:"))
    if isinstance(outcome, Failed):
        raise body_error(outcome.name, call.settings.max_request_bytes)
    assert isinstance(outcome, JsonBody)
    return outcome


def _read_form(call: Call) -> Part[tuple[FormField, ...]]:
    """The fields of a form. Raises CallerError."""
    outcome = yield from call.jobs.do(ReadForm())
    if isinstance(outcome, Failed):
        raise body_error(outcome.name, form_limit(call.settings))
    assert isinstance(outcome, FormBody)
    return outcome.fields
