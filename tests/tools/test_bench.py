"""What `make bench` can be wrong about, on CPython; that it runs, it shows itself."""

from __future__ import annotations

import base64
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import httpx
import psutil
import pytest

from bench.__main__ import read_arguments
from bench.findings import model_name, table
from bench.goals import GOALS, Goal, Verdict, dear_picture, verdicts
from bench.jobs import FORMS, JOBS, SIZES, Entrant, Job, carries, first_entrant
from bench.programs import EASEL, FLOOR, USUAL
from bench.servers import Server
from bench.starting import used_bytes
from bench.tables import forms_table
from bench.turns import WrongAnswer, measure, ratio
from bench.upstream import address_of, picture_of

_BASE64 = base64.b64encode(picture_of(1000)).decode()


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A process that works and whose child works, then both wait."""
    work = "import time\nwhile time.process_time() < 0.2: pass"
    wait = "print('done', flush=True); time.sleep(60)"
    own = f"{work}\n{wait}"
    program = (
        f"import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', {own!r}])\n{own}"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        yield process
        for child in psutil.Process(process.pid).children():
            child.kill()
        process.kill()


def test_the_cpu_of_a_server_is_that_of_its_process_and_its_children(
    worker: subprocess.Popen[bytes],
) -> None:
    assert worker.stdout is not None
    for _ in range(2):
        assert worker.stdout.readline() == b"done\n"
    server = Server("two processes", "", psutil.Process(worker.pid))
    spent = server.cpu_ms()
    assert 400 <= spent < 1500
    time.sleep(0.3)
    # Waiting costs nothing.
    assert server.cpu_ms() - spent < 100


def test_a_ratio_compares_turns_that_were_taken_side_by_side() -> None:
    # Three turns, and the machine was ten times as busy in the second.
    assert ratio([2, 20, 2.2], [1, 10, 1]) == 2


def test_a_ratio_of_turns_that_do_not_belong_together_is_none() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio([1, 2], [1])


def test_a_goal_is_met_up_to_its_number_and_open_where_nobody_measured() -> None:
    goal = Goal("chat-1k", EASEL, FLOOR, 1.3)
    texts = [Verdict(goal, found).text for found in (1.3, 1.31, None)]
    assert texts == ["met", "not met", "not measured"]


def test_a_goal_is_judged_by_the_job_and_the_two_that_it_names() -> None:
    costs = {("chat-1k", EASEL): [3.0], ("chat-1k", FLOOR): [2.0], ("chat-1m", EASEL): [9.0]}
    found = {each.goal.job: each.found for each in verdicts(costs)}
    assert found["chat-1k"] == 1.5
    assert found["chat-1m"] is None


def test_every_goal_names_two_who_take_part_in_its_job() -> None:
    entrants = {job.name: {entrant.name for entrant in job.entrants} for job in JOBS}
    for goal in GOALS:
        assert {goal.entrant, goal.against} <= entrants[goal.job]


def test_a_large_picture_may_not_cost_more_than_in_the_usual_worker() -> None:
    dear = {("chat-5m", EASEL): 30.0, ("chat-5m", USUAL): 20.0}
    assert "5 MB" in str(dear_picture(dear, USUAL))
    assert dear_picture({**dear, ("chat-5m", EASEL): 10.0}, USUAL) is None
    assert dear_picture({}, USUAL) is None


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [{"b64_json": _BASE64}]},
        {"images": [{"image_url": {"url": f"data:image/jpeg;base64,{_BASE64}"}}]},
        [{"content": f"![image](data:image/jpeg;base64,{_BASE64})"}, {"usage": None}],
    ],
)
def test_a_picture_is_found_in_each_form_of_an_answer(answer: object) -> None:
    assert carries(answer, 1000)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": _BASE64[:-4]},
        {"data": f"{_BASE64}AAAA"},
        {"data": _BASE64.replace("/9j/", "/9j0")},
        {"data": [_BASE64, _BASE64]},
        {"data": address_of(1000)},
    ],
)
def test_an_answer_without_exactly_the_picture_is_wrong(answer: object) -> None:
    assert not carries(answer, 1000)


def test_a_stream_that_broke_off_is_wrong() -> None:
    easel = first_entrant(EASEL)
    event = f'data: {{"data": "{_BASE64}"}}\n\n'
    assert easel.is_right(httpx.Response(200, text=f"{event}data: [DONE]\n\n"))
    with pytest.raises(ValueError, match="no end"):
        easel.is_right(httpx.Response(200, text=event))


def test_each_form_has_a_row_beside_the_free_plan_and_what_is_above_it_is_bold() -> None:
    costs = {
        (f"chat-{size}" if form == "candidates" else f"chat-{form}-{size}", EASEL): [
            SIZES[size] / 500_000
        ]
        for form in FORMS
        for size in SIZES
    }
    assert forms_table(costs) == table(
        ["form of the answer", "0.3 MB", "1 MB", "5 MB", "8 MB"],
        [[f"`{form}`", "0.6", "2.0", "10.0", "**16.0**"] for form in FORMS],
    )


_ASKED = Entrant("", "", "GET", "/", None, lambda response: response.text == "right", {})
_TWO = Job("", "", tuple(replace(_ASKED, name=name, server=name) for name in "ab"), requests=2)


def _measure(
    answer: Callable[[], httpx.Response], asked: list[httpx.Request] | None = None
) -> dict[str, list[float]]:
    """Two turns of a job of two, whose servers are this process; `asked` is what came to them."""

    def respond(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return answer()

    process = psutil.Process()
    servers = {name: Server(name, f"http://{name}", process, {"x-own": name}) for name in "ab"}
    with httpx.Client(transport=httpx.MockTransport(respond)) as client:
        return measure(client, _TWO, servers, turns=2)


def test_those_who_are_compared_are_asked_in_turns_after_they_are_warm() -> None:
    asked: list[httpx.Request] = []
    costs = _measure(partial(httpx.Response, 200, text="right"), asked)
    assert {name: len(turns) for name, turns in costs.items()} == {"a": 2, "b": 2}
    # The answer that is checked, and three turns that are not counted.
    order = "".join(request.url.host for request in asked)
    assert order == "a" * 7 + "b" * 7 + "aabb" * 2
    # What a server needs with each request, its own.
    assert "".join(request.headers["x-own"] for request in asked) == order


@pytest.mark.parametrize(
    "late", [httpx.Response(500, text="right"), httpx.Response(200, text="right and more")]
)
def test_an_answer_that_is_unlike_the_one_that_was_checked_ends_the_run(
    late: httpx.Response,
) -> None:
    answers = iter([httpx.Response(200, text="right")] * 10)
    with pytest.raises(WrongAnswer, match="b answers with status"):
        _measure(partial(next, answers, late))


def test_nobody_is_timed_whose_answer_is_wrong() -> None:
    with pytest.raises(WrongAnswer, match="a answers GET / with status 200 and 'wrong'"):
        _measure(partial(httpx.Response, 200, text="wrong"))


def test_memory_is_used_up_to_its_last_byte_that_is_not_zero() -> None:
    assert used_bytes(b"ab\0\0c\0\0\0") == 5


def test_everybody_has_a_first_job() -> None:
    for job in JOBS:
        for entrant in job.entrants:
            assert first_entrant(entrant.server).server == entrant.server


def test_the_processor_is_told_where_the_system_names_it() -> None:
    cpuinfo = "processor\t: 0\nmodel name\t: A Processor: 2 GHz\nprocessor\t: 1\n"
    assert model_name(cpuinfo) == "A Processor: 2 GHz"
    assert model_name("processor\t: 0\n") == platform.machine()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--jobs", "chat-1k,chat-1kb"], "'chat-1kb'"),
        (["--turns", "0"], "TURNS"),
        (["--starts", "0"], "STARTS"),
        (["--figures", "--jobs", "chat-1k"], "leave JOBS out"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_starts(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        read_arguments(words)
    assert said in capsys.readouterr().err
