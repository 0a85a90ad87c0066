"""What a chat application is to the scenes that are played with it.

In: an address of Easel's. Out: the application at an address of its own, and how a person uses it
in a browser.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from playwright.sync_api import Page

from tools.preflight import CannotRun
from tools.runtime.workerd import PROJECT

APPS: Final = PROJECT / ".easel" / "apps"

# An application's first start makes its database; a busy machine takes minutes.
_START_SECONDS: Final = 240
_STOP_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class Application:
    """A chat application. `suits` is the picture format that is played whole with it.

    `pictures` selects the pictures of answers. `running` runs it for the length of a block,
    connected to a base URL. `begin` opens a new chat with a model, at its address; `send` types a
    prompt; `stop` presses the button that stops. `lacks` names what it is known not to do.
    """

    name: str
    version: str
    suits: str
    pictures: str
    running: Callable[[str], AbstractContextManager[str]]
    begin: Callable[[Page, str, str], None]
    send: Callable[[Page, str], None]
    stop: Callable[[Page], None]
    lacks: frozenset[str] = frozenset()


@contextmanager
def serving_program(
    command: list[str], url: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """A program that answers at `url`, for the length of the block. Raises CannotRun."""
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(url, program, folder / "log")
        yield
    finally:
        program.terminate()
        try:
            program.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def _wait_for(url: str, program: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and program.poll() is None:
        try:
            httpx.get(url, timeout=5, trust_env=False)
            return
        except httpx.HTTPError:
            time.sleep(0.5)
    said = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
    raise CannotRun(f"an application does not start: {' '.join(said)}")
