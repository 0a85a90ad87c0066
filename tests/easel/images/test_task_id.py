from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.images.task_id import path_segment, public_id, read_public_id

# What stands for itself in an address (RFC 3986, 2.3), and is no folder.
HARMLESS = re.compile(r"\.?[A-Za-z0-9_-][A-Za-z0-9_.~-]*")

OWN_IDS = ["a/b", "../../x", "a b", "猫", "a~b", "a?b#c", "%2F", "a%", "-a", "_", ".a", "\n", "+"]


@pytest.mark.parametrize("own_id", ["8868902201637896192", "3f2b8c1e-5d4a", "0190-8a_b.c", "a..b"])
def test_an_ordinary_id_is_handed_out_as_it_is(own_id: str) -> None:
    assert public_id(own_id) == own_id
    assert public_id(own_id, "0123abcd") == f"{own_id}~0123abcd"
    assert path_segment(own_id) == own_id


@pytest.mark.parametrize("issuer", ["", "0123abcd"])
@pytest.mark.parametrize("own_id", OWN_IDS)
def test_any_other_id_is_handed_out_in_harmless_characters(own_id: str, issuer: str) -> None:
    text = public_id(own_id, issuer)
    assert HARMLESS.fullmatch(text)
    assert read_public_id(text) == (own_id, issuer)


@given(st.text(min_size=1, max_size=300), st.sampled_from(["", "0123abcd"]))
def test_what_is_handed_out_is_understood(own_id: str, issuer: str) -> None:
    text = public_id(own_id, issuer)
    assert HARMLESS.fullmatch(text)
    assert read_public_id(text) == (None if own_id in {".", ".."} else (own_id, issuer))


@given(st.text(min_size=1, max_size=300))
def test_an_id_is_one_step_of_an_address_whatever_it_is(own_id: str) -> None:
    parts = urlsplit(f"https://host/tasks/{path_segment(own_id)}")
    assert (parts.netloc, parts.query, parts.fragment) == ("host", "", "")
    assert unquote(parts.path) == f"/tasks/{own_id}"
    assert parts.path.count("/") == 2


@pytest.mark.parametrize(
    "text",
    [
        *("", "~0123abcd", "a/b", "a b", "a%2Fb", "猫", "-a", "..", "."),
        *(".Li4", ".Lg", "..", ".!", ".YQ", ".YQ==", ".YS9", ".gA", ".YS9i=", "a" * 129),
        public_id("/" * 10_000),
    ],
)
def test_what_was_never_handed_out_is_not_understood(text: str) -> None:
    assert read_public_id(text) is None


@given(st.text())
def test_nothing_breaks_the_reading_of_an_id(text: str) -> None:
    found = read_public_id(text)
    assert found is None or public_id(*found) == text.removesuffix("~")
    read_public_id(f".{text}")
