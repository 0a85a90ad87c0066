"""Resident memory: before anything, and while twenty pictures of 5 MB are painted at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

import httpx

from bench import programs
from bench.findings import Finding, table
from bench.jobs import JOBS, Entrant
from bench.programs import BEST, EASEL, FLOOR, USUAL
from bench.servers import Server
from bench.turns import check, warm_up

_AT_ONCE: Final = 20
_JOB: Final = "chat-5m"
_NAMES: Final = (EASEL, FLOOR, BEST, USUAL)


def _peak_mb(client: httpx.Client, entrant: Entrant, server: Server) -> float:
    """Resident memory at its highest while all are at work."""
    with server.watched() as seen, ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = [pool.submit(check, client, entrant, server) for _ in range(_AT_ONCE)]
        for future in asked:
            future.result()
    return max(seen)


def measure() -> Finding:
    """Raises WrongAnswer, and RuntimeError where somebody does not start."""
    job = next(job for job in JOBS if job.name == _JOB)
    entrants = {entrant.server: entrant for entrant in job.entrants}
    rows = []
    with ExitStack() as stack:
        upstream = programs.start_upstream(stack)
        servers = programs.serve_all(stack, programs.prepare_all(stack, _NAMES), upstream)
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        for name, server in servers.items():
            idle = server.resident_mb()
            warm_up(client, {name: server})
            used = server.resident_mb()
            peak = _peak_mb(client, entrants[name], server)
            rows.append([name, *(f"{found:.0f}" for found in (idle, used, peak))])
    columns = ["Worker", "idle", "after small pictures", "20 × 5 MB at once"]
    return Finding("Resident memory of the process, in MB", table(columns, rows))
