"""`make serve`, run as a person would, in a copy of the project."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil
import pytest
from PIL import Image

from tests.ports import free_port
from tests.worker.project_copy import copied_to
from tests.worker.reading import event, eventually, picture
from tests.worker.test_links import LINK
from tools.runtime.workerd import PROJECT

KEY: Final = "a-secret-token"
# More than the tests ask for with one key, but for the one that asks until it is refused.
LIMIT: Final = 6


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, and the file that holds what it prints."""

    url: str
    project: Path
    process: psutil.Popen
    printed: Path

    def said(self) -> str:
        return self.printed.read_text("utf-8")

    def wait_for(self, text: str) -> None:
        """Returns when this has been printed."""
        eventually(lambda: text in self.said() or self.process.poll() is not None, seconds=90)
        assert text in self.said(), self.said()

    def post(self, path: str, *, key: str = KEY, **fields: object) -> httpx.Response:
        body = {"model": "gemini-3-image-1k", **fields}
        headers = {"authorization": f"Bearer {key}"}
        return httpx.post(self.url + path, headers=headers, json=body, timeout=60, trust_env=False)

    def workerd(self) -> psutil.Process | None:
        """None between two of them."""
        children = self.process.children(recursive=True)
        return next((each for each in children if each.name() == "workerd"), None)

    def kill_workerd(self) -> psutil.Process:
        """Kills it, as soon as there is one."""
        assert eventually(lambda: self.workerd() is not None, seconds=30)
        found = self.workerd()
        assert found is not None
        found.kill()
        return found


@contextmanager
def running(
    folder: Path,
    command: Sequence[str],
    port: int,
    printed: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """A server that this command starts; at the end no process of it is left."""
    with printed.open("wb") as output:
        process = psutil.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=output,
        )
    started: list[psutil.Process] = []
    try:
        yield Served(f"http://127.0.0.1:{port}", folder, process, printed)
    finally:
        if process.poll() is None:
            started = process.children(recursive=True)
            # As a terminal's Ctrl-C and systemd reach the program that `make` runs.
            (process if command[0] != "make" else process.children()[0]).terminate()
            process.wait(20)
        _, alive = psutil.wait_procs(started, timeout=1)
        assert alive == []


def program(port: int, data: Path, *options: str) -> list[str]:
    """What `make serve` runs; the build is there."""
    command = [sys.executable, "-m", "tools.serve", "--port", str(port), "--data", str(data)]
    return [*command, *(options or ("--host", "127.0.0.1", "--sandbox"))]


