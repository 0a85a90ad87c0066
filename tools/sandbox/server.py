"""Runs the sandbox on loopback beside whatever asks for it.

In: the sandbox's state and a port. Out: it answers for the length of the block; NotStarted where
it does not start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from tools.preflight import CannotRun
from tools.sandbox.app import BrokenOff, create_app
from tools.sandbox.state import Sandbox

_STOP_SECONDS: Final = 5
# uvicorn's own 5 s end connections that Easel is about to use again: a request on one is lost.
_KEEP_ALIVE_SECONDS: Final = 3600


class NotStarted(CannotRun):
    """The sandbox does not start."""


def _is_error(record: logging.LogRecord) -> bool:
    """Whether what uvicorn logs is an error: a picture that was to break off is none."""
    return record.exc_info is None or not isinstance(record.exc_info[1], BrokenOff)


def server(sandbox: Sandbox, port: int) -> uvicorn.Server:
    """The sandbox, ready to be run on loopback."""
    config = uvicorn.Config(
        create_app(sandbox),
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="off",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    # After the configuration, which sets up logging anew.
    logging.getLogger("uvicorn.error").addFilter(_is_error)
    return uvicorn.Server(config)


@contextmanager
def running(sandbox: Sandbox, port: int) -> Iterator[None]:
    """The sandbox in a thread of this process. Raises NotStarted."""
    serving = server(sandbox, port)
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    while not serving.started:
        if not thread.is_alive():
            raise NotStarted("the sandbox does not start")
        time.sleep(0.01)
    try:
        yield
    finally:
        serving.should_exit = serving.force_exit = True
        thread.join(_STOP_SECONDS)
