"""A personal proxy that gets image.z.ai's sessions by itself, for tokens of chat.z.ai.

What is known of a session lasts as long as the isolate, so a test first says what happens to the
session there is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from easel.token import expires_at
from tests.worker.conftest import KEPT_TOKEN, Easel, Internet
from tests.worker.reading import eventually
from tests.worker.test_proxy import BEARER, chat
from tests.worker.test_stored_links import control, keys
from tools.sandbox.state import Call

MODEL = "gemini-3-image-1k"
TOKEN = "chat-token-of-mary"
SIGN_IN = [
    ("GET", "https://image.z.ai/api/v1/z-image/auth/"),
    ("POST", "https://chat.z.ai/api/oauth/authorize"),
    ("POST", "https://image.z.ai/api/v1/z-image/auth"),
]
PAINT = ("POST", "https://image.z.ai/api/proxy/images/generate")


def asked(internet: Internet, since: int = 0) -> list[tuple[str, str]]:
    """What image.z.ai and chat.z.ai were asked, but for pictures, since so many calls."""
    calls = list(internet.sandbox.calls)[since:]
    return [(call.method, call.url) for call in calls if "/z_image/" not in call.url]


def cookie(call: Call) -> str:
    return call.headers["cookie"].removeprefix("session=")


def error(response: httpx.Response) -> dict[str, str]:
    """Why nothing was painted, be it told early or late."""
    found: dict[str, str] = response.json()["error"]
    return found


@pytest.fixture
def mary(internet: Internet) -> Iterator[Internet]:
    """The internet, where the sessions of the account that there are are good no more."""
    internet.sandbox.calls.clear()
    for session in internet.sandbox.sessions.values():
        session.revoked = True
    yield internet
    internet.sandbox.account_faults.clear()


def faults(internet: Internet, *words: str) -> None:
    internet.sandbox.account_faults[TOKEN] = " ".join(f"sandbox:{word}" for word in words)


def test_the_first_request_gets_a_session_and_later_ones_use_it(
    client: httpx.Client, newcomer: Easel, internet: Internet, marker: str
) -> None:
    internet.sandbox.calls.clear()
    for _ in range(3):
        assert chat(client, newcomer, marker, MODEL, BEARER).status_code == 200
    assert asked(internet) == [*SIGN_IN, PAINT, PAINT, PAINT]
    (session,) = {cookie(call) for call in internet.calls(marker)}
    assert internet.sandbox.sessions[session].is_good
    # The token goes to chat.z.ai alone, and the session to image.z.ai's painting alone.
    told = [call for call in internet.sandbox.calls if "chat-token-of-newcomer" in str(call)]
    assert [call.url for call in told] == [SIGN_IN[1][1]]
    told = [call for call in internet.sandbox.calls if session in str(call)]
    assert {call.url for call in told} == {PAINT[1]}


@pytest.mark.parametrize("in_band", [False, True])
def test_a_session_that_is_rejected_is_renewed_and_the_picture_is_painted_once(
    client: httpx.Client,
    account: Easel,
    mary: Internet,
    marker: str,
    in_band: bool,  # noqa: FBT001
) -> None:
    assert chat(client, account, marker, MODEL, BEARER).status_code == 200
    old = cookie(mary.calls(marker)[-1])
    mary.sandbox.sessions[old].revoked = True
    mary.sandbox.sessions[old].in_band = in_band
    since = len(mary.sandbox.calls)
    again = f"again-{marker}"
    assert chat(client, account, again, MODEL, BEARER).status_code == 200
    assert asked(mary, since) == [PAINT, *SIGN_IN, PAINT]
    rejected, painted = map(cookie, mary.calls(again))
    assert (rejected == old, painted == old) == (True, False)


def test_a_session_is_renewed_before_it_expires_and_never_sent_after(
    client: httpx.Client, account: Easel, mary: Internet, marker: str
) -> None:
    faults(mary, "lives=6")
    chat(client, account, marker, MODEL, BEARER)
    old = cookie(mary.calls(marker)[-1])
    expiry = expires_at(old)
    assert expiry is not None
    # A tenth of its life is left.
    time.sleep(max(0, expiry - 0.55 - time.time()))
    assert time.time() < expiry
    mary.sandbox.account_faults.clear()
    since = len(mary.sandbox.calls)
    assert chat(client, account, marker, MODEL, BEARER).status_code == 200
    assert asked(mary, since) == [*SIGN_IN, PAINT]
    assert cookie(mary.calls(marker)[-1]) != old


def test_a_proxy_goes_on_after_its_session_has_expired(
    client: httpx.Client, account: Easel, mary: Internet, marker: str
) -> None:
    faults(mary, "lives=1")
    used = []
    for _ in range(3):
        assert chat(client, account, marker, MODEL, BEARER).status_code == 200
        used.append(cookie(mary.calls(marker)[-1]))
        time.sleep(1.05)
    assert len(set(used)) == 3


def test_requests_at_once_get_one_session_and_do_not_wait_for_each_others_promises(
    client: httpx.Client, account: Easel, mary: Internet, marker: str
) -> None:
    faults(mary, "lives=1")
    chat(client, account, "before", MODEL, BEARER)
    time.sleep(1.05)
    faults(mary, "slow=1")
    since = len(mary.sandbox.calls)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: chat(client, account, marker, MODEL, BEARER), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert not any("error" in answer.json() for answer in answers)
    assert sorted(asked(mary, since)) == sorted([*SIGN_IN, *[PAINT] * 8])
    assert len({cookie(call) for call in mary.calls(marker)}) == 1


def test_where_a_client_leaves_while_a_session_is_renewed_the_next_one_renews_it(
    client: httpx.Client, account: Easel, mary: Internet, marker: str
) -> None:
    faults(mary, "slow=3")
    with httpx.Client(timeout=0.5, trust_env=False) as hasty, pytest.raises(httpx.TimeoutException):
        chat(hasty, account, marker, MODEL, BEARER)
    faults(mary)
    start = time.monotonic()
    answer = chat(client, account, marker, MODEL, BEARER)
    assert "error" not in answer.json()
    assert time.monotonic() - start < 5


def test_whoever_waits_for_a_session_is_kept_alive(
    client: httpx.Client, account: Easel, mary: Internet, marker: str
) -> None:
    faults(mary, "slow=2")
    body = {"model": MODEL, "messages": [{"role": "user", "content": marker}], "stream": True}
    url = f"{account.url}/v1/chat/completions"
    answer = client.post(url, headers=BEARER, json=body)
    waited, _, rest = answer.text.partition("data: ")
    assert len(waited) >= 3
    assert not waited.strip(": \r\n")
    assert "inlineData" in rest


REJECTS = (
    "chat.z.ai does not accept a token of ZAI_CHAT_TOKENS ({}). "
    "Sign in at chat.z.ai again and put its new token there."
)
NO_SESSION = (
    "{} So image.z.ai has given no new session for the account of chat.z.ai. Nothing was painted. "
    "Try again later."
)
FAILURES: list[tuple[str, str, str]] = [
    ("rejected", "tokens_unusable", REJECTS.format("status 401")),
    ("forbidden", "tokens_unusable", REJECTS.format("status 403")),
    ("rejected-in-band", "tokens_unusable", REJECTS.format("status 200")),
    (
        "stillborn",
        "tokens_unusable",
        (
            "image.z.ai does not accept the session that it has just given for a token of "
            "chat.z.ai. The token is good: see at image.z.ai whether the account is."
        ),
    ),
    (
        "busy",
        "rate_limit_exceeded",
        (
            "chat.z.ai accepts no more sign-ins from this account for now (status 429). Try again "
            "later."
        ),
    ),
    *(
        (fault, "sign_in_failed", NO_SESSION.format(why))
        for fault, why in (
            ("failed", "chat.z.ai failed (status 500)."),
            ("redirect", "chat.z.ai failed (status 307)."),
            ("not-json", "chat.z.ai sent an answer that Easel cannot read."),
            ("no-code", "chat.z.ai accepted its token and gave no code."),
            ("code-refused", "image.z.ai failed (status 200, code 400)."),
            ("huge", "chat.z.ai sent an answer that Easel cannot read."),
            ("slow=30", "The image service did not answer in time."),
        )
    ),
]


@pytest.mark.parametrize(("fault", "code", "message"), FAILURES)
def test_a_failure_says_which_token_is_no_longer_good_and_what_to_do(
    client: httpx.Client,
    account: Easel,
    mary: Internet,
    marker: str,
    fault: str,
    code: str,
    message: str,
) -> None:
    faults(mary, fault)
    answer = chat(client, account, marker, MODEL, BEARER)
    told = error(answer)
    assert told["code"] == code
    assert told["message"].endswith(message)
    if code == "tokens_unusable":
        assert told["message"].startswith("This deployment has no working token.")
    assert mary.downloads() == []
    # And nothing of it stays.
    mary.sandbox.account_faults.clear()
    assert "error" not in chat(client, account, marker, MODEL, BEARER).json()


def test_nothing_of_a_token_or_a_session_is_written_or_told_or_in_an_address(
    client: httpx.Client, account: Easel, mary: Internet, marker: str
) -> None:
    told: list[Any] = []
    for fault in ("rejected", "stillborn", "code-refused", "lives=60"):
        faults(mary, fault)
        told.append(chat(client, account, marker, MODEL, BEARER).text)
    secrets = ["chat-token-of", "authcode_", *mary.sandbox.sessions]
    written = account.log.read_text() + "".join(told)
    addresses = [call.url for call in mary.sandbox.calls]
    assert [each for each in secrets if each in written] == []
    assert [each for each in secrets if any(each in url for url in addresses)] == []


# --- Where there is a store. ---


@pytest.fixture
def kate(client: httpx.Client, internet: Internet, kv: Easel) -> Iterator[Internet]:
    """The internet, where the account of the two isolates has no good session."""
    for session in internet.sandbox.sessions.values():
        session.revoked = True
    internet.sandbox.calls.clear()
    yield internet
    control(client, kv, "fine")


def stored_session(kv: Easel) -> str:
    (key,) = [key for key in keys(kv) if "session-" in key]
    return key


def test_a_second_isolate_paints_without_signing_in(
    client: httpx.Client, earlier: Easel, later: Easel, kv: Easel, kate: Internet, marker: str
) -> None:
    answer = chat(client, earlier, marker, MODEL, BEARER)
    assert answer.status_code == 200, answer.text
    assert asked(kate)[-4:] == [*SIGN_IN, PAINT]
    assert eventually(lambda: any("session-" in key for key in keys(kv)))
    since = len(kate.sandbox.calls)
    assert "error" not in chat(client, later, marker, MODEL, BEARER).json()
    assert set(SIGN_IN) & set(asked(kate, since)) == set()
    one, other = (cookie(call) for call in kate.calls(marker)[-2:])
    assert one == other
    # One that is rejected is renewed and overwritten, and the first isolate takes the new one over.
    kate.sandbox.sessions[one].revoked = True
    since = len(kate.sandbox.calls)
    assert "error" not in chat(client, later, marker, MODEL, BEARER).json()
    assert asked(kate, since) == [PAINT, *SIGN_IN, PAINT]
    since = len(kate.sandbox.calls)
    assert "error" not in chat(client, earlier, marker, MODEL, BEARER).json()
    assert asked(kate, since) == [PAINT, PAINT]


def test_a_value_that_was_altered_is_ignored(
    client: httpx.Client, earlier: Easel, kv: Easel, kate: Internet, marker: str
) -> None:
    chat(client, earlier, marker, MODEL, BEARER)
    assert eventually(lambda: any("session-" in key for key in keys(kv)))
    at = {"key": stored_session(kv)}
    sealed = httpx.get(f"{kv.url}/control", params=at, trust_env=False).content
    for altered in (sealed[:-1] + b"!", b"", b"x" * 100_000, b"\xff"):
        for session in kate.sandbox.sessions.values():
            session.revoked = True
        httpx.put(f"{kv.url}/control", params=at, content=altered, trust_env=False)
        since = len(kate.sandbox.calls)
        assert "error" not in chat(client, earlier, marker, MODEL, BEARER).json()
        assert asked(kate, since) == [PAINT, *SIGN_IN, PAINT]


@pytest.mark.parametrize(("mode", "told"), [("refuses", True), ("slow", False)])
def test_a_store_that_fails_or_is_slow_keeps_nobody_from_painting(
    client: httpx.Client,
    earlier: Easel,
    kv: Easel,
    kate: Internet,
    marker: str,
    mode: str,
    told: bool,  # noqa: FBT001
) -> None:
    control(client, kv, mode)
    start = time.monotonic()
    assert "error" not in chat(client, earlier, marker, MODEL, BEARER).json()
    # The store takes 3 s, and is asked once; nobody waits until it has taken what it is given.
    assert time.monotonic() - start < 2.8
    assert asked(kate)[-4:] == [*SIGN_IN, PAINT]
    complaint = "a session was not stored: "
    assert not told or eventually(lambda: complaint in earlier.log.read_text("utf-8", "replace"))


def test_no_link_leads_to_a_session_and_nothing_of_it_is_readable(
    client: httpx.Client, earlier: Easel, kv: Easel, kate: Internet, marker: str
) -> None:
    chat(client, earlier, marker, MODEL, BEARER)
    assert eventually(lambda: any("session-" in key for key in keys(kv)))
    key = stored_session(kv)
    sealed = httpx.get(f"{kv.url}/control", params={"key": key}, trust_env=False).text
    for name in (sealed, key.strip("/"), key.rpartition("session-")[2]):
        assert client.get(f"{earlier.url}/pictures/{name}").status_code == 404
    lying = "".join(keys(kv)) + sealed + earlier.log.read_text("utf-8", "replace")
    for secret in (KEPT_TOKEN, *kate.sandbox.sessions):
        assert secret not in lying
