"""Receives a request for pictures, whatever its dialect.

In: a `Call`. Out: the flows that paint what it asks for or the text that answers it, and the
`Encoder` that it wants; an `EaselError` where it asks for what cannot be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from easel import routing
from easel.dialects.body import FormField
from easel.dialects.dialect import (
    Body,
    Decoded,
    Incoming,
    PaintOperation,
    TaskOperation,
    TextReply,
)
from easel.dialects.encoder import Encoder, Stamp
from easel.dialects.operation_table import Route
from easel.images.blobs import NO_LONG_TEXTS, LongTexts
from easel.images.request import ImageRequest, split
from easel.services.service import Access, Service
from easel.services.token_pool import TokenPool, in_turn, with_issuer
from easel.services.unfinished_tasks import naming_its_task
from easel.services.wire import Flow
from easel.settings import Settings
from easel.token import Token, choose_token
from edge import platform
from edge.journal import Journal
from edge.platform import JsLifetime


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way, with what every operation needs of it."""

    request: Any
    route: Route
    # It may hold `?key=`.
    query: str = field(repr=False)
    stamp: Stamp
    settings: Settings
    pools: Mapping[str, TokenPool]
    tokens: tuple[Token, ...]
    now: float
    lifetime: JsLifetime
    journal: Journal

    @property
    def named(self) -> Service | None:
        """The service that the caller names by a header."""
        return routing.named_by(token.header for token in self.tokens)

    def access(self, service: Service, token: Token) -> Access:
        """What a service needs to be asked with."""
        return service.access(token, self.settings, self.now, self.stamp.id)

    def paint(self, upstream: Service, request: ImageRequest) -> Flow:
        """Paints with the caller's token, or in turn with those of a personal proxy.

        Raises TokenUnusable and ModelNotFound.
        """
        routing.check_offered(upstream, self.settings)
        if not self.settings.easel_keys:
            token = choose_token(self.tokens, upstream.own_header)
            flow = upstream.generate(request, self.access(upstream, token))
        else:
            pool = self.pools[upstream.name]
            flow = in_turn(
                pool, lambda token: upstream.generate(request, self.access(upstream, token))
            )
        return handing_out(naming_its_task(flow, routing.task_prefix(upstream)), upstream)

    def poll(self, upstream: Service, task_id: str, issuer: str) -> Flow:
        """Asks for a task with the token that made it. Raises TokenUnusable and TaskNotFound."""
        if not self.settings.easel_keys:
            token = choose_token(self.tokens, upstream.own_header)
            return upstream.poll(task_id, self.access(upstream, token))
        own_token = self.pools[upstream.name].issuer(issuer)
        return with_issuer(
            own_token, lambda token: upstream.poll(task_id, self.access(upstream, token))
        )

    async def json(self) -> tuple[bytes, LongTexts]:
        """A body of JSON, and its long texts apart. Raises BodyTooLarge and InvalidRequest."""
        settings = self.settings
        # No client can know the id, and so none can write what stands for a text.
        mark = f"easel:{self.stamp.id}:"
        return await platform.read_json(
            self.request, settings.max_request_bytes, mark, self.lifetime
        )

    async def form(self) -> list[FormField]:
        """The fields of a form. Raises BodyTooLarge and InvalidRequest."""
        limit = platform.form_limit(self.settings)
        return await platform.read_form(self.request, limit, self.lifetime)


async def receive(call: Call) -> tuple[tuple[Flow, ...], Encoder, TextReply | None]:
    """What paints, and how to answer; a text where nothing is painted.

    Raises CallerError; nothing has been asked by then.
    """
    operation = call.route.operation
    if isinstance(operation, TaskOperation):
        upstream, task_id, issuer = routing.find_task(call.route.name)
        flow = handing_out(call.poll(upstream, task_id, issuer), upstream)
        return (flow,), operation.encoder(call.stamp), None
    assert isinstance(operation, PaintOperation)
    decoded = await _decode(call, operation)
    image, encoder = decoded.wanted, decoded.encoder
    upstream, model = routing.find_service(decoded.model, call.named)
    call.journal.paints(upstream, model, stream=encoder.stream)
    if isinstance(image, TextReply):
        routing.check_offered(upstream, call.settings)
        return (), encoder, image
    parts = split(replace(image, model=model), upstream.pictures_a_call)
    if image.images:
        # A second call, with another token or for another picture, sends them again.
        if len(parts) == 1 and not call.settings.easel_keys:
            call.lifetime.send_once()
        call.lifetime.settle(call.settings.upstream_timeout_seconds * 1000)
    return tuple(call.paint(upstream, part) for part in parts), encoder, None


async def _decode(call: Call, operation: PaintOperation) -> Decoded:
    body, form, long_texts = b"", tuple[FormField, ...](), NO_LONG_TEXTS
    if operation.body is Body.FORM:
        form = tuple(await call.form())
    else:
        body, long_texts = await call.json()
    with closing(long_texts):
        return operation.decode(
            Incoming(call.route.name, call.query, body, form, long_texts, call.stamp, call.settings)
        )


def handing_out(flow: Flow, upstream: Service) -> Flow:
    """The same flow, whose task has the id that the caller gets."""
    return routing.hand_out((yield from flow), upstream)
