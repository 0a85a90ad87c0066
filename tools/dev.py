"""Runs Easel on this machine: `wrangler dev`, and the sandbox beside it where asked for.

In: a port. Out: how long the start took, where the page is and how to ask for a picture once Easel
answers, then a line for each request, until Ctrl-C; no process is left behind. An edit that does
not run is told in one line, and the next that does starts Easel again. Exit status 1 and a sentence
when it cannot start.
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
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, NoReturn, Protocol
from urllib.parse import urlsplit

from tools.local_state import sandbox_links, write_project
from tools.preflight import (
    BrokenSource,
    CannotRun,
    check_host,
    check_keys,
    check_loopback,
    check_port,
    check_sources,
    check_variables,
    easel_variables,
    importing_sources,
    live_variables,
    network_address,
    own_address,
    read_wrangler_toml,
)
from tools.runtime.workerd import DEVELOPMENT_FLAGS, PROJECT
from tools.wrangler import Wrangler

_ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SOURCES: Final = PROJECT / "src"
_LOOK_SECONDS: Final = 0.3

# So that the page needs no key: the sandbox takes any.
ON_SANDBOX: Final = {"ON_SANDBOX": "true"}


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


def wrangler_command(port: int, host: str = "127.0.0.1") -> list[str]:
    """`wrangler dev` on the runtime that the set-up has put together."""
    return [
        *("wrangler", "dev", "--ip", host, "--port", str(port), "--inspector-port", "0"),
        *("--show-interactive-dev-session", "false"),
        *("--compatibility-flags", "python_workers", *DEVELOPMENT_FLAGS),
    ]


def sandbox_command(port: int, sandbox_url: str, config: Path, env_file: str) -> list[str]:
    """The same on the sandbox, as `config` has it.

    Easel's variables are those of `env_file`, but for the services' addresses.
    """
    # A developer's .dev.vars is for the real services and must not reach the sandbox.
    command = [*wrangler_command(port), "--config", str(config), "--env-file", env_file]
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


def heed_signals() -> None:
    """Turns each signal that ends a program into KeyboardInterrupt."""
    # SIGINT too: a shell's background job is started with it ignored.
    for number in _ENDING_SIGNALS:
        signal.signal(number, _interrupt)


class Stoppable(Protocol):
    """What runs Easel."""

    def stop(self) -> None:
        """Ends it."""


def stop(running: Stoppable) -> None:
    """Ends what runs Easel, whatever a person presses meanwhile."""
    # A second Ctrl-C must not keep the first from ending everything.
    for number in _ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    running.stop()


@dataclass(frozen=True, slots=True)
class Run:
    """What is run, where it answers, and with which of Easel's variables.

    `shown_url` is where others reach it.
    """

    command: list[str]
    url: str
    shown_url: str
    sandbox: bool
    variables: Mapping[str, object]

    @property
    def log_as_json(self) -> bool:
        """Whether the line for each request stays JSON: somebody has asked for the log."""
        return "LOG_REQUESTS" in self.variables

    @property
    def log(self) -> Path:
        """The file for wrangler's own words."""
        return PROJECT / ".easel" / f"wrangler-{urlsplit(self.url).port}.log"


def _start(run: Run) -> Wrangler:
    check_sources(_SOURCES)
    wrangler = Wrangler(run.command, run.log, as_json=run.log_as_json)
    try:
        wrangler.wait_until_ready(run.url)
    except BaseException:
        stop(wrangler)
        raise
    return wrangler


def _start_again(fault: BrokenSource, run: Run) -> Wrangler:
    """Starts wrangler once more as soon as the sources let it."""
    told = ""
    while True:
        if str(fault) != told:
            told = str(fault)
            print(f"easel: {told}. Easel starts again when that is mended.", flush=True)
        # Before it starts: what is edited from then on is worth another start.
        seen = _last_edit()
        heed_signals()
        try:
            return _start(run)
        except BrokenSource as again:
            fault = again
        heed_signals()
        while _last_edit() == seen:
            time.sleep(_LOOK_SECONDS)


def greeting(url: str, *, sandbox: bool, keys: bool) -> str:
    """What is said once Easel answers: where, and a request to try it with.

    `keys` is whether it is a personal proxy, whose clients show one of its keys.
    """
    where = "on the sandbox" if sandbox else "at the real services"
    if keys:
        token, hint = "$KEY", ", where KEY is one of EASEL_KEYS"
    elif sandbox:
        token, hint = "any-word", ""
    else:
        token, hint = "$TOKEN", ", where TOKEN is your token of image.z.ai"
    return (
        f"Easel answers at {url} (the page to paint on) and {url}/v1 (for clients).\n"
        f"It paints {where}. Ctrl-C stops it. To try it{hint}:\n"
        f'  curl -sS {url}/v1/images/generations -H "Authorization: Bearer {token}"'
        """ -d '{"model": "gemini-3-image-1k", "prompt": "a cat"}'"""
    )


def _run(run: Run) -> NoReturn:
    """Runs Easel, also where an edit has ended wrangler. Raises CannotRun."""
    started = time.monotonic()
    wrangler = _start(run)
    print(f"easel: started in {time.monotonic() - started:.0f} s")
    keys = bool(run.variables.get("EASEL_KEYS"))
    print(greeting(run.shown_url, sandbox=run.sandbox, keys=keys), flush=True)
    while True:
        try:
            reason = wrangler.wait_for_its_end()
        finally:
            stop(wrangler)
        if not isinstance(reason, BrokenSource):
            raise reason
        wrangler = _start_again(reason, run)
        print(f"Easel answers at {run.shown_url} again.", flush=True)


@contextmanager
def sandbox() -> Iterator[str]:
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


def kept_by(port: int) -> Path:
    """The folder for what `make dev` keeps at a port: a link leads to one port alone."""
    return PROJECT / ".easel" / "dev" / str(port)


def _dev(port: int) -> NoReturn:
    url = f"http://127.0.0.1:{port}"
    environment = {**sandbox_links(kept_by(port)), **ON_SANDBOX, **os.environ}
    given = {name: environment[name] for name in own_names(environment)}
    check_variables(given)
    config = write_project(kept_by(port), read_wrangler_toml(PROJECT), PROJECT)
    # In a file that nobody else may read: whoever lists processes sees a command line.
    with sandbox() as sandbox_url, NamedTemporaryFile("w", suffix=".env") as env_file:
        env_file.write(own_variables(environment))
        env_file.flush()
        command = sandbox_command(port, sandbox_url, config, env_file.name)
        _run(Run(command, url, url, sandbox=True, variables=given))


def _live(port: int, host: str) -> NoReturn:
    variables = live_variables(PROJECT)
    check_variables(variables)
    check_keys(host, variables)
    command = wrangler_command(port, host)
    url, shown_url = (f"http://{reach(host)}:{port}" for reach in (own_address, network_address))
    _run(Run(command, url, shown_url, sandbox=False, variables=variables))


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev", description=__doc__)
    parser.add_argument("--port", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--sandbox", action="store_true")
    options = parser.parse_args()
    heed_signals()
    try:
        host = check_host(options.host)
        port = check_port(options.port, host, "dev" if options.sandbox else "live")
        check_sources(_SOURCES)
        if options.sandbox:
            check_loopback(host)
            _dev(port)
        _live(port, host)
    except CannotRun as error:
        print(f"easel: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
