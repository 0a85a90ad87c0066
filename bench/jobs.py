"""What is asked of whom, and what a right answer is.

A job is one kind of request in each contender's own words; its answers are compared in one run.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx

from bench.programs import (
    BEST,
    EASEL,
    EMPTY,
    FLOOR,
    LINKING,
    NATIVE_STORE,
    PASS_THROUGH,
    STORING,
    TEE_STORE,
    USUAL,
)
from bench.upstream import address_of, picture_of

PORTKEY: Final = "Portkey"
LITELLM: Final = "LiteLLM's proxy"
PEERS: Final = (PORTKEY, LITELLM)

# Name → bytes.
SIZES: Final = {"1k": 1_000, "300k": 300_000, "1m": 1_000_000, "5m": 5_000_000, "8m": 8_000_000}


def size_title(size: str) -> str:
    length = SIZES[size]
    return f"{length / 1000:g} KB" if length < 100_000 else f"{length / 1_000_000:g} MB"


# Ways in which a picture comes in a chat.
FORMS: Final = ("candidates", "images", "markdown", "link")

_MODELS: Final = {
    "image.z.ai": "gemini-3-image-1k",
    "BigModel": "glm-image",
    "Zhaotou": "gemini-3-pro-image-preview",
    "GeekAI": "geekai/gpt-image-1",
}
SERVICES: Final = tuple(_MODELS)

_SSE_END: Final = "\n\ndata: [DONE]\n\n"

Check = Callable[[httpx.Response], bool]


@dataclass(frozen=True, slots=True)
class Entrant:
    """One who takes part in a job: what it is called there, its server, and its request."""

    name: str
    server: str
    method: str
    path: str
    body: Mapping[str, Any] | None
    is_right: Check
    headers: Mapping[str, str]

    def request(self, base_url: str) -> httpx.Request:
        return httpx.Request(
            self.method, f"{base_url}{self.path}", headers=dict(self.headers), json=self.body
        )


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of request; `requests` are measured together, since clocks are coarse."""

    name: str
    title: str
    entrants: tuple[Entrant, ...]
    requests: int = 40


_TOKEN: Final = {"authorization": "Bearer token"}


@functools.cache
def _base64_of(length: int) -> str:
    return base64.b64encode(picture_of(length)).decode()


def _events(text: str) -> list[Any]:
    """The events of a stream that came to its end. Raises ValueError where it did not."""
    if not text.endswith(_SSE_END):
        raise ValueError("the stream has no end")
    events = text.removesuffix(_SSE_END).split("\n\n")
    return [json.loads(event.removeprefix("data: ")) for event in events]


def _strings(value: Any) -> list[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _strings(part)]


def carries(value: Any, length: int, times: int = 1) -> bool:
    """Whether the picture of that many bytes stands in a JSON value once, or so many times, whole,
    as base64.

    It may have `data:…;base64,` in front and a markdown bracket behind.
    """
    digits = _base64_of(length)
    found = [
        text.removesuffix(")").rpartition("base64,")[2]
        for text in _strings(value)
        if len(text) >= len(digits)
    ]
    return found == [digits] * times


def links(value: Any, length: int) -> bool:
    """Whether the address of the picture stands in a JSON value."""
    return any(address_of(length) in text for text in _strings(value))


def _chat_check(length: int, form: str) -> Check:
    test = links if form == "link" else carries
    return lambda response: test(_events(response.text), length)


def _json_check(test: Callable[[Any, int], bool], length: int) -> Check:
    return lambda response: test(response.json(), length)


def _bytes_check(length: int) -> Check:
    return lambda response: response.content == picture_of(length)


def _status_check(status: int, code: str = "") -> Check:
    return lambda response: response.status_code == status and code in response.text


def _chat_entrant(server: str, length: int, form: str = "candidates") -> Entrant:
    body: dict[str, Any] = {
        "model": _MODELS["image.z.ai"],
        "messages": [{"role": "user", "content": str(length)}],
        "stream": True,
    }
    if form != "candidates":
        body["chat_picture"] = form
    check = _bytes_check(length) if server == PASS_THROUGH else _chat_check(length, form)
    return Entrant(server, server, "POST", "/v1/chat/completions", body, check, _TOKEN)


def _requests(length: int) -> int:
    """Fewer where each takes long."""
    return 40 if length < 100_000 else 20 if length < 2_000_000 else 10


