"""How image.z.ai gives a session for a token of chat.z.ai: three requests, as clients make them.

In: the requests, the second with an account's token. Out: an answer of `tests/wire/zai_session`.
What goes wrong, the token says, as prompts do for pictures: `mary-sandbox:lives=10`.
Source: public clients (read 2026-11-21). The sandbox is strict where they agree.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from tools.sandbox.answers import GONE, Answer, huge, respond, sample, say
from tools.sandbox.checks import bearer
from tools.sandbox.state import KeptSession, Sandbox

ADDRESS_PATH: Final = "/api/v1/z-image/auth/"
APPROVAL_PATH: Final = "/api/oauth/authorize"
EXCHANGE_PATH: Final = "/api/v1/z-image/auth"

_NAME: Final = "zai_session"
_LIFE_SECONDS: Final = 30 * 24 * 3600
_SLOW_SECONDS: Final = 30


class SignInFault(StrEnum):
    """What goes wrong. The value is the word behind `sandbox:` in the account's token."""

    REJECTED = "rejected"
    REJECTED_IN_BAND = "rejected-in-band"
    FORBIDDEN = "forbidden"
    BUSY = "busy"
    FAILED = "failed"
    NOT_JSON = "not-json"
    HUGE = "huge"
    REDIRECT = "redirect"
    SLOW = "slow"
    NO_CODE = "no-code"
    CODE_REFUSED = "code-refused"
    # The session that is given: it lives for so many seconds, does not say so, is rejected with a
    # 200, or is rejected at once.
    LIVES = "lives"
    OPAQUE = "opaque"
    IN_BAND = "in-band"
    STILLBORN = "stillborn"


# What is nothing but another answer of chat.z.ai.
_ANSWERS: Final = {
    SignInFault.REJECTED: "rejected",
    SignInFault.REJECTED_IN_BAND: "rejected_in_band",
    SignInFault.FORBIDDEN: "forbidden",
    SignInFault.BUSY: "busy",
    SignInFault.FAILED: "failed",
    SignInFault.NOT_JSON: "not_json",
    SignInFault.NO_CODE: "no_code",
}

_MARKER: Final = re.compile(r"sandbox:([a-z-]+)(?:=([0-9]{1,9}))?")
_PARAMETERS: Final = {
    "client_id": "client_sandbox",
    "redirect_uri": "https://image.z.ai/",
    "state": "c3RhdGU=",
    "response_type": "code",
    "action": "approve",
}


def _faults_in(token: str) -> dict[SignInFault, int]:
    """What a token asks for. Raises ValueError for a word that is none of `SignInFault`."""
    return {SignInFault(word): int(number or 0) for word, number in _MARKER.findall(token)}


def _complaint(host: str, message: str) -> Response:
    """A refusal of a request that Easel should not have sent."""
    say(host, message)
    return respond({**sample(_NAME, "failed"), "status": 400, "body": {"detail": message}})


def _credentials(request: Request) -> str | None:
    """What image.z.ai should not have been sent, if anything."""
    return next((name for name in ("authorization", "cookie") if name in request.headers), None)


async def tell_address(request: Request, sandbox: Sandbox) -> Response:
    """Tells what chat.z.ai is to approve."""
    del sandbox
    if (header := _credentials(request)) is not None:
        return _complaint("image.z.ai", f"header {header}: not expected")
    return respond(sample(_NAME, "address"))


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def approve(request: Request, sandbox: Sandbox) -> Response:
    """chat.z.ai's part: a code for the token of an account."""
    token = bearer(request)
    if token is None:
        return respond(sample(_NAME, "rejected"))
    try:
        faults = _faults_in(f"{token} {sandbox.account_faults.get(token, '')}")
    except ValueError as error:
        return _complaint("chat.z.ai", str(error))
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    if form != _PARAMETERS:
        return _complaint("chat.z.ai", f"body: expected a form with {_PARAMETERS}")
    if SignInFault.SLOW in faults:
        seconds = faults[SignInFault.SLOW] or _SLOW_SECONDS
        if not await sandbox.still_there_after(seconds, request):
            return Response(status_code=GONE)
    if SignInFault.REDIRECT in faults:
        return Response(status_code=307, headers={"location": str(request.url)})
    refusal = next((_ANSWERS[fault] for fault in faults if fault in _ANSWERS), None)
    answer = sample(_NAME, refusal or "approved")
    if refusal is None:
        code = f"authcode_{sandbox.number()}"
        sandbox.codes[code] = faults
        url = answer["body"]["redirect_url"]
        answer["body"]["redirect_url"] = url.replace("authcode_sandbox", code)
    return respond(huge(answer) if SignInFault.HUGE in faults else answer)


async def exchange(request: Request, sandbox: Sandbox) -> Response:
    """image.z.ai's part: a session for a code, which is good once."""
    if (header := _credentials(request)) is not None:
        return _complaint("image.z.ai", f"header {header}: not expected")
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or set(body) != {"code"}:
        return _complaint("image.z.ai", "body: expected an object with code")
    faults = sandbox.codes.pop(str(body["code"]), None)
    if faults is None or SignInFault.CODE_REFUSED in faults:
        return respond(sample(_NAME, "code_refused"))
    return respond(_given(faults, sandbox))


def _given(faults: Mapping[str, int], sandbox: Sandbox) -> Answer:
    """A session, which is kept."""
    now, number = time.time(), sandbox.number()
    life = faults.get(SignInFault.LIVES) or faults.get(SignInFault.OPAQUE) or _LIFE_SECONDS
    text = f"session-{number}-of-the-sandbox"
    if SignInFault.OPAQUE not in faults:
        claims = {"iat": int(now), "exp": now + life, "session": number}
        text = f"{_encoded({'alg': 'HS256'})}.{_encoded(claims)}.{_encoded(text)}"
    revoked = SignInFault.STILLBORN in faults
    sandbox.keep_session(text, KeptSession(now + life, SignInFault.IN_BAND in faults, revoked))
    answer = sample(_NAME, "given")
    answer["body"]["data"]["auth_token"] = text
    return answer
