"""Lives of requests, driven by hand: no network, no platform, and nothing pretended.

A test says what comes of each job; the generator says what it wants next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from easel.deployment import Deployment, Limiter
from easel.effects import Effects, Job, Start
from easel.errors import Misconfigured
from easel.images.blobs import NO_LONG_TEXTS, LongTexts
from easel.life import End, Ending, Head, Life, Reply
from easel.outcomes import Done, JsonBody, OpenedBody, Outcome
from easel.routing import token_pools
from easel.serve import serve
from easel.services.table import SERVICE_VARIABLES
from easel.services.wire import HttpResponse
from easel.settings import read_settings

NOW = 1_700_000_000.0
NONCE = "0123456789abcdef"

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes([0, 0, 4, 0, 0, 0, 2, 0])

_Effect = TypeVar("_Effect")


def deployment(
    limiter: Limiter = Limiter.NONE, variables: Mapping[str, str] | None = None
) -> Deployment:
    """A deployment with these variables; its clock stands still."""
    settings = read_settings(variables or {}, SERVICE_VARIABLES)
    return Deployment(settings, token_pools(settings, lambda: NOW), limiter)


def head(
    method: str, path: str, headers: Mapping[str, str] | None = None, token: str = "token"
) -> Head:
    given = {"host": "easel.example", "authorization": f"Bearer {token}", **(headers or {})}
    return Head(method, f"https://easel.example{path}", given)


@dataclass
class Played:
    """A life on its way. `wanted` are the effects that it wanted last, `end` is its reply."""

    life: Life
    wanted: Effects = ()
    end: End | None = None
    now: float = NOW
    _jobs: dict[int, Job] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._take(None)

    def tell(self, outcome: Outcome, key: int | None = None, *, after: float = 0) -> Effects:
        """Tells what came of a job, the only one where no key is given; the next effects."""
        self.now += after
        (key,) = self._jobs if key is None else (key,)
        self._jobs.pop(key, None)
        self._take(Done(key, outcome, self.now))
        return self.wanted

    def job(self, kind: type[_Effect]) -> _Effect:
        """The job of this kind that is under way; there is one."""
        (found,) = self.jobs(kind)
        return found

    def jobs(self, kind: type[_Effect]) -> list[_Effect]:
        """The jobs of this kind that are under way."""
        return [job for job in self._jobs.values() if isinstance(job, kind)]

    def keys(self, kind: type[Job] | None = None) -> list[int]:
        """The keys of the jobs that are under way, of one kind or all."""
        return [key for key, job in self._jobs.items() if kind is None or isinstance(job, kind)]

    def wants(self, kind: type[_Effect]) -> _Effect:
        """The effect of this kind among those that it wanted last; there is one."""
        (found,) = (effect for effect in self.wanted if isinstance(effect, kind))
        return found

    @property
    def reply(self) -> Reply:
        assert isinstance(self.end, Reply), self.end
        return self.end

    @property
    def ending(self) -> Ending:
        assert isinstance(self.end, Ending), self.end
        return self.end

    def _take(self, done: Done | None) -> None:
        try:
            self.wanted = next(self.life) if done is None else self.life.send(done)
        except StopIteration as stop:
            self.wanted, self.end = (), stop.value
            return
        self._jobs |= {each.key: each.job for each in self.wanted if isinstance(each, Start)}


def play(
    request: Head, deployed: Deployment | Misconfigured | None = None, *, now: float = NOW
) -> Played:
    """The life of a request, up to its first effects."""
    return Played(serve(request, deployed or deployment(), now, NONCE))


def json_body(body: object, long_texts: LongTexts = NO_LONG_TEXTS) -> JsonBody:
    return JsonBody(json.dumps(body).encode(), long_texts)


def chat(prompt: str = "a cat", **fields: Any) -> dict[str, Any]:
    message = {"role": "user", "content": prompt}
    return {"model": "gemini-3-image-1k", "messages": [message], **fields}


def painted(url: str = "https://z.ai/cat.png", status: int = 200) -> HttpResponse:
    """What image.z.ai answers."""
    image = {"image_url": url, "width": 1024, "height": 512}
    body = {"code": status, "message": "", "data": {"image": image}}
    return HttpResponse(status, json.dumps(body).encode(), "application/json")


def opened(picture: int = 1, content: bytes = PNG) -> OpenedBody:
    return OpenedBody(200, first_bytes=content, length=len(content), picture=picture)


def proxy(variables: Mapping[str, str]) -> Deployment:
    return deployment(variables=variables)


def asks(deployed: Deployment | None = None, token: str = "token", **fields: Any) -> Played:
    """A request for pictures in JSON."""
    life = play(head("POST", "/v1/images/generations", token=token), deployed)
    life.tell(json_body({"model": "geekai/gpt-image-1", "prompt": "a cat", **fields}))
    return life


def error_of(life: Played) -> dict[str, str]:
    """The error of a reply, in OpenAI's form."""
    assert isinstance(life.reply.body, bytes)
    told: dict[str, str] = json.loads(life.reply.body)["error"]
    return told


def told(life: Played) -> dict[str, Any]:
    """An answer without pictures in it."""
    answered: dict[str, Any] = json.loads(life.ending.head)
    return answered
