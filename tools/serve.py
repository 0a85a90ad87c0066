"""Runs the built Worker on this machine for as long as it takes, without wrangler and its watching.

In: an address, a port, and a folder for what is kept. Out: where Easel answers, then its log line
by line, until SIGTERM or Ctrl-C; no process is left behind. A workerd that dies is started again.
Exit status 1 and a sentence where it cannot start, or cannot go on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from tools.child import Child
from tools.deployment import worker_config
from tools.dev import (
    ON_SANDBOX,
    greeting,
    heed_signals,
    own_names,
    sandbox,
    sandbox_addresses,
    stop,
)
from tools.local_state import sandbox_links, with_store
from tools.preflight import (
    CannotRun,
    check_host,
    check_keys,
    check_loopback,
    check_port,
    check_variables,
    easel_variables,
    live_variables,
    network_address,
    own_address,
    read_wrangler_toml,
)
from tools.runtime.workerd import BUILT_WORKER, PROJECT
from tools.wrangler import Output

_PROGRAM: Final = PROJECT / "tools" / "runtime" / "serve.mjs"


def served_variables(environment: Mapping[str, str], folder: Path) -> dict[str, object]:
    """Easel's variables: of wrangler.toml, over it .dev.vars, over it the environment."""
    variables = live_variables(folder)
    given = {name: environment[name] for name in easel_variables() if name in environment}
    return {**variables, **given}


def sandbox_variables(
    environment: Mapping[str, str], sandbox_url: str, data: Path
) -> dict[str, object]:
    """The same on the sandbox: of the environment alone, as `make dev` has it."""
    environment = {**sandbox_links(data), **ON_SANDBOX, **environment}
    given = {name: environment[name] for name in own_names(environment)}
    return {**given, **sandbox_addresses(sandbox_url)}


class _Printer:
    """Prints what the Worker says: one line each, for a person only where one looks on."""

    def __init__(self, *, as_json: bool) -> None:
        self._output = Output(as_json=as_json)

    def take(self, line: str) -> None:
        printed = self._output.take(line, time.strftime("%H:%M:%S"))
        print("".join(printed), end="", flush=True)

    def start(self) -> None:
        """Easel answers: from now on every line is printed."""
        self._output.release()

    @property
    def held(self) -> str:
        return self._output.held


def _serve(
    options: Mapping[str, Any], variables: Mapping[str, object], *, sandbox: bool
) -> NoReturn:
    """Runs it until it ends. Raises CannotRun."""
    check_variables(variables)
    host, port = options["host"], options["port"]
    check_keys(host, variables)
    started = time.monotonic()
    as_json = "LOG_REQUESTS" in variables or not sys.stdout.isatty()
    printer = _Printer(as_json=as_json)
    written = with_store(read_wrangler_toml(PROJECT))
    what = {
        **options,
        "folder": str(BUILT_WORKER),
        "config": worker_config(written, variables, PROJECT),
    }
    child = Child(["node", str(_PROGRAM)], printer.take, {}, json.dumps(what))
    try:
        if not child.answers(f"http://{own_address(host)}:{port}"):
            child.stop()
            raise CannotRun(printer.held.removeprefix("easel: ").strip() or "Easel does not answer")
        printer.start()
        print(f"easel: started in {time.monotonic() - started:.0f} s")
        url = f"http://{network_address(host)}:{port}"
        keys = bool(variables.get("EASEL_KEYS"))
        print(greeting(url, sandbox=sandbox, keys=keys), flush=True)
        raise CannotRun(f"Miniflare ended by itself with status {child.wait()}")
    finally:
        stop(child)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says; docs/deploying.md and the Dockerfile have one each."""
    parser = argparse.ArgumentParser(prog="serve", description=__doc__)
    parser.add_argument("--port", required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--sandbox", action="store_true")
    return parser.parse_args(words)


def main() -> int:
    given = arguments()
    heed_signals()
    try:
        host = check_host(given.host)
        port = check_port(given.port, host, "serve")
        options = {"host": host, "port": port, "data": str(given.data.absolute())}
        if given.sandbox:
            check_loopback(host)
            with sandbox() as sandbox_url:
                _serve(
                    options, sandbox_variables(os.environ, sandbox_url, given.data), sandbox=True
                )
        _serve(options, served_variables(os.environ, PROJECT), sandbox=False)
    except CannotRun as error:
        print(f"easel: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
