"""A Python Worker that does nothing, and has pydantic beside it."""

from __future__ import annotations

from js import Response as JsResponse
from pydantic import BaseModel
from workers import Request, WorkerEntrypoint


class Body(BaseModel):
    """One model, so that pydantic is there whole."""

    name: str


class Default(WorkerEntrypoint):
    """Answers without having looked."""

    async def fetch(self, request: Request) -> object:
        del request
        return JsResponse.new("")
