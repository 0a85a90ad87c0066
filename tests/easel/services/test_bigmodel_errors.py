from __future__ import annotations

import pytest

from easel import errors
from easel.services.bigmodel_errors import CODES, Meaning, fault, filter_refusal
from tests.easel.bigmodel_codes import MEANT, UNSAFE


def test_the_table_has_every_code_of_the_page_and_every_meaning_a_code() -> None:
    assert set(CODES) == set(MEANT)
    assert set(CODES.values()) == set(Meaning)


@pytest.mark.parametrize("code", MEANT)
def test_a_code_becomes_its_error_whatever_the_status_is(code: str) -> None:
    error = fault(code, 418)
    assert (type(error), error.status, error.should_retry) == MEANT[code]
    assert (error.code == "content_policy_violation") is (code in UNSAFE)


def test_a_code_that_is_not_on_the_page_is_not_repeated() -> None:
    error = fault("a-secret", 429, "7")
    assert isinstance(error, errors.UpstreamBusy)
    assert (error.retry_after, "a-secret" in error.message) == (7, False)


def test_what_the_filter_found_is_a_refusal_too() -> None:
    assert filter_refusal().code == "content_policy_violation"