SOURCES = {"PYTHONPATH": "src"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    project = copied_to(tmp_path_factory.mktemp("project"))
    (project / ".easel" / "stamps" / "dist").unlink(missing_ok=True)
    # A personal proxy whose keys have a limit.
    toml = project / "wrangler.toml"
    text = re.sub(
        r"(?m)^# (?=\[\[ratelimits|name|namespace_id|simple)", "", toml.read_text("utf-8")
    )
    toml.write_text(text.replace("limit = 20", f"limit = {LIMIT}"), "utf-8")
    # The sandbox must not see what is for the real services.
    (project / ".dev.vars").write_text('CHAT_PICTURE="link"\n', "utf-8")
    port = free_port()
    command = ["make", "serve", "SANDBOX=1", f"PORT={port}"]
    own = {"EASEL_KEYS": "a-secret-token, a-limited-key, another-key", "ZAI_TOKENS": "any"}
    with running(project, command, port, project / "printed.txt", own) as server:
        server.wait_for("  curl ")
        yield server


def test_it_is_built_and_started_and_paints(served: Served) -> None:
    assert f"Easel answers at {served.url} (the page to paint on)" in served.said()
    message = {"role": "user", "content": "a cat"}
    answer = served.post("/v1/chat/completions", messages=[message], stream=True)
    mime_type, content = picture(event(answer.content))
    assert mime_type == "image/jpeg"
    Image.open(io.BytesIO(content)).load()


def test_the_page_is_there_with_its_headers(served: Served) -> None:
    page = httpx.get(served.url, trust_env=False)
    assert "<title>Easel" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    headers = {"authorization": f"Bearer {KEY}"}
    models = httpx.get(f"{served.url}/v1/models", headers=headers, trust_env=False).json()
    assert "gemini-3-image-1k" in [model["id"] for model in models["data"]]


def test_each_request_is_a_line_of_json_without_token_and_prompt(served: Served) -> None:
    answer = served.post("/v1/images/generations", prompt="a secret prompt")
    request_id = answer.headers["x-request-id"]
    assert eventually(lambda: request_id in served.said(), seconds=5)
    (line,) = [line for line in served.said().splitlines() if request_id in line]
    assert json.loads(line)["status"] == 200
    assert "secret" not in served.said()
    for process in served.process.children(recursive=True):
        assert "secret" not in " ".join(process.cmdline())


def test_the_rate_limit_of_wrangler_toml_counts_the_requests_of_a_key(served: Served) -> None:
    statuses = [
        served.post("/v1/images/generations", key="a-limited-key", prompt="a cat").status_code
        # A period may end in between, and then the count begins anew.
        for _ in range(2 * LIMIT + 1)
    ]
    assert statuses[:LIMIT] == [200] * LIMIT
    assert 429 in statuses


def test_a_workerd_that_died_is_started_again(served: Served) -> None:
    served.kill_workerd()
    served.wait_for("easel: workerd died and is started again")

    def answers() -> bool:
        try:
            return httpx.get(f"{served.url}/health", timeout=60, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    assert eventually(answers, seconds=90)


def test_what_it_keeps_is_in_a_folder_that_clean_leaves(served: Served) -> None:
    data = served.project / "data"
    message = {"role": "user", "content": "a cat"}
    chat = served.post(
        "/v1/chat/completions", key="another-key", messages=[message], chat_picture="link"
    )
    (link,) = LINK.findall(chat.text)
    painted = httpx.get(link, timeout=60, trust_env=False).content

    def is_stored() -> bool:
        files = [path for path in (data / "kv").rglob("*") if path.is_file()]
        return painted in [path.read_bytes() for path in files]

    assert eventually(is_stored, 20)
    clean = (PROJECT / "Makefile").read_text("utf-8").partition("rm -rf .venv")[2]
    assert "data" not in clean


def test_a_workerd_that_does_not_start_again_is_the_end(tmp_path: Path) -> None:
    port = free_port()
    with running(PROJECT, program(port, tmp_path), port, tmp_path / "printed", SOURCES) as server:
        server.wait_for("  curl ")
        first = server.kill_workerd()
        assert eventually(lambda: server.workerd() not in {None, first}, seconds=30)
        server.kill_workerd()
        assert server.process.wait(30) == 1
        end = server.said()
    assert "easel: workerd died and does not start again" in end
    assert "Traceback" not in end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_while_it_starts(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    with running(PROJECT, program(port, tmp_path), port, tmp_path / "printed", SOURCES) as server:
        assert eventually(lambda: bool(server.process.children()), seconds=30)
        time.sleep(0.5)
        started = server.process.children(recursive=True)
        server.process.send_signal(number)
        assert server.process.wait(20) == 0
        assert psutil.wait_procs(started, timeout=1)[1] == []
        assert server.said() == ""


@pytest.mark.parametrize("command", ["serve", "live"])
def test_the_network_is_not_let_in_without_keys(served: Served, command: str) -> None:
    done = subprocess.run(
        ["make", command, "HOST=0.0.0.0", f"PORT={free_port()}"],
        cwd=served.project,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert line.startswith("easel: HOST=0.0.0.0 lets everybody in your network ask Easel")
    assert "EASEL_KEYS" in line


def test_the_network_is_let_in_with_a_key(tmp_path: Path) -> None:
    port = free_port()
    options = ("--host", "0.0.0.0")  # noqa: S104
    # A service has no home directory to write in.
    home = tmp_path / "home"
    home.touch()
    own = {"EASEL_KEYS": "a-key", "ZAI_TOKENS": "a-token"}
    environment = {**SOURCES, **own, "HOME": str(home)}
    command = program(port, tmp_path, *options)
    with running(PROJECT, command, port, tmp_path / "printed", environment) as server:
        server.wait_for("  curl ")
        lets_the_network_in(port)


def test_make_live_lets_the_network_in_with_a_key(served: Served, tmp_path: Path) -> None:
    port = free_port()
    own = served.project / ".dev.vars"
    before = own.read_text("utf-8")
    own.write_text("EASEL_KEYS=a-key\nZAI_TOKENS=a-token\n", "utf-8")
    command = ["make", "live", "HOST=0.0.0.0", f"PORT={port}"]
    try:
        with running(served.project, command, port, tmp_path / "printed") as live:
            live.wait_for("  curl ")
            lets_the_network_in(port)
    finally:
        own.write_text(before, "utf-8")


def lets_the_network_in(port: int) -> None:
    # Not the address that it has for itself, and still of this machine.
    url = f"http://127.0.0.2:{port}"
    assert httpx.get(f"{url}/v1/models", trust_env=False).status_code == 401
    headers = {"authorization": "Bearer a-key"}
    models = httpx.get(f"{url}/v1/models", headers=headers, trust_env=False).json()["data"]
    assert {model["owned_by"] for model in models} == {"zai"}
