from __future__ import annotations

from collections.abc import Callable

import pytest

from easel import errors
from easel.errors import OutOfCalls, UpstreamBroken, UpstreamError, UpstreamTooSlow
from easel.images.request import ImageRequest
from easel.images.result import ImageResult
from easel.services import geekai
from easel.services.token_pool import TokenPool, fingerprint, in_turn
from easel.services.unfinished_tasks import naming_its_task
from easel.services.wire import (
    LONG_TEXT,
    WAITED,
    Flow,
    HttpRequest,
    HttpResponse,
    ReadOn,
    Step,
    Wait,
)
from easel.settings import Settings
from easel.token import Token
from tests.easel.flows import json_answer
from tests.easel.samples import answer, sample

REQUEST = ImageRequest("gpt-image-1", "a cat", n=2)
TASK_ID = "3f2b8c1e-5d4a-4f6b-9c7d-2e1f0a9b8c7d"
TOKEN = "a-token-of-the-caller"
PENDING, RUNNING = answer("geekai", "task_pending"), answer("geekai", "task_running")
DONE = answer("geekai", "success_several")
NO_NETWORK = UpstreamBroken("The image service could not be reached, or the connection broke.")
OVER = UpstreamTooSlow("The image service did not answer in time.")


def flow(token: Token | None = None) -> Flow:
    who = geekai.SERVICE.access(token or Token(TOKEN), Settings(), 0, "nonce")
    return geekai.generate(REQUEST, who)


class Played:
    """A flow that is answered in turn: pauses end at once, and errors are thrown where it asks."""

    def __init__(self, flow: Flow, *answers: HttpResponse | UpstreamError) -> None:
        self.steps: list[Step] = []
        self._flow = flow
        self._answers = list(answers)
        self.painted: ImageResult | None = None
        self.error: UpstreamError | None = None
        try:
            self._play()
        except StopIteration as end:
            self.painted = end.value
        except UpstreamError as error:
            self.error = error

    def _play(self) -> None:
        step = next(self._flow)
        while True:
            self.steps.append(step)
            if isinstance(step, Wait) and self._answers[0] is not OVER:
                step = self._flow.send(WAITED)
                continue
            answer = self._answers.pop(0)
            if isinstance(answer, UpstreamError):
                step = self._flow.throw(answer)
            else:
                step = self._flow.send(answer)

    @property
    def pauses(self) -> list[float]:
        return [step.seconds for step in self.steps if isinstance(step, Wait)]

    @property
    def questions(self) -> list[HttpRequest]:
        return [step for step in self.steps if isinstance(step, HttpRequest)]


def test_a_task_that_is_not_done_is_asked_for_until_it_is() -> None:
    played = Played(flow(), PENDING, PENDING, RUNNING, DONE)
    assert played.painted is not None
    assert (len(played.painted.pictures), played.painted.errors) == (2, ())
    assert (played.painted.task_id, played.painted.task_status) == (TASK_ID, "succeed")
    begun, *polls = played.questions
    assert begun.method == "POST"
    assert {(poll.method, poll.url, poll.body) for poll in polls} == {
        ("GET", f"https://geekai.co/api/v1/images/{TASK_ID}", None)
    }
    assert all(dict(poll.headers)["Authorization"] == f"Bearer {TOKEN}" for poll in polls)
    assert played.pauses == [1, 1.3, 1.3 * 1.3]


def test_pauses_grow_so_that_five_minutes_take_fewer_questions_than_a_request_has() -> None:
    played = Played(flow(), *[RUNNING] * 60, DONE)
    assert played.pauses == sorted(played.pauses)
    assert max(played.pauses) == 15
    within = [at for at in range(60) if sum(played.pauses[: at + 1]) <= 300]
    assert len(within) + 1 < 40


@pytest.mark.parametrize(
    "answer",
    [
        NO_NETWORK,
        answer("geekai", "busy"),
        answer("geekai", "failed"),
        answer("geekai", "unavailable"),
        answer("geekai", "timeout"),
    ],
)
def test_a_question_that_comes_to_nothing_is_asked_again(
    answer: HttpResponse | UpstreamError,
) -> None:
    played = Played(flow(), RUNNING, answer, RUNNING, answer, answer, answer, answer, DONE)
    assert played.painted is not None
    assert len(played.painted.pictures) == 2


def test_a_busy_service_is_left_alone_for_as_long_as_it_says() -> None:
    busy = HttpResponse(429, b"", retry_after="30")
    assert Played(flow(), RUNNING, busy, RUNNING, DONE).pauses == [1, 30, 15]


