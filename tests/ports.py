"""Ports for servers that a test starts elsewhere, in another process, a moment later.

The kernel's own choice (port 0) may be another process's a moment later. So each process that runs
tests goes its own way below the kernel's range, and gives no port twice.
"""

from __future__ import annotations

import itertools
import os
import socket
from typing import Final

_FIRST: Final = 10_000
_COUNT: Final = 22_000
# Processes that start together have ids in a row, and none takes as many ports.
_APART: Final = 211

_steps = itertools.count()

# Bound and not listened at: whoever connects is refused, and nobody else can have it.
_nowhere = socket.socket()


def nowhere() -> int:
    """A port on loopback that nobody listens at as long as this process lives."""
    if _nowhere.getsockname()[1] == 0:
        _nowhere.bind(("127.0.0.1", 0))
    port: int = _nowhere.getsockname()[1]
    return port


def free_port() -> int:
    """A port on loopback that nobody listens at."""
    while True:
        port = _FIRST + (os.getpid() * _APART + next(_steps)) % _COUNT
        with socket.socket() as probe:
            # As servers do it: what a connection leaves behind for a minute is no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
