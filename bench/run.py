"""Runs jobs: starts whoever takes part, warms them up, and measures."""

from __future__ import annotations

import sys
from collections import defaultdict
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


def run(jobs: Sequence[Job], starts: int, turns: int, *, with_peers: bool) -> Costs:
    """So many turns of each job in each of `starts`.

    All are started anew, since where its memory lies can cost a process a fifth, as long as it
    runs. Raises WrongAnswer, and RuntimeError or TimeoutError where somebody does not start.
    """
    costs: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    names = servers_of(jobs, with_peers=with_peers)
    with ExitStack() as whole:
        upstream = programs.start_upstream(whole)
        prepared = programs.prepare_all(whole, [name for name in names if name not in PEERS])
        client = whole.enter_context(httpx.Client(timeout=60, trust_env=False))
        for number in range(starts):
            with ExitStack() as stack:
                servers = programs.serve_all(stack, prepared, upstream)
                asked = [name for name in names if name in PEERS]
                servers |= peers.start(stack, asked, upstream)
                warm_up(client, servers)
                for job in jobs:
                    # A whole run takes a quarter of an hour.
                    print(f"bench: start {number + 1}, {job.name}", file=sys.stderr)
                    found = measure(client, job, servers, turns)
                    for name, figures in found.items():
                        costs[job.name, name] += figures
    return dict(costs)
