from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from easel.errors import TokenRejected, TokenUnusable, UpstreamBroken, UpstreamBusy, UpstreamError
from easel.services import zai
from easel.services.service import Access
from easel.services.wire import HttpRequest, HttpResponse, SessionFlow
from easel.services.zai_session import SIGN_IN
from easel.settings import read_settings
from easel.token import Token
from tests.easel.flows import json_answer
from tests.easel.samples import answer, http_response, sample
from tests.easel.test_token import jwt

NOW = 1769418844.0
CHAT_TOKEN = "the-token-of-chat-z-ai"
SERVICE = "zai_session"
WELL = ("address", "approved", "given")


def accesses(token: str, **given: str) -> tuple[Access, Access]:
    variables = {"EASEL_KEYS": "key", "ZAI_CHAT_TOKENS": token, **given}
    settings = read_settings(variables, {"zai": zai.SERVICE.variables})
    service, asked = zai.SERVICE, Token(token)
    return (
        service.access(asked, settings, NOW, "nonce"),
        service.site_access(SIGN_IN, asked, settings, NOW, "nonce"),
    )


def sign_in(token: str = CHAT_TOKEN, **given: str) -> SessionFlow:
    return SIGN_IN.session(*accesses(token, **given))


def play(flow: SessionFlow, *answers: HttpResponse) -> tuple[list[HttpRequest], str]:
    """What a flow that is answered like this asks for, and the session."""
    asked, told = [next(flow)], ""
    for given in answers:
        try:
            asked.append(flow.send(given))
        except StopIteration as end:
            told = end.value
    assert all(isinstance(each, HttpRequest) for each in asked)
    return [each for each in asked if isinstance(each, HttpRequest)], told


def answers(*names: str) -> list[HttpResponse]:
    return [answer(SERVICE, name) for name in names]


def error_of(*given: HttpResponse) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        play(sign_in(), *given)
    assert CHAT_TOKEN not in caught.value.message
    assert "authcode_sandbox" not in caught.value.message
    return caught.value


@pytest.mark.parametrize("address", ["address", "address_bare"])
def test_three_requests_get_a_session(address: str) -> None:
    asked, session = play(sign_in(), *answers(address, "approved", "given"))
    assert session == "session-of-the-sandbox"
    assert [(each.method, each.url) for each in asked] == [
        ("GET", "https://image.z.ai/api/v1/z-image/auth/"),
        ("POST", "https://chat.z.ai/api/oauth/authorize"),
        ("POST", "https://image.z.ai/api/v1/z-image/auth"),
    ]
    form = parse_qs((asked[1].body or b"").decode(), strict_parsing=True)
    assert form == {
        "client_id": ["client_sandbox"],
        "redirect_uri": ["https://image.z.ai/"],
        "state": ["c3RhdGU="],
        "response_type": ["code"],
        "action": ["approve"],
    }
    assert dict(asked[1].headers)["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked[2].body == b'{"code": "authcode_sandbox"}'
    assert dict(asked[2].headers)["Origin"] == "https://image.z.ai"


def test_the_token_of_an_account_goes_to_its_own_site_alone() -> None:
    asked, _ = play(sign_in(), *answers(*WELL))
    holds = [CHAT_TOKEN in f"{each.url} {each.headers} {each.body!r}" for each in asked]
    assert holds == [False, True, False]
    assert dict(asked[1].headers)["Authorization"] == f"Bearer {CHAT_TOKEN}"
    assert not any("Cookie" in dict(each.headers) for each in asked)


def test_no_address_that_is_answered_is_asked() -> None:
    """It may lead anywhere: only what stands behind its question mark is read."""
    foreign = sample(SERVICE, "address")
    foreign["body"]["data"]["url"] = foreign["body"]["data"]["url"].replace(
        "https://chat.z.ai", "http://evil.example"
    )
    back = sample(SERVICE, "approved")
    back["body"]["redirect_url"] = "https://evil.example/?code=authcode_sandbox"
    given = [http_response(foreign), http_response(back), answer(SERVICE, "given")]
    asked, session = play(sign_in(), *given)
    assert session == "session-of-the-sandbox"
    assert {each.url.split("/")[2] for each in asked} == {"image.z.ai", "chat.z.ai"}


def test_both_addresses_are_settings() -> None:
    flow = sign_in(ZAI_IMAGE_BASE_URL="http://127.0.0.1:1", ZAI_CHAT_BASE_URL="http://127.0.0.1:2")
    asked, _ = play(flow, *answers(*WELL))
    assert [each.url[:18] for each in asked] == [f"http://127.0.0.1:{port}" for port in (1, 2, 1)]


def test_each_request_has_a_short_limit_of_its_own() -> None:
    asked, _ = play(sign_in(), *answers(*WELL))
    assert {(each.max_seconds, each.max_answer_bytes) for each in asked} == {(20, 64 * 1024)}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("rejected", "status 401"),
        ("forbidden", "status 403"),
        ("rejected_in_band", "status 200"),
    ],
)
def test_a_token_that_its_site_rejects_is_told_with_what_to_do(name: str, why: str) -> None:
    error = error_of(*answers("address", name))
    assert isinstance(error, TokenRejected)
    assert error.message == (
        f"chat.z.ai does not accept a token of ZAI_CHAT_TOKENS ({why}). Sign in at chat.z.ai again "
        "and put its new token there."
    )


def test_a_token_that_says_that_it_has_expired_costs_no_call() -> None:
    with pytest.raises(TokenUnusable, match=r"chat\.z\.ai token of ZAI_CHAT_TOKENS has expired"):
        next(sign_in(jwt({"exp": NOW})))
    assert isinstance(next(sign_in(jwt({"exp": NOW + 1}))), HttpRequest)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_busy_sign_in_is_told_with_the_time_to_wait(at: int) -> None:
    error = error_of(*answers(*WELL[:at], "busy"))
    assert isinstance(error, UpstreamBusy)
    assert error.retry_after == 30


BROKEN = [
    *[(WELL[:at], name) for at in range(3) for name in ("failed", "not_json")],
    ((), "approved"),
    (("address",), "address"),
    (("address",), "no_code"),
    (("address", "approved"), "code_refused"),
    (("address", "approved"), "rejected"),
]


@pytest.mark.parametrize(("before", "name"), BROKEN)
def test_whatever_else_is_answered_is_a_broken_sign_in(before: tuple[str, ...], name: str) -> None:
    error = error_of(*answers(*before, name))
    assert type(error) is UpstreamBroken
    assert error.message.startswith(("image.z.ai ", "chat.z.ai "))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://chat.z.ai/auth",
        "https://[chat.z.ai/?client_id=a&redirect_uri=b&state=c",
        "https://chat.z.ai/?client_id=a&redirect_uri=b",
        f"https://chat.z.ai/?client_id={'a' * 2049}&redirect_uri=b&state=c",
        f"https://chat.z.ai/?client_id=a&redirect_uri=b&state=c{'&d=e' * 50}",
        7,
    ],
)
def test_an_address_without_its_parameters_is_a_broken_sign_in(url: object) -> None:
    error = error_of(json_answer({"code": 200, "data": {"url": url}}))
    assert error.message == "image.z.ai sent an answer that Easel cannot read."


@pytest.mark.parametrize("session", ["", "two words", "a;b", jwt({"exp": NOW}), None, 7])
def test_a_session_that_cannot_be_sent_is_a_broken_sign_in(session: object) -> None:
    last = json_answer({"code": 200, "data": {"auth_token": session}})
    error = error_of(*answers("address", "approved"), last)
    assert error.message == "image.z.ai sent a session that cannot be used."


def test_a_redirect_is_a_broken_sign_in() -> None:
    """No request is redirected, so a token never follows one."""
    moved = replace(answer(SERVICE, "failed"), status=302)
    assert error_of(*answers("address"), moved).message == "chat.z.ai failed (status 302)."
