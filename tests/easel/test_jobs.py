from __future__ import annotations

import pytest

from easel.effects import (
    CloseAnswer,
    ClosePicture,
    Effects,
    KeepAlive,
    OpenAddress,
    ReleaseUploads,
    Send,
    Start,
    Write,
)
from easel.errors import UpstreamBroken, UpstreamBusy, UpstreamError, UpstreamTooSlow
from easel.images.result import ImageResult, Picture
from easel.jobs import Jobs
from easel.life import Life, Reply
from easel.outcomes import HELD, Failed, OpenedBody, Outcome
from easel.services.wire import WAITED, Flow, HttpRequest, HttpResponse, ReadOn, Step, Wait
from tests.easel.life import NOW, Played

LIMIT_SECONDS = 100.0
ANSWER = HttpResponse(200, b"{}")
KEEP_ALIVE = KeepAlive(b"\n", 10)


def request(name: str) -> HttpRequest:
    return HttpRequest("POST", f"https://h/{name}")


def result(name: str) -> ImageResult:
    return ImageResult((Picture(f"https://h/{name}.png"),))


def asks(name: str, *more: Step) -> Flow:
    """A flow of one question and more steps."""
    for step in (request(name), *more):
        _ = yield step
    return result(name)


def fails(error: Exception) -> Flow:
    """A flow that fails with its first answer."""
    yield request("fails")
    raise error


def hears(heard: list[object], *steps: Step) -> Flow:
    """A flow that notes what comes of its steps, and goes on whatever that is."""
    for step in steps:
        try:
            heard.append((yield step))
        except UpstreamError as error:
            heard.append(error)
    return result("heard")


class Taking:
    """Takes all that some flows paint; what it took is in `results`, why not in `jobs.errors`."""

    def __init__(self, *flows: Flow) -> None:
        self.jobs = Jobs(NOW)
        self.jobs.paint(flows, LIMIT_SECONDS, lambda: (KEEP_ALIVE,))
        self.results: list[ImageResult] = []
        self.life = Played(self._take())

    def _take(self) -> Life:
        while (painted := (yield from self.jobs.next_result())) is not None:
            self.results.append(painted)
        return Reply(200, {})

    @property
    def asked(self) -> list[Send]:
        """What the services are asked for now."""
        return self.life.jobs(Send)

    @property
    def names(self) -> str:
        return "".join(job.request.url[-1] for job in self.asked)


# --- Flows side by side. ---


def test_five_flows_ask_at_once_and_the_next_when_one_was_taken() -> None:
    taking = Taking(*(asks(name) for name in "abcdefg"))
    assert taking.names == "abcde"
    taking.life.tell(ANSWER, taking.life.keys(Send)[2])
    assert taking.names == "abdef"
    assert taking.results == [result("c")]
    taking.life.tell(ANSWER, taking.life.keys(Send)[0])
    assert taking.names == "bdefg"


def test_what_was_not_taken_keeps_the_next_flow_waiting() -> None:
    jobs, got = Jobs(NOW), []

    def program() -> Life:
        jobs.paint([asks(name) for name in "abcdef"], LIMIT_SECONDS, tuple)
        got.append((yield from jobs.next_result()))
        yield from jobs.do(Write(b"a picture"))
        got.append((yield from jobs.next_result()))
        return Reply(200, {})

    life = Played(program())
    first, second, third, *_ = life.keys(Send)
    life.tell(ANSWER, first)
    # It is taken: the sixth may not ask before more is.
    assert len(life.keys(Send)) == 4
    life.tell(ANSWER, second)
    life.tell(ANSWER, third)
    assert len(life.keys(Send)) == 2
    life.tell(None, life.keys(Write)[0])
    assert got == [result("a"), result("b")]
    assert life.reply.status == 200


def test_results_come_in_the_order_in_which_they_were_painted() -> None:
    taking = Taking(asks("a"), asks("b"), asks("c"))
    for key in reversed(taking.life.keys(Send)):
        taking.life.tell(ANSWER, key)
    assert taking.results == [result("c"), result("b"), result("a")]
    assert taking.jobs.are_over


