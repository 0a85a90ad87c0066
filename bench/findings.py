"""What a part of the bench found, and the page that all of it is written down in."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """Tables under a heading; `fault` is what Easel costs more than it may."""

    heading: str
    text: str
    fault: str | None = None


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown: the first column is text, the others are figures."""
    ruler = "|---|" + "---:|" * (len(columns) - 1)
    lines = ["| " + " | ".join(row) + " |" for row in (columns, *rows)]
    return "\n".join([lines[0], ruler, *lines[1:]]) + "\n"


def _processor() -> str:
    """The name of the processor, where the system tells it."""
    try:
        return model_name(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        return platform.processor()


def model_name(cpuinfo: str) -> str:
    """The first `model name` of `/proc/cpuinfo`; some machines have none."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.machine()


def machine() -> str:
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    return (
        f"{platform.system()} {platform.release()} on {os.cpu_count()} cores of {_processor()}; "
        f"load before the run {load}"
    )


def page(date: str, about: str, versions: Mapping[str, str], findings: Sequence[Finding]) -> str:
    """The whole page."""
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    lines = [
        f"# What `make bench` found on {date}",
        "",
        f"{about}. {told}.",
        "Written by `make bench FIGURES=1`; never by hand.",
        "",
    ]
    for finding in findings:
        lines += [f"## {finding.heading}", "", finding.text]
    return "\n".join(lines)
