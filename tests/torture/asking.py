"""Asks Easel as clients do, in every language it speaks, and judges what came.

In: a `Case`, and the way to ask for it. Out: an `Outcome` in one word, with all that a test prints
when that word is wrong; an AssertionError where an answer is not what its language allows.
"""

from __future__ import annotations

import json
import re
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.torture.faults import MODELS
from tests.torture.host import Case
from tests.worker import strict
from tests.worker.dialects import DIALECTS, Ask, Dialect
from tests.worker.reading import events

# In tokens, prompts, and bodies of services. None of them is ever logged.
SECRET: Final = re.compile(rb"secret-(?:token|prompt|body)[0-9a-f-]*")

_NEVER_TOLD: Final = re.compile(rb"secret-(?:token|body)[0-9a-f-]*")
_BELONGINGS: Final = re.compile(rb"secret-(?:link|prompt)-([0-9a-f]{16})")

_KINDS: Final = {
    ("chat", False): strict.CHAT,
    ("chat", True): strict.CHAT,
    ("images", False): strict.IMAGES,
    ("images", True): strict.IMAGES,
    ("responses", False): strict.RESPONSES,
    ("responses", True): strict.RESPONSES,
    ("gemini", False): strict.GEMINI,
    ("gemini", True): strict.GEMINI_STREAM,
    ("interactions", False): strict.INTERACTIONS,
    ("interactions", True): strict.INTERACTIONS,
}
_EDITS: Final = {"images": strict.EDITS}

# How a client hears that a picture is missing, beside those that are not.
_TOLD: Final = (b'"errors": [', b"(A picture is missing", b'{"error": ')

# What is longer is read, and not held against the packages' types.
_CHECKED_BYTES: Final = 300_000


@dataclass(frozen=True, slots=True)
class Way:
    """A language, streamed or not, over a service."""

    dialect: Dialect
    stream: bool
    service: str

    def __str__(self) -> str:
        return f"{self.dialect.name}/{'stream' if self.stream else 'plain'}/{self.service}"


def ways(services: tuple[str, ...], languages: tuple[str, ...] = ()) -> list[Way]:
    """Every language, streamed and plain, over these services."""
    return [
        Way(dialect, stream, service)
        for dialect in DIALECTS
        if not languages or dialect.name in languages
        for stream in (False, True)
        for service in services
    ]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came: `broken` is what cut the transfer, "" where nothing did."""

    status: int
    headers: httpx.Headers
    body: bytes
    broken: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """`picture`, `cut`, or the code of an error; and what came."""

    word: str
    reply: Reply

    def __str__(self) -> str:
        reply = self.reply
        return (
            f"{self.word} after {reply.seconds:.1f} s: status {reply.status}, "
            f"{len(reply.body)} bytes, broken by {reply.broken or 'nothing'}: {reply.body[:300]!r}"
        )


async def ask(
    client: httpx.AsyncClient, url: str, case: Case, way: Way, source: bytes | None = None
) -> Outcome:
    """Asks for the pictures of a case. Raises AssertionError for an answer that is none."""
    model = MODELS[way.service][1]
    wanted = Ask(model, case.prompt, way.stream, n=case.pictures, source=source, token=case.token)
    reply = await send(client, way.dialect.request(url, wanted))
    check_secrets(reply, case)
    assert case.paints <= case.pictures, f"asked {case.paints} times, and paid for each"
    kind = _KINDS.get((way.dialect.name, way.stream))
    if source is not None:
        kind = _EDITS.get(way.dialect.name, kind)
    return Outcome(_word(case, way, reply, kind), reply)


async def send(client: httpx.AsyncClient, request: httpx.Request) -> Reply:
    """Sends a request and reads all that comes, up to a broken transfer."""
    start = time.monotonic()
    response = await client.send(request, stream=True)
    pieces: list[bytes] = []
    broken = ""
    try:
        async for piece in response.aiter_raw():
            pieces.append(piece)
    except httpx.HTTPError as error:
        broken = type(error).__name__
    finally:
        await response.aclose()
    seconds = time.monotonic() - start
    return Reply(response.status_code, response.headers, b"".join(pieces), broken, seconds)


def check_secrets(reply: Reply, case: Case) -> None:
    """No answer repeats a token, what only services may know, or the prompt or link of another.

    The own prompt may stand in what a service says of it.
    """
    text = reply.body + repr(reply.headers).encode()
    found = _NEVER_TOLD.search(text)
    assert not found, f"the answer repeats {found[0]!r}: {reply.body[:400]!r}"
    assert set(_BELONGINGS.findall(text)) <= {case.id.encode()}, "the answer has another's"


def _word(case: Case, way: Way, reply: Reply, kind: strict.Kind | None) -> str:
    expected = [case.expected(index) for index in range(case.pictures)]
    if reply.broken:
        assert _start(expected[0]) in reply.body, "cut before any byte of a picture"
        return "cut"
    response = httpx.Response(reply.status, headers=reply.headers, content=reply.body)
    if kind is not None and len(reply.body) < _CHECKED_BYTES:
        strict.check(kind, response)
    found: list[bytes] = []
    for answer in _objects(way, response):
        failed = answer.get("error") or answer.get("status") == "failed" or _is_tool_error(answer)
        if not failed or "data" in answer:
            found += _pictures(answer)
        elif not found:
            return way.dialect.error(answer)[1]
    assert all(each in expected for each in found), "a picture has other bytes"
    assert found, "neither a picture nor an error"
    missing = case.pictures - len(found)
    told = any(words in reply.body for words in _TOLD)
    return "picture" if not missing else f"{missing} missing{', told' if told else ''}"


def _is_tool_error(answer: dict[str, Any]) -> bool:
    return bool(answer.get("result", {}).get("isError"))


def _pictures(answer: dict[str, Any]) -> list[bytes]:
    """The pictures of an object, whatever the language; words beside them are passed over."""
    if "result" in answer:
        contents = answer["result"]["content"]
        texts = [each["data"] for each in contents if each["type"] == "image"]
    elif "output" in answer:
        texts = [item["result"] for item in answer["output"] if "result" in item]
    elif "candidates" in answer:
        parts = [part.get("inlineData") for part in answer["candidates"][0]["content"]["parts"]]
        texts = [part["data"] for part in parts if part]
    elif "steps" in answer:
        contents = answer["steps"][0]["content"]
        texts = [each["data"] for each in contents if each["type"] == "image"]
    elif "event_type" in answer:
        texts = [answer["delta"]["data"]] if answer.get("delta", {}).get("type") == "image" else []
    else:
        texts = [item["b64_json"] for item in answer.get("data", [answer])]
    return [b64decode(text, validate=True) for text in texts]


def _objects(way: Way, response: httpx.Response) -> list[dict[str, Any]]:
    """The objects of an answer: one, or one for each event of a stream. The events of a response
    and the progress of a tool are about one.
    """
    if way.dialect.name in {"responses", "mcp"}:
        return [way.dialect.answer(response, stream=way.stream)]
    if not response.headers["content-type"].startswith("text/event-stream"):
        found = response.json()
        return found if isinstance(found, list) else [found]
    data = events(response.content)
    return [json.loads(each) for each in data if each != "[DONE]"]


def _start(content: bytes) -> bytes:
    return b64encode(content[:9])
