"""Runs the sandbox on loopback beside whatever asks for it.

In: the sandbox's state and a port. Out: it answers for the length of the block; NotStarted where
it does not start.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from tools.sandbox.app import create_app
from tools.sandbox.state import Sandbox

_STOP_SECONDS: Final = 5
# uvicorn's own 5 s end connections that Easel is about to use again: a request on one is lost.
_KEEP_ALIVE_SECONDS: Final = 3600


class NotStarted(Exception):
    """The sandbox does not start."""


@contextmanager
def running(sandbox: Sandbox, port: int) -> Iterator[None]:
    """The sandbox in a thread of this process. Raises NotStarted."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(sandbox),
            host="127.0.0.1",
            port=port,
            # It breaks pictures off on purpose, which uvicorn would log as a failure of its own.
            log_level="critical",
            lifespan="off",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise NotStarted("the sandbox does not start")
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        thread.join(_STOP_SECONDS)
