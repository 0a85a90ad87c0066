"""Sessions that a personal proxy gets for its owner's accounts, and renews by itself.

In: the sessions of this isolate, an account, and a way to paint with a session. Out: a flow that
first gets a session where there is none, where it expires soon, or where the service rejects it;
`SignInFailed`, or what the site of the account says of its token. Where there is a store, a session
is kept there too, for the isolates that come: it is looked up before a new one is got.

Requests of one isolate may not wait for each other's promises. So a renewal under way is a lease:
a time, which other requests look at again and again. The lease of a request that was dropped
lapses, and two renewals side by side do no harm: both sessions are good.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Final

from easel.errors import (
    EaselError,
    OutOfCalls,
    SignInFailed,
    TokenRejected,
    TokenUnusable,
    UpstreamBusy,
    UpstreamError,
    UpstreamTooSlow,
)
from easel.foreign_json import parse_json
from easel.services.wire import (
    Flow,
    HttpResponse,
    Recall,
    Remember,
    SessionFlow,
    Step,
    Wait,
)
from easel.token import Token, expires_at

# When a renewal is taken for lost: image.z.ai's are three requests of 20 s at the most, and the
# store has 2 s before them.
LEASE_SECONDS: Final = 65

# With that of the isolate, that of the store, and a new one.
_MOST_TRIES: Final = 3

# How long a session is kept in the store that does not say when it expires: those of image.z.ai
# live for thirty days.
_OPAQUE_SECONDS: Final = 30 * 24 * 3600

# What is kept of a session in the store.
_KEPT_BYTES: Final = 16 * 1024

# A session is renewed when a tenth of its life is left, or a day: those of image.z.ai live for
# thirty.
_LAST_PART: Final = 0.1
_LONGEST_LAST_PART_SECONDS: Final = 24 * 3600

# After how long a renewal is tried again that failed while the session was still good.
_PAUSE_SECONDS: Final = 300

# How often a renewal under way is looked at, which takes some seconds.
_FIRST_LOOK_SECONDS: Final = 0.25
_GROWTH: Final = 1.5
_LONGEST_LOOK_SECONDS: Final = 2.0

# What is told as it is: it says what is wrong with the token, or with this request.
_TOLD: Final = (TokenRejected, TokenUnusable, UpstreamBusy, OutOfCalls)

# What is as true for those who wait for the same renewal. That a connection broke is not: it does
# so too when its own client leaves.
_SHARED: Final = (TokenRejected, TokenUnusable, UpstreamBusy, UpstreamTooSlow)


@dataclass(frozen=True, slots=True)
class Session:
    """A session, and when it was got, is to be renewed, and expires, in Unix seconds."""

    text: str = field(repr=False)
    since: float
    renew_at: float
    expires_at: float


def new_session(text: str, now: float) -> Session:
    """A session that was got now. One that does not say when it expires is used until then."""
    end = expires_at(text)
    if end is None:
        return Session(text, now, math.inf, math.inf)
    last_part = min((end - now) * _LAST_PART, _LONGEST_LAST_PART_SECONDS)
    return Session(text, now, end - last_part, end)


def write_session(session: Session) -> str:
    """A session as the text that is kept in the store."""
    return json.dumps([session.text, session.since])


def read_session(text: str, now: float) -> Session | None:
    """A session of the store; None where that has none, or none that is still good.

    Nobody but Easel can have written it. It is not one that was just got.
    """
    if not text:
        return None
    session_text, since = parse_json(text.encode(), max_bytes=_KEPT_BYTES, max_depth=1)
    session = new_session(session_text, since)
    return replace(session, since=-math.inf) if now < session.expires_at else None


class Sessions:
    """The sessions of an isolate, by the account's token, and which are being renewed.

    It changes, and lives as long as the isolate. Times are in Unix seconds.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Session] = {}
        self._rejected: dict[str, str] = {}
        self._leases: dict[str, float] = {}
        self._failures: dict[str, tuple[float, EaselError]] = {}

    def kept(self, token: str, now: float) -> Session | None:
        """The session of an account, unless it has expired."""
        session = self._kept.get(token)
        return session if session is not None and now < session.expires_at else None

    def keep(self, token: str, session: Session) -> None:
        """Keeps a session in place of the one before it."""
        self._kept[token] = session

    def forget(self, token: str, session: Session) -> None:
        """Forgets a session that was rejected, unless it has been renewed since."""
        self._rejected[token] = session.text
        if token in self._kept and self._kept[token].text == session.text:
            del self._kept[token]

    def is_rejected(self, token: str, session: Session) -> bool:
        """Whether this session was the last of its account to be rejected."""
        return self._rejected.get(token) == session.text

    def lease(self, token: str, now: float) -> float:
        """Says that a session is being renewed; what is returned ends the lease."""
        self._leases[token] = until = now + LEASE_SECONDS
        return until

    def is_leased(self, token: str, now: float) -> bool:
        """Whether a request is renewing an account's session."""
        return now < self._leases.get(token, now)

    def end_lease(self, token: str, lease: float) -> None:
        """Says that a renewal is over. One that was taken for lost does not end the next one's."""
        if self._leases.get(token) == lease:
            del self._leases[token]

    def fail(self, token: str, error: EaselError, now: float) -> None:
        """Remembers why a renewal failed."""
        # Without its traceback, which would hold the request that failed.
        self._failures[token] = now, copy(error)

    def failure(self, token: str, since: float) -> EaselError | None:
        """Why the last renewal failed, where that was not before `since`."""
        at, error = self._failures.get(token, (-math.inf, None))
        # What is added to an error on its way is for one request alone.
        return None if error is None or at < since else copy(error)


