"""The floor of a Python Worker: JavaScript does the whole job, and asks Python three times.

Whoever decides anything in Python pays at least this: a handler, one awaited call, and texts that
cross the border and come back.
"""

from __future__ import annotations

from typing import Any

from pyodide.ffi import create_proxy
from workers import Request, WorkerEntrypoint, import_from_javascript

_answer: Any = None
_agree: Any = None


def agree(text: str) -> str:
    """Where a core would decide."""
    return text


class Default(WorkerEntrypoint):
    """Hands on what it is asked."""

    async def fetch(self, request: Request) -> Any:
        global _answer, _agree  # noqa: PLW0603 - JavaScript can only be imported in a request
        if _answer is None:
            _answer = import_from_javascript("best.js").answer
            _agree = create_proxy(agree)
        return await _answer(request.js_object, self.ctx, _agree)
