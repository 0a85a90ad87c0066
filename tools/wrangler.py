"""`wrangler dev` as a child that can be stopped whole, and what of its words a person needs.

In: a command line, and a file for all that it says. Out: what Easel and the runtime say of requests
and errors; of wrangler's own words, one line where it fails, which names that file.
"""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from typing import Final

from tools.child import Child
from tools.log_lines import readable
from tools.preflight import CannotRun, source_fault
from tools.runtime.workerd import PROJECT

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
# What it says of itself: the table of the modules that it uploads, each request once more, with the
# time of its headers, and where to complain. The empty lines around everything too.
_NOISE: Final = (
    *("┌", "├", "│", "└", "⎔", "⛅️", "─", "🪵", "[wrangler:info]", *_BUILDING),
    "If you think this is a bug",
)
_MOST_LINES: Final = 2000
# Of a log that nobody reads until something fails: enough for days of requests.
_MOST_LOG_BYTES: Final = 10_000_000
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*m")
_ERROR: Final = re.compile(r"\[ERROR\]\s*(\S.*)")
# The shell cuts a transfer by an error of these words, once it has logged why (src/edge). The
# runtime and its inspector report that error each once more.
_ECHO: Final = re.compile(
    r"Uncaught (?:Error|exception: workerd/\S+ failed: remote\.jsg\.Error)"
    r": the picture broke off\s*$"
)


class Output:
    """What wrangler says. Lines of a start or a reload are held back until it is over.

    `as_json` is whether Easel's line for a request stays JSON.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self._held: list[str] | None = []
        self._as_json = as_json

    def take(self, line: str, clock: str) -> list[str]:
        """What to print now that this line has come, at this time of day."""
        if not self._as_json:
            line = readable(line, clock)
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
    return [line for line in lines if _is_worth_printing(_ANSI.sub("", line).strip())]


def _is_worth_printing(text: str) -> bool:
    return bool(text) and not text.startswith(_NOISE) and not _ECHO.search(text)


class _Log:
    """A file with all that wrangler says, up to a limit."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")
        self._left = _MOST_LOG_BYTES

    def write(self, line: str) -> None:
        if self._left <= 0:
            return
        text = _ANSI.sub("", line)
        self._left -= len(text.encode())
        self._file.write(text if self._left > 0 else "The log is full.\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class Wrangler:
    """`wrangler dev`, and all that it started.

    All that it says goes to `log` too, which stays where something failed.
    """

    def __init__(self, command: list[str], log: Path, *, as_json: bool = False) -> None:
        self._output = Output(as_json=as_json)
        self._log_path = log
        self._log = _Log(log)
        self._failed = False
        self._lock = threading.Lock()
        self._child = Child(command, self._take, QUIET)

    def _take(self, line: str) -> None:
        with self._lock:
            self._log.write(line)
            printed = self._output.take(line, time.strftime("%H:%M:%S"))
            print("".join(printed), end="", flush=True)

    def wait_until_ready(self, url: str) -> None:
        """Returns when Easel answers.

        Raises CannotRun when it does not: BrokenSource where a source of Easel's is why, else with
        the first error of wrangler's.
        """
        if not self._child.answers(url):
            self._failed = True
            self.stop()
            raise self._why("wrangler did not get Easel to answer")
        with self._lock:
            self._output.release()

    def wait_for_its_end(self) -> CannotRun:
        """Why wrangler ended by itself, once it does."""
        return self._why(f"wrangler ended by itself with status {self._child.wait()}")

    def _why(self, what: str) -> CannotRun:
        self._failed = True
        held = self._output.held
        fault = source_fault(held)
        if fault is not None:
            return fault
        error = _ERROR.search(_ANSI.sub("", held))
        told = f": {error[1].strip()}" if error else ""
        return CannotRun(f"{what}{told}. All that it said is in {_shown(self._log_path)}")

    def stop(self) -> None:
        """Ends wrangler, its workerd and whatever else it started."""
        self._child.stop()
        self._log.close()
        if not self._failed:
            self._log_path.unlink(missing_ok=True)


def _shown(path: Path) -> Path:
    return path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path
