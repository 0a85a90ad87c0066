"""The whole document.

In: `easel.routing`'s table and the other modules here. Out: OpenAPI 3.1, as an object or as text.
"""

from __future__ import annotations

import json
import tomllib
from typing import Final

from easel.dialects.operation_table import OperationTable
from easel.routing import TABLE
from tools.openapi.answers import answer_schemas
from tools.openapi.errors import HEADERS, error_responses
from tools.openapi.operations import SECURITY_SCHEMES, operation_object, words_of
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


def _paths(table: OperationTable) -> dict[str, Schema]:
    paths: dict[str, Schema] = {}
    seen: set[str] = set()
    for operation in table.operations:
        found = operation_object(operation, table.dialects_at(operation.path))
        if operation.name in seen:
            # Gemini's methods are served under two versions, MCP for one service or all, and an
            # operation's id is its own.
            found["operationId"] += "Beta" if "/v1beta/" in operation.path else "Service"
        seen.add(operation.name)
        path = operation.path
        for parameter in found.get("parameters", ()):
            if parameter["in"] == "path":
                path = path.replace("{}", f"{{{parameter['name']}}}")
        paths.setdefault(path, {})[operation.method.lower()] = found
    return paths


def _responses(table: OperationTable) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for operation in table.operations:
        dialects = table.dialects_at(operation.path)
        found |= error_responses(dialects, words_of(operation).statuses)
    return found


def document(table: OperationTable = TABLE) -> Schema:
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
        "paths": _paths(table),
        "components": {
            "schemas": {**request_schemas(), **answer_schemas()},
            "responses": _responses(table),
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def text() -> str:
    """The document as it is served, a line a value, so that a change can be read."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
