"""The words that OpenAI's APIs share: the error object and the model list.

Out: JSON as bytes. Source: OpenAI's API reference, "Errors" and "Models", read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from easel.errors import EaselError

JSON_TYPE: Final = "application/json; charset=utf-8"

# A model list needs a date a model; these are older than Easel and have none, so it is the
# seed's own: 2026-01-26T09:14:04Z.
_MODELS_CREATED: Final = 1769418844


def error_object(error: EaselError) -> bytes:
    """`{"error": {"message", "type", "param", "code"}}`, all four always there."""
    return json.dumps(
        {
            "error": {
                "message": error.message,
                "type": error.kind,
                "param": error.param,
                "code": error.code,
            }
        }
    ).encode()


def _model_object(model: str, owned_by: str) -> dict[str, object]:
    return {"id": model, "object": "model", "created": _MODELS_CREATED, "owned_by": owned_by}


def model_document(model: str, owned_by: str) -> bytes:
    """One entry of the model list."""
    return json.dumps(_model_object(model, owned_by)).encode()


def model_list(models: Iterable[tuple[str, str]]) -> bytes:
    """The list of (model, owner)."""
    data = [_model_object(model, owned_by) for model, owned_by in models]
    return json.dumps({"object": "list", "data": data}).encode()
