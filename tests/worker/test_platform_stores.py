"""Links to pictures in the platform's own stores, as Miniflare has them: KV and R2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.worker.conftest import LINK_SECRET, PROXY, Easel, Internet
from tests.worker.reading import eventually
from tests.worker.test_miniflare import NO_COPY, running_miniflare
from tests.worker.test_sessions import PAINT, SIGN_IN, asked, cookie
from tests.worker.test_stored_links import BASE64, KEY, link_of

VARIABLES: Final = {**PROXY, "LINK_SECRET": LINK_SECRET}


@pytest.fixture(scope="module", params=["kv", "r2"])
def easel(request: pytest.FixtureRequest, internet: Internet) -> Iterator[Easel]:
    variables = {name: str(value) for name, value in VARIABLES.items()}
    with running_miniflare(internet, variables, store=request.param) as easel:
        yield easel


@pytest.mark.parametrize("faults", ["", "sandbox:picture-chunked"], ids=["announced", "chunked"])
def test_a_chat_still_shows_its_picture_after_the_services_link_has_died(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str, faults: str
) -> None:
    before = len(internet.downloads())
    link = link_of(client, easel, f"sandbox:picture-bytes=600000 {faults} {marker}")
    assert eventually(lambda: len(internet.downloads()) > before, 10)
    name = internet.downloads()[-1].url.rpartition("/")[2].partition("?")[0]
    content = internet.sandbox.pictures[name].content
    kept = internet.sandbox.pictures

    def is_stored() -> bool:
        """Whether it is there without the service, which has it back where it is not."""
        gone = kept.pop(name)
        response = client.get(link, headers=NO_COPY)
        kept[name] = gone
        return response.status_code == 200

    assert eventually(is_stored, 15)
    del kept[name]
    response = client.get(link, headers=NO_COPY)
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["content-length"] == str(len(content))
    part = client.get(link, headers={"range": "bytes=10-19", **NO_COPY})
    assert (part.status_code, part.content) == (206, content[10:20])
    assert client.head(link).headers["content-length"] == str(len(content))


def test_a_picture_that_is_deleted_has_no_copy_any_more(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    link = link_of(client, easel, f"sandbox:base64=150000 {marker}", model=BASE64)

    def has_copy() -> bool:
        return int(client.get(link).headers["cache-control"].partition("=")[2]) < 3600

    # What is told of a copy is how long that is kept.
    assert eventually(has_copy, 10)
    assert client.delete(link, headers=KEY).status_code == 204
    assert client.get(link).status_code == 404
    del internet


def test_a_picture_without_an_address_gets_a_link(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    link = link_of(client, easel, f"sandbox:base64=1500000 {marker}", model=BASE64)
    assert len(client.get(link).content) == 1_500_000


def test_a_picture_that_breaks_off_is_not_stored(
    client: httpx.Client, easel: Easel, internet: Internet, marker: str
) -> None:
    before = len(internet.downloads())
    link = link_of(client, easel, f"sandbox:picture-bytes=900000 sandbox:picture-cut {marker}")
    assert eventually(lambda: len(internet.downloads()) > before, 10)
    name = internet.downloads()[-1].url.rpartition("/")[2].partition("?")[0]
    del internet.sandbox.pictures[name]
    assert eventually(lambda: client.get(link).status_code == 404, 10)


def test_a_session_outlives_the_isolate(
    client: httpx.Client, internet: Internet, marker: str, tmp_path: Path
) -> None:
    """In R2; `test_sessions.py` shows it of KV."""
    account = {"EASEL_KEYS": "a-key", "ZAI_CHAT_TOKENS": "chat-token-of-nora"}
    variables = {**account, "LINK_SECRET": LINK_SECRET}
    with running_miniflare(internet, variables, store="r2", data=tmp_path) as easel:
        link = link_of(client, easel, marker)
        content = client.get(link).content
        # One that is rejected is renewed, and the new one takes its place.
        internet.sandbox.sessions[cookie(internet.calls(marker)[-1])].revoked = True
        internet.sandbox.calls.clear()
        link_of(client, easel, marker)
        assert asked(internet) == [PAINT, *SIGN_IN, PAINT]
    internet.sandbox.calls.clear()
    internet.sandbox.pictures.clear()
    with running_miniflare(internet, variables, store="r2", data=tmp_path) as again:
        link_of(client, again, marker)
        assert asked(internet) == [PAINT]
        kept = client.get(link.replace(easel.url, again.url))
        assert (kept.status_code, kept.content) == (200, content)
