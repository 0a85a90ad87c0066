"""Receives a request for pictures, whatever its dialect.

In: a `Call`. Out: the flows that paint what it asks for, and the `Encoder` of its answer; an
`EaselError` where it asks for what cannot be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from easel import routing
from easel.dialects import gemini, openai_chat, openai_images
from easel.dialects.body import FormField, body_failure
from easel.dialects.chat_encoder import ChatEncoder
from easel.dialects.encoder import Encoder, Stamp
from easel.effects import Failed, FormBody, JsonBody, KeepUploads, ReadForm, ReadJson
from easel.images.request import ImageRequest, Task, split
from easel.jobs import Part, perform
from easel.request_log import RequestLog
from easel.routing import Endpoint, Route
from easel.services.service import Access, Service
from easel.services.token_pool import TokenPool, in_turn, with_issuer
from easel.services.unfinished_tasks import naming_its_task
from easel.services.wire import Flow, no_call
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
    """What is the same as long as the isolate lives; the pools remember which tokens cool down."""

    settings: Settings
    pools: Mapping[str, TokenPool]
    limiter: Limiter = Limiter.NONE


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way, with what every step needs of it."""

    route: Route
    # It may hold `?key=`.
    query: str = field(repr=False)
    deployment: Deployment
    tokens: tuple[Token, ...]
    now: float
    stamp: Stamp
    log: RequestLog

    @property
    def settings(self) -> Settings:
        return self.deployment.settings

    @property
    def named(self) -> Service | None:
        """The service that the caller names by a header."""
        return routing.named_by(token.header for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Plan:
    """What paints, and how it is answered. `uploads` says how long what was uploaded is needed."""

    flows: tuple[Flow, ...]
    encoder: Encoder
    uploads: KeepUploads | None = None


def receive(call: Call) -> Part[Plan]:
    """What a request asks for. Raises CallerError; nothing has been asked by then."""
    if call.route.endpoint is Endpoint.TASK:
        return _task(call)
    image, encoder = yield from _READERS[call.route.endpoint](call)
    service, model = routing.find_service(image.model, call.named)
    call.log.paints(service, model, stream=encoder.stream)
    if encoder.said is not None:
        routing.check_offered(service, call.settings)
        return Plan((no_call(),), encoder)
    parts = split(replace(image, model=model), service.pictures_a_call)
    flows = tuple(_paint(call, service, part) for part in parts)
    if not image.images:
        return Plan(flows, encoder)
    # A second call, with another token or for another picture, sends them again.
    sent_once = len(parts) == 1 and not call.settings.easel_keys
    uploads = KeepUploads(call.settings.upstream_timeout_seconds, sent_once)
    return Plan(flows, encoder, uploads)


def _access(call: Call, token: Token) -> Access:
    return Access(token, call.settings, call.now, call.stamp.id)


def _paint(call: Call, service: Service, request: ImageRequest) -> Flow:
    """Paints with the caller's token, or in turn with those of a personal proxy.

    Raises TokenUnusable and ModelNotFound.
    """
    routing.check_offered(service, call.settings)
    if not call.settings.easel_keys:
        token = choose_token(call.tokens, service.token_header)
        flow = service.generate(request, _access(call, token))
    else:
        pool = call.deployment.pools[service.name]
        flow = in_turn(pool, lambda token: service.generate(request, _access(call, token)))
    return naming_its_task(flow, routing.task_prefix(service))


def _task(call: Call) -> Plan:
    """How a task stands. Raises TokenUnusable and TaskNotFound."""
    service, task_id, issuer = routing.find_task(call.route.name)
    encoder = openai_images.ImagesEncoder(
        base64=False,
        stream=False,
        task=Task.GENERATE,
        stamp=call.stamp,
        task_prefix=routing.task_prefix(service),
    )
    poll = service.poll
    assert poll is not None
    if not call.settings.easel_keys:
        token = choose_token(call.tokens, service.token_header)
        return Plan((poll(task_id, _access(call, token)),), encoder)
    # Only the token that made it may ask for it.
    issued_by = call.deployment.pools[service.name].maker(issuer)
    flow = with_issuer(issued_by, lambda token: poll(task_id, _access(call, token)))
    return Plan((flow,), encoder)


def _json(call: Call) -> Part[JsonBody]:
    """A body of JSON, and its long texts apart. Raises CallerError."""
    # No client can know the id, and so none can write what stands for a text.
    outcome = yield from perform(ReadJson(f"easel:{call.stamp.id}:"))
    if isinstance(outcome, Failed):
        raise body_failure(outcome.name, call.settings.max_request_bytes)
    assert isinstance(outcome, JsonBody)
    return outcome


def _form(call: Call) -> Part[tuple[FormField, ...]]:
    """The fields of a form. Raises CallerError."""
    outcome = yield from perform(ReadForm())
    if isinstance(outcome, Failed):
        raise body_failure(outcome.name, form_limit(call.settings))
    assert isinstance(outcome, FormBody)
    return outcome.fields


def _chat(call: Call) -> Part[tuple[ImageRequest, Encoder]]:
    body = yield from _json(call)
    settings = call.settings
    with closing(body.long_texts):
        asked = openai_chat.decode(
            body.json, body.long_texts, answer_hidden_prompts=settings.answer_hidden_prompts
        )
    stamp = replace(call.stamp, id=f"chatcmpl-{call.stamp.id}")
    way = asked.way or settings.chat_picture
    encoder = ChatEncoder(asked.image.model, asked.stream, stamp, way, asked.usage, asked.said)
    return asked.image, encoder


def _images(call: Call) -> Part[tuple[ImageRequest, Encoder]]:
    default_model = call.settings.default_image_model
    if call.route.endpoint is Endpoint.GENERATIONS:
        body = yield from _json(call)
        with closing(body.long_texts):
            asked = openai_images.decode_json(body.json, default_model, body.long_texts)
    else:
        form = yield from _form(call)
        task = Task.EDIT if call.route.endpoint is Endpoint.EDITS else Task.VARY
        asked = openai_images.decode_form(form, task, default_model)
    service, _ = routing.find_service(asked.image.model, call.named)
    encoder = openai_images.ImagesEncoder(
        asked.base64, asked.stream, asked.image.task, call.stamp, routing.task_prefix(service)
    )
    return asked.image, encoder


def _gemini(call: Call) -> Part[tuple[ImageRequest, Encoder]]:
    model = call.route.name
    streamed = call.route.endpoint is Endpoint.GEMINI_STREAM
    body = yield from _json(call)
    with closing(body.long_texts):
        asked = gemini.decode(
            model,
            body.json,
            body.long_texts,
            answer_hidden_prompts=call.settings.answer_hidden_prompts,
        )
    framing = gemini.framing(call.query, streamed=streamed)
    return asked.image, gemini.GeminiEncoder(model, framing, call.stamp, asked.said)


_READERS: Final = {
    Endpoint.CHAT: _chat,
    Endpoint.GENERATIONS: _images,
    Endpoint.EDITS: _images,
    Endpoint.VARIATIONS: _images,
    Endpoint.GEMINI: _gemini,
    Endpoint.GEMINI_STREAM: _gemini,
}
