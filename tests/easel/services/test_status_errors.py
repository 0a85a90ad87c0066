from __future__ import annotations

import json
import traceback

import pytest

from easel import errors
from easel.errors import EaselError, UpstreamBusy
from easel.services.error_table import service_error
from easel.services.status_errors import STATUS_ERRORS
from easel.services.wire import HttpResponse
from tests.easel.flows import painter

SECRET = "a-word-of-the-body"


def error_of(status: int, body: bytes = b"", retry_after: str = "") -> EaselError:
    return service_error(
        HttpResponse(status, body, retry_after=retry_after), STATUS_ERRORS, painter()
    )


# Every status of the Zhaotou and GeekAI documents and GeekAI's page on errors, then others.
STATUSES = [
    (400, errors.RequestRefused, 400, "upstream_refused"),
    (401, errors.TokenRejected, 401, "invalid_api_key"),
    (402, errors.QuotaExhausted, 429, "insufficient_quota"),
    (403, errors.AccessDenied, 403, "access_denied"),
    (404, errors.UpstreamNotFound, 404, "model_not_found"),
    (413, errors.UpstreamTooLarge, 413, "request_too_large"),
    (429, errors.UpstreamBusy, 429, "rate_limit_exceeded"),
    (500, errors.UpstreamBroken, 502, "upstream_broken"),
    (503, errors.UpstreamBroken, 502, "upstream_broken"),
    (504, errors.UpstreamTooSlow, 504, "upstream_too_slow"),
    (408, errors.UpstreamTooSlow, 504, "upstream_too_slow"),
    (409, errors.UpstreamConflict, 409, "conflict"),
    (422, errors.RequestRefused, 400, "upstream_refused"),
    (502, errors.UpstreamBroken, 502, "upstream_broken"),
    (524, errors.UpstreamTooSlow, 504, "upstream_too_slow"),
    (204, errors.UpstreamBroken, 502, "upstream_broken"),
    (302, errors.UpstreamBroken, 502, "upstream_broken"),
    (418, errors.UpstreamBroken, 502, "upstream_broken"),
]


@pytest.mark.parametrize(("status", "kind", "told", "code"), STATUSES)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b'{"error": {"code": null}}', b"\xff\xfe", b"null"]
)
def test_every_status_becomes_one_error_whatever_the_body_is(
    status: int, kind: type[EaselError], told: int, code: str, body: bytes
) -> None:
    error = error_of(status, body)
    assert (type(error), error.status, error.code) == (kind, told, code)


@pytest.mark.parametrize("status", [status for status, *_ in STATUSES if status != 429])
def test_the_message_names_the_service_and_its_status(status: int) -> None:
    message = error_of(status).message
    assert message.startswith("Painter ")
    assert message.endswith(f"(status {status}).")


@pytest.mark.parametrize(
    "reason",
    [
        b'{"error": {"code": "content_policy_violation"}}',
        b'{"error": {"code": "CONTENT_FILTER"}}',
        b'{"error": {"code": "moderation_blocked"}}',
        b'{"code": "sensitive_words_detected"}',
        b'{"error": {"type": "image_safety"}}',
    ],
)
@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_refusal_that_speaks_of_the_filter_is_a_violation_of_its_policy(
    status: int, reason: bytes
) -> None:
    error = error_of(status, reason)
    assert (type(error), error.code) == (errors.RequestRefused, "content_policy_violation")
    assert (error.status, error.should_retry) == (400, False)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, errors.TokenRejected), (413, errors.UpstreamTooLarge), (500, errors.UpstreamBroken)],
)
def test_the_filters_words_mean_nothing_with_other_statuses(
    status: int, kind: type[EaselError]
) -> None:
    assert type(error_of(status, b"content_policy_violation")) is kind


@pytest.mark.parametrize("word", ["insufficient_quota", "insufficient_balance", "Quota_Exceeded"])
def test_a_429_that_speaks_of_money_is_not_worth_asking_again(word: str) -> None:
    error = error_of(429, json.dumps({"error": {"code": word}}).encode())
    assert (type(error), error.code) == (errors.QuotaExhausted, "insufficient_quota")
    assert error.should_retry is False
    assert error.message.endswith("(status 429).")


@pytest.mark.parametrize(("retry_after", "seconds"), [("7", 7), ("", None), ("soon", None)])
def test_a_busy_service_says_how_long_to_wait_where_it_does(
    retry_after: str, seconds: int | None
) -> None:
    error = error_of(429, retry_after=retry_after)
    assert isinstance(error, UpstreamBusy)
    assert (error.retry_after, error.should_retry) == (seconds, None)


@pytest.mark.parametrize("status", [status for status, *_ in STATUSES])
@pytest.mark.parametrize(
    "body", [SECRET, f"content_policy {SECRET}", f"insufficient_quota {SECRET}"]
)
def test_nothing_is_repeated_of_a_body_that_is_no_json(status: int, body: str) -> None:
    error = error_of(status, body.encode(), SECRET)
    seen = "".join((str(vars(error)), error.message, *traceback.format_exception(error)))
    assert SECRET not in seen


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"code": "x", "message": "No."}, "No."),
        ({"error": {"code": "x", "message": "No."}}, "No."),
        ({"error": "No."}, "No."),
        ({"message": "No.", "details": {"size": "too large", "n": 7}}, "No.; size: too large"),
        ({"error": {"message": "No.", "details": ["size", 7, "n"]}}, "No.; size; n"),
        ({"error": {"details": "size"}}, "size"),
        ({"message": "No.", "details": {str(n): "x" for n in range(9)}}, "No.; 0: x; 1: x; 2: x; "),
    ],
)
def test_the_services_own_words_are_told_behind_ours(body: object, words: str) -> None:
    message = error_of(400, json.dumps(body).encode()).message
    assert message.startswith(f'Painter refuses this request (status 400). It says: "{words}')


@pytest.mark.parametrize("status", [500, 503, 504, 302])
def test_the_words_of_a_service_that_failed_are_not_told(status: int) -> None:
    assert SECRET not in error_of(status, json.dumps({"message": SECRET}).encode()).message
