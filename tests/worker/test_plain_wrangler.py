"""Plain `wrangler dev` on wrangler.toml, with all that may be bound in it."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator

import httpx
import pytest

from tests.ports import free_port
from tests.worker.conftest import LINK_SECRET
from tests.worker.reading import eventually
from tests.worker.test_links import LINK
from tests.worker.test_miniflare import NO_COPY
from tools.child import Child
from tools.dev import sandbox_addresses
from tools.runtime.workerd import DEVELOPMENT_FLAGS, PROJECT
from tools.sandbox.server import running
from tools.sandbox.state import Sandbox
from tools.wrangler import QUIET

KEY = {"authorization": "Bearer a-key"}
COPIED = ("src", "public")


def uncommented(text: str) -> str:
    """wrangler.toml with each block that stands there as a comment; of the two stores, R2 has
    another name.
    """
    text = re.sub(r"(?m)^# (?=\[\[|\w+ = )", "", text)
    bucket = '[[r2_buckets]]\nbinding = "{}"'
    return text.replace(bucket.format("PICTURES"), bucket.format("BUCKET"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Sandbox]]:
    folder = tmp_path_factory.mktemp("plain")
    for name in COPIED:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "python_modules").symlink_to((PROJECT / "python_modules").resolve())
    port, sandbox_port = free_port(), free_port()
    sandbox_url = f"http://127.0.0.1:{sandbox_port}"
    written = uncommented((PROJECT / "wrangler.toml").read_text("utf-8"))
    (folder / "wrangler.toml").write_text(written, "utf-8")
    secrets = {
        "EASEL_KEYS": "a-key, a-limited-key",
        "ZAI_TOKENS": "any",
        "LINK_SECRET": LINK_SECRET,
        **sandbox_addresses(sandbox_url),
    }
    lines = [f'{name}="{text}"\n' for name, text in secrets.items()]
    (folder / ".dev.vars").write_text("".join(lines), "utf-8")
    command = [
        *("wrangler", "dev", "--port", str(port), "--inspector-port", "0", "--cwd", str(folder)),
        *("--compatibility-flags", "python_workers", *DEVELOPMENT_FLAGS),
    ]
    said: list[str] = []
    sandbox = Sandbox(sandbox_url, sandbox_url, paint_seconds=0.02)
    with running(sandbox, sandbox_port):
        child = Child(command, said.append, QUIET)
        try:
            assert child.answers(f"http://127.0.0.1:{port}"), "".join(said)
            yield f"http://127.0.0.1:{port}", sandbox
        finally:
            child.stop()


def test_every_block_of_wrangler_toml_is_bound() -> None:
    text = (PROJECT / "wrangler.toml").read_text("utf-8")
    written = tomllib.loads(uncommented(text))
    assert [each["binding"] for each in written["kv_namespaces"]] == ["PICTURES"]
    assert [each["binding"] for each in written["r2_buckets"]] == ["BUCKET"]
    assert [each["name"] for each in written["ratelimits"]] == ["KEY_LIMITER"]
    # Nothing that could be bound is left out.
    assert not re.search(r"(?m)^# ?\[", uncommented(text))


def test_the_page_is_there_and_a_key_is_needed(served: tuple[str, Sandbox]) -> None:
    url, _ = served
    assert "<title>Easel" in httpx.get(url, trust_env=False).text
    assert httpx.get(f"{url}/v1/models", trust_env=False).status_code == 401
    told = httpx.get(f"{url}/health", headers=KEY, trust_env=False).json()
    assert told["links"]["level"] == 3


def test_a_link_outlives_the_services_own(served: tuple[str, Sandbox]) -> None:
    url, sandbox = served
    message = {"role": "user", "content": "a cat"}
    body = {"model": "gemini-3-image-1k", "messages": [message], "chat_picture": "link"}
    with httpx.Client(timeout=60, trust_env=False) as client:
        chat = client.post(f"{url}/v1/chat/completions", headers=KEY, json=body)
        (link,) = LINK.findall(chat.text)
        painted = client.get(link).content

        def is_stored() -> bool:
            """Whether it is there without the service, which has its pictures back then."""
            kept = dict(sandbox.pictures)
            sandbox.pictures.clear()
            response = client.get(link, headers=NO_COPY)
            sandbox.pictures.update(kept)
            return (response.status_code, response.content) == (200, painted)

        assert eventually(is_stored, 20)
        assert client.delete(link, headers=KEY).status_code == 204
        assert client.get(link).status_code == 404


def test_the_rate_limit_counts(served: tuple[str, Sandbox]) -> None:
    url, _ = served
    body = {"model": "glm-image", "prompt": ""}
    limited = {"authorization": "Bearer a-limited-key"}
    with httpx.Client(timeout=60, trust_env=False) as client:
        statuses = {
            client.post(f"{url}/v1/images/generations", headers=limited, json=body).status_code
            # Twenty are free; a period may end in between, and then the count begins anew.
            for _ in range(42)
        }
    assert 429 in statuses