def _chat_jobs() -> list[Job]:
    servers = (EASEL, FLOOR, BEST, USUAL, PASS_THROUGH)
    jobs = []
    for form in FORMS:
        for size, length in SIZES.items():
            compared = servers if form == "candidates" else (EASEL,)
            entrants = tuple(_chat_entrant(server, length, form) for server in compared)
            name = f"chat-{size}" if form == "candidates" else f"chat-{form}-{size}"
            title = f"chat, {form}, {size_title(size)}"
            jobs.append(Job(name, title, entrants, _requests(length)))
    return jobs


def _links_entrant(server: str, length: int) -> Entrant:
    """A chat in link form; the pictures that are stored are counted with it."""
    body = {
        "model": _MODELS["image.z.ai"],
        "messages": [{"role": "user", "content": str(length)}],
        "chat_picture": "link",
    }
    own = (EASEL, NATIVE_STORE)

    def is_right(response: httpx.Response) -> bool:
        if server == TEE_STORE:
            return response.content == picture_of(length)
        content = response.json()["choices"][0]["message"]["content"]
        return address_of(length) in content if server in own else "/pictures/" in content

    return Entrant(server, server, "POST", "/v1/chat/completions", body, is_right, _TOKEN)


def _links_jobs() -> list[Job]:
    servers = (EASEL, LINKING, STORING, NATIVE_STORE, TEE_STORE)
    return [
        Job(
            f"links-{size}",
            f"a chat in link form, {size_title(size)}",
            tuple(_links_entrant(server, length) for server in servers),
            _requests(length),
        )
        for size, length in SIZES.items()
    ]


def _images_entrant(
    name: str, server: str, model: str, prompt: str, response_format: str
) -> Entrant:
    body = {"model": model, "prompt": prompt, "response_format": response_format}
    length = int(prompt.split(maxsplit=1)[0])
    check = _json_check(links if response_format == "url" else carries, length)
    return Entrant(name, server, "POST", "/v1/images/generations", body, check, _TOKEN)


def service_entrant(service: str) -> str:
    """What Easel is called where it is asked for a picture of this service."""
    return f"{EASEL}, {service}"


def _images_jobs() -> list[Job]:
    asked = [
        _images_entrant(service_entrant(service), EASEL, model, "1000", "url")
        for service, model in _MODELS.items()
    ]
    peers = [_images_entrant(peer, peer, "gpt-image-1", "1000", "url") for peer in PEERS]
    jobs = [Job("images-url", "images, `url`", (*asked, *peers))]
    for size, length in SIZES.items():
        entrants = [
            _images_entrant(
                f"{EASEL}, the service sends an address",
                EASEL,
                _MODELS["GeekAI"],
                str(length),
                "b64_json",
            ),
            _images_entrant(
                f"{EASEL}, the service sends base64",
                EASEL,
                _MODELS["GeekAI"],
                f"{length} base64",
                "b64_json",
            ),
        ]
        entrants += [
            _images_entrant(peer, peer, "gpt-image-1", f"{length} base64", "b64_json")
            for peer in PEERS
        ]
        title = f"images, `b64_json`, {size_title(size)}"
        jobs.append(Job(f"images-b64-{size}", title, tuple(entrants), _requests(length)))
    return jobs


def _gemini_jobs() -> list[Job]:
    path = f"/v1beta/models/{_MODELS['image.z.ai']}:generateContent"
    jobs = []
    for size in ("1k", "1m"):
        length = SIZES[size]
        body = {"contents": [{"role": "user", "parts": [{"text": str(length)}]}]}
        check = _json_check(carries, length)
        entrant = Entrant(EASEL, EASEL, "POST", path, body, check, {"x-goog-api-key": "token"})
        title = f"Gemini, generateContent, {size_title(size)}"
        jobs.append(Job(f"gemini-{size}", title, (entrant,), _requests(length)))
    return jobs


def _responses_entrant(name: str, length: int, prompt: str, *, stream: bool) -> Entrant:
    body = {"model": _MODELS["GeekAI"], "input": prompt, "stream": stream}

    def is_right(response: httpx.Response) -> bool:
        if not stream:
            return carries(response.json(), length)
        lines = response.text.splitlines()
        events = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
        return events[-1]["type"] == "response.completed" and carries(events, length, times=2)

    return Entrant(name, EASEL, "POST", "/v1/responses", body, is_right, _TOKEN)


