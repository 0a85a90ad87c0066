"""Receives a request for pictures, whatever its dialect.

In: a `Call`. Out: the flows that paint what it asks for, and the `Encoder` that it wants; an
`EaselError` where it asks for what cannot be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Final

from easel import routing
from easel.dialects import gemini, openai_chat, openai_images
from easel.dialects.body import FormField
from easel.dialects.chat_encoder import ChatEncoder
from easel.dialects.encoder import Encoder, Stamp
from easel.images.blobs import LongTexts
from easel.images.request import ImageRequest, Task, split
from easel.routing import Endpoint, Route
from easel.services.service import Access, Service
from easel.services.token_pool import TokenPool, in_turn, with_issuer
from easel.services.unfinished_tasks import naming_its_task
from easel.services.wire import Flow, no_call
from easel.settings import Settings
from easel.token import Token, choose_token
from edge import platform
from edge.journal import Journal
from edge.platform import JsLifetime


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way, with what every endpoint needs of it."""

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
        return naming_its_task(flow, routing.task_prefix(upstream))

    def poll(self, upstream: Service, task_id: str, maker: str) -> Flow:
        """Asks for a task with the token that made it. Raises TokenUnusable and TaskNotFound."""
        if not self.settings.easel_keys:
            token = choose_token(self.tokens, upstream.own_header)
            return upstream.poll(task_id, self.access(upstream, token))
        made_by = self.pools[upstream.name].maker(maker)
        return with_issuer(
            made_by, lambda token: upstream.poll(task_id, self.access(upstream, token))
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


async def receive(call: Call) -> tuple[tuple[Flow, ...], Encoder]:
    """What paints, and how to answer. Raises CallerError; nothing has been asked by then."""
    if call.route.endpoint is Endpoint.TASK:
        return _task(call)
    image, answer = await _READERS[call.route.endpoint](call)
    upstream, model = routing.find_service(image.model, call.named)
    call.journal.paints(upstream, model, stream=answer.stream)
    if answer.said is not None:
        routing.check_offered(upstream, call.settings)
        return (no_call(),), answer
    parts = split(replace(image, model=model), upstream.pictures_a_call)
    if image.images:
        # A second call, with another token or for another picture, sends them again.
        if len(parts) == 1 and not call.settings.easel_keys:
            call.lifetime.send_once()
        call.lifetime.settle(call.settings.upstream_timeout_seconds * 1000)
    return tuple(call.paint(upstream, part) for part in parts), answer


async def _chat(call: Call) -> tuple[ImageRequest, Encoder]:
    body, long_texts = await call.json()
    with closing(long_texts):
        asked = openai_chat.decode(
            body, long_texts, answer_hidden_prompts=call.settings.answer_hidden_prompts
        )
    stamp = replace(call.stamp, id=f"chatcmpl-{call.stamp.id}")
    way = asked.way or call.settings.chat_picture
    answer = ChatEncoder(asked.image.model, asked.stream, stamp, way, asked.usage, asked.said)
    return asked.image, answer


async def _images(call: Call) -> tuple[ImageRequest, Encoder]:
    default_model = call.settings.default_image_model
    if call.route.endpoint is Endpoint.GENERATIONS:
        body, long_texts = await call.json()
        with closing(long_texts):
            asked = openai_images.decode_json(body, default_model, long_texts)
    else:
        form = await call.form()
        task = Task.EDIT if call.route.endpoint is Endpoint.EDITS else Task.VARY
        asked = openai_images.decode_form(form, task, default_model)
    upstream, _ = routing.find_service(asked.image.model, call.named)
    answer = openai_images.ImagesEncoder(
        asked.base64, asked.stream, asked.image.task, call.stamp, routing.task_prefix(upstream)
    )
    return asked.image, answer


async def _gemini(call: Call) -> tuple[ImageRequest, Encoder]:
    model = call.route.name
    streamed = call.route.endpoint is Endpoint.GEMINI_STREAM
    body, long_texts = await call.json()
    with closing(long_texts):
        asked = gemini.decode(
            model, body, long_texts, answer_hidden_prompts=call.settings.answer_hidden_prompts
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


def _task(call: Call) -> tuple[tuple[Flow, ...], Encoder]:
    upstream, task_id, maker = routing.find_task(call.route.name)
    answer = openai_images.ImagesEncoder(
        base64=False,
        stream=False,
        task=Task.GENERATE,
        stamp=call.stamp,
        task_prefix=routing.task_prefix(upstream),
    )
    return (call.poll(upstream, task_id, maker),), answer
