"""Runs jobs: starts whoever takes part, warms them up, and measures."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import httpx

from bench import peers, programs
from bench.jobs import PEERS, Job
from bench.turns import Costs, measure, warm_up


def servers_of(jobs: Sequence[Job], *, with_peers: bool) -> list[str]:
    """Whoever is needed, each once."""
    names = dict.fromkeys(entrant.server for job in jobs for entrant in job.entrants)
    return [name for name in names if with_peers or name not in PEERS]


def run(jobs: Sequence[Job], turns: int, *, with_peers: bool) -> Costs:
    """Raises WrongAnswer, and RuntimeError where somebody does not start."""
    costs: Costs = {}
    names = servers_of(jobs, with_peers=with_peers)
    with ExitStack() as stack:
        upstream = programs.start_upstream(stack)
        servers = programs.start(stack, [name for name in names if name not in PEERS], upstream)
        servers |= peers.start(stack, [name for name in names if name in PEERS], upstream)
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        warm_up(client, servers)
        for job in jobs:
            found = measure(client, job, servers, turns)
            costs |= {(job.name, name): figures for name, figures in found.items()}
    return costs
