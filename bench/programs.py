"""The Workers that are compared, and how each is started on workerd.

Python Workers start from a snapshot of the same runtime as Easel; those of `bench/workers` bring
the SDK along, and no other package. Each runs in a workerd of its own.
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.servers import Server, running, wait_until_listening
from tools.dev import free_port
from tools.runtime.workerd import (
    BUILT_WORKER,
    Service,
    save_snapshot,
    serve_command,
    write_config,
)

_SOURCES: Final = Path(__file__).with_name("workers")
_SDK: Final = "workers_runtime_sdk-*.dist-info"

EASEL: Final = "Easel"
# The same deployed so that links are its own, and so that what they lead to is stored.
LINKING: Final = "Easel, level 2"
STORING: Final = "Easel, level 3"
FLOOR: Final = "Python, floor"
EMPTY: Final = "Python, empty"
WITH_PYDANTIC: Final = "Python, empty, with pydantic"
BEST: Final = "JavaScript, best"
USUAL: Final = "JavaScript, usual"
PASS_THROUGH: Final = "JavaScript, pass-through"  # noqa: S105
NATIVE_STORE: Final = "JavaScript, a native stream"
TEE_STORE: Final = "JavaScript, a tee"

_SECRET: Final = {"LINK_SECRET": "a-secret-that-links-are-sealed-with"}
_VARIABLES: Final[Mapping[str, Mapping[str, object]]] = {
    LINKING: _SECRET,
    STORING: {**_SECRET, "STORE_FOR_EVERYBODY": "true"},
}
_WITH_STORE: Final = (STORING, NATIVE_STORE, TEE_STORE)


@dataclass(frozen=True, slots=True)
class Program:
    """The files of a Worker, its main module first; `packages` are those of `python_modules`."""

    files: tuple[str, ...]
    packages: tuple[str, ...] = ()


# Easel is what was built.
_PROGRAMS: Final[Mapping[str, Program]] = {
    FLOOR: Program(("floor.py", "best.js", "chat.js"), (_SDK,)),
    EMPTY: Program(("empty.py",), (_SDK,)),
    WITH_PYDANTIC: Program(("with_pydantic.py",), ("*.dist-info",)),
    BEST: Program(("best.js", "chat.js")),
    USUAL: Program(("usual.js", "chat.js")),
    PASS_THROUGH: Program(("pass_through.js", "chat.js")),
    NATIVE_STORE: Program(("native_store.js", "chat.js")),
    TEE_STORE: Program(("tee_store.js", "chat.js")),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A Worker that can be served, and a folder for what serving it takes.

    `snapshot` is None for JavaScript.
    """

    name: str
    sources: Path
    main: str
    folder: Path
    snapshot: Path | None


def _copy_packages(patterns: Sequence[str], target: Path) -> None:
    """Copies packages by the lists of their files that pip has written."""
    modules = BUILT_WORKER / "python_modules"
    for pattern in patterns:
        for listed in modules.glob(f"{pattern}/RECORD"):
            with listed.open(newline="", encoding="utf-8") as rows:
                names = [row[0] for row in csv.reader(rows)]
            for name in names:
                # wrangler uploads neither caches nor everything of a package.
                if (modules / name).is_file():
                    (target / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(modules / name, target / name)
    (target / "pyvenv.cfg").touch()


def prepare(name: str, folder: Path) -> Prepared:
    """Puts a Worker together in a new `folder`, with its snapshot. Raises RuntimeError."""
    folder.mkdir()
    if name in (EASEL, LINKING, STORING):
        sources, main = BUILT_WORKER, "entry.py"
    else:
        program = _PROGRAMS[name]
        sources, main = folder / "files", program.files[0]
        sources.mkdir()
        for file in program.files:
            shutil.copyfile(_SOURCES / file, sources / file)
        if program.packages:
            _copy_packages(program.packages, sources / "python_modules")
    snapshot = None
    if main.endswith(".py"):
        uploaded = Service("uploaded", 0, folder=sources, main=main)
        saved = save_snapshot(write_config(folder / "upload.capnp", [uploaded]), folder)
        if saved.returncode != 0:
            raise RuntimeError(f"{name} has no snapshot: {saved.stderr}")
        snapshot = folder / "snapshot.bin"
    return Prepared(name, sources, main, folder, snapshot)


def serve(stack: ExitStack, prepared: Prepared, upstream: int) -> Server:
    """Starts a Worker whose requests all go to the port `upstream`, and waits until it listens."""
    port = free_port()
    service = Service(
        "worker",
        port,
        _VARIABLES.get(prepared.name, {}),
        upstream,
        prepared.sources,
        prepared.main,
        remote_stores={"PICTURES": upstream} if prepared.name in _WITH_STORE else {},
    )
    config = write_config(prepared.folder / "serve.capnp", [service])
    command = serve_command(config, prepared.snapshot)
    process = stack.enter_context(running(command, prepared.folder / "log"))
    wait_until_listening(port, process)
    return Server(prepared.name, f"http://127.0.0.1:{port}", process)


def start_upstream(stack: ExitStack) -> int:
    """Starts the services; returns their port."""
    port = free_port()
    process = stack.enter_context(running([sys.executable, "-m", "bench.upstream", str(port)]))
    wait_until_listening(port, process)
    return port


def prepare_all(stack: ExitStack, names: Iterable[str]) -> list[Prepared]:
    """Each in a folder of its own, which lasts as long as `stack`. Raises RuntimeError."""
    root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="easel-bench-")))
    return [prepare(name, root / str(number)) for number, name in enumerate(names)]


def serve_all(stack: ExitStack, prepared: Iterable[Prepared], upstream: int) -> dict[str, Server]:
    """Workers by name, each once it listens."""
    return {each.name: serve(stack, each, upstream) for each in prepared}
