"""What is logged of a request: one line of JSON.

In: what becomes known on the way. Out: the line, with nothing in it that a client wrote but words
of fixed lists: no prompt, no token (nor a hash of one), no address.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from easel.dialects.dialect import Operation
from easel.services.service import Service
from edge import platform
from edge.platform import JsLifetime

# A model is free text where a service takes any.
_OTHER_MODEL = "other"


@dataclass(slots=True)
class Journal:
    """A request on its way. `key` is the number of the deployment's key that the caller has."""

    request_id: str
    enabled: bool = True
    operation: Operation | None = None
    service: str | None = None
    model: str | None = None
    stream: bool = False
    key: int | None = None
    lifetime: JsLifetime | None = None

    def paints(self, upstream: Service, model: str, *, stream: bool) -> None:
        """Which service paints it, and with what it calls the model."""
        self.service = upstream.name
        self.model = model if model in upstream.models else _OTHER_MODEL
        self.stream = stream

    def answered(self, status: int, code: str | None = None, length: int = 0) -> None:
        """The answer leaves, of `length` bytes in all."""
        if self.enabled:
            platform.log_whole(self.lifetime, self._line(status, code), length)

    def answering(self) -> None:
        """The headers of an answer leave whose body is still being written."""
        if self.enabled and self.lifetime is not None:
            self.lifetime.journal.answer(self._line(200, None))

    def failed_late(self, code: str) -> None:
        """The body is an error."""
        if self.lifetime is not None:
            self.lifetime.journal.code = code

    def _line(self, status: int, code: str | None) -> str:
        return json.dumps(
            {
                "request": self.request_id,
                "operation": self.operation.name if self.operation else None,
                "service": self.service,
                "model": self.model,
                "stream": self.stream,
                "key": self.key,
                "status": status,
                "code": code,
            }
        )
