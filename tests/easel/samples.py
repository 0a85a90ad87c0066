"""The recorded answers of `tests/wire`, as the core receives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from easel.services.wire import HttpResponse

WIRE = Path(__file__).resolve().parents[1] / "wire"


def sample(service: str, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((WIRE / service / f"{name}.json").read_text("utf-8"))
    return loaded


def http_response(recorded: dict[str, Any]) -> HttpResponse:
    body, headers = recorded["body"], recorded["headers"]
    text = body if isinstance(body, str) else json.dumps(body)
    return HttpResponse(
        recorded["status"], text.encode(), headers["content-type"], headers.get("retry-after", "")
    )


def answer(service: str, name: str) -> HttpResponse:
    return http_response(sample(service, name))
