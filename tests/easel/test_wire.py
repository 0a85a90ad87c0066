from __future__ import annotations

import pytest

from easel.wire import HttpRequest, HttpResponse, retry_after_seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("٧", None),
        ("999999999", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_taken_in_seconds_or_not_at_all(header: str, seconds: int | None) -> None:
    assert retry_after_seconds(header) == seconds


def test_neither_token_nor_prompt_shows_in_a_repr() -> None:
    request = HttpRequest("POST", "https://h/?key=secret", (("Cookie", "secret"),), b"secret")
    assert "secret" not in repr(request) + repr(HttpResponse(200, b"secret"))
