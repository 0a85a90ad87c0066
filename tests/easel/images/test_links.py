from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from easel.images.links import (
    Link,
    address_expiry,
    file_name,
    is_sealed,
    is_under,
    link_url,
    own_base,
    read_link,
    sealed_in,
    write_link,
)

SEALED = "a-sealed_text" * 4


@pytest.mark.parametrize(
    "link",
    [
        Link("glm-image"),
        Link("glm-image", "https://h/p.png?a=1&b=%20", True, 1_800_000_000, "key"),
        Link("模型", "https://h/" + "x" * 5000),
    ],
)
def test_a_link_is_read_as_it_was_written(link: Link) -> None:
    text = write_link(link)
    assert len(text) % 256 == 0
    assert text.isascii()
    assert read_link(text) == link


def test_what_is_sealed_is_as_long_for_most_pictures() -> None:
    addresses = ("", "https://h/a.png", "https://h/" + "a" * 150)
    assert {len(write_link(Link("m", address))) for address in addresses} == {256}


@pytest.mark.parametrize(
    ("text", "expected"),
    [(SEALED, True), ("a" * 31, False), ("", False), ("a" * 40 + "/", False), ("é" * 40, False)],
)
def test_what_can_be_a_sealed_text(text: str, *, expected: bool) -> None:
    assert is_sealed(text) is expected


@pytest.mark.parametrize(
    ("url", "public", "expected"),
    [
        ("https://easel.workers.dev/v1/x", None, "https://easel.workers.dev"),
        ("https://easel.example:8443/", None, "https://easel.example:8443"),
        ("http://127.0.0.1:8787/v1", None, "http://127.0.0.1:8787"),
        ("http://localhost/v1", None, "http://localhost"),
        ("http://[::1]:80/v1", None, "http://[::1]:80"),
        ("http://easel.example/v1", None, None),
        ("http://192.168.1.2:8787/v1", None, None),
        ("http:///v1", None, None),
        ("http://LOCALHOST:8787/v1", None, "http://localhost:8787"),
        ('http://127.0.0.1:80"><b>/v1', None, None),
        ("http://127.0.0.1:x/v1", None, None),
        ("http://127.0.0.1:99999/v1", None, None),
        ("http://localhost:80)/v1", None, None),
        ("https://a)b(/v1", None, None),
        ("http://evil.example/v1", "https://easel.example/e", "https://easel.example/e"),
    ],
)
def test_where_the_links_of_a_request_begin(
    url: str, public: str | None, expected: str | None
) -> None:
    assert own_base(urlsplit(url), public) == expected


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        (link_url("https://easel.example", SEALED), True),
        (link_url("http://127.0.0.1:8787", SEALED), True),
        (link_url("https://other.example/easel", SEALED), False),
        (f"HTTPS://Easel.Example/pictures/{SEALED}", True),
        (f"https://easel.example.evil/pictures/{SEALED}", False),
    ],
)
def test_what_is_sealed_is_found_under_any_host(address: str, *, is_own: bool) -> None:
    assert sealed_in(address) == SEALED
    assert is_under(address, ("https://easel.example", "http://127.0.0.1:8787")) is is_own


@pytest.mark.parametrize(
    "address",
    [
        f"https://easel.example/other/{SEALED}",
        f"https://h/cat?at=/pictures/{SEALED}",
        f"https://easel.example/pictures/{SEALED}?size=1",
        f"data:image/png,/pictures/{SEALED}",
        "https://easel.example/pictures/cat.png",
        "https://h/cat.png",
    ],
)
def test_other_addresses_are_no_links(address: str) -> None:
    assert sealed_in(address) is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://h/p.png?Expires=1767225600&Signature=x", 1_767_225_600),
        ("https://h/p.png?x-oss-expires-at=1767225600", 1_767_225_600),
        ("https://h/p.png?Expires=never", 0),
        ("https://h/p.png", 0),
        ("", 0),
    ],
)
def test_when_a_signed_address_expires(address: str, expected: int) -> None:
    assert address_expiry(address) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (Link("m"), 3600),
        (Link("m", expires=1_000_100), 100),
        (Link("m", expires=999_000), 0),
        (Link("m", "https://h/p?Expires=1000000060", expires=1_000_000_100), 3600),
    ],
)
def test_nobody_keeps_a_picture_for_longer_than_there_is_one(link: Link, expected: int) -> None:
    assert link.max_age(1_000_000, 3600) == expected


def test_the_sooner_end_counts() -> None:
    link = Link("m", "https://h/p?Expires=1800000060", expires=1_800_000_100)
    assert link.max_age(1_800_000_000, 3600) == 60


def test_a_link_ends_where_it_has_an_end() -> None:
    assert not Link("m").is_over(9e9)
    assert not Link("m", expires=100).is_over(99.9)
    assert Link("m", expires=100).is_over(100)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gemini-3-image-1k", "gemini-3-image-1k"),
        ("geekai/../x", "geekai-..-x"),
        ('a"; b\r\n', "a-b"),
        ("模型", "picture"),
        ("x" * 300, "x" * 80),
    ],
)
def test_a_file_is_called_after_its_model(model: str, name: str) -> None:
    found = file_name(model, SEALED, "image/webp")
    assert found == f"{name}-a-sealed.webp"
    assert re.fullmatch(r"[A-Za-z0-9._-]+", found)
