"""Receives a request for pictures, whatever its dialect.

In: a `Context`. Out: a `Plan` with the flows that paint what it asks for, or a text reply; an
`EaselError` where it asks for what cannot be done.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from easel import routing
from easel.behind_links import Reader, check_found, take_in
from easel.context import Context
from easel.deployment import LIMITER_BINDING, Limiter
from easel.dialects.body import FormField, body_error
from easel.dialects.dialect import (
    AS_USUAL,
    Body,
    Delivery,
    DirectReply,
    Incoming,
    MessageOperation,
    PaintOperation,
    TaskOperation,
    TextReply,
)
from easel.dialects.encoder import Encoder
from easel.dialects.previous import FindPrevious
from easel.dialects.turn import Turn
from easel.editing import Edit, Painter, edit_of, fetched, painting
from easel.effects import CheckRate, KeepUploads, ReadForm, ReadJson, ReleaseUploads
from easel.errors import InternalError, InvalidRequest, RateLimited
from easel.images.blobs import NO_LONG_TEXTS
from easel.images.request import ImageRequest, split
from easel.jobs import Stage
from easel.outcomes import Allowed, Failed, FormBody, JsonBody
from easel.paying import access_with, generating, polling
from easel.services.service import Service
from easel.services.wire import Flow
from easel.settings import form_limit, misconfigured
from easel.token import Token

# OpenAI's limit to the pictures of an edit. Each takes up to two of fifty subrequests.
_MOST_TAKEN_IN: Final = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """What paints, and how it is answered. `uploads` says how long uploads are needed.

    `painter` is what paints, as files may be called: a model, or the service where it is not known.

    `remark` is told with the pictures. `fetch` is set where a picture to paint from has to be
    opened first, which is not done before the answer may have to begin; it gives the plan to follow
    then, and raises nothing.
    """

    flows: tuple[Flow, ...]
    encoder: Encoder
    uploads: KeepUploads | None = None
    painter: str = ""
    delivery: Delivery = AS_USUAL
    remark: str = ""
    fetch: Callable[[], Stage[Plan]] | None = None


def receive(context: Context, operation: PaintOperation) -> Stage[Plan | tuple[TextReply, Encoder]]:
    """What a request asks for; a text reply where nothing is painted.

    Raises CallerError, before any service is called.
    """
    incoming = yield from _read(context, operation)
    with closing(incoming.long_texts):
        decoded = operation.decode(incoming)
        wanted, encoder = decoded.wanted, decoded.encoder
        # Of a long text it would be the mark.
        name = incoming.long_texts.glance(decoded.model)
        service, model = routing.find_service(name, context.named)
        context.log.paints(service, model, stream=encoder.stream)
        routing.check_offered(service, context.settings)
        if isinstance(wanted, TextReply):
            return wanted, encoder
        request = yield from _taken_in(_request(wanted, service, model), service, context)
        edit = _edit(context, service, request, decoded.previous)
    if isinstance(wanted, Turn) and edit.link is None:
        # Those of the other messages are held by now.
        _release_unused(context, edit.request)
    return replace(_plan(context, service, edit, encoder), delivery=decoded.delivery)


def receive_message(context: Context, operation: MessageOperation) -> Stage[Plan | DirectReply]:
    """What a message of a protocol asks for; a reply where nothing is painted.

    Raises CallerError, before any service is called.
    """
    only = routing.service_at(context.name)
    incoming = yield from _read(context, operation)
    with closing(incoming.long_texts):
        catalogue = partial(routing.catalogue, context.settings, only)
        decoded = operation.decode(replace(incoming, headers=context.headers, catalogue=catalogue))
    if isinstance(decoded, DirectReply):
        return decoded
    context.telling.tell = decoded.delivery.tell
    yield from check_rate(context)
    wanted, encoder = decoded.wanted, decoded.encoder
    assert isinstance(wanted, ImageRequest)
    service, model = (
        routing.find_at(decoded.model, only)
        if only
        else routing.find_service(decoded.model, context.named)
    )
    context.log.paints(service, model, stream=encoder.stream)
    routing.check_offered(service, context.settings)
    request = yield from _taken_in(_request(wanted, service, model), service, context)
    plan = _plan(context, service, Edit(request), encoder)
    return replace(plan, delivery=decoded.delivery)


def check_rate(context: Context) -> Stage[None]:
    """Counts one more request with a key. Raises RateLimited when there were too many."""
    limiter, key_number = context.deployment.limiter, context.log.key
    if key_number is None or limiter is Limiter.NONE:
        return
    if limiter is Limiter.NOT_A_LIMITER:
        raise misconfigured(
            [f"{LIMITER_BINDING}: must be a rate limit of [[ratelimits]], not a variable"]
        )
    outcome = yield from context.jobs.do(CheckRate(key_number))
    if not isinstance(outcome, Allowed):
        # Whoever binds a limiter wants a limit.
        raise InternalError("The rate limiter did not answer.")
    if not outcome.allowed:
        raise RateLimited(
            f"Key {key_number} of this deployment has made too many requests. Try again later."
        )


def _request(wanted: ImageRequest | Turn, service: Service, model: str) -> ImageRequest:
    """What is asked of a service. Raises CallerError."""
    if isinstance(wanted, Turn):
        wanted = wanted.as_read(whole=service.joins_messages)
    # Most callers use the service's own name of a model.
    return wanted if wanted.model == model else replace(wanted, model=model)


def _taken_in(request: ImageRequest, service: Service, context: Context) -> Stage[ImageRequest]:
    """The request with the pictures behind links that Easel reads itself.

    Raises what `take_in` does, and InvalidRequest where there are too many.
    """
    if not (service.paints_from_pictures and (request.images or request.mask)):
        return request
    opens = not service.takes_addresses
    found = any(image.found for image in request.images)
    if context.settings.link_secret is None and not opens and not found:
        return request
    settings, jobs = context.settings, context.jobs
    reader = Reader(context.bases, settings, jobs, context.has_store, opens)
    images, taken = [], 0
    for image in request.images:
        held = yield from take_in(image, reader)
        if held.found:
            check_found(held, settings)
        images.append(held)
        taken += held is not image
        if taken > _MOST_TAKEN_IN:
            raise InvalidRequest(
                f"{image.param}: at most {_MOST_TAKEN_IN} pictures of a request may be links that "
                "Easel opens. Send fewer.",
                param=image.param,
            )
    mask = None if request.mask is None else (yield from take_in(request.mask, reader))
    return replace(request, images=tuple(images), mask=mask)


def _release_unused(context: Context, request: ImageRequest) -> None:
    """Releases the pictures that were read, where none of them is painted from."""
    if not request.images:
        context.jobs.also(ReleaseUploads())


def _edit(
    context: Context, service: Service, request: ImageRequest, find: FindPrevious | None
) -> Edit:
    """The request, with the picture before where it goes on from that."""
    if find is None or request.images or not service.edits(request.model):
        return Edit(request)
    return edit_of(request, find, _painter(context, service))


def _painter(context: Context, service: Service) -> Painter:
    def try_out(request: ImageRequest) -> None:
        # A flow sends nothing by itself.
        with closing(service.generate(request, access_with(context, service, Token("")))) as flow:
            next(flow)

    return Painter(service, context.settings, try_out, context.bases, has_store=context.has_store)


def _plan(context: Context, service: Service, edit: Edit, encoder: Encoder) -> Plan:
    """How a request is painted. Raises CallerError."""
    request, settings = edit.request, context.settings
    parts = split(request, service.pictures_a_call)
    plan = Plan(
        tuple(generating(context, service, part) for part in parts), encoder, painter=request.model
    )
    if edit.link is not None:
        return replace(plan, fetch=lambda: _fetch(context, service, edit, encoder))
    if edit.remark:
        plan = replace(plan, remark=edit.remark)
        _release_unused(context, request)
    if not request.images:
        return plan
    if edit.remark:
        plan = replace(plan, flows=tuple(map(painting, plan.flows)))
    # A second call, with another token or for another picture, sends them again.
    sent_once = len(parts) == 1 and not settings.easel_keys
    uploads = KeepUploads(settings.upstream_timeout_seconds, sent_once)
    return replace(plan, uploads=uploads)


def _fetch(context: Context, service: Service, edit: Edit, encoder: Encoder) -> Stage[Plan]:
    """The plan for an edit of the picture at a link."""
    edit = yield from fetched(edit, _painter(context, service), context.jobs)
    return _plan(context, service, edit, encoder)


def receive_task(context: Context, operation: TaskOperation) -> Plan:
    """What polls a task. Raises TokenUnusable and TaskNotFound."""
    service, task_id, issuer = routing.find_task(context.name)
    flow = polling(context, service, task_id, issuer)
    return Plan((flow,), operation.encoder(context.stamp), painter=service.name)


def _read(context: Context, operation: PaintOperation | MessageOperation) -> Stage[Incoming]:
    """A request with its body. Raises CallerError."""
    json, form, long_texts = b"", tuple[FormField, ...](), NO_LONG_TEXTS
    if operation.body is Body.FORM:
        form = yield from _read_form(context)
    else:
        body = yield from _read_json(context)
        json, long_texts = body.json, body.long_texts
    return Incoming(
        context.name, context.query, json, form, long_texts, context.stamp, context.settings
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
