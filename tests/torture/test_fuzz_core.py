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
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from easel import routing
from easel.answer import Answer, Stamp
from easel.blob import blob
from easel.body import FormField
from easel.chat_answer import ChatAnswer
from easel.dialects import gemini, openai_chat, openai_images
from easel.download import check_download, check_picture_url, redirect_target
from easel.errors import EaselError, UpstreamTooSlow
from easel.image import ImageRequest, Painted, Task
from easel.settings import Settings
from easel.size import Size
from easel.smallest_json import smallest_json
from easel.sniff import mime_type, pixel_size
from easel.sse import EventDecoder
from easel.token import Token, expires_at
from easel.upstream import Access, Upstream
from easel.upstreams import bigmodel, geekai, zai, zhaotou
from easel.wire import Flow, HttpResponse, ReadOn, Wait
from tests.torture.memory import measured

_MOST_SECONDS: Final = 1.0
_MOST_MEGABYTES: Final = 60

_CORPUS: Final = Path(__file__).with_name("corpus")
_WIRE: Final = Path(__file__).parents[1] / "wire"

Target = Callable[[bytes], object]

many = pytest.mark.parametrize("examples", [60, pytest.param(500, marks=pytest.mark.long)])


# --- What is fuzzed --------------------------------------------------------------------------


def _form(data: bytes) -> object:
    """The fields of a form, from what stands between the lines of `data`."""
    fields = [FormField("image", None, blob(b"\x89PNG\r\n\x1a\n" + data[:99]))]
    for row in data.split(b"\n")[:50]:
        name, _, text = row.decode("utf-8", "replace").partition(":")
        fields.append(FormField(name, text))
    return [openai_images.decode_form(fields, task, "glm-image") for task in (Task.EDIT, Task.VARY)]


def _paint(data: bytes) -> object:
    """What a request for pictures asks of its service."""
    image = openai_images.decode_json(data, "glm-image").image
    upstream, model = routing.find_upstream(image.model)
    return next(upstream.generate(ImageRequest(model, image.prompt, image.shape), _access()))


REQUESTS: Final[dict[str, Target]] = {
    "chat": openai_chat.decode,
    "images": lambda data: openai_images.decode_json(data, "glm-image"),
    "images, painted": _paint,
    "form": _form,
    "gemini": lambda data: gemini.decode("gemini-3-image-1k", data),
    "schema": lambda data: smallest_json(_object(data), "title"),
    "token": lambda data: expires_at(f"e30.{urlsafe_b64encode(data).decode()}.c2ln"),
    "raw token": lambda data: expires_at(data.decode("latin-1")),
    "path": lambda data: routing.route("POST", data.decode("latin-1")),
    "task": lambda data: routing.find_task(data.decode("latin-1")),
    "model": lambda data: routing.find_upstream(data.decode("utf-8", "replace")),
}


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {"anyOf": [found]}


def _access() -> Access:
    return Access(Token("a-token"), Settings(), 0, "nonce")


def _ends(flow: Flow, response: HttpResponse) -> Painted:
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
            assert isinstance(step, ReadOn) or step.url.startswith("https://")
            step = flow.send(replace(response, rest=None) if goes_on else response)
        except StopIteration as end:
            painted: Painted = end.value
            return painted
    raise AssertionError("the flow has no end")


def _answers() -> list[Answer]:
    """An answer in each language and way."""
    stamp = Stamp("id", 0)
    return [
        *(ChatAnswer("m", stream, stamp, "link") for stream in (False, True)),
        openai_images.ImagesAnswer(
            base64=False, stream=False, task=Task.GENERATE, stamp=stamp, task_prefix="geekai-"
        ),
        *(gemini.GeminiAnswer("m", framing, stamp) for framing in gemini.Framing),
    ]


def _tell(painted: Painted) -> None:
    """Every language can tell what was painted, whatever the service wrote into it."""
    for answer in _answers():
        said = answer.closing(painted, [painted.failure] if painted.failure else [], carried=False)
        text = said.decode().removesuffix("data: [DONE]\n\n")
        for event in text.split("\n\n"):
            if event:
                json.loads(event.removeprefix("data: "))


