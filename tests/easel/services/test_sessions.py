from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from easel.errors import (
    AccessDenied,
    EaselError,
    OutOfCalls,
    SignInFailed,
    TokenRejected,
    TokenUnusable,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamTooSlow,
)
from easel.images.result import ImageResult, Picture
from easel.services.sessions import (
    LEASE_SECONDS,
    Account,
    Sessions,
    new_session,
    with_session,
    write_session,
)
from easel.services.wire import (
    WAITED,
    Flow,
    HttpRequest,
    HttpResponse,
    Recall,
    Remember,
    SessionFlow,
    Step,
    Wait,
    platform_error,
)
from easel.token import Token
from tests.easel.test_token import jwt

START = 1_700_000_000.0
DAY = 24 * 3600
ANSWER = HttpResponse(200, b"{}")
PICTURE = ImageResult((Picture("https://host/cat.png"),))
SIGN_IN, PAINT = HttpRequest("GET", "https://sign-in"), HttpRequest("POST", "https://paint")


@dataclass
class World:
    """One isolate with one account. `given` are the sessions that the service gives in turn, or
    why it gives none; `rejected` are those that it does not paint with.
    """

    given: list[str | EaselError] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    now: float = START
    sessions: Sessions = field(default_factory=Sessions)
    used: list[str] = field(default_factory=list)
    # What the store has, and why it does not answer; without a name nothing is kept there.
    stored_as: str = ""
    stored: str = ""
    store_fails: str = ""

    def sign_in(self) -> SessionFlow:
        yield SIGN_IN
        found = self.given.pop(0)
        if isinstance(found, EaselError):
            raise found
        return found

    def paint(self, token: Token) -> Flow:
        yield PAINT
        self.used.append(token.text)
        if token.text in self.rejected:
            raise TokenRejected("rejected")
        return PICTURE

    def flow(self, paint: Callable[[Token], Flow] | None = None) -> Flow:
        clock = lambda: self.now  # noqa: E731
        who = ("account", "Painter", "Site", self.sign_in)
        account = Account(*who, self.sessions, clock, self.stored_as)
        return with_session(account, paint or self.paint)

    def run(self, paint: Callable[[Token], Flow] | None = None) -> list[Step]:
        """Paints once; the steps that it took."""
        flow = self.flow(paint)
        steps = [next(flow)]
        while True:
            try:
                steps.append(self.tell(flow, steps[-1]))
            except StopIteration:
                return steps

    def tell(self, flow: Flow, step: Step) -> Step:
        """The step that follows this one."""
        if isinstance(step, Recall | Remember) and self.store_fails:
            return flow.throw(platform_error(self.store_fails, "The image service"))
        if isinstance(step, Recall):
            return flow.send(HttpResponse(200, self.stored.encode()))
        if isinstance(step, Remember):
            self.stored = step.text
            return flow.send(WAITED)
        return flow.send(ANSWER)

    def error(self, paint: Callable[[Token], Flow] | None = None) -> EaselError:
        """Paints once; why nothing is painted."""
        with pytest.raises(EaselError) as caught:
            self.run(paint)
        return caught.value


def lives(seconds: float, name: str = "") -> str:
    return jwt({"exp": START + seconds, "name": name})


def test_the_first_request_gets_a_session_and_the_next_ones_use_it() -> None:
    world = World(["one"])
    assert world.run() == [SIGN_IN, PAINT]
    world.now += 365 * DAY
    assert world.run() == [PAINT]
    assert world.used == ["one", "one"]


@pytest.mark.parametrize(("life", "last_part"), [(30 * DAY, DAY), (5 * DAY, DAY / 2), (10, 1)])
def test_a_session_is_renewed_before_it_expires(life: float, last_part: float) -> None:
    one, two = lives(life), lives(9 * life, "two")
    world = World([one, two])
    world.run()
    world.now = START + life - last_part - 0.1
    assert world.run() == [PAINT]
    world.now = START + life - last_part
    assert world.run() == [SIGN_IN, PAINT]
    assert world.used == [one, one, two]


def test_a_session_that_has_expired_is_never_sent() -> None:
    one = lives(10)
    world = World([one, "two"])
    world.run()
    world.now = START + 10
    world.run()
    assert world.used == [one, "two"]


