"""The same Worker on Miniflare, which is what `wrangler dev` and many a test suite run on."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.worker.conftest import HASTY, PICTURES, TOKEN, ZAI, Easel, Internet
from tests.worker.reading import event, picture, read
from tools.runtime.workerd import BUILT_WORKER, DEVELOPMENT_FLAGS, PROJECT


@pytest.fixture(scope="module")
def on_miniflare(internet: Internet) -> Iterator[Easel]:
    production = tomllib.loads((PROJECT / "wrangler.toml").read_text("utf-8"))
    options = {
        "folder": str(BUILT_WORKER),
        "compatibilityDate": production["compatibility_date"],
        "compatibilityFlags": [*production["compatibility_flags"], *DEVELOPMENT_FLAGS],
        "outboundPort": internet.port,
        "bindings": HASTY,
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
    assert timed.headers_after < 1.2
    assert timed.pieces[0][0] < 1.5
    assert timed.pieces[0][1].strip() == b""
    assert picture(event(timed.body))[0] == "image/jpeg"


def test_the_document_of_what_is_served_is_there_too(
    client: httpx.Client, on_miniflare: Easel
) -> None:
    response = client.get(f"{on_miniflare.url}/openapi.json")
    assert response.content == (BUILT_WORKER / "edge" / "openapi.json").read_bytes()
