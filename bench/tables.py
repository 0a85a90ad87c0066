"""The tables of a run, in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

from bench.findings import table
from bench.goals import Verdict
from bench.jobs import FORMS, SIZES, Job, size_title
from bench.programs import EASEL
from bench.turns import Costs

# Source: https://developers.cloudflare.com/workers/platform/limits/, CPU time of the free plan.
_FREE_PLAN_MS: Final = 10


def _ms(costs: Sequence[float] | None) -> str:
    return "–" if costs is None else f"{statistics.median(costs):.2f}"


def chat_table(costs: Costs) -> str:
    """Who takes part in a chat, by the size of the picture."""
    sizes = [size for size in SIZES if any(job == f"chat-{size}" for job, _ in costs)]
    names = dict.fromkeys(name for job, name in costs if job in {f"chat-{s}" for s in sizes})
    rows = [[name, *(_ms(costs.get((f"chat-{size}", name))) for size in sizes)] for name in names]
    return table(["Worker", *(size_title(size) for size in sizes)], rows) if sizes else ""


def forms_table(costs: Costs) -> str:
    """Each form of an answer beside what the free plan gives a request."""
    sizes = [size for size in SIZES if SIZES[size] >= 100_000]
    rows = []
    for form in FORMS:
        prefix = "chat-" if form == "candidates" else f"chat-{form}-"
        found = [costs.get((f"{prefix}{size}", EASEL)) for size in sizes]
        if any(found):
            rows.append([f"`{form}`", *map(_beside_free_plan, found)])
    return table(["form of the answer", *map(size_title, sizes)], rows) if rows else ""


def _beside_free_plan(costs: Sequence[float] | None) -> str:
    if costs is None:
        return "–"
    spent = statistics.median(costs)
    return f"{spent:.1f}" if spent <= _FREE_PLAN_MS else f"**{spent:.1f}**"


def jobs_table(jobs: Sequence[Job], costs: Costs) -> str:
    """Jobs that are not of a chat with a picture as it is by default, one row an entrant."""
    rows = [
        [job.title, name, _ms(found)]
        for job in jobs
        if not job.name.startswith("chat-")
        for (of, name), found in costs.items()
        if of == job.name
    ]
    return table(["job", "who", "ms"], rows) if rows else ""


def verdict_table(verdicts: Sequence[Verdict], jobs: Sequence[Job]) -> str:
    titles = {job.name: job.title for job in jobs}
    rows = [
        [
            f"{titles[each.goal.job]}: {each.goal.entrant} beside {each.goal.against}",
            "–" if each.found is None else f"{each.found:.2f}",
            f"{each.goal.at_most:g}",
            each.text,
        ]
        for each in verdicts
    ]
    return table(["ratio", "found", "at most", "verdict"], rows) if rows else ""