def test_a_session_that_is_rejected_is_renewed_and_painted_with_once_more() -> None:
    world = World(["one", "two"])
    world.run()
    world.rejected, world.now = {"one"}, START + 1
    assert world.run() == [PAINT, SIGN_IN, PAINT]
    assert world.run() == [PAINT]
    assert world.used == ["one", "one", "two", "two"]


def test_a_session_that_was_just_got_and_is_rejected_is_not_renewed_again() -> None:
    world = World(["one", "two"], {"one", "two"})
    error = world.error()
    assert type(error) is TokenRejected
    assert "Painter does not accept the session that it has just given" in error.message
    assert "The token is good" in error.message
    assert world.used == ["one"]


def test_nothing_is_painted_a_third_time() -> None:
    world = World(["one", "two", "three"])
    world.run()
    world.rejected, world.now = {"one", "two"}, START + 1
    assert "has just given" in world.error().message
    assert world.used == ["one", "one", "two"]
    # Neither is kept.
    world.now += 1
    assert world.run() == [SIGN_IN, PAINT]


@pytest.mark.parametrize("error", [AccessDenied("no"), UpstreamBusy("no"), UpstreamBroken("no")])
def test_no_other_failure_renews_a_session_nor_paints_again(error: EaselError) -> None:
    def fails(_: Token) -> Flow:
        yield PAINT
        raise error

    world = World(["one"])
    flow = world.flow(fails)
    assert next(flow) == SIGN_IN
    assert flow.send(ANSWER) == PAINT
    with pytest.raises(type(error)):
        flow.send(ANSWER)
    assert world.run() == [PAINT]


def test_who_comes_while_a_session_is_got_looks_again_until_it_is_there() -> None:
    world = World(["one"])
    first, second = world.flow(), world.flow()
    assert next(first) == SIGN_IN
    looks = [next(second)]
    for _ in range(6):
        world.now += 1
        looks.append(second.send(WAITED))
    assert first.send(ANSWER) == PAINT
    assert second.send(WAITED) == PAINT
    seconds = [look.seconds for look in looks if isinstance(look, Wait)]
    assert seconds == sorted(seconds)
    assert (len(seconds), seconds[0], seconds[-1]) == (7, 0.25, 2)


def test_while_a_session_is_renewed_the_old_one_is_used_as_long_as_it_is_good() -> None:
    world = World([lives(100), "two"])
    world.run()
    world.now = START + 95
    renewing = world.flow()
    assert next(renewing) == SIGN_IN
    assert world.run() == [PAINT]
    world.now = START + 100
    assert isinstance(next(world.flow()), Wait)


def test_a_renewal_that_was_dropped_is_taken_for_lost() -> None:
    world = World(["one"])
    lost, waiting = world.flow(), world.flow()
    next(lost)
    assert isinstance(next(waiting), Wait)
    world.now += LEASE_SECONDS - 0.1
    assert isinstance(waiting.send(WAITED), Wait)
    world.now += 0.1
    assert waiting.send(WAITED) == SIGN_IN
    assert waiting.send(ANSWER) == PAINT


def test_a_renewal_whose_client_leaves_lets_the_next_begin_at_once() -> None:
    world = World(["one"])
    left, waiting = world.flow(), world.flow()
    next(left)
    next(waiting)
    left.close()
    assert waiting.send(WAITED) == SIGN_IN


def test_two_renewals_side_by_side_do_no_harm() -> None:
    world = World(["one", "two"])
    slow, quick, third = world.flow(), world.flow(), world.flow()
    next(slow)
    world.now += LEASE_SECONDS
    assert next(quick) == SIGN_IN
    # The one that was taken for lost comes first, and does not end the other's lease.
    assert slow.send(ANSWER) == PAINT
    assert world.sessions.is_leased("account", world.now)
    assert quick.send(ANSWER) == PAINT
    assert not world.sessions.is_leased("account", world.now)
    assert next(third) == PAINT
    for flow in (slow, quick, third):
        with pytest.raises(StopIteration):
            flow.send(ANSWER)
    assert world.used == ["one", "two", "two"]


