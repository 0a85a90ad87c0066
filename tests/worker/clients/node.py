"""Scenes for the clients in JavaScript: what is asked, and what comes of it.

In: scenes by name, and a program of this folder that plays them with one library (`scenes.mjs`).
Out: an outcome each, with the calls that the image service got. All scenes of a library are played
at once in one process, because that is what takes time.
"""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png
from tools.sandbox.state import Call


@dataclass(frozen=True, slots=True)
class Scene:
    """What a client does. `how` is a way of the program's, `fields` what it sets beside these."""

    how: str = "plain"
    prompt: str = "a cat"
    model: str = "gemini-3-image-1k"
    from_picture: bool = False
    fields: Mapping[str, object] = field(default_factory=dict)
    token: str = TOKEN
    deployment: str = "unchanged"


@dataclass(frozen=True, slots=True)
class Thrown:
    """An error as the library has it: the name of its class, and what it tells of Easel's."""

    kind: str
    status: int | None = None
    code: str | None = None
    param: str | None = field(default=None, compare=False)
    message: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scene: what the program says of the answer, or the error that was thrown."""

    calls: list[Call]
    value: Any = None
    error: Thrown | None = None

    @property
    def picture(self) -> bytes:
        """The picture that the library gave."""
        assert self.error is None, self.error
        return b64decode(self.value["picture"], validate=True)

    @property
    def abandoned(self) -> bool:
        """Whether the one call to the service ended because the client left."""
        (call,) = self.calls
        return call.abandoned


@dataclass(frozen=True, slots=True)
class EarlyError:
    """An error that is known before the headers leave: its status and code, and a scene of it.

    `calls` is how often the image service was asked, and so how often it may have to be paid.
    """

    status: int
    code: str
    scene: Scene
    calls: int = 1


_ZHAOTOU: Final = "gemini-3-pro-image-preview"
_GEEKAI: Final = "geekai/gpt-image-1"

# Headers are held for 30 s there, so that an error is early on a busy machine too.
_early: Final = partial(Scene, deployment="patient")

EARLY_ERRORS: Final = {
    "a picture for who paints from text alone": EarlyError(
        400, "unsupported_input", _early(from_picture=True), calls=0
    ),
    "a refusal": EarlyError(400, "content_policy_violation", _early(prompt="sandbox:refused")),
    "an expired token": EarlyError(401, "invalid_api_key", _early(prompt="sandbox:expired")),
    "a rejected token": EarlyError(401, "invalid_api_key", _early(token="invalid")),
    "a denied account": EarlyError(403, "access_denied", _early(prompt="sandbox:forbidden")),
    "an unknown model": EarlyError(404, "model_not_found", _early(model="dall-e-3"), calls=0),
    "a model unknown to the service": EarlyError(
        404, "model_not_found", _early(prompt="sandbox:status=404", model=_GEEKAI)
    ),
    "a conflict": EarlyError(409, "conflict", _early(prompt="sandbox:status=409", model=_ZHAOTOU)),
    "a long request": EarlyError(
        413, "request_too_large", Scene(prompt="cat " * 20_000, deployment="easel"), calls=0
    ),
    "a long prompt for the service": EarlyError(
        413, "request_too_large", _early(prompt="sandbox:status=413", model=_ZHAOTOU)
    ),
    "a busy service": EarlyError(
        429, "rate_limit_exceeded", _early(prompt="sandbox:busy", model=_GEEKAI)
    ),
    "an empty account": EarlyError(
        429, "insufficient_quota", _early(prompt="sandbox:status=402", model=_GEEKAI)
    ),
    "a misconfigured deployment": EarlyError(
        500, "misconfigured", Scene(deployment="misconfigured"), calls=0
    ),
    "a broken service": EarlyError(502, "upstream_broken", _early(prompt="sandbox:broken")),
    "a service that gives up": EarlyError(
        504, "upstream_too_slow", _early(prompt="sandbox:status=504", model=_GEEKAI)
    ),
}

# What every library is asked for, beside what only it can do.
_COMMON: Final = {
    "a late error": Scene("plain", "sandbox:slow=9", deployment="easel"),
    "a late error, streamed": Scene("streamed", "sandbox:slow=9", deployment="easel"),
    "who waits no longer": Scene("impatient", "sandbox:slow=3", deployment="easel"),
    "who leaves": Scene("leavePlain", "sandbox:slow=3", deployment="easel"),
    "who leaves a stream": Scene("leaveStreamed", "sandbox:slow=3", deployment="easel"),
    **{
        f"{name}, {how}": replace(early.scene, how=how)
        for name, early in EARLY_ERRORS.items()
        for how in ("plain", "streamed")
    },
}

each_early_error = pytest.mark.parametrize("name", EARLY_ERRORS)
each_way = pytest.mark.parametrize("how", ["plain", "streamed"])
each_who_leaves = pytest.mark.parametrize(
    "name", ["who waits no longer", "who leaves", "who leaves a stream"]
)


def field_at_fault(seen: Mapping[str, Outcome], how: str) -> str | None:
    """The field that the error names where a picture is sent to who paints from text alone."""
    error = seen[f"a picture for who paints from text alone, {how}"].error
    assert error is not None
    return error.param


def check_early_error(
    seen: Mapping[str, Outcome],
    name: str,
    how: str,
    thrown: Callable[[int, str], Thrown],
    *,
    calls: int | None = None,
) -> None:
    """What the library throws for a status and a code, and how often the service was asked.

    `calls` is given where the library asks again by itself.
    """
    early, outcome = EARLY_ERRORS[name], seen[f"{name}, {how}"]
    assert outcome.error == thrown(early.status, early.code)
    assert len(outcome.calls) == (early.calls if calls is None else calls)


def play(
    program: str, scenes: Mapping[str, Scene], deployments: Mapping[str, Easel], internet: Internet
) -> dict[str, Outcome]:
    """Plays these scenes and the common ones. Their names are in the prompts: calls hold them."""
    scenes = {**scenes, **_COMMON}
    marks = {name: f"({program}: {name})" for name in scenes}
    told = {
        name: {
            "how": scene.how,
            "url": deployments[scene.deployment].url,
            "token": scene.token,
            "model": scene.model,
            "prompt": f"{scene.prompt} {marks[name]}",
            "source": b64encode(png()).decode() if scene.from_picture else None,
            "fields": scene.fields,
        }
        for name, scene in scenes.items()
    }
    done = subprocess.run(
        ["node", str(Path(__file__).with_name(program))],
        check=False,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        # Nothing of this machine's settings: libraries look for keys and addresses there.
        env={"PATH": os.environ["PATH"]},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return {
        name: Outcome(
            internet.calls(marks[name]),
            outcome.get("value"),
            Thrown(**outcome["error"]) if "error" in outcome else None,
        )
        for name, outcome in json.loads(done.stdout).items()
    }
