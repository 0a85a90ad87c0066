from __future__ import annotations

import pytest

from easel.errors import PictureUnreachable, UpstreamBroken, UpstreamError, UpstreamTooSlow
from easel.services.wire import (
    LONG_TEXT,
    HttpRequest,
    HttpResponse,
    answer_with_pictures,
    check_time_left,
    download_error,
    platform_error,
    retry_after_seconds,
    whole_text,
)


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


def test_a_long_text_is_found_where_the_shell_keeps_it() -> None:
    kept = object()
    response = HttpResponse(200, b"", long_texts=("first", kept))
    assert whole_text(response, "short") == "short"
    assert whole_text(response, f"{LONG_TEXT}1") is kept


@pytest.mark.parametrize("text", [f"{LONG_TEXT}2", f"{LONG_TEXT}x", LONG_TEXT])
def test_a_mark_that_a_service_made_up_is_a_broken_answer(text: str) -> None:
    with pytest.raises(UpstreamBroken):
        whole_text(HttpResponse(200, b"", long_texts=("a", "b")), text)


def test_an_answer_may_hold_a_picture_of_the_largest_size_as_base64() -> None:
    assert answer_with_pictures(3_000_000) == 4_000_000 + 1024 * 1024


@pytest.mark.parametrize(
    ("name", "kind"),
    [("TimeoutError", UpstreamTooSlow), ("TooLarge", UpstreamBroken), ("Error", UpstreamBroken)],
)
def test_a_failed_exchange_is_told_by_what_the_platform_calls_it(
    name: str, kind: type[UpstreamError]
) -> None:
    error = platform_error(name, "The picture's host")
    assert type(error) is kind
    assert error.message.startswith("The picture's host")


def test_time_is_up_at_the_deadline() -> None:
    assert check_time_left(10, 7.5) == 2.5
    with pytest.raises(UpstreamTooSlow):
        check_time_left(10, 10)


@pytest.mark.parametrize("name", ["TooManyFetches", "TooMuchText", "TooManyValues", "TooDeep"])
def test_what_is_limited_is_told_as_that(name: str) -> None:
    assert "could not be reached" not in platform_error(name, "The image service").message


@pytest.mark.parametrize(
    ("name", "kind"), [("TimeoutError", UpstreamTooSlow), ("Error", PictureUnreachable)]
)
def test_a_failed_download_is_no_fault_of_the_service(name: str, kind: type[UpstreamError]) -> None:
    error = download_error(name)
    assert type(error) is kind
    assert error.message.startswith("The picture's host")


def test_an_answer_that_holds_several_pictures_may_be_as_long_as_they_are() -> None:
    assert answer_with_pictures(3_000_000, 4) == 16_000_000 + 1024 * 1024
