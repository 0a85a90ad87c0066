"""`wrangler dev` as a child that can be stopped whole, and what of its words a person needs.

In: a command line. Out: whatever it says of requests and errors, as it says it; what it says of
building and reloading only where that fails.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import Final

import httpx

from tools.preflight import CannotRun, source_fault
from tools.runtime.workerd import PROJECT

_START_SECONDS: Final = 90
_STOP_SECONDS: Final = 5

# What wrangler does by itself, and must not. Its local observability keeps the address of every
# request in a database below .wrangler, and an address may hold a key (wrangler 4.164, cli.js:
# getLocalObservabilityEnabledFromEnv; there is no option on the command line, nor in a file).
# Without `request.cf` it asks no host of Cloudflare's, and does not complain that it cannot.
QUIET: Final = {
    "X_LOCAL_OBSERVABILITY": "false",
    "WRANGLER_SEND_METRICS": "false",
    "CLOUDFLARE_CF_FETCH_ENABLED": "false",
}

# Where it begins to build anew, and where that is over (wrangler 4.164). It ends where that fails.
_BUILDING: Final = ("Attaching additional modules:", "⎔ Reloading local server")
_BUILT: Final = "⎔ Local server updated and ready"
# The table of the modules that it uploads, and the empty lines around everything.
_ORNAMENT: Final = ("┌", "├", "│", "└", "⎔", *_BUILDING)
_MOST_LINES: Final = 2000
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*m")
# The shell cuts a transfer by an error of these words, once it has logged why (src/edge). The
# runtime and its inspector report that error each once more.
_ECHO: Final = re.compile(
    r"Uncaught (?:Error|exception: workerd/\S+ failed: remote\.jsg\.Error)"
    r": the picture broke off\s*$"
)


class Output:
    """What wrangler says. Lines of a start or a reload are held back until it is over."""

    def __init__(self) -> None:
        self._held: list[str] | None = []

    def take(self, line: str) -> list[str]:
        """What to print now that this line has come."""
        if self._held is None:
            if line.startswith(_BUILDING):
                self._held = []
                return []
            return _worth_printing([line])
        if line.startswith(_BUILT):
            return [*self.release(), "Easel runs what was edited.\n"]
        self._held.append(line)
        return self.release() if len(self._held) > _MOST_LINES else []

    def release(self) -> list[str]:
        """What to print of the lines that were held back."""
        held, self._held = self._held or [], None
        return _worth_printing(held)

    @property
    def held(self) -> str:
        """The lines that are held back, all of them."""
        return "".join(self._held or [])


def _worth_printing(lines: list[str]) -> list[str]:
    return [
        line
        for line in lines
        if line.strip() and not line.startswith(_ORNAMENT) and not _ECHO.search(_ANSI.sub("", line))
    ]


class Wrangler:
    """`wrangler dev` in a process group of its own, so that all of it can be stopped."""

    def __init__(self, command: list[str]) -> None:
        wrapper = PROJECT / "tools" / "runtime" / "workerd-with-bundle.sh"
        self._output = Output()
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={
                **os.environ,
                **QUIET,
                "MINIFLARE_WORKERD_PATH": str(wrapper),
                "NO_COLOR": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._lock:
                print("".join(self._output.take(line)), end="", flush=True)

    def wait_until_ready(self, url: str) -> None:
        """Returns when Easel answers.

        Raises CannotRun when it does not: BrokenSource where a source of Easel's is why, else with
        wrangler's words.
        """
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            # One question that waits for Python to be up: wrangler logs each.
            patient = httpx.Timeout(2, read=_START_SECONDS)
            with suppress(httpx.HTTPError):
                if httpx.get(f"{url}/health", timeout=patient, trust_env=False).is_success:
                    with self._lock:
                        self._output.release()
                    return
            time.sleep(0.1)
        self.stop()
        raise self._why("wrangler did not get Easel to answer")

    def wait_for_its_end(self) -> CannotRun:
        """Why wrangler ended by itself, once it does."""
        status = self._process.wait()
        self._reader.join(_STOP_SECONDS)
        return self._why(f"wrangler ended by itself with status {status}")

    def _why(self, what: str) -> CannotRun:
        fault = source_fault(self._output.held)
        if fault is not None:
            return fault
        said = "".join(self._output.release())
        return CannotRun(f"{what}. It said:\n{said}" if said else what)

    def stop(self) -> None:
        """Ends wrangler, its workerd and whatever else it started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                break
            end = time.monotonic() + _STOP_SECONDS
            while time.monotonic() < end and _group_lives(self._process):
                time.sleep(0.02)
        self._process.wait()
        self._reader.join(_STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()


def _group_lives(process: subprocess.Popen[str]) -> bool:
    process.poll()  # Reaps the leader, which would else count as alive.
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True
