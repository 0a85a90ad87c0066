"""What is logged of a request: one line of JSON.

In: what becomes known during a request. Out: the line, which holds nothing that a client wrote but
words of fixed lists: no prompt, no token (nor a hash of one), no address. The shell adds times and
counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from easel.services.service import Service

# A model is free text where a service takes any.
_OTHER_MODEL = "other"


@dataclass(slots=True)
class RequestLog:
    """What is known of a request. `nonce` is a random word; `key` is the number of the caller's
    key.
    """

    nonce: str
    enabled: bool = True
    operation: str | None = None
    service: str | None = None
    model: str | None = None
    stream: bool = False
    key: int | None = None

    @property
    def request_id(self) -> str:
        return f"req_{self.nonce}"

    def paints(self, service: Service, model: str, *, stream: bool) -> None:
        """Notes which service paints, and with which model."""
        self.service = service.name
        self.model = model if model in service.models else _OTHER_MODEL
        self.stream = stream

    def line(self, status: int, code: str | None = None) -> str | None:
        """The line of an answer with this status; None where nothing is logged."""
        if not self.enabled:
            return None
        return json.dumps(
            {
                "request": self.request_id,
                "operation": self.operation,
                "service": self.service,
                "model": self.model,
                "stream": self.stream,
                "key": self.key,
                "status": status,
                "code": code,
            }
        )