def _served(upstream: Upstream, flow: Callable[[], Flow], data: bytes) -> object:
    """What comes of an answer, whatever its status and type."""
    found: list[str] = []
    for response in (
        HttpResponse(200, data, "application/json", long_texts=("a", "b")),
        HttpResponse(200, data, "application/json", cut="TooLarge"),
        HttpResponse(200, data, "application/json", rest=object(), long_texts=("a",)),
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
    assert not any("secret" in message for message in found)
    return found


_MODELS: Final = {
    zai.UPSTREAM: "gemini-3-image-1k",
    bigmodel.UPSTREAM: "glm-image",
    zhaotou.UPSTREAM: "gpt-4o-image",
    geekai.UPSTREAM: "gpt-image-1",
}


def _services() -> dict[str, Target]:
    found: dict[str, Target] = {}
    for upstream, model in _MODELS.items():
        request = ImageRequest(model, "a cat")
        paint = partial(upstream.generate, request, _access())
        found[upstream.name] = partial(_served, upstream, paint)
        if upstream.poll is not None:
            poll = partial(upstream.poll, "task-1", _access())
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


# --- What it is fuzzed with ------------------------------------------------------------------


def _seeds(*folders: Path) -> list[bytes]:
    found: list[bytes] = []
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if not file.is_file():
                continue
            recorded = json.loads(file.read_bytes()) if _WIRE in file.parents else None
            body = recorded.get("body", recorded) if isinstance(recorded, dict) else None
            found.append(json.dumps(body).encode() if recorded else file.read_bytes())
    return found


_REQUEST_SEEDS: Final = [
    *_seeds(_WIRE / "clients", _CORPUS / "requests", _CORPUS / "tokens"),
    b'{"model": "glm-image", "prompt": "a cat", "size": "1280x1280", "n": 2, "quality": "hd"}',
    b'{"contents": [{"role": "user", "parts": [{"text": "a cat"}]}], "generationConfig": {}}',
    b'{"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}',
    b'{"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/a"}}}',
    b"prompt:a cat\nn:2\nmodel:glm-image\nsize:1280x1280",
]
_ANSWER_SEEDS: Final = [
    *_seeds(*(_WIRE / name for name in ("zai", "bigmodel", "zhaotou", "geekai"))),
    *_seeds(_CORPUS / "answers"),
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\xff\xc0\x00\x11\x08\x00\x10\x00\x10",
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10",
    b"RIFF\x00\x00\x00\x00WEBPVP8X\n\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x10\x00\x00",
    b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifispe\x00\x00\x00\x00\x00\x00\x00\x10",
    b"https://pictures.example/z_image/1.png?Expires=1&Signature=a",
]

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["secret", "https://h/p.png", "data:,x", "easel:long-text:0", "auto", "1x1"]),
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["url", "data", "error", "code", "image", "x"]), inner)
    ),
    max_leaves=12,
)

# Pieces that parsers stumble over.
_SPLINTERS: Final = [
    *(b"[" * 300, b"{" * 300, b'{"a":' * 250, b"]" * 9, b"}", b'"', b"\\", b"\\u", rb"\ud800"),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"NaN", b"-Infinity", b"1e999", b"9" * 400, b"-0"),
    *(
        b"null",
        b"{}",
        b"[]",
        b'""',
        b"\n\n",
        b"\r",
        b"data: ",
        b"event: x\n",
        b"://",
        b"[::1",
        b"%",
    ),
]


@st.composite
def _changed_json(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed of which one value, anywhere in it, is another."""
    whole = _object(draw(st.sampled_from(seeds)))
    at: Any = whole
    while isinstance(at, dict | list) and at:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or draw(st.booleans()):
            at[key] = draw(_values)
            break
        at = at[key]
    return json.dumps(whole).encode()


@st.composite
def _splintered(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed that was cut, and in which a few bytes are others."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        data[start:end] = draw(st.sampled_from(_SPLINTERS) | st.binary(max_size=8))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


def _inputs(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    return st.one_of(
        st.sampled_from(seeds), _changed_json(seeds), _splintered(seeds), st.binary(max_size=200)
    )


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
    )(given(_inputs(seeds))(check))()


@many
@pytest.mark.parametrize("name", REQUESTS)
def test_whatever_a_client_sends_is_read_or_refused(name: str, examples: int) -> None:
    _fuzz(REQUESTS[name], _REQUEST_SEEDS, examples)


@many
@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_a_service_answers_is_read_or_refused(name: str, examples: int) -> None:
    _fuzz(ANSWERS[name], _ANSWER_SEEDS, examples)


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
        given(_splintered(_ANSWER_SEEDS))(check)
    )()


def test_many_events_take_no_longer_the_more_there_are() -> None:
    decoder = EventDecoder()
    start = time.process_time()
    for _ in range(20_000):
        decoder.decode(b"data: x")
    decoder.flush()
    assert time.process_time() - start < _MOST_SECONDS
