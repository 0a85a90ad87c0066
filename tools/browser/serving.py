"""Easel with its page, on the sandbox: what a browser looks at.

In: variables of the deployment. Out: the address that `wrangler dev` serves, and the sandbox, which
remembers the calls it got.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import NamedTemporaryFile

from tools.dev import free_port, own_variables, wrangler_command
from tools.runtime.workerd import PROJECT
from tools.sandbox.server import running
from tools.sandbox.state import Sandbox
from tools.wrangler import Wrangler


@dataclass(frozen=True, slots=True)
class Served:
    """A deployment: where it is, and what stands in for the services."""

    url: str
    sandbox: Sandbox


@contextmanager
def serving(variables: Mapping[str, str], paint_seconds: float) -> Iterator[Served]:
    """Easel and its page, for the length of the block. Raises CannotRun."""
    port, sandbox_port = free_port(), free_port()
    url, sandbox_url = (f"http://127.0.0.1:{each}" for each in (port, sandbox_port))
    sandbox = Sandbox(sandbox_url, sandbox_url, paint_seconds)
    with running(sandbox, sandbox_port), NamedTemporaryFile("w", suffix=".env") as env_file:
        env_file.write(own_variables({"LOG_REQUESTS": "false", **variables}))
        env_file.flush()
        log = PROJECT / ".easel" / f"wrangler-{port}.log"
        wrangler = Wrangler(wrangler_command(port, sandbox_url, env_file.name), log)
        try:
            wrangler.wait_until_ready(url)
            yield Served(url, sandbox)
        finally:
            wrangler.stop()
