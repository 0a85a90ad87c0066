"""The built Worker on workerd with the isolate's limit of memory, and what it takes of the machine.

In: the port of what it takes for the internet. Out: a process that is started again when it died,
with everything that it wrote; its resident memory, its descriptors and its CPU time.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psutil

from tools.dev import free_port
from tools.runtime.workerd import Service, save_snapshot, serve_command, write_config

# An isolate has 128 MB for everything. The heap of JavaScript gets half of it here, so that what
# lies in Python and in buffers beside it has the other half.
HEAP_MEGABYTES: Final = 64

# Seconds become tenths, so that waiting can be tested; the rest is as deployed.
HASTY: Final[dict[str, object]] = {
    "STREAM_HOLD_SECONDS": "0.4",
    "PLAIN_HOLD_SECONDS": "0.8",
    "KEEP_ALIVE_SECONDS": "0.25",
    "UPSTREAM_TIMEOUT_SECONDS": "3",
    "PICTURE_STALL_SECONDS": "1",
    "PICTURE_TIMEOUT_SECONDS": "5",
    "UPLOAD_STALL_SECONDS": "2",
    "UPLOAD_TIMEOUT_SECONDS": "8",
}


@dataclass(frozen=True, slots=True)
class Load:
    """What the process takes: megabytes of resident memory, descriptors, seconds of CPU."""

    megabytes: float
    descriptors: int
    cpu_seconds: float


@dataclass(slots=True)
class Deployment:
    """One workerd with one Worker. All that it writes lies in `folder`."""

    folder: Path
    outbound_port: int
    variables: Mapping[str, object] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    deaths: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> None:
        """Starts it, from a snapshot as production does, and waits until it answers."""
        service = Service("easel", self.port, self.variables, outbound_port=self.outbound_port)
        flags = [f"--max-heap-size={HEAP_MEGABYTES}"]
        config = write_config(self.folder / "config.capnp", [service], flags)
        snapshot = self.folder / "snapshot" / "snapshot.bin"
        if not snapshot.exists():
            bare = write_config(self.folder / "bare.capnp", [Service("easel", 0)])
            saved = save_snapshot(bare, snapshot.parent)
            assert saved.returncode == 0, saved.stderr
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                serve_command(config, snapshot),
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, "TMPDIR": str(self.folder / "tmp")},
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end and self.is_alive():
            try:
                httpx.get(f"{self.url}/health", trust_env=False)
                return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise AssertionError(f"workerd does not answer:\n{self.last_words()}")

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def revive(self) -> str:
        """Starts it again where it died; what it said then, "" where it lives."""
        if self.is_alive():
            return ""
        self.deaths += 1
        said = self.last_words()
        self.start()
        return said or "workerd died without a word"

    def stop(self) -> None:
        if self._process is not None:
            # Told to end, it would first wait for every request that goes on.
            self._process.kill()
            self._process.wait(10)

    def last_words(self) -> str:
        return self.log.read_bytes()[-1500:].decode("utf-8", "replace")

    def load(self) -> Load:
        assert self._process is not None
        process = psutil.Process(self._process.pid)
        cpu = process.cpu_times()
        return Load(
            process.memory_info().rss / 1e6, process.num_fds(), float(cpu.user + cpu.system)
        )
