"""After requests of every kind: what was written anywhere, looked through for what was secret.

Secrets are tokens, prompts, what services said, and the links of pictures; as they are, as base64,
as hashes, and percent-encoded.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.torture import picture_faults, service_faults
from tests.torture.asking import SECRET, ask, ways
from tests.torture.conftest import World
from tests.torture.faults import open_well, paint_well
from tests.torture.host import Case
from tests.torture.hostile_requests import REQUESTS
from tests.torture.raw import Connection
from tests.torture.requests import gemini

# As base64 has the word `secret-`, whatever stands before it.
_AS_BASE64 = re.compile(b"c2VjcmV0L|NlY3JldC|zZWNyZXQt")


def _spellings(case: Case) -> Iterator[bytes]:
    """What a secret of this case would look like."""
    for text in (case.token, case.prompt, f"secret-link-{case.id}"):
        yield text.encode()
        yield quote(text).encode()
        yield b64encode(text.encode())[:-4]
        for make in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            yield make(text.encode(), usedforsecurity=False).hexdigest()[:12].encode()


async def _ask_everything(world: World, step: int) -> list[Case]:
    """A request for every so many faults, in turn in each way, and for as many hostile requests."""
    rows = [
        row
        for row in (*service_faults.FAULTS, *picture_faults.FAULTS)
        if not (row.alone or row.waits or "upstream_too_slow" in row.may)
    ][::step]
    cases: list[Case] = []

    async def one(number: int) -> None:
        row = rows[number]
        known = ways(row.services, row.languages)
        case = world.case(Case(row.paint, row.picture, row.length, row.pictures))
        cases.append(case)
        async with world.client() as client:
            await ask(client, world.deployment.url, case, known[number % len(known)])

    for first in range(0, len(rows), 20):
        numbers = range(first, min(first + 20, len(rows)))
        await asyncio.gather(*map(one, numbers))
    for hostile in REQUESTS[::step]:
        case = world.case(Case(paint_well, open_well))
        data = hostile.build(case)
        if len(data) < 50_000:
            cases.append(case)
            async with Connection(world.deployment.port) as connection:
                await connection.send(data)
                async with asyncio.timeout(5):
                    await connection.answer(head=hostile.head)
    return cases


async def _with_its_key_in_the_query(world: World) -> Case:
    """Where an address holds a key, an address that is written anywhere tells it."""
    case = world.case(Case(paint_well, open_well))
    url = f"{world.deployment.url}/v1beta/models/gemini-3-image-1k:generateContent?key={case.token}"
    async with world.client() as client:
        response = await client.post(url, content=gemini(case))
    assert response.status_code == 200
    return case


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.long)])
def test_nothing_secret_is_written_anywhere(unchanged: World, step: int) -> None:
    world = unchanged
    cases = world.run(_ask_everything(world, step))
    cases.append(world.run(_with_its_key_in_the_query(world)))
    written = {
        file.relative_to(world.deployment.folder): file.read_bytes()
        for file in world.deployment.folder.rglob("*")
        if file.is_file() and file.suffix not in (".capnp", ".bin")
    }
    assert written
    total = sum(map(len, written.values()))
    world.figures.count("Secrets", "bytes that were looked through", total)
    world.figures.count("Secrets", "requests whose secrets were looked for", len(cases))
    secrets = [each for case in cases for each in _spellings(case)]
    for name, content in written.items():
        assert not SECRET.search(content), name
        assert not _AS_BASE64.search(content), name
        found = [each for each in secrets if each in content]
        assert not found, f"{name} has {found[0]!r}"


def test_no_address_that_is_asked_holds_a_token_or_a_prompt(world: World) -> None:
    world.run(_with_its_key_in_the_query(world))
    asked = [call.target for call in world.internet.calls]
    assert asked
    found = [target for target in asked if SECRET.search(target.encode("latin-1"))]
    assert not found
    downloads = [call for call in world.internet.calls if call.host.endswith("pictures.example")]
    assert downloads
    assert not [call for call in downloads if call.token or "cookie" in call.headers]
