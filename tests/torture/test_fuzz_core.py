"""What the core makes of bytes that nobody meant: whatever comes, an `EaselError` or a value.

The seeds are the recorded requests and answers of `tests/wire`, and `corpus`, which holds what once
went wrong and what looks as if it might.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from easel import routing
from easel.dialects import (
    gemini,
    gemini_interactions,
    mcp,
    openai_chat,
    openai_images,
    openai_responses,
)
from easel.dialects.body import FormField
from easel.dialects.chat_encoder import ChatEncoder
from easel.dialects.encoder import Encoder, Opened, Stamp
from easel.dialects.gemini_encoder import Framing, GeminiEncoder
from easel.dialects.gemini_interactions_encoder import GeminiInteractionsEncoder
from easel.dialects.images_encoder import ImagesEncoder
from easel.download import check_download, redirect_target
from easel.errors import EaselError, UpstreamTooSlow
from easel.hidden_prompts.smallest_json import smallest_json
from easel.images.address import check_picture_url
from easel.images.blobs import blob
from easel.images.request import Action, ImageRequest
from easel.images.result import ImageResult
from easel.images.size import Size
from easel.images.sniffing import mime_type, pixel_size
from easel.services import bigmodel, geekai, zai, zhaotou
from easel.services.event_stream import EventDecoder
from easel.services.service import Access, Service
from easel.services.wire import Flow, HttpRequest, HttpResponse, ReadOn, Wait
from easel.settings import Settings
from easel.token import Token, expires_at
from tests.easel.dialects.incoming import image_of, incoming
from tests.torture.figures import Figures
from tests.torture.memory import measured
from tests.torture.mutations import (
    ANSWER_SEEDS,
    REQUEST_SEEDS,
    TOKEN,
    inputs,
    json_object,
    splintered,
)

_MOST_SECONDS: Final = 1.0
_MOST_MEGABYTES: Final = 60

Target = Callable[[bytes], object]

many = pytest.mark.parametrize("examples", [60, pytest.param(500, marks=pytest.mark.long)])


def _form(data: bytes) -> object:
    """The fields of a form, from what stands between the lines of `data`."""
    fields = [FormField("image", None, blob(b"\x89PNG\r\n\x1a\n" + data[:99]))]
    for row in data.split(b"\n")[:50]:
        name, _, text = row.decode("utf-8", "replace").partition(":")
        fields.append(FormField(name, text))
    asked = incoming(form=tuple(fields))
    return [openai_images.decode_form(asked, action) for action in (Action.EDIT, Action.VARY)]


def _paint(data: bytes) -> object:
    """What a request for pictures asks of its service."""
    image = image_of(openai_images.decode_json(incoming(data)))
    upstream, model = routing.find_service(image.model)
    return next(
        upstream.generate(ImageRequest(model, image.prompt, image.shape), _access(upstream))
    )


_catalogue = partial(routing.catalogue, Settings())

REQUESTS: Final[dict[str, Target]] = {
    "chat": lambda data: openai_chat.decode(incoming(data)),
    "images": lambda data: openai_images.decode_json(incoming(data)),
    "images, painted": _paint,
    "form": _form,
    "gemini": lambda data: gemini.decode(incoming(data, name="gemini-3-image-1k")),
    "responses": lambda data: openai_responses.decode(incoming(data)),
    "mcp": lambda data: mcp.decode(replace(incoming(data, name="zai"), catalogue=_catalogue)),
    "interactions": lambda data: gemini_interactions.decode(incoming(data)),
    "schema": lambda data: smallest_json(json_object(data), "title"),
    "token": lambda data: expires_at(f"e30.{urlsafe_b64encode(data).decode()}.c2ln"),
    "raw token": lambda data: expires_at(data.decode("latin-1")),
    "path": lambda data: routing.TABLE.route("POST", data.decode("latin-1")),
    "task": lambda data: routing.find_task(data.decode("latin-1")),
    "model": lambda data: routing.find_service(data.decode("utf-8", "replace")),
}


def _access(service: Service) -> Access:
    return service.access(Token(TOKEN), Settings(), 0, "nonce")


def _ends(flow: Flow, response: HttpResponse) -> ImageResult:
    """What a flow paints that is always answered like this. It may not go on for ever.

    A flow that pauses is told that its time is over.
    """
    step = next(flow)
    for _ in range(20):
        try:
            if isinstance(step, Wait):
                step = flow.throw(UpstreamTooSlow("The time is over."))
                continue
            goes_on = isinstance(step, ReadOn)
            assert isinstance(step, ReadOn) or (
                isinstance(step, HttpRequest) and step.url.startswith("https://")
            )
            step = flow.send(replace(response, rest=None) if goes_on else response)
        except StopIteration as end:
            painted: ImageResult = end.value
            return painted
    raise AssertionError("the flow has no end")


def _answers() -> list[Encoder]:
    """An answer in each language and way."""
    stamp = Stamp("id", 0)
    return [
        *(ChatEncoder("m", stream, stamp, "link") for stream in (False, True)),
        ImagesEncoder(base64=False, stream=False, action=Action.GENERATE, stamp=stamp),
        *(GeminiEncoder("m", framing, stamp) for framing in Framing),
        *(
            GeminiInteractionsEncoder("m", stream, stamp, links)
            for stream in (False, True)
            for links in (False, True)
        ),
    ]


def _tell(painted: ImageResult) -> None:
    """Every language can tell what was painted, whatever the service wrote into it.

    As in `easel.gallery`: an answer that carries pictures begins with the first of them, and is an
    error where there is none.
    """
    errors = painted.errors
    for answer in _answers():
        carried = answer.carries_pictures(painted)
        if carried and not painted.pictures:
            _is_json(answer.late_error(errors[0]) if errors else b"")
            continue
        whole = answer.opening(painted) if carried else b""
        for index, picture in enumerate(painted.pictures if carried else ()):
            head, tail = answer.around(index, Opened(picture, "image/png", picture.size))
            whole += head + b"QUJD" + tail
        _is_json(whole + answer.closing(painted, errors, carried=carried))


def _is_json(answer: bytes) -> None:
    for event in answer.decode().removesuffix("data: [DONE]\n\n").split("\n\n"):
        data = [row for row in event.split("\n") if not row.startswith("event: ")]
        if any(data):
            json.loads("\n".join(data).removeprefix("data: "))


def _served(upstream: Service, flow: Callable[[], Flow], data: bytes) -> object:
    """What comes of an answer, whatever its status and type."""
    found: list[str] = []
    for response in (
        HttpResponse(200, data, "application/json", long_texts=("a", "b")),
        HttpResponse(200, data, "application/json", cut="TooLarge"),
        HttpResponse(200, data, "application/json", rest=1, long_texts=("a",)),
        HttpResponse(200, data, "text/event-stream"),
        HttpResponse(201, data),
        HttpResponse(400, data, "application/json"),
        HttpResponse(429, data, "text/html", "7"),
        HttpResponse(500, data, "application/json", "soon"),
    ):
        try:
            painted = _ends(flow(), response)
        except EaselError as error:
            found.append(error.message)
            continue
        for picture in painted.pictures:
            assert picture.url is None or picture.url.startswith("https://"), upstream.name
        _tell(painted)
    assert not any(TOKEN in message for message in found)
    return found


_MODELS: Final = {
    zai.SERVICE: "gemini-3-image-1k",
    bigmodel.SERVICE: "glm-image",
    zhaotou.SERVICE: "gpt-4o-image",
    geekai.SERVICE: "gpt-image-1",
}


def _services() -> dict[str, Target]:
    found: dict[str, Target] = {}
    for upstream, model in _MODELS.items():
        request = ImageRequest(model, "a cat")
        paint = partial(upstream.generate, request, _access(upstream))
        found[upstream.name] = partial(_served, upstream, paint)
        if upstream.has_tasks:
            poll = partial(upstream.poll, "task-1", _access(upstream))
            found[f"{upstream.name}, a task"] = partial(_served, upstream, poll)
    return found


ANSWERS: Final[dict[str, Target]] = {
    **_services(),
    "sniffing": lambda data: (mime_type(data), pixel_size(data)),
    "download": lambda data: check_download(200, len(data), data, 10**6),
    "picture address": lambda data: check_picture_url(data.decode("latin-1"), allow_http=False),
    "redirect": lambda data: redirect_target(
        302, data.decode("latin-1"), 0, at="https://pictures.example/x.png", allow_http=False
    ),
}


def _check(target: Target, data: bytes) -> None:
    """A value or an EaselError, soon, and with little memory."""

    def call() -> None:
        with suppress(EaselError):
            target(data)

    _, megabytes, seconds = measured(call)
    assert seconds < _MOST_SECONDS, f"{seconds:.1f} s for {data[:200]!r}"
    assert megabytes < _MOST_MEGABYTES, f"{megabytes:.0f} MB for {data[:200]!r}"


def _fuzz(target: Target, seeds: list[bytes], examples: int) -> None:
    def check(data: bytes) -> None:
        _check(target, data)

    settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )(given(inputs(seeds))(check))()


@many
@pytest.mark.parametrize("name", REQUESTS)
def test_whatever_a_client_sends_is_read_or_refused(
    name: str, examples: int, figures: Figures
) -> None:
    figures.count("Fuzzing", "requests for the decoders", examples)
    _fuzz(REQUESTS[name], REQUEST_SEEDS, examples)


@many
@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_a_service_answers_is_read_or_refused(
    name: str, examples: int, figures: Figures
) -> None:
    figures.count("Fuzzing", "answers for the services' parsers", examples)
    _fuzz(ANSWERS[name], ANSWER_SEEDS, examples)


# What is as long as it may be, and says the same over and over.
_LONG: Final = {
    "brackets": b"[" * 1_000_000,
    "objects": b'{"a":' * 200_000,
    "quotes": b'"' * 1_000_000,
    "digits": b"9" * 1_000_000,
    "points": b"." * 1_000_000,
    "slashes": b"/" * 1_000_000,
    "spaces": b" " * 1_000_000,
    "lines": b"\n" * 1_000_000,
    "events": b"data: {}\n\n" * 100_000,
    "one event": b"data: x\n" * 100_000,
    "NULs": b"\x00" * 1_000_000,
    "fill bytes": b"\xff\xd8\xff" + b"\xff" * 1_000_000,
    "segments": b"\xff\xd8\xff\xe0\x00\x00" + b"\xff\xe0\x00\x00" * 200_000,
    "percent": b"%41" * 300_000,
    "colons": b":" * 1_000_000,
    "data url": b"data:" + b"A" * 1_000_000,
}


@pytest.mark.parametrize("long", _LONG)
@pytest.mark.parametrize("name", [*REQUESTS, *ANSWERS])
def test_nothing_takes_long_however_long_it_is(name: str, long: str) -> None:
    _check({**REQUESTS, **ANSWERS}[name], _LONG[long])


@many
def test_events_are_the_same_however_they_are_cut(examples: int) -> None:
    def check(parts: list[bytes]) -> None:
        whole, cut = EventDecoder(), EventDecoder()
        expected = whole.decode(b"".join(parts)) + whole.flush()
        found = [event for part in parts for event in cut.decode(part)] + cut.flush()
        assert found == expected

    pieces = st.sampled_from(
        [b"data", b":", b" ", b"\r", b"\n", b"\xef\xbb\xbf", b"\xe4\xb8", b"x"]
    )
    parts = st.lists(st.one_of(pieces, st.binary(max_size=6)), max_size=30)
    settings(max_examples=examples, deadline=None, database=None)(given(parts)(check))()


@many
def test_sizes_are_sizes(examples: int) -> None:
    def check(data: bytes) -> None:
        found = pixel_size(data)
        assert found is None or (found.width > 0 and found.height > 0 and isinstance(found, Size))

    settings(max_examples=examples, deadline=None, database=None)(
        given(splintered(ANSWER_SEEDS))(check)
    )()


def test_many_events_take_no_longer_the_more_there_are() -> None:
    decoder = EventDecoder()
    start = time.process_time()
    for _ in range(20_000):
        decoder.decode(b"data: x")
    decoder.flush()
    assert time.process_time() - start < _MOST_SECONDS
