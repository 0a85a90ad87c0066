"""Thousands of requests, faults among them, and what they leave behind."""

from __future__ import annotations

import asyncio
import hashlib
import json
import statistics
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, Self

import pytest

from tests.torture import faults, picture_faults, service_faults
from tests.torture.asking import Outcome, Way, ask, ways
from tests.torture.conftest import World
from tests.torture.faults import open_well, paint_well
from tests.torture.host import Case, Exchange
from tests.torture.raw import Connection
from tests.torture.requests import chat, request
from tests.worker.dialects import png

# Requests at once, and what may stay behind when all are done.
_AT_ONCE: Final = 50
_LEFT_MEGABYTES: Final = 40
_LEFT_DESCRIPTORS: Final = 60

# No request here has to wait for anything.
_MOST_SECONDS: Final = 15

# The most at any time: beyond what it has after its first requests, all that one isolate holds.
_MOST_MEGABYTES: Final = 128

_WAYS: Final = ways(faults.ALL)
_EDITING: Final = ways(("zhaotou", "geekai"))

# Faults that end at once; those that wait would only make it longer.
_QUICK_FAULTS: Final = tuple(
    fault
    for fault in (*service_faults.FAULTS, *picture_faults.FAULTS)
    if not (fault.alone or fault.waits or fault.length > 100_000)
    and not fault.may & {"upstream_too_slow"}
)
_LENGTHS: Final = (300, 5_000, 20_000, 100_000, 400_000, 900_000)
_SOURCE: Final = png((300, 300))


def _choice(number: int, of: int) -> int:
    """As good as chance, and the same in every run."""
    return int.from_bytes(hashlib.sha256(f"{number}/{of}".encode()).digest()[:4], "big") % of


async def _base64(exchange: Exchange) -> None:
    text = b64encode(exchange.painted()).decode()
    await exchange.answer(json.dumps({"data": [{"b64_json": text}]}).encode(), faults.JSON)


