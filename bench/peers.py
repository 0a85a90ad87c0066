"""Gateways that do part of what Easel does, each at the best it can do.

A warm server, one process at work, no access log, no database, no key to check, and nothing to
choose between. `make bench PEERS=1` installs them, in `.easel/peers`.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from bench.jobs import LITELLM, PORTKEY
from bench.servers import Server, running, wait_until_listening
from tools.dev import free_port
from tools.runtime.workerd import PROJECT

_FOLDER: Final = PROJECT / ".easel" / "peers"
_PORTKEY: Final = _FOLDER / "portkey" / "node_modules" / "@portkey-ai" / "gateway"
_LITELLM: Final = _FOLDER / "litellm"

# It imports half of what there is for Python.
_START_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class _Command:
    """`headers` go with each request to it."""

    words: Sequence[str]
    environment: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)


def _portkey(port: int, upstream: int, folder: Path) -> _Command:
    del folder
    program = str(_PORTKEY / "build" / "start-server.js")
    # Each request tells whom to ask.
    service = f"http://127.0.0.1:{upstream}/v1"
    return _Command(
        ["node", program, "--headless", f"--port={port}"],
        {"NODE_ENV": "production"},
        {"x-portkey-provider": "openai", "x-portkey-custom-host": service},
    )


def _litellm(port: int, upstream: int, folder: Path) -> _Command:
    model = {
        "model_name": "gpt-image-1",
        # Of OpenAI's models one for which it lets `response_format` through.
        "litellm_params": {
            "model": "openai/dall-e-3",
            "api_base": f"http://127.0.0.1:{upstream}/v1",
            "api_key": "token",
        },
        "model_info": {"mode": "image_generation"},
    }
    config = folder / "litellm.yaml"
    # JSON is YAML.
    config.write_text(
        json.dumps({"model_list": [model], "general_settings": {"disable_spend_logs": True}}),
        encoding="utf-8",
    )
    words = [
        *(str(_LITELLM / "bin" / "litellm"), "--config", str(config)),
        *("--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"),
        *("--telemetry", "False"),
    ]
    environment = {
        "LITELLM_LOG": "ERROR",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    return _Command(words, environment)


_COMMANDS: Final[dict[str, Callable[[int, int, Path], _Command]]] = {
    PORTKEY: _portkey,
    LITELLM: _litellm,
}


def start(stack: ExitStack, names: Sequence[str], upstream: int) -> dict[str, Server]:
    """Peers by name, each once it listens. Raises RuntimeError where one does not."""
    servers = {}
    for name in names:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="easel-peer-")))
        port = free_port()
        command = _COMMANDS[name](port, upstream, folder)
        environment = {**os.environ, **command.environment}
        process = stack.enter_context(running(command.words, folder / "log", environment))
        wait_until_listening(port, process, _START_SECONDS)
        servers[name] = Server(name, f"http://127.0.0.1:{port}", process, command.headers)
    return servers


def versions() -> dict[str, str]:
    """The versions that are installed, by name; without those that are not."""
    found = {}
    manifest = _PORTKEY / "package.json"
    if manifest.is_file():
        found[PORTKEY] = str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
    for packages in _LITELLM.glob("lib/python3*/site-packages"):
        for package in distributions(name="litellm", path=[str(packages)]):
            found[LITELLM] = package.version
    return found
