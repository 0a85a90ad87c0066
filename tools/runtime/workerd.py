"""Runs the built Worker on workerd itself, without wrangler and without Miniflare.

In: the folder that `wrangler deploy --dry-run --outdir` wrote, which is what would be uploaded,
and the variables of each Worker to run. Out: a Cap'n Proto text configuration and the command line
that serves it, from a memory snapshot when there is one, as production does.

The outside world is one HTTP server: workerd sends it every outgoing request as it would send it to
the host that it is for, so whoever stands there sees production host names, headers and cookies.
"""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
BUNDLE_FOLDER: Final = PROJECT / ".easel" / "runtime"
WORKERD: Final = BUNDLE_FOLDER / "workerd"
BUILT_WORKER: Final = PROJECT / "dist"

# They select the Pyodide bundle that `tools.runtime.bundle` makes; production has neither.
DEVELOPMENT_FLAGS: Final = ("python_workers_development", "experimental")


@dataclass(frozen=True, slots=True)
class Service:
    """One Worker to serve: where it listens, what its variables are, where its requests go.

    `main` is the module in `folder` that the Worker starts with, Python or JavaScript. `bound` are
    other services of the same configuration, by the names under which this one calls them; `stores`
    are those that it takes for KV namespaces, and `remote_stores` the ports of others on loopback.
    """

    name: str
    port: int
    variables: Mapping[str, object] = field(default_factory=dict)
    outbound_port: int | None = None
    folder: Path = BUILT_WORKER
    main: str = "entry.py"
    bound: Mapping[str, str] = field(default_factory=dict)
    stores: Mapping[str, str] = field(default_factory=dict)
    remote_stores: Mapping[str, int] = field(default_factory=dict)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _module(folder: Path, path: Path, main: str, beside: Path) -> str:
    name = path.relative_to(folder).as_posix()
    if name.startswith("python_modules/") and path.suffix != ".js":
        kind = "data"
    else:
        kind = {".py": "pythonModule", ".js": "esModule", ".json": "data"}[path.suffix]
    order = 0 if name == main else 1
    return (
        f"{order}(name = {_quoted(name)}, {kind} = embed {_quoted(os.path.relpath(path, beside))})"
    )


def _modules(folder: Path, main: str, beside: Path) -> str:
    """The module list, the entry point first because workerd starts with the first.

    workerd takes embedded files by their path relative to the configuration.
    """
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "README.md")
    rows = sorted(_module(folder, path, main, beside) for path in files)
    return ",\n    ".join(row[1:] for row in rows)


def _binding(name: str, value: object) -> str:
    """A variable. One that is not a text in `wrangler.toml` reaches the Worker as it is."""
    kind, text = ("text", value) if isinstance(value, str) else ("json", json.dumps(value))
    return f"(name = {_quoted(name)}, {kind} = {_quoted(text)})"


# `workerd test` fails when it finds no test at all, and a Worker has none of its own.
_EMPTY_TEST: Final = (
    "const emptyTest :Workerd.Worker = (\n"
    '  modules = [(name = "test.js", esModule = "export default { test() {} }")],\n'
    '  compatibilityDate = "2026-11-17",\n);\n'
)


def write_config(target: Path, services: Sequence[Service], v8_flags: Sequence[str] = ()) -> Path:
    """Writes the configuration: date, flags and variables of `wrangler.toml`, plus two flags.

    `v8_flags` hold for all of workerd: `--max-heap-size=64` is what an isolate has in production.
    """
    production = tomllib.loads((PROJECT / "wrangler.toml").read_text(encoding="utf-8"))
    python_flags = [*production["compatibility_flags"], *DEVELOPMENT_FLAGS]
    workers: list[str] = []
    entries = ['(name = "emptyTest", worker = .emptyTest)']
    sockets: list[str] = []
    for service in services:
        variables = {**production.get("vars", {}), **service.variables}
        bindings = ", ".join(
            [_binding(name, value) for name, value in variables.items()]
            + [
                f"(name = {_quoted(name)}, service = {_quoted(bound)})"
                for name, bound in service.bound.items()
            ]
            + [
                f"(name = {_quoted(name)}, kvNamespace = {_quoted(bound)})"
                for name, bound in service.stores.items()
            ]
            + [
                f"(name = {_quoted(name)}, kvNamespace = {_quoted(f'{service.name}-{name}')})"
                for name in service.remote_stores
            ]
        )
        flags = python_flags if service.main.endswith(".py") else []
        outbound = ""
        if service.outbound_port is not None:
            outbound = f'\n  globalOutbound = "{service.name}-outbound",'
            entries.append(
                f'(name = "{service.name}-outbound", external = '
                f'(address = "127.0.0.1:{service.outbound_port}", '
                'http = (forwardedProtoHeader = "X-Forwarded-Proto")))'
            )
        entries += [
            f'(name = "{service.name}-{name}", external = '
            f'(address = "127.0.0.1:{port}", http = ()))'
            for name, port in service.remote_stores.items()
        ]
        workers.append(
            f"const {service.name} :Workerd.Worker = (\n"
            f"  compatibilityDate = {_quoted(production['compatibility_date'])},\n"
            f"  compatibilityFlags = [{', '.join(map(_quoted, flags))}],\n"
            f"  bindings = [{bindings}],{outbound}\n"
            f"  modules = [\n    {_modules(service.folder, service.main, target.parent)}\n  ],\n);"
        )
        entries.append(f'(name = "{service.name}", worker = .{service.name})')
        if service.port:
            sockets.append(
                f'(name = "{service.name}", address = "127.0.0.1:{service.port}", '
                f'http = (), service = "{service.name}")'
            )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        'using Workerd = import "/workerd/workerd.capnp";\n\n'
        f"{_EMPTY_TEST}\nconst config :Workerd.Config = (\n"
        f"  services = [{', '.join(entries)}],\n"
        f"  sockets = [{', '.join(sockets)}],\n"
        f"  v8Flags = [{', '.join(map(_quoted, v8_flags))}],\n);\n\n" + "\n\n".join(workers) + "\n",
        encoding="utf-8",
    )
    return target


def save_snapshot(config_file: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the top level of the Worker and saves the memory, as an upload does.

    The exit status is not 0 where the upload would be refused: entropy, I/O or JavaScript
    objects at the top level.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [
            *(str(WORKERD), "test", str(config_file), "--experimental"),
            *("--python-save-snapshot", f"--python-snapshot-dir={folder}"),
            f"--pyodide-bundle-disk-cache-dir={BUNDLE_FOLDER}",
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def serve_command(config_file: Path, snapshot: Path | None = None) -> list[str]:
    """The command line that serves a configuration, from a snapshot where one is given."""
    command = [
        *(str(WORKERD), "serve", str(config_file), "--experimental"),
        f"--pyodide-bundle-disk-cache-dir={BUNDLE_FOLDER}",
    ]
    if snapshot is not None:
        command += [
            f"--python-snapshot-dir={snapshot.parent}",
            f"--python-load-snapshot={snapshot.name}",
        ]
    return command
