"""A Python Worker that does nothing."""

from __future__ import annotations

from js import Response as JsResponse
from workers import Request, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """Answers without having looked."""

    async def fetch(self, request: Request) -> object:
        del request
        return JsResponse.new("")