def _responses_jobs() -> list[Job]:
    """A plain answer has its picture once, a stream twice."""
    jobs = []
    for size, length in SIZES.items():
        entrants = (
            _responses_entrant(f"{EASEL}, plain", length, str(length), stream=False),
            _responses_entrant(f"{EASEL}, a stream", length, str(length), stream=True),
            _responses_entrant(
                f"{EASEL}, a stream, the service sends base64",
                length,
                f"{length} base64",
                stream=True,
            ),
        )
        title = f"Responses, {size_title(size)}"
        jobs.append(Job(f"responses-{size}", title, entrants, _requests(length)))
    return jobs


def _turn_entrant(name: str, messages: Sequence[Any], **fields: Any) -> Entrant:
    body = {"model": _MODELS["GeekAI"], "messages": messages, "stream": True, **fields}
    check = _chat_check(SIZES["1k"], "candidates")
    path = "/v1/chat/completions"
    return Entrant(f"{EASEL}, {name}", EASEL, "POST", path, body, check, _TOKEN)


def _turn_jobs() -> list[Job]:
    """A turn of a conversation, whose history has pictures: what is painted has 1 KB."""
    question = {"role": "user", "content": str(SIZES["1k"])}
    jobs = []
    for name, length, pictures in (("1m", 1_000_000, 1), ("10m", 3_750_000, 2)):
        url = f"data:image/jpeg;base64,{_base64_of(length)}"
        image = {"type": "image_url", "image_url": {"url": url}}
        sent = [{"type": "text", "text": question["content"]}, image]
        markdown = {"role": "assistant", "content": f"![image]({url})"}
        kept = {"role": "assistant", "content": "", "images": [image]}
        history = [each for _ in range(pictures) for each in (question, markdown)]
        entrants = (
            _turn_entrant("a first turn", [question]),
            _turn_entrant("a first turn with the picture", [{"role": "user", "content": sent}]),
            _turn_entrant("a later turn, from words", [*history, question], edit_previous=False),
            _turn_entrant("a later turn, edits markdown", [*history, question]),
            _turn_entrant("a later turn, edits `images[]`", [*history[:-1], kept, question]),
        )
        whole = pictures * len(_base64_of(length)) / 1_000_000
        title = f"a turn of a chat, {whole:.1f} MB of base64 in its history"
        jobs.append(Job(f"turn-{name}", title, entrants, _requests(length)))
    return jobs


def _by(
    server: str, entrant: Entrant, path: str | None = None, is_right: Check | None = None
) -> Entrant:
    """The same request to another server, or that server's own for it."""
    return replace(
        entrant,
        name=server,
        server=server,
        path=path or entrant.path,
        is_right=is_right or entrant.is_right,
    )


def _short_jobs() -> list[Job]:
    """Answers without a picture, beside a Python Worker that does nothing."""
    chat = {"model": "unheard-of", "messages": [{"role": "user", "content": "1000"}]}
    paint = {"model": _MODELS["image.z.ai"], "prompt": "1000"}
    chats, images = "/v1/chat/completions", "/v1/images/generations"
    not_found, fine = _status_check(404, "model_not_found"), _status_check(200)
    # LiteLLM says of a model that it does not know that the request is wrong.
    refused = _status_check(400, "Invalid model name")
    error = Entrant(EASEL, EASEL, "POST", chats, chat, not_found, _TOKEN)
    rejected = Entrant(EASEL, EASEL, "POST", images, paint, _status_check(401), {})
    health = Entrant(EASEL, EASEL, "GET", "/health", None, fine, {})
    models = Entrant(EASEL, EASEL, "GET", "/v1/models", None, fine, _TOKEN)
    compared = {
        "error-404": (error, _by(LITELLM, error, is_right=refused)),
        "error-401": (rejected,),
        "health": (health, _by(PORTKEY, health, "/"), _by(LITELLM, health, "/health/liveliness")),
        "models": (models, _by(LITELLM, models)),
    }
    titles = ("`404 model_not_found`", "`401`, no token", "`/health`", "`/v1/models`")
    return [
        Job(name, title, (*entrants, _by(EMPTY, health)), 80)
        for title, (name, entrants) in zip(titles, compared.items(), strict=True)
    ]


JOBS: Final[Sequence[Job]] = (
    *_chat_jobs(),
    *_links_jobs(),
    *_images_jobs(),
    *_gemini_jobs(),
    *_responses_jobs(),
    *_turn_jobs(),
    *_short_jobs(),
)


def first_entrant(server: str) -> Entrant:
    """What a server is asked first."""
    entrants = (entrant for job in JOBS for entrant in job.entrants)
    return next(entrant for entrant in entrants if entrant.server == server)
