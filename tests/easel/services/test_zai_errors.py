from __future__ import annotations

import pytest

from easel import errors
from easel.errors import UpstreamError
from easel.services.error_table import service_error
from easel.services.wire import HttpResponse
from easel.services.zai_errors import ZAI_ERRORS
from tests.easel.flows import json_answer, painter

MEANT = {
    400: (errors.RequestRefused, "upstream_refused"),
    401: (errors.TokenRejected, "invalid_api_key"),
    403: (errors.AccessDenied, "access_denied"),
    404: (errors.UpstreamBroken, "upstream_broken"),
    408: (errors.UpstreamTooSlow, "upstream_too_slow"),
    413: (errors.RequestRefused, "upstream_refused"),
    422: (errors.RequestRefused, "upstream_refused"),
    429: (errors.UpstreamBusy, "rate_limit_exceeded"),
    451: (errors.RequestRefused, "content_policy_violation"),
    500: (errors.UpstreamBroken, "upstream_broken"),
    504: (errors.UpstreamTooSlow, "upstream_too_slow"),
    524: (errors.UpstreamTooSlow, "upstream_too_slow"),
}


def kind_of(response: HttpResponse) -> tuple[type[UpstreamError], str]:
    error = service_error(response, ZAI_ERRORS, painter())
    return type(error), error.code


@pytest.mark.parametrize("number", MEANT)
def test_a_number_means_the_same_as_a_status_and_as_a_code(number: int) -> None:
    assert kind_of(HttpResponse(number, b"")) == MEANT[number]
    assert kind_of(json_answer({"code": number})) == MEANT[number]


@pytest.mark.parametrize("number", [1300, 1301])
def test_the_companys_codes_of_its_content_filter_are_known(number: int) -> None:
    expected = (errors.RequestRefused, "content_policy_violation")
    assert kind_of(json_answer({"code": number})) == expected


def test_who_is_not_accepted_hears_where_a_new_token_is() -> None:
    error = service_error(HttpResponse(401, b""), ZAI_ERRORS, painter())
    assert error.message == (
        "Painter does not accept this session token (status 401). "
        "Sign in there again and use the new value of its 'session' cookie."
    )
