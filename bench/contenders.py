"""Workers that are measured, each in a workerd of its own so that its process tells what it costs.

CPU is that of the whole process, the kernel's share of its sockets included.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from tools.dev import free_port
from tools.runtime.workerd import (
    BUILT_WORKER,
    PROJECT,
    Service,
    save_snapshot,
    serve_command,
    write_config,
)

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Contender:
    """A Worker that runs, and the process that it runs in."""

    name: str
    url: str
    process: psutil.Process

    def cpu_ms(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system) * 1000

    def resident_mb(self) -> float:
        return float(self.process.memory_info().rss) / _MIB

    @contextmanager
    def watched(self) -> Iterator[list[float]]:
        """Resident memory while the block runs, in MB, about a thousand times a second."""
        seen, done = [self.resident_mb()], threading.Event()

        def watch() -> None:
            while not done.wait(0.001):
                seen.append(self.resident_mb())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield seen
        finally:
            done.set()
            watcher.join()


@contextmanager
def _running(command: list[str]) -> Iterator[psutil.Process]:
    with subprocess.Popen(command, cwd=PROJECT) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()


def _wait_until_listening(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody listens at port {port}")


def start(stack: ExitStack, folder: Path, mains: Mapping[str, str]) -> list[Contender]:
    """Workers by name and main module: Easel's, and those of `bench/workers`."""
    upstream = free_port()
    stack.enter_context(_running([sys.executable, "-m", "bench.upstream", str(upstream)]))
    _wait_until_listening(upstream)
    uploaded = write_config(folder / "upload.capnp", [Service("easel", 0)])
    saved = save_snapshot(uploaded, folder)
    if saved.returncode != 0:
        raise RuntimeError(saved.stderr)
    contenders = []
    for number, (name, main) in enumerate(mains.items()):
        port = free_port()
        python = main.endswith(".py")
        built = BUILT_WORKER if python else PROJECT / "bench" / "workers"
        service = Service(f"worker{number}", port, {}, upstream, built, main)
        snapshot = folder / "snapshot.bin" if python else None
        config = write_config(folder / f"{service.name}.capnp", [service])
        process = stack.enter_context(_running(serve_command(config, snapshot)))
        _wait_until_listening(port)
        contenders.append(Contender(name, f"http://127.0.0.1:{port}", process))
    return contenders
