"""What a picture costs that is painted: its size goes from nothing to 5 MB."""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx

from bench.contenders import Contender, start

_SIZES: Final = {"no picture to speak of": 1_000, "1 MB": 1_000_000, "5 MB": 5_000_000}
_WARM_UP: Final = 40
_ROUNDS: Final = 7
_REQUESTS: Final = 25
_AT_ONCE: Final = 20

_MAINS: Final = {
    "Easel": "entry.py",
    "JavaScript, toBase64": "to_base64.js",
    "JavaScript, btoa loop": "btoa.js",
}


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
    with contender.watched() as seen, ThreadPoolExecutor(_AT_ONCE) as pool:
        for future in [pool.submit(_paint, client, contender, length) for _ in range(_AT_ONCE)]:
            future.result()
    return max(seen)


def measure() -> str | None:
    """Prints a table; tells what is worse than it may be, or None."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        contenders = start(stack, folder, _MAINS)
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
        return "a picture of 5 MB costs Easel more than the usual btoa loop"
    return None
