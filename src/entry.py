"""The fetch handler of the Worker.

In: a request. Out: always a Response; whatever fails becomes an error that the client can show.
"""

from __future__ import annotations

from workers import Request, WorkerEntrypoint

from edge import shell
from edge.shell import JsResponse


class Default(WorkerEntrypoint):
    """Easel."""

    async def fetch(self, request: Request) -> JsResponse:
        return await shell.answer(request.js_object, self.env, self.ctx)