@dataclass(frozen=True, slots=True)
class Account:
    """An account that paints: its token, and how a session is got for it.

    `service` and `site` are what people call the two; `clock` tells Unix seconds. `stored_as` is
    the name of its session in the store, "" where there is no store.
    """

    token: str = field(repr=False)
    service: str
    site: str
    sign_in: Callable[[], SessionFlow]
    sessions: Sessions
    clock: Callable[[], float]
    stored_as: str = field(repr=False, default="")


def with_session(account: Account, paint: Callable[[Token], Flow]) -> Flow:
    """Paints with the session of an account, which is got or renewed first where that is due.

    Where a session is rejected nothing was painted, and so nothing was paid: it is painted once
    more, with another one, and for the last time with one that was just got.

    Raises what `paint` and `sign_in` raise, and SignInFailed.
    """
    start = account.clock()
    for _ in range(_MOST_TRIES):
        session = yield from _session(account, start)
        try:
            return (yield from paint(Token(session.text)))
        except TokenRejected:
            account.sessions.forget(account.token, session)
        if session.since >= start:
            break
    raise _rejected(account)


def _rejected(account: Account) -> TokenRejected:
    """The error of a session that another one would not mend."""
    return TokenRejected(
        f"{account.service} does not accept the session that it has just given for a token of "
        f"{account.site}. The token is good: see at {account.service} whether the account is."
    )


def _session(account: Account, start: float) -> Generator[Step, HttpResponse, Session]:
    """The session of an account. Where another request gets it, that is waited for."""
    sessions, token, look = account.sessions, account.token, _FIRST_LOOK_SECONDS
    while True:
        now = account.clock()
        session, is_leased = sessions.kept(token, now), sessions.is_leased(token, now)
        if session is not None and (is_leased or now < session.renew_at):
            return session
        if not is_leased:
            error = sessions.failure(token, start)
            if error is not None:
                raise error
            return (yield from _renewed(account))
        yield Wait(look)
        look = min(look * _GROWTH, _LONGEST_LOOK_SECONDS)


def _renewed(account: Account) -> Generator[Step, HttpResponse, Session]:
    """A new session; the old one where that is still good and there is no new one."""
    sessions, token = account.sessions, account.token
    lease = sessions.lease(token, account.clock())
    try:
        session = yield from _recalled(account)
        if session is None:
            text = yield from account.sign_in()
            session = new_session(text, account.clock())
            yield from _remember(account, session)
    except (UpstreamError, TokenUnusable) as error:
        now = account.clock()
        old = sessions.kept(token, now)
        if old is None:
            told = error if isinstance(error, _TOLD) else _failed(account, error)
            if isinstance(error, _SHARED):
                sessions.fail(token, told, now)
            raise told from None
        session = replace(old, renew_at=max(old.renew_at, now + _PAUSE_SECONDS))
    finally:
        # Where its client leaves, the generator is closed.
        sessions.end_lease(token, lease)
    sessions.keep(token, session)
    return session


def _recalled(account: Account) -> Generator[Step, HttpResponse, Session | None]:
    """The session of the store, where that need not be renewed: another isolate has got it."""
    if not account.stored_as:
        return None
    try:
        found = yield Recall(account.stored_as)
    except UpstreamError:
        # The store does not answer, and a session can be had without it.
        return None
    sessions, now = account.sessions, account.clock()
    session = read_session(found.body.decode(), now)
    if session is None or sessions.is_rejected(account.token, session):
        return None
    if now < session.renew_at:
        return session
    # It is good until there is another.
    if sessions.kept(account.token, now) is None:
        sessions.keep(account.token, session)
    return None


def _remember(account: Account, session: Session) -> Generator[Step, HttpResponse, None]:
    """Keeps a new session in the store, in place of the one before it."""
    if not account.stored_as:
        return
    until = min(session.expires_at, session.since + _OPAQUE_SECONDS)
    try:
        yield Remember(account.stored_as, write_session(session), until)
    except UpstreamError:
        # It is kept in the isolate all the same.
        return


def _failed(account: Account, error: EaselError) -> SignInFailed:
    return SignInFailed(
        f"{error.message} So {account.service} has given no new session for the account of "
        f"{account.site}. Nothing was painted. Try again later."
    )
