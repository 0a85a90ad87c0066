"""The whole document.

In: `easel.routing`'s table and the other modules here. Out: OpenAPI 3.1, as an object or as text.
"""

from __future__ import annotations

import json
import tomllib
from typing import Final

from easel.routing import TABLE, Endpoint
from tools.openapi.answers import answer_schemas
from tools.openapi.errors import HEADERS, error_responses
from tools.openapi.operations import OPERATIONS, SECURITY_SCHEMES
from tools.openapi.requests import request_schemas
from tools.openapi.schema import Schema
from tools.runtime.workerd import PROJECT

TARGET: Final = PROJECT / "src" / "edge" / "openapi.json"

_DESCRIPTION: Final = (
    "Easel turns a chat message into a picture, at the edge. The model chooses the image service, "
    "and the token is that service's own; a personal proxy has keys of its own instead, and wants "
    "one for its model lists too. Every GET answers HEAD too, every path OPTIONS, and any "
    "origin may ask."
)


def _paths() -> dict[str, Schema]:
    paths: dict[str, Schema] = {}
    seen: set[Endpoint] = set()
    for path, method, endpoint in TABLE:
        operation = OPERATIONS[endpoint]
        if endpoint in seen:
            # Gemini's methods are served under two versions, and an operation's id is its own.
            operation = {**operation, "operationId": f"{operation['operationId']}Beta"}
        seen.add(endpoint)
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                path = path.replace("{}", f"{{{parameter['name']}}}")  # noqa: PLW2901
        paths.setdefault(path, {})[method.lower()] = operation
    return paths


def document() -> Schema:
    """OpenAPI 3.1 of all that Easel serves."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Easel",
            "version": project["version"],
            "description": _DESCRIPTION,
            "license": {"name": project["license"], "identifier": project["license"]},
        },
        # Wherever it is deployed.
        "servers": [{"url": "/"}],
        "paths": _paths(),
        "components": {
            "schemas": {**request_schemas(), **answer_schemas()},
            "responses": error_responses(),
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def text() -> str:
    """The document as it is served, a line a value, so that a change can be read."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
