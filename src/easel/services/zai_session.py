"""image.z.ai's session: which token can be one, and how a token of chat.z.ai gets one.

In: a token; or how image.z.ai and chat.z.ai are asked. Out: `TokenUnusable` for what needs no call
to be known as useless; a flow of three requests that returns a session, and raises TokenRejected
where chat.z.ai does not accept its token, UpstreamBusy, or UpstreamBroken.

Source: four public clients, which agree (read 2026-11-21); nothing was called live. The addresses
that are answered are foreign: only their parameters are read, and the token of chat.z.ai goes
nowhere but to chat.z.ai.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from easel.errors import TokenRejected, TokenUnusable, UpstreamBroken, UpstreamBusy
from easel.services.answers import WireModel, is_success, read_answer
from easel.services.error_table import ErrorTable, Meaning, service_error
from easel.services.service import Access, SignIn
from easel.services.wire import HttpRequest, HttpResponse, SessionFlow, Step
from easel.token import expires_at

# Source: image.z.ai document (2026-01), "Headers"; to the letter.
USER_AGENT: Final = "Mozilla/5.0 AppleWebKit/537.36 Chrome/143 Safari/537"

# RFC 6265, 4.1.1 `cookie-octet`: what a cookie may hold without changing its meaning.
_COOKIE_VALUE: Final = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")

# Of each of the three requests, which nobody paints for. The lease of a renewal outlasts them.
_SECONDS: Final = 20
_ANSWER_BYTES: Final = 64 * 1024

# A code or a parameter is a word of some dozens of characters.
_LONGEST_WORD: Final = 2048
_MOST_PARAMETERS: Final = 50

# What is in the address of the first answer, and repeated by the second request.
_PARAMETERS: Final = ("client_id", "redirect_uri", "state")

_WHAT_TO_DO: Final = "Sign in at chat.z.ai again and put its new token there."
_TOKEN_REJECTED: Final = Meaning(
    TokenRejected, "does not accept a token of ZAI_CHAT_TOKENS", advice=_WHAT_TO_DO
)
_BUSY: Final = Meaning(
    UpstreamBusy,
    "accepts no more sign-ins from this account for now",
    advice="Try again later.",
)

# A rejected token is told by the status, or in a success that has an error instead of an address.
_SITE_ERRORS: Final = ErrorTable(
    {200: _TOKEN_REJECTED, 401: _TOKEN_REJECTED, 403: _TOKEN_REJECTED, 429: _BUSY}
)
_SERVICE_ERRORS: Final = ErrorTable({429: _BUSY})

# The `code` of a success.
_SUCCESS: Final = 200


class _Address(WireModel):
    url: str = ""


class _AuthAddress(_Address):
    data: _Address = _Address()


class _Approval(WireModel):
    code: int | None = None
    redirect_url: str = ""
    error: Any = None
    message: str = ""


class _Given(WireModel):
    auth_token: str = ""


class _Exchange(WireModel):
    code: int = _SUCCESS
    data: _Given = _Given()


_Model = TypeVar("_Model", bound=WireModel)


def check_session(token: str, now: float) -> None:
    """Raises TokenUnusable for a session that cannot be sent, or that has expired."""
    if not _COOKIE_VALUE.fullmatch(token):
        raise TokenUnusable(
            "This token contains characters that a cookie cannot hold. Copy the value of "
            "image.z.ai's 'session' cookie, and nothing else."
        )
    if _has_expired(token, now):
        raise TokenUnusable(
            "This image.z.ai session token has expired. Sign in at image.z.ai again and use the "
            "new value of its 'session' cookie.",
            code="token_expired",
        )


def _has_expired(token: str, now: float) -> bool:
    expiry = expires_at(token)
    return expiry is not None and expiry <= now


def _session(service: Access, site: Access) -> SessionFlow:
    """A new session of image.z.ai for a token of chat.z.ai."""
    if _has_expired(site.token.text, site.now):
        raise TokenUnusable(
            f"A chat.z.ai token of ZAI_CHAT_TOKENS has expired. {_WHAT_TO_DO}",
            code="token_expired",
        )
    wanted = yield from _wanted(service)
    code = yield from _approved(wanted, site)
    return (yield from _exchanged(code, service))


def _wanted(service: Access) -> Generator[Step, HttpResponse, dict[str, str]]:
    """What image.z.ai wants chat.z.ai to approve."""
    response = yield _request("GET", f"{service.base_url}/api/v1/z-image/auth/")
    answer = _read(_AuthAddress, response, service, _SERVICE_ERRORS)
    given = _parameters(answer.url or answer.data.url)
    if not all(name in given for name in _PARAMETERS):
        raise _unreadable(service)
    return {name: given[name] for name in _PARAMETERS}


def _approved(wanted: dict[str, str], site: Access) -> SessionFlow:
    """The code that chat.z.ai gives for its token."""
    form = {**wanted, "response_type": "code", "action": "approve"}
    response = yield _request(
        "POST",
        f"{site.base_url}/api/oauth/authorize",
        (
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Authorization", f"Bearer {site.token.text}"),
        ),
        urlencode(form).encode(),
    )
    answer = _read(_Approval, response, site, _SITE_ERRORS)
    says_why = answer.error or (answer.message and answer.code != _SUCCESS)
    if not answer.redirect_url and says_why:
        raise service_error(response, _SITE_ERRORS, site)
    code = _parameters(answer.redirect_url).get("code")
    if code is None:
        raise UpstreamBroken("chat.z.ai accepted its token and gave no code.")
    return code


def _exchanged(code: str, service: Access) -> SessionFlow:
    """The session that image.z.ai gives for a code."""
    response = yield _request(
        "POST",
        f"{service.base_url}/api/v1/z-image/auth",
        (
            ("Content-Type", "application/json"),
            ("Origin", service.base_url),
            ("Referer", f"{service.base_url}/"),
        ),
        json.dumps({"code": code}).encode(),
    )
    answer = _read(_Exchange, response, service, _SERVICE_ERRORS)
    if answer.code != _SUCCESS:
        raise service_error(response, _SERVICE_ERRORS, service)
    try:
        check_session(answer.data.auth_token, service.now)
    except TokenUnusable:
        raise UpstreamBroken("image.z.ai sent a session that cannot be used.") from None
    return answer.data.auth_token


def _request(
    method: str,
    url: str,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes | None = None,
) -> HttpRequest:
    common = (("Accept", "application/json"), ("User-Agent", USER_AGENT))
    return HttpRequest(
        method,
        url,
        (*common, *headers),
        body,
        max_answer_bytes=_ANSWER_BYTES,
        max_seconds=_SECONDS,
    )


def _read(model: type[_Model], response: HttpResponse, access: Access, table: ErrorTable) -> _Model:
    """What an answer of success says. Raises what the table has for any other."""
    if not is_success(response):
        raise service_error(response, table, access)
    return read_answer(model, response, access)


def _parameters(address: str) -> dict[str, str]:
    """The parameters of an address; none where it is no address."""
    try:
        found = parse_qs(urlsplit(address).query, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values[0]) <= _LONGEST_WORD}


def _unreadable(access: Access) -> UpstreamBroken:
    return UpstreamBroken(f"{access.service} sent an answer that Easel cannot read.")


SIGN_IN: Final = SignIn("chat.z.ai", "https://chat.z.ai", _session)
