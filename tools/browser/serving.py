"""Easel with its page, on the sandbox: what a browser looks at.

In: variables of the deployment. Out: the address that `wrangler dev` serves, and the sandbox, which
remembers the calls it got.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from tools.dev import free_port, own_variables, sandbox_command
from tools.local_state import sandbox_links, write_project
from tools.preflight import read_wrangler_toml
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
    with (
        running(sandbox, sandbox_port),
        TemporaryDirectory(prefix="easel-") as folder,
        NamedTemporaryFile("w", suffix=".env") as env_file,
    ):
        links = sandbox_links(Path(folder))
        config = write_project(Path(folder), read_wrangler_toml(PROJECT), PROJECT)
        env_file.write(own_variables({"LOG_REQUESTS": "false", **links, **variables}))
        env_file.flush()
        log = PROJECT / ".easel" / f"wrangler-{port}.log"
        wrangler = Wrangler(sandbox_command(port, sandbox_url, config, env_file.name), log)
        try:
            wrangler.wait_until_ready(url)
            yield Served(url, sandbox)
        finally:
            wrangler.stop()
