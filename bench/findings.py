"""What a part of the bench found, and the page that all of it is written down in."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final


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


_METHOD: Final = """\
Figures are CPU milliseconds a request: the whole process, its children, and the kernel's share.
Each is the median of all turns.
A turn asks each contender in a row, 10 to 80 times.
A ratio is the median of ratios, each of two figures from the same turn.
All are started anew a few times, and are warm before they are measured.
Each was checked first to answer with the picture's very bytes.
Services and client are processes of their own, on loopback, without TLS.

- *Python, floor*: a Python Worker that hands the whole job to the best JavaScript and awaits it.
  Three texts go into Python and back.
- *Python, empty*: a Python Worker that answers without having looked.
- *JavaScript, best*: parts of 384 KB, `toBase64`, memory that is used again.
- *JavaScript, usual*: the whole picture, `String.fromCharCode.apply` in chunks, `btoa`.
- *JavaScript, pass-through*: answers the picture's bytes.
- *Portkey* runs on Node, *LiteLLM's proxy* on uvicorn with one worker.
  Neither has a key to check, a database or an access log.
  They do not speak with image.z.ai; beside it stands what a service with OpenAI's API costs them.
- *Easel* runs with no variable set, so it logs each request.
"""


def page(date: str, about: str, versions: Mapping[str, str], findings: Sequence[Finding]) -> str:
    """The whole page."""
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    lines = [
        f"# What `make bench` found on {date}",
        "",
        f"{about}.",
        f"{told}.",
        "`make bench FIGURES=1` writes this page; nobody does by hand.",
        "",
        _METHOD,
    ]
    for finding in findings:
        lines += [f"## {finding.heading}", "", finding.text]
    return "\n".join(lines)


def tables(findings: Sequence[Finding]) -> str:
    """What the page has without what it says every time."""
    return "\n".join(f"## {finding.heading}\n\n{finding.text}" for finding in findings)