def test_an_answer_that_nobody_can_read_is_asked_for_twice_more_in_a_row() -> None:
    odd = answer("geekai", "not_json")
    played = Played(flow(), RUNNING, odd, odd, RUNNING, odd, odd, DONE)
    assert played.painted is not None
    failed = Played(flow(), RUNNING, odd, odd, odd).error
    assert (type(failed), failed and failed.task_id) == (UpstreamBroken, TASK_ID)


@pytest.mark.parametrize("error", [OVER, OutOfCalls("Not asked.")])
def test_the_error_of_a_task_that_goes_on_names_it(error: UpstreamError) -> None:
    failed = Played(flow(), RUNNING, RUNNING, error).error
    assert failed is error
    assert failed.task_id == TASK_ID


@pytest.mark.parametrize("status", [401, 402, 403, 404, 413])
def test_a_question_that_is_refused_names_the_task_and_blames_no_token(status: int) -> None:
    failed = Played(flow(), RUNNING, HttpResponse(status, b"")).error
    assert failed is not None
    assert failed.task_id == TASK_ID
    blamed = (errors.TokenRejected, errors.AccessDenied, errors.QuotaExhausted)
    assert not isinstance(failed, blamed)


def test_a_task_that_is_done_without_a_picture_is_not_asked_for_again() -> None:
    failed = Played(flow(), RUNNING, answer("geekai", "no_picture")).error
    assert failed is not None
    assert (failed.code, failed.task_id) == ("upstream_no_picture", TASK_ID)


@pytest.mark.parametrize(
    ("name", "code"),
    [("task_failed", "task_failed"), ("task_refused", "content_policy_violation")],
)
def test_a_task_that_failed_is_over(name: str, code: str) -> None:
    failed = Played(flow(), RUNNING, answer("geekai", name)).error
    assert failed is not None
    assert (failed.code, failed.task_id) == (code, None)


def test_an_answer_that_is_not_done_and_names_no_task_names_no_picture() -> None:
    failed = Played(flow(), json_answer({"task_status": "running", "data": []})).error
    assert failed is not None
    assert failed.code == "upstream_no_picture"


def test_a_question_keeps_the_id_that_it_was_asked_with() -> None:
    later = json_answer({"task_status": "running"})
    played = Played(flow(), RUNNING, later, json_answer({"data": sample_data()}))
    assert played.painted is not None
    assert played.painted.task_id == TASK_ID


def sample_data() -> object:
    return sample("geekai", "success_several")["body"]["data"]


# --- How the task is named


def named(error: UpstreamError, wrap: Callable[[Flow], Flow] = lambda each: each) -> str:
    failed = Played(naming_its_task(wrap(flow()), "geekai-"), RUNNING, error).error
    assert failed is not None
    return failed.message


def test_the_error_says_how_the_task_is_asked_for() -> None:
    assert named(OutOfCalls("Not asked.")) == (
        f"Not asked. The task goes on. GET /v1/images/geekai-{TASK_ID} returns its pictures."
    )


def test_in_a_personal_proxy_the_id_tells_the_token_that_made_it_and_no_other_paints_anew() -> None:
    pool = TokenPool(("one", "two"), lambda: 0)
    for end in (OutOfCalls("Not asked."), HttpResponse(401, b"")):
        token = "one" if isinstance(end, OutOfCalls) else "two"
        played = Played(naming_its_task(in_turn(pool, flow), "geekai-"), RUNNING, end)
        assert played.error is not None
        assert f"/geekai-{TASK_ID}~{fingerprint(token)} " in played.error.message
        assert [step.method for step in played.questions] == ["POST", "GET"]


def test_other_errors_and_pictures_are_as_they_were() -> None:
    played = Played(naming_its_task(flow(), "geekai-"), HttpResponse(400, b""))
    assert played.error is not None
    assert "task" not in played.error.message
    assert Played(naming_its_task(flow(), "geekai-"), DONE).painted is not None


def test_a_task_tells_its_maker_also_where_its_answer_is_read_on() -> None:
    first = (
        b'{"task_id": "1", "task_status": "succeed", "data": [{"b64_json": "'
        + f"{LONG_TEXT}0".encode()
        + b'"}'
    )
    kept = object()
    opened = HttpResponse(200, first, long_texts=(kept,), rest=1)
    played = Played(in_turn(TokenPool(("one",), lambda: 0), flow), opened)
    assert played.painted is not None
    unread = played.painted.unread
    assert unread is not None
    whole = HttpResponse(200, first + b"]}", long_texts=(kept,))
    assert unread.parse(whole).task_issuer == fingerprint("one")
    assert not any(isinstance(step, ReadOn) for step in played.steps)
