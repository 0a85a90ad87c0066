"""The shell in Python: hands effects over to `js/interpreter.js`, and what came of them back.

In: a request as JavaScript knows it. Out: a Response. It decides nothing; see `easel.life`.
Effects and outcomes cross the border as texts: an object that crosses costs more than all that
stands in it (docs/decisions/0010).
"""

from __future__ import annotations

import sys
import time
import traceback
import uuid
from typing import Any, Final, Protocol

from pyodide.ffi import create_proxy, jsnull
from workers import import_from_javascript

from easel.deployment import LIMITER_BINDING, STORE_BINDING, Deployment, Limiter, Store
from easel.effects import Job, Start
from easel.errors import Misconfigured
from easel.foreign_json import parse_json
from easel.life import Afterwards, Ending, Head, Life, Reply
from easel.outcomes import Done
from easel.routing import token_pools
from easel.serve import serve
from easel.services.table import SERVICE_VARIABLES, VARIABLES
from easel.settings import read_settings
from edge.crossing import encode, outcome_of, shell_limits

# Far above what the platform lets through, which is 128 KB of headers.
_HEAD_BYTES: Final = 1024 * 1024
_HEAD_DEPTH: Final = 3


class JsResponse(Protocol):
    """A Response as JavaScript knows it."""


_interpreter: Any = None
_deployment: tuple[Deployment | Misconfigured, str] | None = None


def _javascript() -> Any:
    """The JavaScript half, which can only be imported while a request is handled."""
    global _interpreter  # noqa: PLW0603 - one import an isolate instead of one a call
    if _interpreter is None:
        _interpreter = import_from_javascript("edge/js/interpreter.js")
    return _interpreter


def _is_given(variable: object) -> bool:
    """Whether a variable of the deployment is there at all: 0 and false are."""
    return variable is not None and variable is not jsnull


def _read_deployment(env: Any) -> tuple[Deployment | Misconfigured, str]:
    """The deployment, and what of everything it reads, holds and waits for."""
    global _deployment  # noqa: PLW0603 - it is the same as long as the isolate lives
    if _deployment is None:
        given = {name: getattr(env, name, None) for name in VARIABLES}
        try:
            settings = read_settings(
                {name: value for name, value in given.items() if _is_given(value)},
                SERVICE_VARIABLES,
            )
        except Misconfigured as error:
            # Nothing is read, held or waited for by it.
            return error, "{}"
        limiter = _limiter(getattr(env, LIMITER_BINDING, None))
        pools = token_pools(settings, time.time)
        store = _store(getattr(env, STORE_BINDING, None))
        deployment = Deployment(settings, pools, limiter, store=store)
        _deployment = deployment, shell_limits(settings)
    return _deployment


def _limiter(bound: object) -> Limiter:
    if not _is_given(bound):
        return Limiter.NONE
    return Limiter.NOT_A_LIMITER if isinstance(bound, str | int | float) else Limiter.BOUND


def _store(bound: object) -> Store:
    if not _is_given(bound):
        return Store.NONE
    return Store.NOT_A_STORE if isinstance(bound, str | int | float) else Store.BOUND


def _log_exception(request_id: str, error: BaseException) -> None:
    """Logs where an exception of ours arose; not its message, which may hold prompt or token."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    print(f"{request_id} {type(error).__qualname__}\n{frames}", file=sys.stderr)


class _Driver:
    """One request's generator, taken on by one event after another."""

    def __init__(self, head: Head, deployment: Deployment | Misconfigured) -> None:
        nonce = uuid.uuid4().hex
        self.request_id = f"req_{nonce}"
        self._life: Life | Afterwards = serve(head, deployment, time.time(), nonce)
        self._goes_on = False
        self._jobs: dict[int, Job] = {}
        self.reply: Reply | None = None

    def start(self) -> str:
        """The first effects, as JSON. Where the reply is there at once, it is `reply` too."""
        return self._advance(None)

    def step(self, key: int, now: float, told: str, content: Any, long_texts: Any) -> str:
        """What is to be done when a job has ended, as JSON."""
        if self._goes_on:
            # The answer has left, and what is done after it begins.
            self._goes_on = False
            return self._advance(None)
        outcome = outcome_of(self._jobs.pop(key, None), told, content, long_texts)
        return self._advance(Done(key, outcome, now))

    def _advance(self, done: Done | None) -> str:
        try:
            # A generator that has just begun takes None.
            effects = self._life.send(done)  # type: ignore[arg-type]
        except StopIteration as end:
            ending = end.value
            if ending.exception is not None:
                _log_exception(self.request_id, ending.exception)
            self.reply = ending if isinstance(ending, Reply) else None
            if isinstance(ending, Ending) and ending.afterwards is not None:
                self._life, self._goes_on = ending.afterwards, True
                # What was under way is not told any more.
                self._jobs.clear()
            return encode((*ending.gives_back, ending))
        for effect in effects:
            if isinstance(effect, Start):
                self._jobs[effect.key] = effect.job
        return encode(effects)


async def answer(request: Any, env: Any, context: Any) -> JsResponse:
    """The Response to a request."""
    interpreter = _javascript()
    deployment, limits = _read_deployment(env)
    head = parse_json(
        interpreter.headOf(request).encode(), max_bytes=_HEAD_BYTES, max_depth=_HEAD_DEPTH
    )
    method, url, headers, has_body = head
    driver = _Driver(Head(method, url, headers), deployment)
    effects = driver.start()
    if driver.reply is not None and not has_body and isinstance(driver.reply.body, bytes):
        response: JsResponse = interpreter.reply(effects)
        return response
    step = create_proxy(driver.step)
    answered: JsResponse = await interpreter.run(
        request, env, context, driver.request_id, limits, effects, step
    )
    return answered
