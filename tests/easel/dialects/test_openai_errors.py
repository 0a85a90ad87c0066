from __future__ import annotations

import json

from easel.dialects import openai_errors
from easel.errors import InvalidRequest


def test_an_error_has_all_four_words_of_openai() -> None:
    error = InvalidRequest("no such field", param="messages[0].content", code="invalid_json")
    assert json.loads(openai_errors.error_object(error)) == {
        "error": {
            "message": "no such field",
            "type": "invalid_request_error",
            "param": "messages[0].content",
            "code": "invalid_json",
        }
    }