class Crowd:
    """Clients that want all kinds of things, one number each; `wrong` is what went wrong."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._client = world.client()
        self.wrong: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.seconds: list[float] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def come(self, number: int) -> None:
        """One request."""
        wants = _choice(number, 20)
        kind, act = next((kind, act) for limit, kind, act in self._table() if wants < limit)
        self.kinds[kind] += 1
        start = time.monotonic()
        try:
            await act(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            self.wrong.append(f"{number}, {kind}: {type(error).__name__}: {error}")
        seconds = time.monotonic() - start
        if seconds > _MOST_SECONDS:
            self.wrong.append(f"{number}, {kind}: {seconds:.0f} s")

    def _table(self) -> tuple[tuple[int, str, Callable[[int], Awaitable[None]]], ...]:
        return (
            (11, "a picture", self._paint),
            (13, "a picture that comes as base64", self._paint_base64),
            (14, "an edit", self._edit),
            (17, "a fault", self._fault),
            (18, "a client that leaves", self._leave),
            (19, "a request that is refused", self._refused),
            (20, "a list of models", self._list),
        )

    async def _ask(self, case: Case, way: Way, source: bytes | None = None) -> Outcome:
        self._world.case(case)
        outcome = await ask(self._client, self._world.deployment.url, case, way, source)
        self._world.internet.forget(case)
        return outcome

    def _expect(self, outcome: Outcome, may: frozenset[str]) -> None:
        assert outcome.word in may, f"{outcome}"

    async def _paint(self, number: int) -> None:
        case = Case(paint_well, open_well, length=_LENGTHS[number % len(_LENGTHS)])
        outcome = await self._ask(case, _WAYS[number % len(_WAYS)])
        self.seconds.append(outcome.reply.seconds)
        self._expect(outcome, faults.PICTURE)

    async def _paint_base64(self, number: int) -> None:
        case = Case(_base64, open_well, length=_LENGTHS[number % len(_LENGTHS)])
        self._expect(await self._ask(case, _EDITING[number % len(_EDITING)]), faults.PICTURE)

    async def _edit(self, number: int) -> None:
        way = _EDITING[number % len(_EDITING)]
        self._expect(await self._ask(Case(paint_well, open_well), way, _SOURCE), faults.PICTURE)

    async def _fault(self, number: int) -> None:
        fault = _QUICK_FAULTS[number % len(_QUICK_FAULTS)]
        known = ways(fault.services, fault.languages)
        case = Case(fault.paint, fault.picture, fault.length, fault.pictures)
        outcome = await self._ask(case, known[number % len(known)])
        assert outcome.word in fault.may or "any error" in fault.may, f"{fault.name}: {outcome}"

    async def _leave(self, number: int) -> None:
        case = self._world.case(Case(paint_well, open_well, length=400_000))
        async with Connection(self._world.deployment.port) as connection:
            await connection.send(request(case, chat(case, stream=True)))
            await asyncio.sleep((number % 10) / 50)
            connection.leave(reset=number % 2 == 0)

    async def _refused(self, number: int) -> None:
        url = f"{self._world.deployment.url}/v1/images/generations"
        body = {"prompt": "", "n": number}
        response = await self._client.post(url, json=body, headers={"x-api-key": "secret-token-1"})
        assert response.status_code == 400, response.text

    async def _list(self, _: int) -> None:
        response = await self._client.get(f"{self._world.deployment.url}/v1/models")
        assert response.status_code == 200


async def _crowd(world: World, first: int, count: int) -> Crowd:
    numbers = iter(range(first, first + count))
    async with Crowd(world) as crowd:

        async def client() -> None:
            for number in numbers:
                await crowd.come(number)

        await asyncio.gather(*(client() for _ in range(_AT_ONCE)))
    return crowd


async def _one_after_another(world: World) -> list[float]:
    """How long a small picture takes when nobody else is there."""
    found: list[float] = []
    way = next(way for way in ways(("zai",), ("chat",)) if not way.stream)
    async with world.client() as client:
        for _ in range(50):
            case = world.case(Case(paint_well, open_well))
            found.append((await ask(client, world.deployment.url, case, way)).reply.seconds)
    return found


def _milliseconds(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    late = ordered[int(len(ordered) * 0.99)]
    return f"{statistics.median(ordered) * 1000:.0f} / {late * 1000:.0f} ms"


@pytest.mark.timeout(480)
@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=pytest.mark.long)])
def test_nothing_stays_behind(unchanged: World, count: int) -> None:
    world = unchanged
    warming_up = world.run(_crowd(world, 0, 300)).wrong
    assert not warming_up, "\n".join(warming_up[:10])
    quiet_before = world.run(_one_after_another(world))
    before = world.deployment.load()
    start = time.monotonic()
    most = before.megabytes
    wrong: list[str] = []
    kinds: Counter[str] = Counter()
    seconds: list[float] = []
    for first in range(0, count, 500):
        crowd = world.run(_crowd(world, 1_000 + first, min(500, count - first)))
        wrong += crowd.wrong
        kinds += crowd.kinds
        seconds += crowd.seconds
        most = max(most, world.deployment.load().megabytes)
    taken = time.monotonic() - start
    after = world.deployment.load()
    quiet_after = world.run(_one_after_another(world))
    world.run(asyncio.sleep(1))
    settled = world.deployment.load()
    heading = f"{count:,} mixed requests, {_AT_ONCE} at once"
    for what, figure in (
        ("seconds in all", f"{taken:.0f}"),
        ("CPU a request", f"{(after.cpu_seconds - before.cpu_seconds) / count * 1000:.1f} ms"),
        ("wrong answers", str(len(wrong))),
        ("resident memory before", f"{before.megabytes:.0f} MB"),
        ("resident memory at most", f"{most:.0f} MB"),
        ("resident memory after", f"{settled.megabytes:.0f} MB"),
        ("descriptors before", str(before.descriptors)),
        ("descriptors after", str(settled.descriptors)),
        ("a picture in the crowd, median / 99 of 100", _milliseconds(seconds)),
        ("a small picture before, median / 99 of 100", _milliseconds(quiet_before)),
        ("a small picture after, median / 99 of 100", _milliseconds(quiet_after)),
        *((kind, f"{number:,}") for kind, number in kinds.items()),
    ):
        world.figures.note(heading, what, figure)
    assert not wrong, f"{len(wrong)} are wrong:\n" + "\n".join(wrong[:10])
    assert most - before.megabytes < _MOST_MEGABYTES
    assert settled.megabytes - before.megabytes < _LEFT_MEGABYTES
    assert settled.descriptors - before.descriptors < _LEFT_DESCRIPTORS
    assert statistics.median(quiet_after) < statistics.median(quiet_before) * 2 + 0.02


async def _all_at_once(world: World, count: int) -> list[str]:
    """Everybody asks at the same moment, and no answer is given before all have asked."""
    everybody = asyncio.Event()
    waiting = 0

    async def paint(exchange: Exchange) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == count:
            everybody.set()
        await everybody.wait()
        await paint_well(exchange)

    async def one(number: int) -> str:
        case = world.case(Case(paint, open_well, length=2_000 + number * 100))
        way = _WAYS[number % len(_WAYS)]
        async with world.client() as client:
            try:
                outcome = await ask(client, world.deployment.url, case, way)
            except AssertionError as error:
                return f"{way}: {error}"
        return "" if outcome.word == "picture" else f"{way}: {outcome}"

    return [each for each in await asyncio.gather(*map(one, range(count))) if each]


def test_everybody_gets_the_own_picture(unchanged: World) -> None:
    """Its bytes belong to the token and the prompt that the service saw."""
    start = time.monotonic()
    wrong = unchanged.run(_all_at_once(unchanged, 200))
    unchanged.figures.note(
        "At once", "200 with their own tokens and prompts", f"{time.monotonic() - start:.1f} s"
    )
    assert not wrong, f"{len(wrong)} are wrong:\n" + "\n".join(wrong[:5])
