from __future__ import annotations

import inspect
import json

import pytest

from easel import errors
from easel.dialects.gemini_errors import error_object
from easel.errors import EaselError, InvalidRequest, MethodNotAllowed

# google.rpc.Code, as Google's table of HTTP mappings has it where it has one.
WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    406: "INVALID_ARGUMENT",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

ALL = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, EaselError)
]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_a_word_of_gemini(kind: type[EaselError]) -> None:
    is_method = issubclass(kind, MethodNotAllowed)
    error = MethodNotAllowed("message", allow=("GET",)) if is_method else kind("message")
    assert json.loads(error_object(error)) == {
        "error": {
            "code": error.status,
            "message": "message",
            "status": WORDS[error.status],
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": error.code,
                    "domain": "easel",
                    "metadata": {},
                }
            ],
        }
    }


def test_an_error_names_its_field() -> None:
    error = InvalidRequest("wrong", param="contents[0].parts")
    (info,) = json.loads(error_object(error))["error"]["details"]
    assert info["metadata"] == {"param": "contents[0].parts"}
