"""What holds for every test: no network but loopback, and no hurry on a busy machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

from tools.runtime.workerd import PROJECT

hypothesis.settings.register_profile("easel", deadline=None)
hypothesis.settings.load_profile("easel")

_LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """No test reaches a real service: whatever connects elsewhere fails at once.

    workerd is a process of its own; its only way out is the sandbox (tests/worker/conftest.py).
    """
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if not host.startswith(_LOOPBACK):
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        # As make has it: a test that is run by hand needs no activated environment.
        own = [str(PROJECT / ".venv" / "bin"), str(PROJECT / "node_modules" / ".bin")]
        patch.setenv("PATH", os.pathsep.join([*own, os.environ["PATH"]]))
        patch.setenv("WRANGLER_SEND_METRICS", "false")
        # A developer's proxy is not on loopback.
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield
