from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.errors import TokenUnusable
from easel.token import (
    SHARED_HEADERS,
    Token,
    authenticate,
    choose_token,
    expires_at,
    find_tokens,
    query_key,
)


def jwt(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.c2lnbmF0dXJl"


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc ", " Bearer abc"])
def test_a_bearer_token_is_found_in_any_case(header: str) -> None:
    assert find_tokens({"authorization": header}) == (Token("abc", "authorization"),)


@pytest.mark.parametrize(
    ("headers", "key", "expected"),
    [
        ({"geekai-api-key": "abc"}, None, [("abc", "geekai-api-key")]),
        ({"x-goog-api-key": " abc "}, None, [("abc", "x-goog-api-key")]),
        ({"x-api-key": "abc"}, None, [("abc", "x-api-key")]),
        ({"api-key": "abc"}, None, [("abc", "api-key")]),
        ({}, "abc", [("abc", "")]),
        (
            {"authorization": "Bearer a", "geekai-api-key": "b", "x-goog-api-key": "c"},
            "d",
            [("a", "authorization"), ("b", "geekai-api-key"), ("c", "x-goog-api-key"), ("d", "")],
        ),
        ({"authorization": "Basic x", "x-goog-api-key": "abc"}, None, [("abc", "x-goog-api-key")]),
    ],
)
def test_tokens_are_found_where_clients_put_them(
    headers: dict[str, str], key: str | None, expected: list[tuple[str, str]]
) -> None:
    assert find_tokens(headers, key) == tuple(Token(*token) for token in expected)


BEARER, OWN = Token("a"), Token("b", "geekai-api-key")


@pytest.mark.parametrize(
    ("tokens", "own_header", "expected"),
    [
        ((BEARER,), None, BEARER),
        ((BEARER, OWN), None, BEARER),
        ((BEARER,), "geekai-api-key", BEARER),
        ((BEARER, OWN), "geekai-api-key", OWN),
        ((OWN,), "geekai-api-key", OWN),
        ((Token("c", "x-goog-api-key"), Token("d", "")), None, Token("c", "x-goog-api-key")),
    ],
)
def test_a_token_goes_to_the_service_that_it_is_meant_for(
    tokens: tuple[Token, ...], own_header: str | None, expected: Token
) -> None:
    assert choose_token(tokens, own_header) == expected


def test_a_header_of_one_service_is_no_token_for_another() -> None:
    with pytest.raises(TokenUnusable, match="does not take a token from geekai-api-key"):
        choose_token((OWN,), None)


@pytest.mark.parametrize("text", ["a b", "a\r\nx: y", "猫", "\x7f"])
def test_a_token_that_cannot_stand_in_a_header_is_refused_unseen(text: str) -> None:
    with pytest.raises(TokenUnusable) as caught:
        choose_token((Token(text),), None)
    assert text not in caught.value.message


def test_a_token_longer_than_any_is_refused_unseen() -> None:
    assert choose_token((Token("a" * 8192),), None).text == "a" * 8192
    with pytest.raises(TokenUnusable) as caught:
        choose_token((Token("a" * 8193),), None)
    expected = "This token has 8193 characters; the limit is 8192. Copy it again."
    assert caught.value.message == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("key=abc", "abc"), ("alt=sse&key=a%2Bb", "a+b"), ("", None), ("key=", None), ("kay=x", None)],
)
def test_a_key_may_stand_in_the_query(query: str, expected: str | None) -> None:
    assert query_key(query) == expected


@pytest.mark.parametrize("header", [None, "", "abc", "Bearer", "Bearer ", "Basic abc"])
@pytest.mark.parametrize("keys", [(), ("a-key",)])
def test_without_a_token_the_error_says_where_it_belongs(
    header: str | None, keys: tuple[str, ...]
) -> None:
    tokens = find_tokens({} if header is None else {"authorization": header}, "")
    assert tokens == ()
    with pytest.raises(TokenUnusable) as caught:
        authenticate(tokens, keys)
    assert caught.value.status == 401
    assert "Authorization: Bearer" in caught.value.message


@pytest.mark.parametrize("keys", [(), ("key",), ("another", "key")])
@pytest.mark.parametrize("header", SHARED_HEADERS)
def test_a_caller_with_a_token_of_a_deployments_is_admitted(
    header: str, keys: tuple[str, ...]
) -> None:
    number = authenticate((Token("else"), Token("key", header)), keys)
    assert number == (keys.index("key") + 1 if keys else None)


@pytest.mark.parametrize("text", ["", "ke", "keys", "KEY", "key,another", "键"])
def test_no_other_key_is_taken_and_none_is_repeated(text: str) -> None:
    with pytest.raises(TokenUnusable) as caught:
        authenticate((Token(text),), ("key", "another"))
    assert "another" not in caught.value.message
    assert text == "" or f"'{text}'" not in caught.value.message


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
        # What is nested deeper than claims are is not looked at, and neither is what is too long.
        jwt({"exp": 1, "deep": [[[[[[[[[]]]]]]]]]}),
        jwt({"exp": 1, "long": "a" * 8000}),
        *(f"a.{base64.urlsafe_b64encode(text).decode()}.c" for text in (b"[" * 6000, b"\xff")),
    ],
)
def test_any_other_token_says_nothing(token: str) -> None:
    assert expires_at(token) is None


@given(st.text())
def test_no_token_breaks_the_look_at_its_expiry(token: str) -> None:
    expires_at(token)
    expires_at(f"a.{token}.c")
