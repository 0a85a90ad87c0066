"""Clients that leave at every stage: all work for them ends, and nothing stays behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import pytest

from tests.torture import requests
from tests.torture.conftest import World
from tests.torture.faults import open_well, paint_well
from tests.torture.host import Case, Exchange
from tests.torture.raw import Connection
from tests.torture.requests import chat, gemini, images, request
from tests.torture.test_clients import good


async def _never(exchange: Exchange) -> None:
    await exchange.until_left()


async def _stalls_half(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.head("200 OK", f"content-length: {len(content)}")
    await exchange.write(content[: len(content) // 2])
    await exchange.until_left()


def _paint_forever() -> Case:
    return Case(_never, open_well)


def _open_forever() -> Case:
    return Case(paint_well, _never)


def _half_a_picture() -> Case:
    return Case(paint_well, _stalls_half, length=900_000)


async def _until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:  # noqa: ASYNC110 - the host tells nobody
        await asyncio.sleep(0.02)
    return condition()


_STAGES: Final[dict[str, Callable[[], Case]]] = {
    "while it is painted": _paint_forever,
    "while the picture is opened": _open_forever,
    "in the middle of the picture": _half_a_picture,
}

_BODIES: Final[dict[str, tuple[str, Callable[[Case], bytes]]]] = {
    "chat": (requests.CHAT, lambda case: chat(case, stream=True)),
    "chat, plain": (requests.CHAT, chat),
    "images": (requests.GENERATIONS, lambda case: images(case, stream=True)),
    "images, plain": (requests.GENERATIONS, images),
    "gemini": (requests.GEMINI.replace(":g", ":streamG") + "?alt=sse", gemini),
    "gemini, plain": (requests.GEMINI, gemini),
}


async def _leave(world: World, stage: str, *, reset: bool) -> list[str]:
    """Leaves once the service or the host is at work, in every language at once."""

    async def one(name: str) -> str:
        path, body = _BODIES[name]
        case = world.case(_STAGES[stage]())
        async with Connection(world.deployment.port) as connection:
            await connection.send(request(case, body(case), path=path))
            if not await _until(lambda: case.open == 1 and case.paints > 0, 3):
                return f"{name}: the call never came"
            if stage != "while it is painted":
                await _until(lambda: bool(case.downloads) and case.open == 1, 3)
                await asyncio.sleep(0.2)
            connection.leave(reset=reset)
        # Before the headers have left, workerd does not look whether the client is still there.
        if not await _until(lambda: case.open == 0, 2):
            return f"{name}: the call goes on without its client"
        return ""

    return [each for each in await asyncio.gather(*map(one, _BODIES)) if each]


@pytest.mark.parametrize("how", ["closes", pytest.param("resets", marks=pytest.mark.long)])
@pytest.mark.parametrize("stage", _STAGES)
def test_a_client_that_leaves_ends_all_work(world: World, stage: str, how: str) -> None:
    wrong = world.run(_leave(world, stage, reset=how == "resets")) + world.run(good(world))
    assert not wrong, f"{stage}, {how}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.999])
@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_leaves_while_it_sends_costs_nothing(
    world: World, share: float, *, reset: bool
) -> None:
    async def leave() -> None:
        case = world.case(Case(paint_well, open_well))
        whole = request(case, chat(case, user="x" * 200_000))
        for _ in range(20):
            async with Connection(world.deployment.port) as connection:
                await connection.send(whole[: int(len(whole) * share)])
                connection.leave(reset=reset)
        assert case.paints == 0

    before = world.deployment.load()
    world.run(leave())
    assert not world.run(good(world))
    assert world.deployment.load().descriptors <= before.descriptors + 10
