"""Runs Easel on this machine: `wrangler dev`, and the sandbox beside it where asked for.

In: a port. Out: one line with the address once Easel answers, then whatever wrangler says, until
Ctrl-C; no process is left behind. An edit that does not run is told in one line, and the next that
does starts Easel again. Exit status 1 and a sentence when it cannot start.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import NamedTemporaryFile
from typing import Final, NoReturn
from urllib.parse import urlsplit

from tools.preflight import (
    BrokenSource,
    CannotRun,
    check_port,
    check_sources,
    check_variables,
    easel_variables,
    importing_sources,
    live_variables,
)
from tools.runtime.workerd import DEVELOPMENT_FLAGS, PROJECT
from tools.wrangler import Wrangler

_ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SOURCES: Final = PROJECT / "src"
_LOOK_SECONDS: Final = 0.3


def free_port() -> int:
    """A port on loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def sandbox_addresses(sandbox_url: str) -> dict[str, str]:
    """Where the sandbox has each service, by variable: at the path of its real address."""
    with importing_sources():
        from easel.services.table import SERVICES  # noqa: PLC0415
    addresses = {}
    for service in SERVICES.values():
        addresses[service.variables.base_url] = service.default_base_url
        if service.sign_in is not None:
            addresses[service.variables.site_base_url] = service.sign_in.default_base_url
    return {name: sandbox_url + urlsplit(address).path for name, address in addresses.items()}


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
        for name, address in sandbox_addresses(sandbox_url).items():
            command += ["--var", f"{name}:{address}"]
    return command


def own_names(environment: Mapping[str, str]) -> list[str]:
    """Easel's variables in the environment, but for the services' addresses."""
    addresses = sandbox_addresses("")
    return [name for name in easel_variables() if name in environment and name not in addresses]


def own_variables(environment: Mapping[str, str]) -> str:
    """The same as an env file."""
    return "".join(f"{name}={json.dumps(environment[name])}\n" for name in own_names(environment))


def _last_edit() -> int:
    """When a source was last edited, added or removed, in nanoseconds; 0 while one is replaced."""
    try:
        return max(path.stat().st_mtime_ns for path in (_SOURCES, *_SOURCES.rglob("*")))
    except FileNotFoundError:
        return 0


def _heed_signals() -> None:
    # SIGINT too: a shell's background job is started with it ignored.
    for number in _ENDING_SIGNALS:
        signal.signal(number, _interrupt)


def _stop(wrangler: Wrangler) -> None:
    # A second Ctrl-C must not keep the first from ending everything.
    for number in _ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    wrangler.stop()


def _start(command: list[str], url: str) -> Wrangler:
    check_sources(_SOURCES)
    wrangler = Wrangler(command)
    try:
        wrangler.wait_until_ready(url)
    except BaseException:
        _stop(wrangler)
        raise
    return wrangler


def _start_again(fault: BrokenSource, command: list[str], url: str) -> Wrangler:
    """Starts wrangler once more as soon as the sources let it."""
    told = ""
    while True:
        if str(fault) != told:
            told = str(fault)
            print(f"easel: {told}. Easel starts again when that is mended.", flush=True)
        # Before it starts: what is edited from then on is worth another start.
        seen = _last_edit()
        _heed_signals()
        try:
            return _start(command, url)
        except BrokenSource as again:
            fault = again
        _heed_signals()
        while _last_edit() == seen:
            time.sleep(_LOOK_SECONDS)


def _run(port: int, sandbox_url: str | None, env_file: str = os.devnull) -> NoReturn:
    """Runs Easel, also where an edit has ended wrangler. Raises CannotRun."""
    url = f"http://127.0.0.1:{port}"
    command = wrangler_command(port, sandbox_url, env_file)
    where = "in the sandbox" if sandbox_url else "at the real services"
    wrangler = _start(command, url)
    while True:
        print(f"Easel answers at {url}/v1 and paints {where}. Ctrl-C stops it.", flush=True)
        try:
            reason = wrangler.wait_for_its_end()
        finally:
            _stop(wrangler)
        if not isinstance(reason, BrokenSource):
            raise reason
        wrangler = _start_again(reason, command, url)


@contextmanager
def _sandbox() -> Iterator[str]:
    """The sandbox, and its address. Raises BrokenSource, NotStarted."""
    with importing_sources():
        # Not sooner: it has tables of Easel's own.
        from tools.sandbox.server import running  # noqa: PLC0415
        from tools.sandbox.state import Sandbox  # noqa: PLC0415
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(Sandbox(url, url), port):
        yield url


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev", description=__doc__)
    parser.add_argument("--port", required=True)
    parser.add_argument("--sandbox", action="store_true")
    options = parser.parse_args()
    _heed_signals()
    try:
        port = check_port(options.port)
        check_sources(_SOURCES)
        if options.sandbox:
            check_variables({name: os.environ[name] for name in own_names(os.environ)})
            # In a file that nobody else may read: whoever lists processes sees a command line.
            with (
                _sandbox() as sandbox_url,
                NamedTemporaryFile("w", suffix=".env") as env_file,
            ):
                # A line of JSON for each request is for deployments.
                env_file.write(own_variables({"LOG_REQUESTS": "false", **os.environ}))
                env_file.flush()
                _run(port, sandbox_url, env_file.name)
        check_variables(live_variables(PROJECT))
        _run(port, None)
    except CannotRun as error:
        print(f"easel: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
