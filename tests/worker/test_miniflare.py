"""The same Worker on Miniflare, which is what `wrangler dev` and many a test suite run on."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.worker.conftest import HASTY, LINK_SECRET, PICTURES, TOKEN, ZAI, Easel, Internet
from tests.worker.reading import event, eventually, picture, read
from tests.worker.test_links import link_of, painted
from tools.runtime.workerd import BUILT_WORKER, DEVELOPMENT_FLAGS, PROJECT

# Asks for the picture itself, and not for a copy of the platform's cache.
NO_COPY: Final = {"cache-control": "no-cache"}


@contextmanager
def running_miniflare(
    internet: Internet,
    variables: Mapping[str, object],
    limiter: Mapping[str, int] | None = None,
    store: str | None = None,
    data: Path | None = None,
) -> Iterator[Easel]:
    """The Worker with these variables, and with a rate limit of its keys and a store where one is
    given, which keeps what it has in `data`.
    """
    production = tomllib.loads((PROJECT / "wrangler.toml").read_text("utf-8"))
    options = {
        "folder": str(BUILT_WORKER),
        "compatibilityDate": production["compatibility_date"],
        "compatibilityFlags": [*production["compatibility_flags"], *DEVELOPMENT_FLAGS],
        "outboundPort": internet.port,
        "variables": variables,
        "limiter": limiter,
        "store": store,
        "data": None if data is None else str(data),
    }
    wrapper = PROJECT / "tools/runtime/workerd-with-bundle.sh"
    process = subprocess.Popen(
        ["node", str(Path(__file__).with_name("miniflare.mjs")), json.dumps(options)],
        env={**os.environ, "MINIFLARE_WORKERD_PATH": str(wrapper)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdin, process.stdout:
        yield Easel(process.stdout.readline().strip().rstrip("/"), Path(os.devnull))
        process.stdin.close()
        process.wait(20)


@pytest.fixture(scope="module")
def on_miniflare(internet: Internet) -> Iterator[Easel]:
    with running_miniflare(internet, {**HASTY, "LINK_SECRET": LINK_SECRET}) as easel:
        yield easel


def test_production_host_names_cookie_and_headers(
    client: httpx.Client, on_miniflare: Easel, internet: Internet, marker: str
) -> None:
    prompt = f"sandbox:picture-bytes=2000000 {marker}"
    _, content = picture(event(client.send(on_miniflare.chat(prompt, stream=True)).content))
    assert content in {kept.content for kept in internet.sandbox.pictures.values()}
    (call,) = internet.calls(marker)
    assert (call.url, call.headers["cookie"]) == (
        f"{ZAI}/api/proxy/images/generate",
        f"session={TOKEN}",
    )
    assert (call.headers["origin"], call.headers["referer"]) == (ZAI, f"{ZAI}/")
    download = internet.downloads()[-1]
    assert download.url.startswith(PICTURES)
    assert "cookie" not in download.headers


def test_the_stream_lives_before_the_picture_is_painted(
    client: httpx.Client, on_miniflare: Easel, marker: str
) -> None:
    timed = read(client, on_miniflare.chat(f"sandbox:slow=2 {marker}", stream=True))
    assert timed.headers_after < 1.9
    assert timed.pieces[0][0] < 1.9
    assert timed.pieces[0][1].strip() == b""
    assert picture(event(timed.body))[0] == "image/jpeg"


def test_the_document_of_what_is_served_is_there_too(
    client: httpx.Client, on_miniflare: Easel
) -> None:
    response = client.get(f"{on_miniflare.url}/openapi.json")
    assert response.content == (BUILT_WORKER / "edge" / "openapi.json").read_bytes()


def test_the_platforms_own_rate_limit_counts_the_requests_of_a_key(
    client: httpx.Client, internet: Internet, marker: str
) -> None:
    variables = {"EASEL_KEYS": f"first-key, {TOKEN}", "ZAI_TOKENS": "zai-token"}
    with running_miniflare(internet, variables, {"limit": 2, "period": 60}) as limited:
        answers = [client.send(limited.chat(marker, stream=False)) for _ in range(2)]
        # A period may end in between, and then the count begins anew.
        while answers[-1].status_code == 200 and len(answers) < 5:
            answers.append(client.send(limited.chat(marker, stream=False)))
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["retry-after"] == "60"
    assert "Key 2 " in answers[-1].json()["error"]["message"]
    assert len(internet.calls(marker)) == len(answers) - 1


# --- The platform's cache, which workerd by itself has not. ---


def test_the_second_reader_gets_a_copy(
    client: httpx.Client, on_miniflare: Easel, internet: Internet, marker: str
) -> None:
    link = link_of(client, on_miniflare, f"sandbox:picture-bytes=700000 {marker}")
    first = client.get(link)
    del internet.sandbox.pictures[painted(internet, first.content)]
    assert eventually(lambda: client.get(link).status_code == 200, 5)
    second = client.get(link)
    assert second.content == first.content
    for name in ("content-type", "content-length", "etag", "content-disposition"):
        assert second.headers[name] == first.headers[name]
    assert client.get(link, headers={"range": "bytes=3-9"}).content == first.content[3:10]
    assert client.head(link).headers["content-length"] == "700000"
    # Only whoever asks for it gets what is there now, which is nothing.
    assert client.get(link, headers=NO_COPY).status_code == 404


def test_a_copy_does_not_outlive_what_the_first_reader_was_told(
    client: httpx.Client, on_miniflare: Easel, marker: str
) -> None:
    link = link_of(client, on_miniflare, marker)

    def told() -> int:
        return int(client.get(link).headers["cache-control"].partition("max-age=")[2])

    assert told() == 3600
    assert eventually(lambda: told() < 3600, 10)


@pytest.mark.parametrize("fault", ["picture-cut", "picture-chunked"])
def test_of_what_is_not_whole_there_is_no_copy(
    client: httpx.Client, on_miniflare: Easel, internet: Internet, marker: str, fault: str
) -> None:
    before = len(internet.downloads())
    link = link_of(client, on_miniflare, f"sandbox:picture-bytes=700000 sandbox:{fault} {marker}")
    with suppress(httpx.RemoteProtocolError):
        client.get(link)
    name = internet.downloads()[before].url.rpartition("/")[2].partition("?")[0]
    del internet.sandbox.pictures[name]
    assert client.get(link).status_code == 404


def test_a_reader_who_leaves_leaves_no_copy(
    client: httpx.Client, on_miniflare: Easel, internet: Internet, marker: str
) -> None:
    before = len(internet.downloads())
    link = link_of(client, on_miniflare, f"sandbox:picture-bytes=5000000 {marker}")
    with client.stream("GET", link) as response:
        next(response.iter_raw())
    name = internet.downloads()[before].url.rpartition("/")[2].partition("?")[0]
    del internet.sandbox.pictures[name]
    assert client.get(link).status_code == 404
