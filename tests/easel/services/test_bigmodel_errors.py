from __future__ import annotations

import pytest

from easel import errors
from easel.errors import UpstreamError
from easel.services.bigmodel_errors import BIGMODEL_ERRORS, CODES
from easel.services.error_table import service_error
from easel.services.wire import HttpResponse
from tests.easel.bigmodel_codes import MEANT, UNSAFE
from tests.easel.flows import json_answer, painter


def error_of(code: str, status: int) -> UpstreamError:
    response = json_answer({"error": {"code": code}}, status)
    return service_error(response, BIGMODEL_ERRORS, painter())


def test_the_table_has_every_code_of_the_page() -> None:
    assert set(CODES) == set(MEANT)


@pytest.mark.parametrize("code", MEANT)
def test_a_code_becomes_its_error_whatever_the_status_is(code: str) -> None:
    error = error_of(code, 418)
    assert (type(error), error.status, error.should_retry) == MEANT[code]
    assert (error.code == "content_policy_violation") is (code in UNSAFE)
    assert f" (code {code})." in error.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.RequestRefused),
        (401, errors.TokenRejected),
        (403, errors.AccessDenied),
        (404, errors.UpstreamNotFound),
        (408, errors.UpstreamTooSlow),
        (418, errors.UpstreamBroken),
        (429, errors.UpstreamBusy),
        (434, errors.AccessDenied),
        (435, errors.UpstreamTooLarge),
        (500, errors.UpstreamBroken),
        (504, errors.UpstreamTooSlow),
    ],
)
def test_without_a_code_of_the_page_the_status_counts(
    status: int, kind: type[UpstreamError]
) -> None:
    assert type(error_of("a-secret", status)) is kind
    assert type(service_error(HttpResponse(status, b""), BIGMODEL_ERRORS, painter())) is kind
