"""A program that runs Easel, as a child that can be stopped whole.

In: a command line. Out: each line that it prints, given to whoever started it; whether Easel
answers; its end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import httpx

from tools.runtime.workerd import PROJECT

_START_SECONDS: Final = 90
_STOP_SECONDS: Final = 5

# Starts workerd on the runtime that the set-up has put together; Miniflare reads the name.
_WORKERD: Final = PROJECT / "tools" / "runtime" / "workerd-with-bundle.sh"


class Child:
    """A program in a process group of its own. `given` is its standard input."""

    def __init__(
        self,
        command: list[str],
        take: Callable[[str], None],
        environment: Mapping[str, str],
        given: str = "",
    ) -> None:
        self._take = take
        self._process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={
                **os.environ,
                "MINIFLARE_WORKERD_PATH": str(_WORKERD),
                "NO_COLOR": "1",
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert self._process.stdin is not None
        # It may have ended already; that is told where its end is looked at.
        with suppress(BrokenPipeError), self._process.stdin as standard_input:
            standard_input.write(given)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._take(line)

    def answers(self, url: str) -> bool:
        """Waits until Easel answers there, and whether it does at all."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            # One question that waits for Python to be up: each is logged.
            patient = httpx.Timeout(2, read=_START_SECONDS)
            with suppress(httpx.HTTPError):
                if httpx.get(f"{url}/health", timeout=patient, trust_env=False).is_success:
                    return True
            time.sleep(0.1)
        return False

    def wait(self) -> int:
        """Its exit status, once it has ended by itself and all that it said has been taken."""
        status = self._process.wait()
        self._reader.join(_STOP_SECONDS)
        return status

    def stop(self) -> None:
        """Ends it and whatever it started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                break
            end = time.monotonic() + _STOP_SECONDS
            while time.monotonic() < end and self._group_lives():
                time.sleep(0.02)
        self._process.wait()
        self._reader.join(_STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _group_lives(self) -> bool:
        self._process.poll()  # Reaps the leader, which would else count as alive.
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True
