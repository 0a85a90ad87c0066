"""Clients that send what they should not, or read and send as they like.

After each: an answer in the caller's language or a closed connection, everybody else is served, and
nothing stays behind.
"""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from typing import Final

import pytest

from tests.torture import hostile_requests
from tests.torture.asking import SECRET, ask, ways
from tests.torture.conftest import World
from tests.torture.faults import open_well, paint_well
from tests.torture.host import Case
from tests.torture.raw import Connection, RawAnswer
from tests.torture.requests import Hostile, chat, request
from tests.torture.watch import MOST_SECONDS, Watch
from tests.worker.strict import check_error, check_interaction_error

# What many requests may hold together: all that an isolate has.
_CROWD_MEGABYTES: Final = 128


def _check_error(body: str, status: int) -> None:
    """An error as the API of its path spells it."""
    answer = json.loads(body)
    error = answer["error"]
    if "jsonrpc" in answer:
        assert isinstance(error["code"], int)
        assert error["message"]
    elif "details" in error and isinstance(error["code"], str):
        check_interaction_error(body)
    else:
        check_error(body, status, gemini="details" in error)


def _judge(row: Hostile, answer: RawAnswer | None) -> list[str]:
    """What is wrong about an answer."""
    status = answer.status if answer else 0
    if status not in row.may:
        return [f"status {status}: {answer}"]
    if answer is None or status < 400 or row.head:
        return []
    found = SECRET.search(answer.body)
    wrong = [f"the answer repeats {found[0]!r}"] if found else []
    # workerd itself answers what is no HTTP; it says so in plain text.
    if answer.headers.get("content-type", "").startswith("application/json"):
        _check_error(answer.body.decode(), status)
    elif answer.headers.get("x-request-id"):
        wrong.append(f"no JSON: {answer}")
    return wrong


async def _attack(world: World, row: Hostile) -> list[str]:
    case = world.case(Case(paint_well, open_well))
    start = time.monotonic()
    wrong: list[str] = []
    async with Watch(world) as watch, Connection(world.deployment.port) as connection:
        sending = asyncio.ensure_future(connection.send(row.build(case)))
        try:
            async with asyncio.timeout(row.seconds * 4):
                answer = await connection.answer(head=row.head)
            wrong += _judge(row, answer)
        except TimeoutError:
            wrong.append("no answer")
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    seconds = time.monotonic() - start
    if seconds > row.seconds:
        wrong.append(f"{seconds:.1f} s, may take {row.seconds}")
    return wrong + watch.faults(row.megabytes)


async def good(world: World) -> list[str]:
    """A good request, right after."""
    case = world.case(Case(paint_well, open_well))
    async with world.client() as client:
        (way,) = (way for way in ways(("zai",), ("chat",)) if not way.stream)
        outcome = await ask(client, world.deployment.url, case, way)
    fine = outcome.word == "picture" and outcome.reply.seconds < MOST_SECONDS
    return [] if fine else [f"the next request: {outcome}"]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=row.name, marks=() if row.quick else pytest.mark.long)
        for row in hostile_requests.REQUESTS
    ],
)
def test_whatever_is_sent_is_answered_or_refused(world: World, row: Hostile) -> None:
    wrong = world.run(_attack(world, row))
    world.figures.count("Clients", "hostile requests", 1)
    world.figures.count("Clients", "that were not answered as they should be", bool(wrong))
    if world.deployment.is_alive():
        wrong += world.run(good(world))
    assert not wrong, f"{row.name}:\n" + "\n".join(wrong)


async def _read_slowly(world: World, count: int, length: int) -> list[str]:
    """Many clients that read a little now and then; others are served, and little is held."""

    async def one() -> str:
        case = world.case(Case(paint_well, open_well, length))
        async with Connection(world.deployment.port, receive_bytes=16_384) as connection:
            await connection.send(request(case, chat(case, stream=True)))
            for _ in range(25):
                if not await connection.reader.read(2_000):
                    return "cut under a client that reads"
                await asyncio.sleep(0.1)
        return ""

    async with Watch(world) as watch:
        found = await asyncio.gather(*(one() for _ in range(count)))
        wrong = await good(world)
    return [each for each in found if each] + wrong + watch.faults(_CROWD_MEGABYTES)


def test_clients_that_read_slowly_hold_up_nobody(unchanged: World) -> None:
    wrong = unchanged.run(_read_slowly(unchanged, 30, 3_000_000))
    assert not wrong, "\n".join(wrong)


def test_requests_in_one_write_are_answered_in_their_order(world: World) -> None:
    async def pipeline() -> list[str]:
        cases = [world.case(Case(paint_well, open_well, length=300 + n)) for n in range(6)]
        async with Connection(world.deployment.port) as connection:
            await connection.send(b"".join(request(case, chat(case)) for case in cases))
            found: list[bool] = []
            for case in cases:
                answer = await connection.answer()
                assert answer is not None
                data = json.loads(answer.body)["candidates"][0]["content"]["parts"][0]
                found.append(data["inlineData"]["data"] == _base64(case))
        return [] if all(found) else [f"{found}"]

    assert not world.run(pipeline())


def _base64(case: Case) -> str:
    return b64encode(case.expected()).decode()


def test_a_request_that_comes_byte_by_byte_is_answered(world: World) -> None:
    async def send() -> RawAnswer | None:
        case = world.case(Case(paint_well, open_well))
        async with Connection(world.deployment.port) as connection:
            for byte in request(case, chat(case)):
                await connection.send(bytes((byte,)))
                await asyncio.sleep(0)
            return await connection.answer()

    answer = world.run(send())
    assert answer is not None
    assert answer.status == 200


@pytest.mark.long
def test_a_client_that_closes_its_half_is_answered(world: World) -> None:
    async def half_close() -> RawAnswer | None:
        case = world.case(Case(paint_well, open_well))
        async with Connection(world.deployment.port) as connection:
            await connection.send(request(case, chat(case)))
            connection.half_close()
            return await connection.answer()

    answer = world.run(half_close())
    # workerd takes it for leaving, which is its right.
    assert answer is None or answer.status == 200


async def _stall(world: World, count: int, seconds: float) -> list[str]:
    """Uploads that announce much, send an open text, and fall silent."""
    cases = [world.case(Case(paint_well, open_well)) for _ in range(count)]
    start = b'{"model": "gemini-3-image-1k", "messages": [{"role": "user", "content": "'

    async def one(case: Case) -> RawAnswer | None:
        async with Connection(world.deployment.port) as connection:
            await connection.send(request(case, start + b"x" * 400_000, length=60_000_000))
            return await connection.answer()

    async with Watch(world) as watch, asyncio.timeout(seconds):
        answers = await asyncio.gather(*map(one, cases))
    wrong = [
        str(each) for each in answers if each is not None and each.status not in (400, 408, 429)
    ]
    return wrong + watch.faults(_CROWD_MEGABYTES)


def test_uploads_that_stall_are_ended_and_hold_little(world: World) -> None:
    wrong = world.run(_stall(world, 50, 15)) + world.run(good(world))
    assert not wrong, "\n".join(wrong)
