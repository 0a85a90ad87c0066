"""`make bench`: the CPU time and the memory that a picture costs, beside others who do the same.

In: which jobs, how many starts and turns, and whether peers take part. Out: tables of Easel and of
those it is compared with, measured in turns so that a busy machine is busy for all; `--figures`
writes them to the page of this day in `docs/figures`. Exit status 1 where Easel costs more than it
may, or somebody does not do the job that is measured.
"""

from __future__ import annotations

import argparse
import datetime as dt
import fnmatch
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import httpx

from bench import crowd, findings, large_requests, peers, starting
from bench.findings import Finding
from bench.goals import dear_picture, verdicts
from bench.jobs import JOBS, Job
from bench.programs import USUAL
from bench.run import run
from bench.tables import chat_table, forms_table, jobs_table, verdict_table
from bench.turns import Costs, WrongAnswer
from tools.runtime.bundle import TRIED_PAIR
from tools.runtime.workerd import PROJECT

_FIGURES: Final = PROJECT / "docs" / "figures"
_EVERYTHING: Final = "*"

_STARTS: Final = 3
_TURNS: Final = 5

# What is measured in a way of its own.
_SECTIONS: Final[Mapping[str, Callable[[], Finding]]] = {
    "start": starting.measure,
    "crowd": crowd.measure,
    "large": large_requests.measure,
}


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Ends the process where they make no sense."""
    parser = argparse.ArgumentParser(prog="make bench")
    names = ", ".join([*(job.name for job in JOBS), *_SECTIONS])
    parser.add_argument("--jobs", default=_EVERYTHING, help=f"names or patterns: {names}")
    parser.add_argument("--starts", type=int, default=_STARTS, help="how often all are started")
    parser.add_argument("--turns", type=int, default=_TURNS, help="of each job in each start")
    parser.add_argument("--peers", action="store_true", help="Portkey and LiteLLM's proxy too")
    parser.add_argument("--figures", action="store_true", help="write the page of this day")
    arguments = parser.parse_args(words)
    if arguments.turns < 1 or arguments.starts < 1:
        parser.error("TURNS and STARTS must be 1 or more")
    if arguments.figures and arguments.jobs != _EVERYTHING:
        parser.error("FIGURES=1 writes a whole run down: leave JOBS out")
    for pattern in arguments.jobs.split(","):
        if not fnmatch.filter([*(job.name for job in JOBS), *_SECTIONS], pattern):
            parser.error(f"JOBS has {pattern!r}, which is none of {names}")
    return arguments


def _is_chosen(name: str, patterns: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns.split(","))


def _judge(costs: Costs, *, whole: bool) -> list[Finding]:
    """What the jobs came to; `whole` tells also which goals were not measured."""
    medians = {key: statistics.median(figures) for key, figures in costs.items()}
    judged = [each for each in verdicts(costs) if whole or each.found is not None]
    tables = {
        "Goals": verdict_table(judged, JOBS),
        "A chat with a picture: CPU in ms": chat_table(costs),
        "Each form of a chat's answer, beside the free plan's 10 ms": forms_table(costs),
        "Other jobs: CPU in ms": jobs_table(JOBS, costs),
    }
    found = [Finding(heading, text) for heading, text in tables.items() if text]
    return [*found, Finding("", "", dear_picture(medians, USUAL))]


def _measure(jobs: Sequence[Job], arguments: argparse.Namespace) -> list[Finding]:
    found = []
    if jobs:
        costs = run(jobs, arguments.starts, arguments.turns, with_peers=arguments.peers)
        found = _judge(costs, whole=arguments.jobs == _EVERYTHING)
    for name, measure in _SECTIONS.items():
        if _is_chosen(name, arguments.jobs):
            print(f"bench: {name}", file=sys.stderr)
            found.append(measure())
    return found


def main() -> int:
    arguments = read_arguments()
    about = f"{findings.machine()}; {arguments.starts} starts of {arguments.turns} turns"
    jobs = [job for job in JOBS if _is_chosen(job.name, arguments.jobs)]
    try:
        found = _measure(jobs, arguments)
    except (WrongAnswer, RuntimeError, TimeoutError, httpx.TransportError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    written = [each for each in found if each.text]
    print(f"{about}\n\n{findings.tables(written)}")
    if arguments.figures:
        today = dt.datetime.now(tz=dt.UTC).date().isoformat()
        versions = {**TRIED_PAIR, **(peers.versions() if arguments.peers else {})}
        page = findings.page(today, about, versions, written)
        (_FIGURES / f"bench-{today}.md").write_text(page, encoding="utf-8")
    faults = [each.fault for each in found if each.fault]
    for fault in faults:
        print(f"bench: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