def test_a_flow_that_asks_nothing_is_taken_at_once() -> None:
    taking = Taking(hears([]))
    assert taking.results == [result("heard")]
    assert taking.life.reply.status == 200


def test_flows_are_not_over_before_their_last_result_was_taken() -> None:
    jobs = Jobs(NOW)
    over: list[object] = []

    def program() -> Life:
        jobs.paint([asks("a")], LIMIT_SECONDS, tuple)
        over.append(jobs.are_over)
        yield from jobs.do(Write(b""))
        first = yield from jobs.next_result()
        over.append((first is not None, jobs.are_over))
        return Reply(200, {})

    life = Played(program())
    life.tell(None)
    life.tell(ANSWER)
    assert over == [False, (True, True)]


# --- What comes of a step. ---


def test_a_flow_is_told_what_came_of_each_step() -> None:
    heard: list[object] = []
    rest = HttpResponse(200, b"{", rest=1)
    taking = Taking(hears(heard, request("a"), ReadOn(rest), Wait(2)))
    life = taking.life
    assert life.job(Send) == Send(request("a"), LIMIT_SECONDS)
    life.tell(rest)
    assert life.job(ReadOn) == ReadOn(rest)
    life.tell(ANSWER)
    assert life.job(Wait) == Wait(2)
    life.tell(None)
    assert heard == [rest, ANSWER, WAITED]


@pytest.mark.parametrize(
    ("name", "kind"), [("TimeoutError", UpstreamTooSlow), ("TypeError", UpstreamBroken)]
)
def test_a_flow_is_told_where_it_asked_why_a_step_failed(
    name: str, kind: type[UpstreamError]
) -> None:
    heard: list[object] = []
    taking = Taking(hears(heard, request("a")))
    taking.life.tell(Failed(name))
    assert [type(each) for each in heard] == [kind]
    assert taking.results == [result("heard")]


def test_an_error_is_kept_and_the_other_flows_go_on() -> None:
    error = UpstreamBusy("busy")
    taking = Taking(fails(error), asks("b"))
    first, second = taking.life.keys(Send)
    taking.life.tell(ANSWER, first)
    assert taking.jobs.errors == [error]
    taking.life.tell(ANSWER, second)
    assert taking.results == [result("b")]


def test_a_flow_that_fails_at_once_lets_the_next_begin() -> None:
    def refuses() -> Flow:
        yield from ()
        raise UpstreamBusy("busy")

    taking = Taking(refuses(), asks("b"))
    assert taking.names == "b"
    # What was uploaded is still needed.
    assert ReleaseUploads() not in taking.life.wanted
    assert [error.message for error in taking.jobs.errors] == ["busy"]


def test_an_exception_of_ours_ends_all() -> None:
    taking = Taking(fails(ZeroDivisionError()), asks("b"))
    with pytest.raises(ZeroDivisionError):
        taking.life.tell(ANSWER, taking.life.keys(Send)[0])


# --- Time. ---


def test_a_step_has_what_is_left_of_the_time_of_its_flow() -> None:
    taking = Taking(asks("a", request("b")))
    taking.life.tell(ANSWER, after=30)
    assert taking.life.job(Send).seconds == LIMIT_SECONDS - 30


def test_a_step_may_have_a_shorter_limit_of_its_own() -> None:
    quick = HttpRequest("GET", "https://h", max_seconds=20)
    life = Taking(hears([], quick, quick)).life
    assert life.job(Send).seconds == 20
    life.tell(ANSWER, after=90)
    assert life.job(Send).seconds == 10


def test_the_time_of_a_flow_begins_with_its_first_step() -> None:
    taking = Taking(*(asks(name) for name in "abcdef"))
    taking.life.tell(ANSWER, taking.life.keys(Send)[0], after=40)
    assert taking.asked[-1].seconds == LIMIT_SECONDS


def test_a_pause_is_no_longer_than_the_time_that_is_left() -> None:
    taking = Taking(asks("a", Wait(15)))
    taking.life.tell(ANSWER, after=90)
    assert taking.life.job(Wait) == Wait(10)


