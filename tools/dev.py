"""Runs Easel on this machine: `wrangler dev`, and the sandbox beside it where asked for.

In: a port. Out: one line with the address once Easel answers, then whatever wrangler says, until
Ctrl-C; no process is left behind. Exit status 1 and a sentence when it cannot start.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from tempfile import NamedTemporaryFile
from typing import Final, NoReturn

import httpx

from easel.settings import VARIABLES
from tools.runtime.workerd import DEVELOPMENT_FLAGS, PROJECT
from tools.sandbox.server import NotStarted, running
from tools.sandbox.state import Sandbox

_START_SECONDS: Final = 90
_STOP_SECONDS: Final = 5
_ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


# What wrangler does by itself, and must not. Its local observability keeps the address of every
# request in a database below .wrangler, and an address may hold a key (wrangler 4.164, cli.js:
# getLocalObservabilityEnabledFromEnv; there is no option on the command line, nor in a file).
QUIET: Final = {"X_LOCAL_OBSERVABILITY": "false", "WRANGLER_SEND_METRICS": "false"}

# Where the sandbox has each service.
SANDBOX_PATHS: Final = {
    "ZAI_IMAGE_BASE_URL": "",
    "BIGMODEL_BASE_URL": "/api",
    "ZHAOTOU_BASE_URL": "/v1",
    "GEEKAI_BASE_URL": "/api/v1",
}


class CannotRun(Exception):
    """Easel cannot be run; the message says why, and what to do."""


def check_port(text: str) -> int:
    """The port. Raises CannotRun when it is none, or somebody listens there already."""
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= port <= 65_535:
        raise CannotRun(f"{text!r} is no port; choose one from 1 to 65535, as in PORT=8788")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CannotRun(f"port {port} is reserved; choose a higher one with PORT=") from None
        except OSError:
            raise CannotRun(
                f"port {port} is in use; choose another, as in `make dev PORT={port % 65_535 + 1}`"
            ) from None
    return port


def free_port() -> int:
    """A port on loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wrangler_command(port: int, sandbox_url: str | None, env_file: str = os.devnull) -> list[str]:
    """`wrangler dev` on the runtime that the set-up has put together.

    With the sandbox, Easel's variables are those of `env_file`, but for the services' addresses.
    """
    command = [
        *("wrangler", "dev", "--ip", "127.0.0.1", "--port", str(port), "--inspector-port", "0"),
        *("--show-interactive-dev-session", "false"),
        *("--compatibility-flags", "python_workers", *DEVELOPMENT_FLAGS),
    ]
    if sandbox_url is not None:
        # A developer's .dev.vars is for the real services and must not reach the sandbox.
        command += ["--env-file", env_file]
        for name, path in SANDBOX_PATHS.items():
            command += ["--var", f"{name}:{sandbox_url}{path}"]
    return command


def own_variables(environment: Mapping[str, str]) -> str:
    """Easel's variables in the environment, but for the services' addresses, as an env file."""
    own = [name for name in VARIABLES if name in environment and name not in SANDBOX_PATHS]
    return "".join(f"{name}={json.dumps(environment[name])}\n" for name in own)


class Wrangler:
    """`wrangler dev` in a process group of its own, so that all of it can be stopped."""

    def __init__(self, command: list[str]) -> None:
        wrapper = PROJECT / "tools" / "runtime" / "workerd-with-bundle.sh"
        self._lines: list[str] = []
        self._ready = False
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
            if self._ready:
                print(line, end="", flush=True)
            else:
                self._lines.append(line)

    def wait_until_ready(self, url: str) -> None:
        """Returns when Easel answers. Raises CannotRun with wrangler's words when it does not."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{url}/health", timeout=2, trust_env=False).status_code == 200:
                    self._ready = True
                    return
            time.sleep(0.1)
        said = "".join(self._lines)
        raise CannotRun(f"wrangler did not get Easel to answer. It said:\n{said}")

    def wait(self) -> int:
        """The exit status of wrangler, once it ends by itself."""
        return self._process.wait()

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


def _group_lives(process: subprocess.Popen[str]) -> bool:
    process.poll()  # Reaps the leader, which would else count as alive.
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _run(port: int, sandbox_url: str | None, env_file: str = os.devnull) -> NoReturn:
    url = f"http://127.0.0.1:{port}"
    wrangler = Wrangler(wrangler_command(port, sandbox_url, env_file))
    try:
        wrangler.wait_until_ready(url)
        where = "in the sandbox" if sandbox_url else "at the real services"
        print(f"Easel answers at {url}/v1 and paints {where}. Ctrl-C stops it.", flush=True)
        raise CannotRun(f"wrangler ended by itself with status {wrangler.wait()}")
    finally:
        # A second Ctrl-C must not keep the first from ending everything.
        for number in _ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        wrangler.stop()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev", description=__doc__)
    parser.add_argument("--port", required=True)
    parser.add_argument("--sandbox", action="store_true")
    options = parser.parse_args()
    # SIGINT too: a shell's background job is started with it ignored.
    for number in _ENDING_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        port = check_port(options.port)
        if options.sandbox:
            sandbox_port = free_port()
            sandbox_url = f"http://127.0.0.1:{sandbox_port}"
            # In a file that nobody else may read: whoever lists processes sees a command line.
            with (
                running(Sandbox(sandbox_url, sandbox_url), sandbox_port),
                NamedTemporaryFile("w", suffix=".env") as env_file,
            ):
                env_file.write(own_variables(os.environ))
                env_file.flush()
                _run(port, sandbox_url, env_file.name)
        _run(port, None)
    except (CannotRun, NotStarted) as error:
        print(f"easel: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
