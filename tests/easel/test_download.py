from __future__ import annotations

import pytest

from easel.download import MAX_REDIRECTS, check_download, check_picture_url, redirect_target
from easel.errors import UpstreamBroken

JPEG = b"\xff\xd8\xff\xe0"


@pytest.mark.parametrize(
    ("url", "allow_http"),
    [
        ("https://host/p.png?Signature=a%2Fb", False),
        ("https://host:8443/p.png", False),
        ("http://127.0.0.1:9000/p.png", True),
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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_to_where_it_points(status: int) -> None:
    target = redirect_target(status, "/q.png?a=1", 0, at="https://host/p.png", allow_http=False)
    assert target == "https://host/q.png?a=1"


@pytest.mark.parametrize("status", [200, 206, 300, 304, 403, 404, 500])
def test_other_answers_redirect_nowhere(status: int) -> None:
    assert redirect_target(status, "/q.png", 0, at="https://host/p.png", allow_http=False) is None


@pytest.mark.parametrize(
    "location", [None, "", "http://host/q.png", "ftp://host/q.png", "https://u:p@host/", "//[bad"]
)
def test_a_redirect_obeys_the_same_rule_as_the_first_address(location: str | None) -> None:
    with pytest.raises(UpstreamBroken):
        redirect_target(302, location, 0, at="https://host/p.png", allow_http=False)


def test_redirects_that_lead_nowhere_come_to_an_end() -> None:
    at = "https://host/p.png"
    assert redirect_target(302, "/q", MAX_REDIRECTS - 1, at=at, allow_http=False) is not None
    assert redirect_target(200, None, MAX_REDIRECTS, at=at, allow_http=False) is None
    with pytest.raises(UpstreamBroken, match="circles"):
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
