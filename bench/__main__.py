"""`make bench`: the CPU time and the memory that a picture costs, beside others who do the same.

In: which jobs, and how many turns. Out: tables of Easel and of those it is compared with, measured
in turns so that a busy machine is busy for all, and with `--figures` a dated file of them. Exit
status 1 where Easel costs more than it may.
"""

from __future__ import annotations

import argparse
import fnmatch
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bench import crowd, large_requests
from bench.goals import dear_picture, verdicts
from bench.jobs import JOBS, Job
from bench.programs import USUAL
from bench.run import run
from bench.tables import chat_table, forms_table, jobs_table, verdict_table
from bench.turns import TURNS, WrongAnswer

# What is measured in a way of its own.
_SECTIONS: Final[Mapping[str, Callable[[], str | None]]] = {
    "crowd": crowd.measure,
    "large": large_requests.measure,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    names = ", ".join([*(job.name for job in JOBS), *_SECTIONS])
    parser.add_argument("--jobs", default="*", help=f"names, or patterns of names, of {names}")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--peers", action="store_true", help="Portkey and LiteLLM's proxy too")
    return parser.parse_args()


def _chosen(patterns: str, names: Sequence[str]) -> list[str]:
    words = patterns.split(",")
    return [name for name in names if any(fnmatch.fnmatch(name, word.strip()) for word in words)]


def _measure_jobs(jobs: Sequence[Job], turns: int, *, with_peers: bool) -> str | None:
    costs = run(jobs, turns, with_peers=with_peers)
    found = [each for each in verdicts(costs) if each.found is not None]
    tables = (chat_table(costs), forms_table(costs), jobs_table(JOBS, costs))
    print("\n".join(each for each in (*tables, verdict_table(found, JOBS)) if each))
    medians = {key: statistics.median(figures) for key, figures in costs.items()}
    return dear_picture(medians, USUAL)


def main() -> int:
    arguments = _arguments()
    named = _chosen(arguments.jobs, [job.name for job in JOBS])
    sections = _chosen(arguments.jobs, list(_SECTIONS))
    if not named and not sections:
        print(f"bench: there is no job {arguments.jobs}", file=sys.stderr)
        return 2
    faults = []
    if named:
        jobs = [job for job in JOBS if job.name in named]
        try:
            faults.append(_measure_jobs(jobs, arguments.turns, with_peers=arguments.peers))
        except (WrongAnswer, RuntimeError) as error:
            faults.append(str(error))
    faults += [_SECTIONS[name]() for name in sections]
    told = [fault for fault in faults if fault]
    for fault in told:
        print(f"bench: {fault}", file=sys.stderr)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
