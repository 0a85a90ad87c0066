"""What Easel says of itself: that it answers, in which version, and what can be asked of it."""

from __future__ import annotations

import json
from typing import Final

from easel import VERSION
from easel.dialects.dialect import (
    AnswerOperation,
    Auth,
    DocumentOperation,
    Operation,
    Question,
)
from easel.dialects.openai_errors import OPENAI


def _health(question: Question) -> bytes:
    return json.dumps({"status": "ok", "version": VERSION, **question.about()}).encode()


OPERATIONS: Final[tuple[Operation, ...]] = (
    AnswerOperation(
        name="health",
        method="GET",
        path="/health",
        dialect=OPENAI,
        auth=Auth.NONE,
        answer=_health,
    ),
    DocumentOperation(
        name="openapi", method="GET", path="/openapi.json", dialect=OPENAI, auth=Auth.NONE
    ),
)