def test_a_session_that_is_rejected_late_does_not_cost_the_one_after_it() -> None:
    world = World(["one", "two"])
    world.run()
    world.rejected, world.now = {"one"}, START + 1
    late, soon = world.flow(), world.flow()
    assert next(late) == next(soon) == PAINT
    assert soon.send(ANSWER) == SIGN_IN
    assert soon.send(ANSWER) == PAINT
    # Its own rejection is heard only now.
    assert late.send(ANSWER) == PAINT
    assert world.given == []


NO_TOKEN = [TokenRejected("no"), TokenUnusable("no"), UpstreamBusy("no", retry_after=7)]


@pytest.mark.parametrize("error", NO_TOKEN)
def test_what_is_wrong_with_the_token_is_told_as_it_is(error: EaselError) -> None:
    told = World([error]).error()
    assert (type(told), told.message, told.retry_after) == (type(error), "no", error.retry_after)


@pytest.mark.parametrize("error", [UpstreamBroken("It broke."), UpstreamTooSlow("It broke.")])
def test_any_other_failure_is_told_as_one_that_cost_nothing(error: EaselError) -> None:
    told = World([error]).error()
    assert (type(told), told.status, told.code) == (SignInFailed, 502, "sign_in_failed")
    assert told.message == (
        "It broke. So Painter has given no new session for the account of Site. Nothing was "
        "painted. Try again later."
    )


def test_a_request_without_calls_is_told_as_one() -> None:
    assert type(World([OutOfCalls("no")]).error()) is OutOfCalls


@pytest.mark.parametrize("error", [*NO_TOKEN, UpstreamTooSlow("slow")])
def test_who_waited_for_a_renewal_hears_why_it_failed_and_asks_no_more(error: EaselError) -> None:
    world = World([error, "one"])
    first, second = world.flow(), world.flow()
    next(first)
    next(second)
    world.now += 1
    with pytest.raises(EaselError) as told:
        first.send(ANSWER)
    with pytest.raises(type(told.value), match=told.value.message) as again:
        second.send(WAITED)
    # What one request adds to it is not the other's.
    assert again.value is not told.value
    assert again.value.code == told.value.code
    # Who comes later tries anew.
    world.now += 1
    assert world.run() == [SIGN_IN, PAINT]


def test_who_waited_for_a_client_that_left_gets_the_session_itself() -> None:
    """A connection that broke may be that client's own doing."""
    world = World(["one"])
    first, second = world.flow(), world.flow()
    next(first)
    next(second)
    with pytest.raises(SignInFailed):
        first.throw(platform_error("AbortError", "The image service"))
    assert second.send(WAITED) == SIGN_IN
    assert second.send(ANSWER) == PAINT


def test_where_a_renewal_fails_the_session_is_used_to_its_end_and_renewed_later() -> None:
    one = lives(30 * DAY)
    world = World([one, UpstreamBroken("no"), TokenRejected("no"), "two"])
    world.run()
    world.now = START + 29 * DAY
    assert world.run() == [SIGN_IN, PAINT]
    world.now += 299
    assert world.run() == [PAINT]
    world.now += 1
    assert world.run() == [SIGN_IN, PAINT]
    world.now += 300
    assert world.run() == [SIGN_IN, PAINT]
    assert world.used == [one, one, one, one, "two"]


def test_a_session_shows_in_no_repr() -> None:
    assert "secret" not in repr(new_session("secret", START))
    account = Account("secret", "Painter", "Site", World().sign_in, Sessions(), lambda: START)
    assert "secret" not in repr(account)


# --- Where there is a store. ---

ASKS = Recall("name")


def keeping(*given: str | EaselError, stored: str = "", store_fails: str = "") -> World:
    return World(list(given), stored_as="name", stored=stored, store_fails=store_fails)


def kept(text: str, since: float = START) -> str:
    return write_session(new_session(text, since))


@pytest.mark.parametrize(
    ("text", "until"), [(lives(10 * DAY), START + 10 * DAY), ("opaque", START + 30 * DAY)]
)
def test_a_new_session_is_kept_in_the_store(text: str, until: float) -> None:
    world = keeping(text)
    remembers = Remember("name", kept(text), until)
    assert world.run() == [ASKS, SIGN_IN, remembers, PAINT]
    # And another isolate paints with it, without signing in.
    other = keeping(stored=world.stored)
    assert other.run() == [ASKS, PAINT]
    assert other.run() == [PAINT]
    assert other.used == [text, text]


