from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import pairwise

import pytest

from easel.errors import (
    AccessDenied,
    EaselError,
    InvalidRequest,
    QuotaExhausted,
    RequestRefused,
    SignInFailed,
    TaskNotFound,
    TokenRejected,
    TokenUnusable,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamTooSlow,
)
from easel.images.result import ImageResult, Picture
from easel.services.token_pool import TokenPool, fingerprint, in_turn, with_issuer
from easel.services.wire import Flow, HttpRequest, HttpResponse
from easel.token import Token

PICTURE = ImageResult((Picture("https://host/cat.png"),))


class Clock:
    """Unix seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def asking(
    outcomes: dict[str, EaselError | ImageResult], tried: list[str]
) -> Callable[[Token], Flow]:
    """A service that answers each token in its own way."""

    def paint(token: Token) -> Generator[HttpRequest, HttpResponse, ImageResult]:
        tried.append(token.text)
        yield HttpRequest("POST", "https://host")
        outcome = outcomes[token.text]
        if isinstance(outcome, EaselError):
            raise outcome
        return outcome

    return paint


def run(flow: Flow) -> ImageResult:
    try:
        next(flow)
        while True:
            flow.send(HttpResponse(200, b""))
    except StopIteration as end:
        painted: ImageResult = end.value
        return painted


ANOTHER_MAY = [
    UpstreamBusy("busy"),
    QuotaExhausted("spent"),
    AccessDenied("denied"),
    SignInFailed("no session"),
    TokenRejected("rejected"),
    TokenUnusable("expired"),
]


@pytest.mark.parametrize("error", ANOTHER_MAY)
def test_the_next_token_is_tried_where_another_may_do(error: EaselError) -> None:
    tried: list[str] = []
    pool = TokenPool("abc", Clock())
    paint = asking({"a": error, "b": error, "c": PICTURE}, tried)
    assert run(in_turn(pool, paint)) == PICTURE
    assert tried == ["a", "b", "c"]


@pytest.mark.parametrize(
    "error",
    [
        RequestRefused("no"),
        InvalidRequest("no"),
        UpstreamBroken("no"),
        UpstreamTooSlow("no"),
    ],
)
def test_no_other_token_is_tried_for_what_is_no_fault_of_the_token(error: EaselError) -> None:
    tried: list[str] = []
    with pytest.raises(type(error)):
        run(in_turn(TokenPool("ab", Clock()), asking({"a": error, "b": PICTURE}, tried)))
    assert tried == ["a"]


def test_tokens_take_turns() -> None:
    tried: list[str] = []
    pool = TokenPool("abc", Clock())
    for _ in range(4):
        run(in_turn(pool, asking(dict.fromkeys("abc", PICTURE), tried)))
    assert tried == ["a", "b", "c", "a"]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (UpstreamBusy("busy"), 60),
        (UpstreamBusy("busy", retry_after=7), 7),
        (QuotaExhausted("spent"), 3600),
        (SignInFailed("no session"), 60),
        (TokenRejected("rejected"), 3600),
        (TokenUnusable("expired"), 3600),
    ],
)
def test_a_token_that_failed_rests(error: EaselError, seconds: int) -> None:
    tried: list[str] = []
    clock = Clock()
    pool = TokenPool("ab", clock)
    run(in_turn(pool, asking({"a": error, "b": PICTURE}, tried)))
    clock.now += seconds - 1
    run(in_turn(pool, asking({"b": PICTURE}, tried)))
    assert tried == ["a", "b", "b"]
    clock.now += 1
    run(in_turn(pool, asking({"a": PICTURE}, tried)))
    assert tried == ["a", "b", "b", "a"]


def test_where_all_rest_the_one_that_is_first_over_is_tried_alone() -> None:
    tried: list[str] = []
    pool = TokenPool("abc", Clock())
    failing: dict[str, EaselError | ImageResult] = {
        "a": QuotaExhausted("spent"),
        "b": UpstreamBusy("busy", retry_after=3),
        "c": TokenRejected("rejected"),
    }
    for _ in range(2):
        with pytest.raises(UpstreamBusy) as caught:
            run(in_turn(pool, asking(failing, tried)))
        assert caught.value.retry_after == 3
    assert tried == ["a", "b", "c", "b"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_failure_that_is_told_is_the_one_most_worth_it(order: int) -> None:
    for hopeful, other in pairwise(ANOTHER_MAY[:5]):
        pair = [hopeful, other][::order]
        outcomes: dict[str, EaselError | ImageResult] = dict(zip("ab", pair, strict=True))
        with pytest.raises(UpstreamBroken if hopeful is ANOTHER_MAY[4] else type(hopeful)):
            run(in_turn(TokenPool("ab", Clock()), asking(outcomes, [])))


def test_a_task_names_its_issuer_and_is_asked_for_with_that_token_alone() -> None:
    tried: list[str] = []
    pool = TokenPool("ab", Clock())
    task = ImageResult(task_id="1")
    made = run(in_turn(pool, asking({"a": UpstreamBusy("busy"), "b": task}, tried)))
    assert (made.task_id, made.task_issuer) == ("1", fingerprint("b"))
    issuer = pool.issuer(fingerprint("b"))
    assert run(with_issuer(issuer, asking({"b": task}, tried))) == made
    assert tried == ["a", "b", "b"]
    with pytest.raises(UpstreamBroken, match="Its operator"):
        run(with_issuer(issuer, asking({"b": TokenRejected("rejected")}, tried)))


@pytest.mark.parametrize("print_", ["", "a", "0" * 8])
def test_a_task_of_a_token_that_is_gone_is_not_found(print_: str) -> None:
    with pytest.raises(TaskNotFound):
        TokenPool("ab", Clock()).issuer(print_)


def test_a_fingerprint_is_no_part_of_the_token() -> None:
    assert fingerprint("secret") != fingerprint("secrets")
    assert len(fingerprint("secret")) == 8


def test_the_longer_of_two_rests_counts() -> None:
    clock, tried = Clock(), list[str]()
    pool = TokenPool("ab", clock)
    pool.cool_down("a", QuotaExhausted("spent"))
    pool.cool_down("a", UpstreamBusy("busy"))
    clock.now += 61
    run(in_turn(pool, asking({"b": PICTURE}, tried)))
    assert tried == ["b"]


def test_a_token_that_paints_rests_no_longer() -> None:
    clock, tried = Clock(), list[str]()
    pool = TokenPool("ab", clock)
    for token in "ab":
        pool.cool_down(token, QuotaExhausted("spent"))
    run(in_turn(pool, asking({"a": PICTURE}, tried)))
    # It is one of those that do not rest again, so that where it fails the other is not forgotten.
    clock.now += 3600
    run(in_turn(pool, asking({"a": UpstreamBusy("busy"), "b": PICTURE}, tried)))
    assert tried[0] == "a"
    assert tried[-1] == "b"


@pytest.mark.parametrize("error", [TokenRejected("rejected"), TokenUnusable("expired")])
def test_a_client_is_not_blamed_for_the_tokens_of_the_deployment(error: EaselError) -> None:
    with pytest.raises(UpstreamBroken) as caught:
        run(in_turn(TokenPool("a", Clock()), asking({"a": error}, [])))
    assert (caught.value.status, caught.value.code) == (502, "tokens_unusable")
    assert caught.value.message.endswith(error.message)


def test_where_no_token_is_good_each_reason_is_told_once() -> None:
    outcomes: dict[str, EaselError | ImageResult] = {
        "a": TokenUnusable("The session has expired."),
        "b": TokenRejected("The account's token is rejected."),
        "c": TokenUnusable("The session has expired."),
    }
    with pytest.raises(UpstreamBroken) as caught:
        run(in_turn(TokenPool("abc", Clock()), asking(outcomes, [])))
    assert caught.value.message.endswith(
        "renew them. The account's token is rejected. The session has expired."
    )


def test_what_an_account_is_denied_says_nothing_of_the_next_request() -> None:
    tried: list[str] = []
    pool = TokenPool("ab", Clock())
    run(in_turn(pool, asking({"a": AccessDenied("denied"), "b": PICTURE}, tried)))
    run(in_turn(pool, asking({"a": PICTURE}, tried)))
    assert tried == ["a", "b", "a"]


def test_of_busy_tokens_the_one_that_is_free_first_is_told() -> None:
    outcomes: dict[str, EaselError | ImageResult] = {
        "a": UpstreamBusy("busy", retry_after=600),
        "b": UpstreamBusy("busy", retry_after=2),
        "c": UpstreamBusy("busy"),
    }
    with pytest.raises(UpstreamBusy) as caught:
        run(in_turn(TokenPool("abc", Clock()), asking(outcomes, [])))
    assert caught.value.retry_after == 2


def test_no_token_rests_for_longer_than_an_hour_whatever_a_service_says() -> None:
    clock, tried = Clock(), list[str]()
    pool = TokenPool("ab", clock)
    busy = UpstreamBusy("busy", retry_after=99_999)
    run(in_turn(pool, asking({"a": busy, "b": PICTURE}, tried)))
    clock.now += 3600
    run(in_turn(pool, asking({"a": PICTURE}, tried)))
    assert tried == ["a", "b", "a"]
