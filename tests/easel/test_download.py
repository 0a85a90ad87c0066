from __future__ import annotations

import pytest

from easel.dialects.markdown import missing_note
from easel.download import (
    MAX_REDIRECTS,
    check_download,
    is_worth_repeating,
    redirect_target,
    with_link,
)
from easel.errors import PictureUnreachable, UpstreamBroken, UpstreamError, UpstreamTooSlow
from easel.images.address import check_picture_url

JPEG = b"\xff\xd8\xff\xe0"


@pytest.mark.parametrize(
    ("url", "allow_http"),
    [
        ("https://host/p.png?Signature=a%2Fb", False),
        ("https://host:8443/p.png", False),
        ("http://host:9000/p.png", True),
        ("https://host/p.png", True),
    ],
)
def test_a_picture_may_be_opened_by_https_and_by_http_only_where_allowed(
    url: str, *, allow_http: bool
) -> None:
    assert check_picture_url(url, allow_http=allow_http) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://host/p.png",
        "ftp://host/p.png",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "//host/p.png",
        "/p.png",
        "https://",
        "https://user@host/p.png",
        "https://user:password@host/p.png",
        "https://:@host/p.png",
        "https://[host/p.png",
        "",
    ],
)
def test_no_other_address_is_opened_nor_repeated_in_the_error(url: str) -> None:
    with pytest.raises(UpstreamBroken) as caught:
        check_picture_url(url, allow_http=False)
    assert not url or url not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/p.png",
        "https://2130706433/p.png",
        "https://[::ffff:10.0.0.1]:8443/p.png",
        "https://localhost./p.png",
        "https://metadata.google.internal/p.png",
        "https://169.254.169.254/latest/meta-data",
        "https://host\\@127.0.0.1/p.png",
    ],
)
def test_what_is_inside_is_opened_only_where_the_service_is_there_too(url: str) -> None:
    for allow_http in (True, False):
        with pytest.raises(UpstreamBroken) as caught:
            check_picture_url(url, allow_http=allow_http)
        assert url not in caught.value.message
        with pytest.raises(UpstreamBroken):
            redirect_target(302, url, 0, at="https://host/p.png", allow_http=allow_http)


def test_a_service_on_this_machine_may_name_pictures_there_and_redirect_there() -> None:
    url = "http://127.0.0.1:9000/p.png"
    assert check_picture_url(url, allow_http=True, allow_inside=True) == url
    target = redirect_target(302, "http://localhost:9/q", 0, at=url, allow_http=True)
    assert target == "http://localhost:9/q"


def test_an_address_is_opened_in_ascii_and_as_it_was_meant() -> None:
    url = check_picture_url(" https://例子.测试/图 片.png?a=%2F ", allow_http=False)
    assert url == "https://xn--fsqu00a.xn--0zwm56d/%E5%9B%BE%20%E7%89%87.png?a=%2F"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_to_where_it_points(status: int) -> None:
    target = redirect_target(status, "/q.png?a=1", 0, at="https://host/p.png", allow_http=False)
    assert target == "https://host/q.png?a=1"


def test_blanks_around_a_place_to_go_to_are_none_of_it() -> None:
    at = "https://host/a/p.png"
    assert (
        redirect_target(302, " q r.png ", 0, at=at, allow_http=False) == "https://host/a/q%20r.png"
    )


@pytest.mark.parametrize("status", [200, 206, 300, 304, 403, 404, 500])
def test_other_answers_redirect_nowhere(status: int) -> None:
    assert redirect_target(status, "/q.png", 0, at="https://host/p.png", allow_http=False) is None


@pytest.mark.parametrize(
    "location",
    [
        *(None, "", "http://host/q.png", "ftp://host/q.png", "https://u:p@host/", "//[bad"),
        *("//127.0.0.1/q", "\\\\127.0.0.1/q", "/\\127.0.0.1/q", "https:\\127.0.0.1\\q"),
    ],
)
def test_a_redirect_obeys_the_same_rule_as_the_first_address(location: str | None) -> None:
    with pytest.raises(UpstreamBroken):
        redirect_target(302, location, 0, at="https://host/p.png", allow_http=False)


def test_redirects_that_lead_nowhere_come_to_an_end() -> None:
    at = "https://host/p.png"
    assert redirect_target(302, "/q", MAX_REDIRECTS - 1, at=at, allow_http=False) is not None
    assert redirect_target(200, None, MAX_REDIRECTS, at=at, allow_http=False) is None
    with pytest.raises(UpstreamBroken, match="more than 5 times"):
        redirect_target(302, "/q", MAX_REDIRECTS, at=at, allow_http=False)


def test_a_good_download_is_known_by_its_bytes() -> None:
    assert check_download(200, 4, JPEG, 4) == "image/jpeg"
    assert check_download(200, 0, JPEG, 4) == "image/jpeg"


@pytest.mark.parametrize(
    ("status", "length", "first_bytes", "code"),
    [
        (404, 9, b"", "picture_missing"),
        (403, 0, b"", "picture_missing"),
        (200, 5, JPEG, "picture_too_large"),
        (200, 4, b"<xml", "upstream_broken"),
        (200, 0, b"", "upstream_broken"),
    ],
)
def test_anything_else_is_a_broken_upstream(
    status: int, length: int, first_bytes: bytes, code: str
) -> None:
    with pytest.raises(UpstreamBroken) as caught:
        check_download(status, length, first_bytes, 4)
    assert (caught.value.status, caught.value.code) == (502, code)


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (PictureUnreachable("gone", code="picture_missing"), True),
        (UpstreamTooSlow("slow"), True),
        (UpstreamBroken("no picture"), False),
        (UpstreamBroken("large", code="picture_too_large"), False),
    ],
)
def test_a_download_is_repeated_where_its_host_may_have_it_a_moment_later(
    error: UpstreamError, *, worth: bool
) -> None:
    assert is_worth_repeating(error) is worth


def test_a_picture_that_cannot_be_opened_is_told_with_its_link() -> None:
    error = PictureUnreachable("It is gone.", code="picture_missing")
    told = with_link(error, "https://host/p.png?Signature=a")
    assert type(told) is PictureUnreachable
    assert told.message == "It is gone. Its address: https://host/p.png?Signature=a"
    assert (told.status, told.code) == (502, "picture_missing")
    assert with_link(error, None) is error


def test_the_link_of_what_cannot_be_opened_is_a_link_and_nothing_besides() -> None:
    error = with_link(UpstreamBroken("It is gone."), "https://h/a(1)[b]\n*<c>?d=%2F")
    told = "It is gone. Its address: https://h/a%281%29%5Bb%5D%0A%2A%3Cc%3E?d=%2F"
    assert error.message == told
    assert missing_note(error.message) == f"(A picture is missing: {told})"
