"""The models as OpenAI and as Gemini list them.

In: (model, service) pairs. Out: JSON as bytes. google-genai for Python asks for OpenAI's path
(`/v1/models`), so that one answers an object that is both lists at once.
Sources: OpenAI's API reference, "Models"; Google's, "Models"; read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final, TypeAlias

Listed: TypeAlias = tuple[str, str]

# A model list needs a date a model; the services tell none, so it is that of the seed's sample
# answer: 2026-01-26T09:14:04Z.
_CREATED: Final = 1769418844


def _openai(model: str, owned_by: str) -> dict[str, object]:
    return {"id": model, "object": "model", "created": _CREATED, "owned_by": owned_by}


def _gemini(model: str, owned_by: str) -> dict[str, object]:
    return {
        "name": f"models/{model}",
        "version": "1",
        "displayName": model,
        "description": f"Pictures by {owned_by}",
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent"],
    }


def openai_list(models: Iterable[Listed]) -> bytes:
    """Both lists, OpenAI's first."""
    listed = list(models)
    return json.dumps(
        {
            "object": "list",
            "data": [_openai(*model) for model in listed],
            "models": [_gemini(*model) for model in listed],
        }
    ).encode()


def openai_model(model: str, owned_by: str) -> bytes:
    """One model, as either of the two."""
    return json.dumps({**_openai(model, owned_by), **_gemini(model, owned_by)}).encode()


def gemini_list(models: Iterable[Listed]) -> bytes:
    """Gemini's list."""
    return json.dumps({"models": [_gemini(*model) for model in models]}).encode()


def gemini_model(model: str, owned_by: str) -> bytes:
    """One model as Gemini has it."""
    return json.dumps(_gemini(model, owned_by)).encode()
