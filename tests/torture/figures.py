"""What a run measured, as a page of Markdown.

In: rows, each under the heading of what was measured. Out: the page, with the date and the machine.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Figures:
    """Heading → rows of (what, figure); and what is counted all along."""

    rows: defaultdict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, heading: str, what: str, figure: str) -> None:
        self.rows[heading].append((what, figure))

    def count(self, heading: str, what: str, number: int) -> None:
        """Adds to what was counted before."""
        self.counts[heading, what] += number

    def write(self, target: Path) -> None:
        today = dt.datetime.now(tz=dt.UTC).date().isoformat()
        lines = [
            f"# What `make torture` found on {today}",
            "",
            f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores.",
            "Written by `make torture`; never by hand.",
        ]
        for (heading, what), number in self.counts.items():
            self.note(heading, what, f"{number:,}")
        for heading in sorted(self.rows):
            lines += ["", f"## {heading}", "", "| what | figure |", "|---|---|"]
            lines += [f"| {what} | {figure} |" for what, figure in sorted(self.rows[heading])]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
