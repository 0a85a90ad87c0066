from __future__ import annotations

import pytest

from easel import headers
from easel.errors import (
    EaselError,
    MethodNotAllowed,
    PathNotFound,
    RateLimited,
    RequestRefused,
    TokenUnusable,
    UpstreamBroken,
    UpstreamBusy,
)

EXPOSED = "x-request-id, retry-after, x-should-retry, www-authenticate"


def test_every_answer_may_be_read_by_any_page_and_says_which_request_it_answers() -> None:
    for made in (
        headers.answer_headers("req_1", "application/json"),
        headers.stream_headers("req_1", "text/event-stream"),
        headers.error_headers(PathNotFound("m"), "req_1", "application/json"),
    ):
        assert made["access-control-allow-origin"] == "*"
        assert made["x-content-type-options"] == "nosniff"
        assert made["access-control-expose-headers"] == EXPOSED
        assert made["x-request-id"] == "req_1"
        assert made["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PathNotFound("m"), {}),
        (MethodNotAllowed("m", allow=("POST", "OPTIONS")), {"allow": "POST, OPTIONS"}),
        (RequestRefused("m"), {"x-should-retry": "false"}),
        (UpstreamBroken("m"), {"x-should-retry": "false"}),
        (UpstreamBusy("m"), {}),
        (UpstreamBusy("m", retry_after=7), {"retry-after": "7"}),
        (UpstreamBusy("m", retry_after=0), {"retry-after": "0"}),
        (RateLimited("m"), {"retry-after": "60"}),
        (TokenUnusable("m"), {"www-authenticate": 'Bearer realm="Easel"'}),
    ],
)
def test_an_error_says_what_the_client_should_do_next(
    error: EaselError, expected: dict[str, str]
) -> None:
    made = headers.error_headers(error, "req_1", "application/json")
    told = {
        name: made[name]
        for name in ("allow", "x-should-retry", "retry-after", "www-authenticate")
        if name in made
    }
    assert told == expected


def test_a_preflight_allows_whatever_headers_it_asks_for() -> None:
    made = headers.preflight_headers("req_1", ("GET", "OPTIONS"), "authorization, x-stainless-os")
    assert made["access-control-allow-headers"] == "authorization, x-stainless-os"
    assert made["access-control-allow-origin"] == "*"
    assert made["x-content-type-options"] == "nosniff"
    assert made["access-control-allow-methods"] == "GET, OPTIONS"
    assert "access-control-allow-headers" not in headers.preflight_headers("req_1", ("GET",), None)
