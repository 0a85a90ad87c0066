from __future__ import annotations

import json

import pytest

from easel import errors
from easel.errors import UpstreamBusy, UpstreamError
from easel.services.error_table import (
    FILTERED,
    ErrorTable,
    Hint,
    Meaning,
    error_of,
    service_error,
    task_error,
)
from easel.services.wire import HttpResponse
from tests.easel.flows import json_answer, painter

TABLE = ErrorTable(
    statuses={
        400: Meaning(errors.RequestRefused, "refuses this", "a_code", "Ask otherwise."),
        429: Meaning(UpstreamBusy, "is busy"),
    },
    codes={"7": Meaning(errors.QuotaExhausted, "is spent"), "8": Meaning(UpstreamBusy, "rests")},
    hints=(Hint(frozenset({400}), ("filter",), FILTERED),),
)
NO_TABLE = ErrorTable({})


def told(body: object, status: int = 400, table: ErrorTable = TABLE) -> str:
    return service_error(json_answer(body, status), table, painter()).message


def test_an_error_says_who_what_why_and_what_to_do() -> None:
    meaning = TABLE.statuses[400]
    error = error_of(meaning, "status 400", painter())
    assert error.message == "Painter refuses this (status 400). Ask otherwise."
    assert (type(error), error.code) == (errors.RequestRefused, "a_code")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"code": 7}, "Painter is spent (code 7)."),
        ({"code": "7"}, "Painter is spent (code 7)."),
        ({"error": {"code": 7}}, "Painter is spent (code 7)."),
        ({"code": 9, "error": {"code": "7"}}, "Painter is spent (code 7)."),
        ({"code": 7, "type": "filter"}, "Painter is spent (code 7)."),
    ],
)
def test_a_code_counts_before_a_hint_and_a_status(body: object, expected: str) -> None:
    assert told(body) == expected


@pytest.mark.parametrize(
    "body",
    [{"type": "Content_Filter"}, {"error": {"code": "filter_hit"}}, {"error": {"type": "FILTER"}}],
)
def test_a_hint_counts_before_its_statuses_and_no_other(body: object) -> None:
    expected = "Painter refuses to paint this: its content filter blocked it (status 400)."
    assert told(body) == expected
    assert told(body, 429) == "Painter is busy (status 429)."


@pytest.mark.parametrize("table", [TABLE, NO_TABLE])
def test_what_is_in_no_table_is_a_failure(table: ErrorTable) -> None:
    error = service_error(HttpResponse(418, b"teapot"), table, painter())
    assert (type(error), error.message) == (
        errors.UpstreamBroken,
        "Painter failed (status 418).",
    )


@pytest.mark.parametrize("code", [0, "123", 99_999])
def test_an_unknown_code_is_told_where_it_is_a_short_number(code: object) -> None:
    assert told({"code": code}, 500) == f"Painter failed (status 500, code {code})."


@pytest.mark.parametrize("code", ["a-secret", 123456, "-1", "١٢", "1\n", "", None, 1.5, [7]])
def test_no_other_unknown_code_is_repeated(code: object) -> None:
    assert told({"code": code}, 500) == "Painter failed (status 500)."


@pytest.mark.parametrize(("retry_after", "seconds"), [("7", 7), ("", None), ("soon", None)])
@pytest.mark.parametrize(("status", "code"), [(429, None), (400, 8)])
def test_a_busy_service_says_how_long_to_wait_where_it_does(
    status: int, code: int | None, retry_after: str, seconds: int | None
) -> None:
    body = json.dumps({"code": code}).encode()
    response = HttpResponse(status, body, retry_after=retry_after)
    error = service_error(response, TABLE, painter())
    assert isinstance(error, UpstreamBusy)
    assert error.retry_after == seconds


def failed_task(body: object) -> UpstreamError:
    return task_error(json_answer(body), TABLE, painter())


def test_a_task_that_failed_says_so() -> None:
    error = failed_task({"error": {"code": 9, "message": "Out of paint."}})
    assert (type(error), error.code) == (errors.UpstreamBroken, "task_failed")
    assert error.message == 'Painter failed to paint this. It says: "Out of paint."'


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ({"error": {"code": 7}}, errors.QuotaExhausted, "Painter is spent (code 7)."),
        (
            {"error": {"type": "filter"}},
            errors.RequestRefused,
            "Painter refuses to paint this: its content filter blocked it (task failed).",
        ),
    ],
)
def test_a_task_that_failed_for_a_known_reason_has_its_error(
    body: object, kind: type[UpstreamError], expected: str
) -> None:
    error = failed_task(body)
    assert (type(error), error.message) == (kind, expected)
