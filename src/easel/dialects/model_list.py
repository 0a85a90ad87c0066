"""The models as OpenAI and as Gemini list them.

In: (model, service) pairs, and which part of them is wanted. Out: JSON as bytes; `InvalidRequest`
for a part that there is not. google-genai for Python asks for OpenAI's path
(`/v1/models`), so that one answers an object that is both lists at once.
Sources: OpenAI's API reference, "Models"; Google's, "Models"; read 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from easel.dialects.dialect import AnswerOperation, Auth, Listed, Operation, Question
from easel.dialects.gemini_errors import GEMINI
from easel.dialects.openai_errors import OPENAI
from easel.errors import InvalidRequest

# A model list needs a date a model; the services tell none, so it is that of the sample answer in
# the image.z.ai document (2026-01): 2026-01-26T09:14:04Z.
_CREATED: Final = 1769418844


# field → what it may be
_PAGE_FIELDS: Final = {
    "pageSize": (re.compile(r"[0-9]{1,6}"), "a whole number"),
    # Without one the list starts anew.
    "pageToken": (re.compile(r"[0-9]{0,6}"), "the nextPageToken of an answer"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A part of Gemini's list: where it starts, and how many models it has at the most."""

    start: int = 0
    size: int | None = None


_WHOLE: Final = Page()


def read_page(query: str) -> Page:
    """The part that `pageSize` and `pageToken` ask for. Raises InvalidRequest.

    A token is the number of models that come before; Gemini's are opaque too.
    """
    given = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    for name, (legal, words) in _PAGE_FIELDS.items():
        if name in given and not legal.fullmatch(given[name]):
            raise InvalidRequest(f"{name}: must be {words}.", param=name)
    # 0 is Google's word for no limit of the caller's.
    return Page(int(given.get("pageToken") or 0), int(given.get("pageSize", 0)) or None)


def _openai(model: str, owned_by: str) -> dict[str, object]:
    return {"id": model, "object": "model", "created": _CREATED, "owned_by": owned_by}


def _gemini(model: str, owned_by: str) -> dict[str, object]:
    return {
        "name": f"models/{model}",
        "version": "1",
        "displayName": model,
        "description": f"Pictures by {owned_by}",
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
    }


def _gemini_page(models: list[Listed], page: Page) -> dict[str, object]:
    end = len(models) if page.size is None else page.start + page.size
    part = {"models": [_gemini(*model) for model in models[page.start : end]]}
    return {**part, "nextPageToken": str(end)} if end < len(models) else {**part}


def openai_list(models: Iterable[Listed], page: Page = _WHOLE) -> bytes:
    """Both lists, OpenAI's first and whole."""
    listed = list(models)
    both = {"object": "list", "data": [_openai(*model) for model in listed]}
    return json.dumps({**both, **_gemini_page(listed, page)}).encode()


def openai_model(model: str, owned_by: str) -> bytes:
    """One model, as either of the two."""
    return json.dumps({**_openai(model, owned_by), **_gemini(model, owned_by)}).encode()


def gemini_list(models: Iterable[Listed], page: Page = _WHOLE) -> bytes:
    """Gemini's list."""
    return json.dumps(_gemini_page(list(models), page)).encode()


def gemini_model(model: str, owned_by: str) -> bytes:
    """One model as Gemini has it."""
    return json.dumps(_gemini(model, owned_by)).encode()


def _openai_list(question: Question) -> bytes:
    page = read_page(question.query)
    return openai_list(question.models(), page)


def _gemini_list(question: Question) -> bytes:
    page = read_page(question.query)
    return gemini_list(question.models(), page)


# Whoever may not paint hears it from a list already, which clients ask for first.
OPERATIONS: Final[tuple[Operation, ...]] = (
    AnswerOperation(
        name="model_list",
        method="GET",
        path="/v1/models",
        dialect=OPENAI,
        auth=Auth.KEY,
        answer=_openai_list,
    ),
    AnswerOperation(
        name="model",
        method="GET",
        path="/v1/models/{}",
        dialect=OPENAI,
        auth=Auth.KEY,
        answer=lambda question: openai_model(*question.model()),
    ),
    AnswerOperation(
        name="gemini_model_list",
        method="GET",
        path="/v1beta/models",
        dialect=GEMINI,
        auth=Auth.KEY,
        answer=_gemini_list,
    ),
    AnswerOperation(
        name="gemini_model",
        method="GET",
        path="/v1beta/models/{}",
        dialect=GEMINI,
        auth=Auth.KEY,
        answer=lambda question: gemini_model(*question.model()),
    ),
)
