"""`make bench`: the CPU time and the memory that one picture costs a Worker.

In: nothing. Out: a table of Easel and of two Workers written by hand in JavaScript that do the
same, each in a workerd of its own, measured in turns so that a busy machine is busy for all.
CPU is that of the whole workerd process, the kernel's share of its sockets included. Exit status 1
when a picture of 5 MB costs Easel more than the Worker with the usual `btoa` loop.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
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

_SIZES: Final = {"no picture to speak of": 1_000, "1 MB": 1_000_000, "5 MB": 5_000_000}
_WARM_UP: Final = 40
_ROUNDS: Final = 7
_REQUESTS: Final = 25
_AT_ONCE: Final = 20
_MIB: Final = 1024 * 1024

_JAVASCRIPT: Final = {
    "JavaScript, toBase64": "to_base64.js",
    "JavaScript, btoa loop": "btoa.js",
}


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


def _start(stack: ExitStack, folder: Path) -> list[Contender]:
    upstream = free_port()
    stack.enter_context(_running([sys.executable, "-m", "bench.upstream", str(upstream)]))
    _wait_until_listening(upstream)
    uploaded = write_config(folder / "upload.capnp", [Service("easel", 0)])
    saved = save_snapshot(uploaded, folder)
    if saved.returncode != 0:
        raise RuntimeError(saved.stderr)
    contenders = []
    for number, (name, main) in enumerate({"Easel": "entry.py", **_JAVASCRIPT}.items()):
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


def _paint(client: httpx.Client, contender: Contender, length: int) -> None:
    message = {"role": "user", "content": str(length)}
    response = client.post(
        f"{contender.url}/v1/chat/completions",
        headers={"authorization": "Bearer token"},
        json={"model": "gemini-3-image-1k", "messages": [message], "stream": True},
    )
    whole = response.content.endswith(b"\n\ndata: [DONE]\n\n")
    if response.status_code != 200 or not whole or len(response.content) < length * 4 / 3:
        raise RuntimeError(f"{contender.name} painted no picture of {length} bytes")


def _measure(client: httpx.Client, contenders: list[Contender]) -> dict[tuple[str, str], float]:
    """(contender, size) → CPU milliseconds a picture, the median of all rounds."""
    rounds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for contender in contenders:
        for length in _SIZES.values():
            for _ in range(_WARM_UP):
                _paint(client, contender, length)
    for _ in range(_ROUNDS):
        for size, length in _SIZES.items():
            for contender in contenders:
                before = contender.cpu_ms()
                for _ in range(_REQUESTS):
                    _paint(client, contender, length)
                spent = (contender.cpu_ms() - before) / _REQUESTS
                rounds[contender.name, size].append(spent)
    return {key: statistics.median(spent) for key, spent in rounds.items()}


def _peak_mb(client: httpx.Client, contender: Contender, length: int) -> float:
    """Resident memory at its highest while twenty pictures are painted at once."""
    peak = contender.resident_mb()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        painting = [pool.submit(_paint, client, contender, length) for _ in range(_AT_ONCE)]
        while not all(future.done() for future in painting):
            peak = max(peak, contender.resident_mb())
            time.sleep(0.005)
        for future in painting:
            future.result()
    return peak


def main() -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        contenders = _start(stack, folder)
        idle = {each.name: each.resident_mb() for each in contenders}
        cpu = _measure(client, contenders)
        used = {each.name: each.resident_mb() for each in contenders}
        peaks = {each.name: _peak_mb(client, each, _SIZES["5 MB"]) for each in contenders}
    columns = [*(f"CPU, {size}" for size in _SIZES), "resident: idle", "after", "20 × 5 MB at once"]
    print("| Worker | " + " | ".join(columns) + " |\n|---|" + "---:|" * len(columns))
    for name in idle:
        spent = [f"{cpu[name, size]:.1f} ms" for size in _SIZES]
        memory = [f"{found[name]:.0f} MB" for found in (idle, used, peaks)]
        print(f"| {name} | " + " | ".join(spent + memory) + " |")
    if cpu["Easel", "5 MB"] >= cpu["JavaScript, btoa loop", "5 MB"]:
        print("bench: a picture of 5 MB costs Easel more than the usual btoa loop", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
