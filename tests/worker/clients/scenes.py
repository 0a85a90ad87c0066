"""What every library is put through: how a request fails, and how it ends when a client leaves.

In: a library's own calls. Out: the errors of docs/errors.md that come before the headers, one
row each, and what came of calls that run side by side.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import openai
import pytest

from tests.easel.test_token import jwt
from tests.ports import nowhere
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.reading import eventually

Way: TypeAlias = Callable[..., Any]
"""One of a library's ways to ask, given a client, a model and a prompt: it returns the answer."""

Slow: TypeAlias = dict[tuple[str, str], Any]
"""What came of asking side by side, by the name of the way and the prompt."""

MODEL: Final = "gemini-3-image-1k"
EDITING_MODELS: Final = ("seedream-4.5", "geekai/gpt-image-1")

# It fails by `UPSTREAM_TIMEOUT_SECONDS` of `conftest.HASTY`, long after the headers left.
LATE: Final = "sandbox:slow=9"
LATE_MESSAGE: Final = "The image service did not answer in time."

# Seconds after which a client gives up: before any headers leave.
IMPATIENCE: Final = 0.4

# Seconds after which a client gives up on silence: longer than headers are held, and shorter than
# the painting that it is with.
PATIENCE: Final = 1.5
PATIENT: Final = "sandbox:slow=2"


@dataclass(frozen=True, slots=True)
class Scene:
    """A request that fails before the headers leave, and how.

    `calls` is how often the service is asked by a library that asks again on its own, unless it is
    told that this is of no use.
    """

    name: str
    status: int
    code: str
    prompt: str = "a cat"
    model: str = MODEL
    calls: int = 1
    token: str = TOKEN
    # Headers are held for 30 s there, so that an error is early on a busy machine too.
    deployment: str = "patient"

    def easel(self, deployments: dict[str, Easel]) -> Easel:
        """Where it happens."""
        return deployments[self.deployment]

    def says(self, marker: str) -> str:
        """The prompt, so that it is found again."""
        return f"{self.prompt} {marker}"


def _of_status(status: int, told: int, code: str) -> Scene:
    return Scene(f"service-{status}", told, code, f"sandbox:status={status}", "seedream-4.5")


SCENES: Final = (
    Scene("prompt-too-long", 400, "invalid_request", "cat " * 300, "glm-image", calls=0),
    Scene("policy", 400, "content_policy_violation", "sandbox:refused"),
    _of_status(400, 400, "upstream_refused"),
    Scene("token-past-its-expiry", 401, "token_expired", token=jwt({"exp": 1}), calls=0),
    Scene("token-rejected", 401, "invalid_api_key", token="invalid"),
    Scene("token-expired", 401, "invalid_api_key", "sandbox:expired"),
    Scene("forbidden", 403, "access_denied", "sandbox:forbidden"),
    Scene("no-such-model", 404, "model_not_found", model="no-such-model", calls=0),
    _of_status(404, 404, "model_not_found"),
    _of_status(409, 409, "conflict"),
    Scene(
        *("request-too-large", 413, "request_too_large", "cat " * 20_000),
        deployment="easel",
        calls=0,
    ),
    _of_status(413, 413, "request_too_large"),
    _of_status(402, 429, "insufficient_quota"),
    Scene("misconfigured", 500, "misconfigured", deployment="misconfigured", calls=0),
    Scene("broken", 502, "upstream_broken", "sandbox:broken"),
    Scene("no-picture", 502, "upstream_no_picture", "sandbox:no-picture"),
    Scene("picture-missing", 502, "picture_missing", "sandbox:picture-missing"),
    _of_status(504, 504, "upstream_too_slow"),
)

# The one error that is worth asking again; Zhaotou says no Retry-After that would keep a test.
BUSY: Final = Scene("busy", 429, "rate_limit_exceeded", "sandbox:busy", "seedream-4.5", calls=2)

each_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)

# status → what openai-python raises, and LangChain with it
OPENAI_ERRORS: Final[dict[int, type[openai.APIStatusError]]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    413: openai.APIStatusError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    502: openai.InternalServerError,
    504: openai.InternalServerError,
}


def by(*ways: Way) -> pytest.MarkDecorator:
    """A test for each of these ways."""
    return pytest.mark.parametrize("way", ways, ids=lambda way: way.__name__)


def side_by_side(
    ways: Iterable[Way], prompts: Iterable[str], ask: Callable[[Way, str], Any]
) -> Slow:
    """What came of each prompt in each way, all at once: the answer, or the exception raised."""

    def outcome(asked: Future[Any]) -> Any:
        return asked.exception() or asked.result()

    with ThreadPoolExecutor(max_workers=16) as pool:
        begun = {
            (way.__name__, prompt): pool.submit(ask, way, prompt)
            for way, prompt in itertools.product(ways, prompts)
        }
        return {key: outcome(asked) for key, asked in begun.items()}


def last_painted(internet: Internet) -> tuple[str, bytes]:
    """A piece of the link to the picture that was painted last, and the picture."""
    name = next(reversed(internet.sandbox.pictures))
    return f"/z_image/{name}?", internet.sandbox.pictures[name].content


def was_asked(internet: Internet, marker: str, count: int = 1) -> bool:
    """Whether the service is asked that often; a program has to start first."""
    return eventually(lambda: len(internet.calls(marker)) == count, seconds=10)


async def leave(askings: Iterable[Awaitable[Any]], internet: Internet, marker: str) -> None:
    """Cancels asks while their pictures are painted; a stream's headers have left by then."""
    tasks = [asyncio.ensure_future(asking) for asking in askings]
    assert await asyncio.to_thread(was_asked, internet, marker, len(tasks))
    await asyncio.wait(tasks, timeout=0.7)
    for task in tasks:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def were_abandoned(
    internet: Internet, marker: str, count: int = 1, *, seconds: float = 1.8
) -> bool:
    """Whether the calls of clients that left end, sooner than their pictures would be painted."""
    left = [True] * count
    return eventually(
        lambda: [call.abandoned for call in internet.calls(marker)] == left, seconds=seconds
    )


def alone() -> dict[str, str]:
    """An environment of a program: of this machine only, and with a way to loopback alone."""
    proxy = f"http://127.0.0.1:{nowhere()}"
    return {
        "PATH": os.environ["PATH"],
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        "NO_PROXY": "127.0.0.1",
    }
