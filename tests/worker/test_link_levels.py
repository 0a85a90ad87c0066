"""Every language at every level of links: which link comes out, and that its picture is there."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import httpx
import pytest

from tests.worker.conftest import PICTURES, TOKEN, Easel, Internet
from tests.worker.dialects import DIALECTS, Ask, Dialect
from tests.worker.reading import eventually
from tests.worker.test_links import LINK, painted
from tests.worker.test_stored_links import BASE64, KEY, control, keys

SERVICES_LINK: Final = re.compile(re.escape(PICTURES) + r"/z_image/[^\s()\"\\]+")


@dataclass(frozen=True, slots=True)
class Level:
    """A deployment that has links of one level, and what its callers show."""

    number: int
    easel: Easel
    token: str


@pytest.fixture(params=[1, 2, 3])
def level(request: pytest.FixtureRequest, deployments: dict[str, Easel]) -> Level:
    name, token = {
        1: ("patient", TOKEN),
        2: ("sealing", TOKEN),
        3: ("storing", "a-key"),
    }[request.param]
    return Level(request.param, deployments[name], token)


@pytest.fixture(autouse=True)
def fine(client: httpx.Client, kv: Easel) -> Iterator[None]:
    yield
    control(client, kv, "fine")


def the_link(text: str, level: Level) -> str:
    """The one link of an answer, however often it has it, in the form of its level."""
    own, services = set(LINK.findall(text)), set(SERVICES_LINK.findall(text))
    assert (len(own), len(services)) == ((0, 1) if level.number == 1 else (1, 0)), text[:2000]
    return str((own or services).pop())


def check_that_it_leads(
    client: httpx.Client, level: Level, kv: Easel, internet: Internet, link: str, before: list[str]
) -> None:
    """The link leads to its picture, at level 3 after the service has it no more."""
    if level.number == 1:
        name = link.partition("/z_image/")[2].partition("?")[0]
        assert internet.sandbox.pictures[name].content
        return
    content = client.get(link).content
    name = painted(internet, content)
    if level.number == 2:
        return
    assert eventually(lambda: len(keys(kv)) > len(before), 10)
    del internet.sandbox.pictures[name]
    assert client.get(link).content == content


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_the_link_that_was_asked_for(
    client: httpx.Client,
    level: Level,
    kv: Easel,
    internet: Internet,
    marker: str,
    dialect: Dialect,
    *,
    stream: bool,
) -> None:
    if dialect.name == "images" and stream:
        # Its stream has pictures alone, and says so.
        return
    before = keys(kv)
    ask = Ask("gemini-3-image-1k", marker, stream, token=level.token, links=True)
    response = client.send(dialect.request(level.easel.url, ask))
    assert response.status_code == 200, response.text
    link = the_link(response.text, level)
    check_that_it_leads(client, level, kv, internet, link, before)


# Those whose answers have a text beside the picture.
BESIDE: Final = tuple(each for each in DIALECTS if each.name in {"chat", "responses", "mcp"})


@pytest.mark.parametrize("dialect", BESIDE, ids=lambda dialect: dialect.name)
def test_the_link_beside_a_picture(
    client: httpx.Client,
    level: Level,
    kv: Easel,
    internet: Internet,
    marker: str,
    dialect: Dialect,
) -> None:
    before = keys(kv)
    ask = Ask("gemini-3-image-1k", marker, token=level.token)
    response = client.send(dialect.request(level.easel.url, ask))
    assert len(dialect.pictures(dialect.answer(response, stream=False))) == 1
    link = the_link(response.text, level)
    check_that_it_leads(client, level, kv, internet, link, before)


def test_the_link_of_a_task(
    client: httpx.Client, level: Level, kv: Easel, internet: Internet, marker: str
) -> None:
    before = keys(kv)
    url, headers = level.easel.url, {"authorization": f"Bearer {level.token}"}
    body = {"model": "geekai/gpt-image-1", "prompt": marker, "async": True}
    made = client.post(f"{url}/v1/images/generations", headers=headers, json=body).json()
    end = time.monotonic() + 10
    while True:
        task = client.get(f"{url}/v1/images/{made['task_id']}", headers=headers)
        if task.json()["task_status"] == "succeed":
            break
        assert time.monotonic() < end, task.text
        time.sleep(0.02)
    check_that_it_leads(client, level, kv, internet, the_link(task.text, level), before)


# --- Services that give no address. ---


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("links", [False, True], ids=["beside", "alone"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_picture_without_an_address_has_a_link_where_it_is_stored(
    client: httpx.Client,
    level: Level,
    marker: str,
    dialect: Dialect,
    *,
    links: bool,
    stream: bool,
) -> None:
    if dialect.name == "images" and stream and links:
        return
    ask = Ask(BASE64, f"sandbox:base64=90000 {marker}", stream, token=level.token, links=links)
    response = client.send(dialect.request(level.easel.url, ask))
    assert response.status_code == 200, response.text
    found = set(LINK.findall(response.text))
    shows = level.number == 3 and (links or dialect in BESIDE)
    assert len(found) == shows
    if links and shows:
        assert len(response.content) < 20_000
    else:
        assert len(response.content) > 120_000
    for link in found:
        assert len(client.get(link).content) == 90_000


@pytest.mark.parametrize("dialect", BESIDE, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_where_it_cannot_be_stored_the_picture_is_there_and_no_link(
    client: httpx.Client, storing: Easel, kv: Easel, marker: str, dialect: Dialect, *, stream: bool
) -> None:
    control(client, kv, "refuses")
    token = KEY["authorization"].removeprefix("Bearer ")
    ask = Ask(BASE64, f"sandbox:base64=900000 {marker}", stream, token=token)
    response = client.send(dialect.request(storing.url, ask))
    (content,) = dialect.pictures(dialect.answer(response, stream=stream))
    assert len(content) == 900_000
    assert LINK.findall(response.text) == []
