"""How long a Worker takes from its start to its first answer, and how large its snapshot is."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import httpx

from bench import programs
from bench.findings import Finding, table
from bench.jobs import first_entrant
from bench.programs import BEST, EASEL, EMPTY, FLOOR, WITH_PYDANTIC, Prepared
from bench.turns import check

_MIB: Final = 1024 * 1024

_TURNS: Final = 5

_FROM_SNAPSHOT: Final = (EASEL, FLOOR, EMPTY, BEST)
_WITHOUT: Final = (EASEL, EMPTY)
_SNAPSHOTS: Final = (EASEL, FLOOR, WITH_PYDANTIC, EMPTY)


@dataclass(frozen=True, slots=True)
class _Start:
    """What one start took: wall time and CPU, in milliseconds."""

    waited: float
    spent: float


def _start(client: httpx.Client, prepared: Prepared, upstream: int) -> _Start:
    with ExitStack() as stack:
        begun = time.monotonic()
        server = programs.serve(stack, prepared, upstream)
        check(client, first_entrant(prepared.name), server)
        return _Start((time.monotonic() - begun) * 1000, server.cpu_ms())


def measure() -> Finding:
    """Raises WrongAnswer, and RuntimeError where there is no snapshot."""
    starts: defaultdict[str, list[_Start]] = defaultdict(list)
    with ExitStack() as stack:
        names = dict.fromkeys([*_FROM_SNAPSHOT, *_SNAPSHOTS])
        prepared = {each.name: each for each in programs.prepare_all(stack, names)}
        upstream = programs.start_upstream(stack)
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        asked = {name: prepared[name] for name in _FROM_SNAPSHOT}
        asked |= {
            f"{name}, no snapshot": replace(prepared[name], snapshot=None) for name in _WITHOUT
        }
        for _ in range(_TURNS):
            for title, each in asked.items():
                starts[title].append(_start(client, each, upstream))
        saved = [[name, *_sizes(prepared[name].snapshot)] for name in _SNAPSHOTS]
    rows = [
        [title, *(f"{statistics.median(figures):.0f}" for figures in _figures(found))]
        for title, found in starts.items()
    ]
    started = table(["start to first answer", "ms", "ms of CPU"], rows)
    return Finding("Start", f"{started}\n{table(['snapshot', 'MB', 'MB used'], saved)}")


def _figures(found: list[_Start]) -> tuple[list[float], list[float]]:
    return [each.waited for each in found], [each.spent for each in found]


def _sizes(snapshot: Path | None) -> list[str]:
    """How large the memory is, and how much of it was ever used: it grows by a fifth at a time."""
    assert snapshot is not None
    content = snapshot.read_bytes()
    return [f"{size / _MIB:.1f}" for size in (len(content), used_bytes(content))]


def used_bytes(memory: bytes) -> int:
    """How far a memory was used: nobody has written behind."""
    return len(memory.rstrip(b"\0"))
