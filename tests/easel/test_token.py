from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.errors import TokenUnusable
from easel.token import Token, expires_at, find_token, query_key


def jwt(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.c2lnbmF0dXJl"


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc ", " Bearer abc"])
def test_a_bearer_token_is_found_in_any_case(header: str) -> None:
    assert find_token({"authorization": header}) == Token("abc", "authorization")


@pytest.mark.parametrize(
    ("headers", "key", "expected"),
    [
        ({"geekai-api-key": "abc"}, None, Token("abc", "geekai-api-key")),
        ({"x-goog-api-key": " abc "}, None, Token("abc", "x-goog-api-key")),
        ({}, "abc", Token("abc", "")),
        ({"authorization": "Bearer abc", "x-goog-api-key": "other"}, "third", Token("abc")),
        (
            {"authorization": "Basic x", "x-goog-api-key": "abc"},
            None,
            Token("abc", "x-goog-api-key"),
        ),
    ],
)
def test_a_token_is_found_where_clients_put_it(
    headers: dict[str, str], key: str | None, expected: Token
) -> None:
    assert find_token(headers, key) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("key=abc", "abc"), ("alt=sse&key=a%2Bb", "a+b"), ("", None), ("key=", None), ("kay=x", None)],
)
def test_a_key_may_stand_in_the_query(query: str, expected: str | None) -> None:
    assert query_key(query) == expected


@pytest.mark.parametrize("header", [None, "", "abc", "Bearer", "Bearer ", "Basic abc"])
def test_without_a_token_the_error_says_where_it_belongs(header: str | None) -> None:
    with pytest.raises(TokenUnusable) as caught:
        find_token({} if header is None else {"authorization": header}, "")
    assert caught.value.status == 401
    assert "Authorization: Bearer" in caught.value.message


def test_a_token_shows_in_no_repr() -> None:
    assert "secret" not in repr(Token("secret"))


@pytest.mark.parametrize("expiry", [0, 1769418844, 1769418844.5])
def test_a_json_web_token_says_when_it_expires(expiry: float) -> None:
    assert expires_at(jwt({"exp": expiry, "iat": 0})) == expiry


@pytest.mark.parametrize(
    "token",
    [
        "opaque",
        "a.b",
        "a.b.c",
        "a.!!!.c",
        "a.é.c",
        "....",
        jwt({}),
        jwt([]),
        jwt("exp"),
        jwt({"exp": "1769418844"}),
        jwt({"exp": None}),
        jwt({"exp": True}),
        jwt({"exp": [1]}),
        jwt({"exp": 10**400}),
    ],
)
def test_any_other_token_says_nothing(token: str) -> None:
    assert expires_at(token) is None


@given(st.text())
def test_no_token_breaks_the_look_at_its_expiry(token: str) -> None:
    expires_at(token)
    expires_at(f"a.{token}.c")