def test_a_session_of_the_store_is_renewed_when_its_isolate_would_have_renewed_it() -> None:
    old, new = lives(30 * DAY), lives(60 * DAY, "new")
    world = keeping(new, stored=kept(old))
    world.now = START + 29 * DAY
    assert [type(step) for step in world.run()] == [Recall, HttpRequest, Remember, HttpRequest]
    assert world.used == [new]


def test_a_session_that_another_isolate_has_renewed_is_taken_over() -> None:
    old, new = lives(30 * DAY), lives(60 * DAY, "new")
    world = keeping(old)
    world.run()
    world.now, world.stored = START + 29 * DAY, kept(new, START + 29 * DAY)
    assert world.run() == [ASKS, PAINT]
    assert world.used == [old, new]


def test_a_session_of_the_store_that_is_due_is_used_where_there_is_no_new_one() -> None:
    old = lives(30 * DAY)
    world = keeping(UpstreamBroken("broken"), stored=kept(old))
    world.now = START + 29 * DAY
    assert world.run() == [ASKS, SIGN_IN, PAINT]
    assert world.used == [old]
    # As one of this isolate's own: nothing is tried again for a while.
    assert world.run() == [PAINT]


def test_a_session_of_the_store_that_has_expired_is_never_sent() -> None:
    world = keeping("new", stored=kept(lives(10)))
    world.now = START + 10
    world.run()
    assert world.used == ["new"]


def test_a_session_of_the_store_that_is_rejected_is_renewed_and_overwritten() -> None:
    world = keeping("new", stored=kept("old"))
    world.rejected = {"old"}
    remembers = Remember("name", kept("new"), START + 30 * DAY)
    assert world.run() == [ASKS, PAINT, ASKS, SIGN_IN, remembers, PAINT]
    assert world.used == ["old", "new"]


def test_where_another_isolate_has_renewed_what_is_rejected_nobody_signs_in() -> None:
    world = keeping("one")
    world.run()
    world.rejected, world.stored, world.now = {"one"}, kept("two"), START + 1
    assert world.run() == [PAINT, ASKS, PAINT]
    assert world.used == ["one", "one", "two"]


def test_where_the_store_has_another_that_is_rejected_too_a_new_one_is_got() -> None:
    world = keeping("one", "three")
    world.run()
    world.rejected, world.stored, world.now = {"one", "two"}, kept("two"), START + 1
    *tried, _, _ = world.run()
    assert tried == [PAINT, ASKS, PAINT, ASKS, SIGN_IN]
    assert world.used == ["one", "one", "two", "three"]


def test_where_each_session_of_others_is_rejected_there_is_an_end() -> None:
    world = keeping(*map(str, range(9)))

    def paint(token: Token) -> Flow:
        yield PAINT
        world.used.append(token.text)
        # Another request keeps one that is no better.
        world.sessions.keep("account", new_session(f"of others {len(world.used)}", START - 1))
        raise TokenRejected("rejected")

    world.sessions.keep("account", new_session("of others", START - 1))
    assert isinstance(world.error(paint), TokenRejected)
    assert len(world.used) == 3


@pytest.mark.parametrize("name", ["TimeoutError", "TooManyFetches", "Error"])
def test_a_store_that_fails_keeps_nobody_from_painting(name: str) -> None:
    world = keeping("one", store_fails=name)
    assert [type(step) for step in world.run()] == [Recall, HttpRequest, Remember, HttpRequest]
    assert world.run() == [PAINT]


def test_a_session_that_is_still_there_is_not_replaced_by_an_older_one() -> None:
    """Another isolate has kept what was good a little longer, or as long."""
    old, other, new = (lives(30 * DAY, name) for name in ("old", "other", "new"))
    world = keeping(old, UpstreamBroken("broken"), new)
    world.run()
    world.now, world.stored = START + 29 * DAY, kept(other)
    world.run()
    assert world.used == [old, old]
