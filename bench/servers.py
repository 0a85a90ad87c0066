"""Servers that are measured, each a process of its own that tells what it costs.

CPU is that of the process and its children, the kernel's share of their sockets included.
"""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import psutil

from tools.runtime.workerd import PROJECT

_MIB: Final = 1024 * 1024

# As clock_getcpuclockid(3) makes it: a clock of the time that all threads of a process have run.
_SCHEDULED: Final = 2


def cpu_clock(pid: int) -> int:
    """The number of Linux's CPU clock of a process."""
    return (~pid << 3) | _SCHEDULED


def _cpu_ms(process: psutil.Process) -> float:
    """CPU in milliseconds: to the microsecond on Linux, elsewhere as coarse as psutil has it."""
    if psutil.LINUX:
        return time.clock_gettime(cpu_clock(process.pid)) * 1000
    times = process.cpu_times()
    return float(times.user + times.system) * 1000


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and the process that it runs in.

    `headers` are those that it needs with each request, whatever the job.
    """

    name: str
    url: str
    process: psutil.Process
    headers: Mapping[str, str] = field(default_factory=dict)

    def _tree(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu_ms(self) -> float:
        return sum(_cpu_ms(process) for process in self._tree())

    def resident_mb(self) -> float:
        return sum(float(process.memory_info().rss) for process in self._tree()) / _MIB

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
def running(
    command: Sequence[str],
    log: Path | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path = PROJECT,
) -> Iterator[psutil.Process]:
    """A process, whose children end with it. What it says goes to `log`, or nowhere."""
    output: IO[bytes] | int = log.open("wb") if log else subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
    ) as started:
        process = psutil.Process(started.pid)
        try:
            yield process
        finally:
            for each in [*process.children(recursive=True), process]:
                each.kill()


def wait_until_listening(port: int, process: psutil.Process, seconds: float = 60) -> None:
    """Raises RuntimeError where the process ends before, and TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.002)
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            raise RuntimeError(f"the process that was to listen at port {port} has ended")
    raise TimeoutError(f"nobody listens at port {port}")
