from __future__ import annotations

from easel import VERSION
from easel.dialects import about
from easel.dialects.dialect import AnswerOperation, DocumentOperation, Question


def test_health_says_that_easel_answers_and_the_document_is_the_shells() -> None:
    health, openapi = about.OPERATIONS
    assert isinstance(health, AnswerOperation)
    question = Question("", lambda: (), lambda: ("a-model", "a-service"))
    assert health.answer(question) == b'{"status": "ok", "version": "%s"}' % VERSION.encode()
    assert isinstance(openapi, DocumentOperation)
