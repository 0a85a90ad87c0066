from __future__ import annotations

import json

from openai.types import Model

from easel import openai
from easel.errors import InvalidRequest


def test_an_error_has_all_four_words_of_openai() -> None:
    error = InvalidRequest("no such field", param="messages[0].content", code="invalid_json")
    assert json.loads(openai.error_object(error)) == {
        "error": {
            "message": "no such field",
            "type": "invalid_request_error",
            "param": "messages[0].content",
            "code": "invalid_json",
        }
    }


def test_a_model_is_what_openais_own_library_takes_for_one() -> None:
    document = json.loads(openai.model_document("gemini-3-image-1k", "zai"))
    model = Model.model_validate(document, strict=True)
    assert model.model_dump(exclude_unset=True) == document
    listed = json.loads(openai.model_list([("gemini-3-image-1k", "zai")]))
    assert listed == {"object": "list", "data": [document]}
