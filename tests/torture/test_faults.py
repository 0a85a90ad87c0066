"""Every fault of services and of hosts of pictures × every language, streamed and plain.

After each: a well-formed answer within its limit, nothing leaked, and the next request works.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import pytest

from tests.torture import faults, picture_faults, service_faults
from tests.torture.asking import Way, ask, ways
from tests.torture.conftest import World
from tests.torture.faults import Fault
from tests.torture.host import Case

# How long anybody waits for a picture after a fault.
_NEXT_SECONDS = 2

# So many of the wrong ones are told; the others are of the same kind.
_TOLD = 4

# How much may be held for a while; what stays is measured by test_load.
_GROWTH_MEGABYTES = 120


def _rows(table: Iterable[Fault]) -> list[object]:
    return [
        pytest.param(row, id=row.name, marks=() if row.quick else pytest.mark.long) for row in table
    ]


async def _ask_one(world: World, fault: Fault, way: Way) -> str:
    """What is wrong about what came; "" where nothing is."""
    pictures = fault.pictures if way.dialect.name == "images" else 1
    case = world.case(Case(fault.paint, fault.picture, fault.length, pictures))
    async with world.client() as client:
        try:
            outcome = await ask(client, world.deployment.url, case, way)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            return f"{way}: {type(error).__name__}: {error}"
    if outcome.word not in fault.may and not (
        "any error" in fault.may and outcome.word not in ("picture", "cut")
    ):
        return f"{way}: {outcome}"
    if outcome.reply.seconds > fault.seconds:
        return f"{way}: {outcome.reply.seconds:.1f} s, may take {fault.seconds}"
    return ""


async def _ask_all(world: World, fault: Fault) -> list[str]:
    rows = ways(fault.services, fault.languages)
    if fault.alone:
        return [await _ask_one(world, fault, way) for way in rows]
    return list(await asyncio.gather(*(_ask_one(world, fault, way) for way in rows)))


async def _ask_next(world: World) -> list[str]:
    """A good request of each language, right after."""
    fault = Fault("none", faults.PICTURE, seconds=_NEXT_SECONDS)
    return list(
        await asyncio.gather(
            *(_ask_one(world, fault, way) for way in ways(("zai", "geekai")) if not way.stream)
        )
    )


def _examine(world: World, fault: Fault) -> None:
    before = world.deployment.load()
    start = time.monotonic()
    wrong = [each for each in world.run(_ask_all(world, fault)) if each]
    seconds = time.monotonic() - start
    asked = len(ways(fault.services, fault.languages))
    world.figures.count("Faults", "answers to faults", asked)
    world.figures.count("Faults", "that were not as they should be", len(wrong))
    if world.deployment.is_alive():
        wrong += [f"the next request: {each}" for each in world.run(_ask_next(world)) if each]
        grown = world.deployment.load().megabytes - before.megabytes
        if grown > _GROWTH_MEGABYTES:
            wrong.append(f"{grown:.0f} MB more")
        if fault.alone:
            world.figures.note("Large answers", fault.name, f"{seconds:.1f} s, {grown:+.0f} MB")
    assert not wrong, f"{fault.name}: {len(wrong)} are wrong\n" + "\n".join(wrong[:_TOLD])


@pytest.mark.parametrize("fault", _rows(service_faults.FAULTS))
def test_a_fault_of_a_service_ends_in_an_answer(world: World, fault: Fault) -> None:
    _examine(world, fault)


@pytest.mark.parametrize("fault", _rows(picture_faults.FAULTS))
def test_a_fault_of_the_host_of_a_picture_ends_in_an_answer(world: World, fault: Fault) -> None:
    _examine(world, fault)
