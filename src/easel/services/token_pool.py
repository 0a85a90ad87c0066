"""A service's own tokens, which a personal proxy paints with so that its clients need none.

In: the tokens of one service, and a way to paint with one. Out: a flow that goes on with the next
token where one is rejected, spent or busy; the error that is most worth telling where none is left.
A token may be one of an account, for which the way to paint gets a session first
(`easel.services.sessions`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from easel.errors import (
    AccessDenied,
    EaselError,
    QuotaExhausted,
    SignInFailed,
    TaskNotFound,
    TokenRejected,
    TokenUnusable,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamError,
)
from easel.images.result import ImageResult
from easel.services.wire import Flow
from easel.token import Token, digest

# How long a token cools down after each error that another token may not have, in seconds; the
# first is the one most worth telling. What an account is denied is often one model, so that says
# nothing of the next request; a session token that has expired stays so.
_COOL_DOWN_SECONDS: Final[dict[type[EaselError], int]] = {
    UpstreamBusy: 60,
    QuotaExhausted: 3600,
    AccessDenied: 0,
    SignInFailed: 60,
    TokenRejected: 3600,
    TokenUnusable: 3600,
}

# Whatever a service says: the isolate may live for days.
_LONGEST_COOL_DOWN_SECONDS: Final = 3600

_TOKEN_ERRORS: Final = tuple(_COOL_DOWN_SECONDS)


def fingerprint(token: str) -> str:
    """Eight characters that tell one token from another and nothing of it."""
    return digest(f"easel task:{token}").hex()[:8]


class TokenPool:
    """The tokens of one service, and which of them cool down.

    It changes, unlike anything else here, and lives as long as the isolate. `clock` tells Unix
    seconds.
    """

    def __init__(self, tokens: Sequence[str], clock: Callable[[], float]) -> None:
        self._tokens = tuple(tokens)
        self._clock = clock
        self._cools_until: dict[str, float] = {}
        self._turn = 0

    def issuer(self, fingerprinted: str) -> str:
        """The token with this fingerprint. Raises TaskNotFound."""
        for token in self._tokens:
            if fingerprint(token) == fingerprinted:
                return token
        raise TaskNotFound(
            "The token that issued this task is not in this deployment. It may have been replaced."
        )

    def choose(self, tried: Collection[str]) -> str | None:
        """The next token that does not cool down and was not tried, or None.

        Where all cool down and none was tried, the one that is the first to be done.
        """
        turned = self._tokens[self._turn :] + self._tokens[: self._turn]
        now = self._clock()
        for token in turned:
            if token not in tried and self._cools_until.get(token, now) <= now:
                self._turn = (self._tokens.index(token) + 1) % len(self._tokens)
                return token
        return None if tried else min(turned, key=lambda token: self._cools_until[token])

    def cool_down(self, token: str, error: EaselError) -> None:
        """Leaves a token out after an error, as long as the service says where it does."""
        seconds = _COOL_DOWN_SECONDS[type(error)]
        if isinstance(error, UpstreamBusy) and error.retry_after is not None:
            seconds = min(error.retry_after, _LONGEST_COOL_DOWN_SECONDS)
        # Of pictures side by side one may hear "busy" and one "spent": the longer time counts.
        until = self._clock() + seconds
        self._cools_until[token] = max(until, self._cools_until.get(token, until))

    def end_cool_down(self, token: str) -> None:
        """Takes a token up again that painted all the same."""
        self._cools_until.pop(token, None)


def tagged(result: ImageResult, token: str) -> ImageResult:
    """What was painted; a task tells by which token, since only that one may ask for it."""
    if result.task_id is None:
        return result
    unread = result.unread
    if unread is not None:
        # More of the answer is read later.
        parse = unread.parse
        unread = replace(unread, parse=lambda response: tagged(parse(response), token))
    return replace(result, task_issuer=fingerprint(token), unread=unread)


def in_turn(pool: TokenPool, paint: Callable[[Token], Flow]) -> Flow:
    """Paints with one token after another until one can.

    Raises what does not depend on the token at once, and at the end the error that is most worth
    telling, or UpstreamBroken where that is about the deployment's own tokens.
    """
    errors: dict[str, EaselError] = {}
    while (token := pool.choose(errors)) is not None:
        try:
            result = yield from paint(Token(token))
        except _TOKEN_ERRORS as error:
            pool.cool_down(token, error)
            errors[token] = error
        except UpstreamError as error:
            error.task_issuer = fingerprint(token)
            raise
        else:
            pool.end_cool_down(token)
            return tagged(result, token)
    raise _as_told(*sorted(errors.values(), key=_worth))


def _worth(error: EaselError) -> tuple[int, float]:
    """The order in which errors are worth telling; of busy tokens, which is free first."""
    wait = error.retry_after if isinstance(error, UpstreamBusy) else None
    return _TOKEN_ERRORS.index(type(error)), math.inf if wait is None else wait


def with_issuer(token: str, ask: Callable[[Token], Flow]) -> Flow:
    """Asks for a task with the token that made it. Raises as `in_turn` does."""
    try:
        return tagged((yield from ask(Token(token))), token)
    except _TOKEN_ERRORS as error:
        raise _as_told(error) from None


def _as_told(error: EaselError, *others: EaselError) -> EaselError:
    """What a client hears, whose own key is right even where no token of the deployment is.

    `others` are less worth telling; where none of the tokens is good, all are told, once each: a
    deployment may have sessions and tokens of accounts.
    """
    if not isinstance(error, TokenRejected | TokenUnusable):
        return error
    reasons = dict.fromkeys(each.message for each in (error, *others))
    return UpstreamBroken(
        f"This deployment has no working token. Its operator has to renew them. "
        f"{' '.join(reasons)}",
        code="tokens_unusable",
    )
