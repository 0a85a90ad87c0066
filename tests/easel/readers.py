"""What others make of an address and of markdown: Node's `URL`, which is that of `fetch`, and the
renderers that chat clients use.

In: a text. Out: what each reader makes of it, without a network.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Readers:
    """One process that is asked as often as one likes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _ask(self, question: dict[str, str]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def url(self, text: str, base: str | None = None) -> dict[str, str] | None:
        """The parts of an address as `fetch` reads it, or None for what it takes for none."""
        question = {"url": text} if base is None else {"url": text, "base": base}
        found: dict[str, str] | None = self._ask(question)
        return found

    def html(self, markdown: str) -> dict[str, str]:
        """Markdown as HTML, by the name of the renderer."""
        found: dict[str, str] = self._ask({"markdown": markdown})
        return found


@contextmanager
def running_readers() -> Iterator[Readers]:
    process = subprocess.Popen(
        ["node", str(Path(__file__).with_name("readers.mjs"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    # Closing its input ends it.
    with process:
        yield Readers(process)
