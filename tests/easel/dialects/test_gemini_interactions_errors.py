from __future__ import annotations

import inspect
import json

import pytest

from easel import errors
from easel.dialects.gemini_interactions_errors import error_object, status
from easel.errors import (
    EaselError,
    InvalidRequest,
    MethodNotAllowed,
    QuotaExhausted,
    RequestRefused,
    UpstreamBroken,
    UpstreamBusy,
)

ALL = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, EaselError) and value is not EaselError
]

# What google-genai for Python and @google/genai ask again on, up to four times.
ASKED_AGAIN = {408, 409, 429, *range(500, 600)}


def of(kind: type[EaselError]) -> EaselError:
    return MethodNotAllowed("why", allow=("GET",)) if kind is MethodNotAllowed else kind("why")


@pytest.mark.parametrize("kind", ALL)
def test_what_is_not_worth_asking_again_has_a_status_that_its_clients_leave_alone(
    kind: type[EaselError],
) -> None:
    error = of(kind)
    if error.should_retry is False:
        assert status(error) not in ASKED_AGAIN
    else:
        assert status(error) == error.status


@pytest.mark.parametrize("kind", ALL)
def test_every_error_is_an_error_of_the_interactions_api(kind: type[EaselError]) -> None:
    error = of(kind)
    found = json.loads(error_object(error))["error"]
    (info,) = found["details"]
    assert (found["message"], info["reason"], info["domain"]) == ("why", error.code, "easel")
    own = {} if status(error) == error.status else {"status": str(error.status)}
    assert info["metadata"] == own


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidRequest("x"), (400, "invalid_request")),
        (InvalidRequest("x", code="unknown_parameter"), (400, "parameter_unknown")),
        (RequestRefused("x", code="content_policy_violation"), (400, "prohibited_content")),
        (QuotaExhausted("x"), (402, "payment_required")),
        (errors.TokenUnusable("x"), (401, "authentication")),
        (errors.AccessDenied("x"), (403, "permission_denied")),
        (errors.ModelNotFound("x"), (404, "model_not_found")),
        (errors.PathNotFound("x"), (404, "not_found")),
        (errors.UpstreamConflict("x"), (424, "failed_dependency")),
        (UpstreamBroken("x"), (424, "failed_dependency")),
        (UpstreamBusy("x"), (429, "rate_limit_exceeded")),
        (errors.RequestTooSlow("x"), (408, "request_timeout")),
    ],
)
def test_the_code_is_googles_word(error: EaselError, expected: tuple[int, str]) -> None:
    assert (status(error), json.loads(error_object(error))["error"]["code"]) == expected


def test_an_error_names_its_field() -> None:
    error = InvalidRequest("wrong", param="input[0].content")
    (info,) = json.loads(error_object(error))["error"]["details"]
    assert info["metadata"] == {"param": "input[0].content"}