def test_each_step_of_a_flow_that_took_too_long_fails() -> None:
    heard: list[object] = []
    taking = Taking(hears(heard, request("a"), request("b"), Wait(1)))
    taking.life.tell(ANSWER, after=LIMIT_SECONDS)
    # The first answer came; nothing was asked behind it.
    assert [type(each) for each in heard] == [HttpResponse, UpstreamTooSlow, UpstreamTooSlow]
    assert taking.results == [result("heard")]


def test_a_flow_that_gives_up_when_its_time_is_over_has_failed() -> None:
    taking = Taking(asks("a", request("b")))
    taking.life.tell(ANSWER, after=LIMIT_SECONDS + 1)
    assert [type(error) for error in taking.jobs.errors] == [UpstreamTooSlow]
    assert taking.life.reply.status == 200


def test_now_is_when_something_ended_last() -> None:
    taking = Taking(asks("a", Wait(1)))
    assert taking.jobs.now == NOW
    taking.life.tell(ANSWER, after=7)
    assert taking.jobs.now == NOW + 7


# --- What is done beside it. ---


def own_job(jobs: Jobs, got: list[Outcome]) -> Life:
    got.append((yield from jobs.do(OpenAddress("https://h/p.png"))))
    return Reply(200, {})


def test_flows_go_on_while_a_request_waits_for_its_own_job() -> None:
    jobs, got = Jobs(NOW), list[Outcome]()

    def program() -> Life:
        jobs.paint([asks("a"), asks("b", Wait(3))], LIMIT_SECONDS, tuple)
        yield from jobs.next_result()
        return (yield from own_job(jobs, got))

    life = Played(program())
    first, second = life.keys(Send)
    life.tell(ANSWER, first)
    assert life.tell(ANSWER, second) == (Start(life.keys(Wait)[0], Wait(3)),)
    assert life.tell(None, life.keys(Wait)[0]) == (ReleaseUploads(),)
    opened = OpenedBody(404)
    life.tell(opened)
    assert got == [opened]


def test_a_hold_that_is_over_is_heard_whatever_is_waited_for() -> None:
    held: list[str] = []

    def on_held() -> Effects:
        held.append("held")
        return (KEEP_ALIVE,)

    jobs = Jobs(NOW)
    jobs.paint([], LIMIT_SECONDS, on_held)
    life = Played(own_job(jobs, []))
    assert life.tell(None, HELD) == (KEEP_ALIVE,)
    assert held == ["held"]
    taking = Taking(asks("a"))
    assert taking.life.tell(None, HELD) == (KEEP_ALIVE,)


def test_a_hold_of_a_request_that_paints_nothing_yet_changes_nothing() -> None:
    got: list[Outcome] = []
    life = Played(own_job(Jobs(NOW), got))
    assert life.tell(None, HELD) == ()
    life.tell(Failed("Error"))
    assert got == [Failed("Error")]


def test_what_is_to_be_done_goes_out_once_with_what_is_asked_next() -> None:
    jobs = Jobs(NOW)
    jobs.also(KEEP_ALIVE)
    jobs.also(ClosePicture(1), ClosePicture(2))
    life = Played(own_job(jobs, []))
    assert life.wanted[:3] == (KEEP_ALIVE, ClosePicture(1), ClosePicture(2))
    assert life.tell(None, HELD) == ()


@pytest.mark.parametrize("last_paints", [True, False])
def test_uploads_are_released_when_the_last_flow_has_ended(last_paints: bool) -> None:  # noqa: FBT001
    last = asks("b") if last_paints else fails(UpstreamBusy("busy"))
    taking = Taking(asks("a"), last)
    first, second = taking.life.keys(Send)
    assert taking.life.tell(ANSWER, first) == ()
    assert not taking.jobs.gives_back
    taking.life.tell(ANSWER, second)
    assert taking.jobs.gives_back == (ReleaseUploads(),)


def test_only_what_gives_something_back_is_left_for_the_end() -> None:
    jobs = Jobs(NOW)
    jobs.also(KEEP_ALIVE, CloseAnswer(1), Start(2, Wait(1)), ClosePicture(3), ReleaseUploads())
    assert jobs.gives_back == (CloseAnswer(1), ClosePicture(3), ReleaseUploads())
