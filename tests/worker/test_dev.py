"""`make dev`, run as a person would, and what the documents promise of it."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from easel import VERSION
from tests.easel.dialects.test_openai_chat import ZAI_REQUEST
from tests.ports import free_port, nowhere
from tests.worker.reading import event, picture
from tools.dev import kept_by
from tools.runtime.workerd import PROJECT
from tools.sandbox.faults import Fault
from tools.sandbox.pictures import draw

README = (PROJECT / "README.md").read_text("utf-8")
GUIDES = {path.name: path.read_text("utf-8") for path in sorted(PROJECT.glob("docs/*.md"))}
EVERYWHERE = "\n".join([README, *GUIDES.values()])


def start(
    port: int, command: str = "dev", environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["make", command, f"PORT={port}"],
        cwd=PROJECT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def interrupt(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """A terminal's Ctrl-C reaches `make` and the program that it runs, which is its only child."""
    (program,) = psutil.Process(process.pid).children()
    program.send_signal(number)


def forget(port: int) -> None:
    """Removes what `make dev` keeps at a port that nobody will choose again."""
    shutil.rmtree(kept_by(port), ignore_errors=True)


def read_greeting(process: subprocess.Popen[str]) -> str:
    """All that is printed up to the request to try Easel with."""
    assert process.stdout is not None
    said = ""
    while "  curl " not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said


@pytest.fixture(scope="module")
def dev() -> Iterator[tuple[str, str]]:
    """The address that `make dev` prints, and all it printed up to there."""
    port = free_port()
    process = start(port)
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout, process.stderr:
        url = f"http://127.0.0.1:{port}"
        yield url, read_greeting(process)
        started = children(process)
        assert any("workerd" in child.name() for child in started)
        interrupt(process, signal.SIGINT)
        process.stdout.read()
        process.wait(20)
        _, alive = psutil.wait_procs(started, timeout=5)
        assert alive == []
    forget(port)


def test_the_page_the_base_url_and_a_request_are_told_when_it_answers(dev: tuple[str, str]) -> None:
    url, said = dev
    started, where, _, _ = said.splitlines()
    assert re.fullmatch(r"easel: started in \d+ s", started)
    assert f" {url} (the page" in where
    assert f" {url}/v1 " in where
    assert "<title>Easel" in httpx.get(url, trust_env=False).text
    told = httpx.get(f"{url}/health", trust_env=False).json()
    assert told == {"status": "ok", "version": VERSION, "sandbox": True}
    document = httpx.get(f"{url}/openapi.json", trust_env=False).content
    assert document == (PROJECT / "src" / "edge" / "openapi.json").read_bytes()


def test_the_request_that_is_told_paints(dev: tuple[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-c", dev[1].splitlines()[-1]],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (painted,) = json.loads(done.stdout)["data"]
    Image.open(io.BytesIO(httpx.get(painted["url"], trust_env=False).content)).load()


def run_first_curl(
    url: str, folder: Path, shell: str, *, token: str = "any-token-will-do"
) -> subprocess.CompletedProcess[str]:
    (command,) = re.findall(r"```sh\n(curl -sS [^`]*base64 -d[^`]*)```", README)
    command = command.replace("http://127.0.0.1:8787", url).replace("any-token-will-do", token)
    return subprocess.run(
        [shell, "-c", command], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_readmes_curl_saves_a_picture(dev: tuple[str, str], tmp_path: Path, shell: str) -> None:
    url, _ = dev
    done = run_first_curl(url, tmp_path, shell)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    painted = Image.open(tmp_path / "cat.jpg")
    painted.load()
    assert painted.format == "JPEG"


def test_the_readmes_curl_shows_an_error_and_saves_nothing(
    dev: tuple[str, str], tmp_path: Path
) -> None:
    url, _ = dev
    done = run_first_curl(url, tmp_path, "sh", token="invalid")
    assert done.returncode != 0
    assert json.loads(done.stdout)["error"]["code"] == "invalid_api_key"
    assert not list(tmp_path.glob("cat*"))


def test_the_readmes_curl_shows_that_nobody_answers(tmp_path: Path) -> None:
    done = run_first_curl(f"http://127.0.0.1:{nowhere()}", tmp_path, "sh")
    assert done.returncode != 0
    assert done.stderr.startswith("curl: ")
    assert not list(tmp_path.iterdir())


def test_the_documents_request_streams_a_picture(dev: tuple[str, str]) -> None:
    url, _ = dev
    response = httpx.post(
        f"{url}/v1/chat/completions",
        headers={"authorization": "Bearer any"},
        content=ZAI_REQUEST,
        timeout=60,
        trust_env=False,
    )
    mime_type, content = picture(event(response.content))
    assert mime_type == "image/jpeg"
    assert Image.open(io.BytesIO(content)).size == (1952, 832)


def test_every_curl_of_the_documents_runs(dev: tuple[str, str], tmp_path: Path) -> None:
    url, _ = dev
    (tmp_path / "cat.jpg").write_bytes(draw("a cat", (64, 64), "JPEG"))
    commands = re.findall(r"```sh\n(curl [^`]*)```", EVERYWHERE)
    assert len(commands) >= 7
    for command in commands:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command.replace("http://127.0.0.1:8787", url)],
            cwd=tmp_path,
            env={**os.environ, "TOKEN": "any"},
            capture_output=True,
            check=True,
            timeout=60,
        )
        if "> cat.jpg" not in command:
            assert b'"error"' not in done.stdout, command
            assert re.search(rb'"data": "|"data": \[|"url"', done.stdout), command


@pytest.mark.parametrize(
    ("token", "length", "status"),
    [("any", 13 * 2**20, 413), ("", 3 * 2**20, 401)],
)
def test_an_early_answer_to_a_large_request_arrives(
    dev: tuple[str, str], token: str, length: int, status: int
) -> None:
    """wrangler's front end cuts the connection where a body is not read; so it is, to its end."""
    url, _ = dev
    files = {"image": ("cat.png", b"\0" * length, "image/png")}
    headers = {"authorization": f"Bearer {token}"} if token else {}
    for _ in range(5):
        response = httpx.post(
            f"{url}/v1/images/edits",
            headers=headers,
            data={"model": "seedream-4.5", "prompt": "x"},
            files=files,
            timeout=30,
            trust_env=False,
        )
        assert response.status_code == status


PROGRAMS = re.findall(r"```(python|js)\n(.*?)```", EVERYWHERE, re.DOTALL)


@pytest.mark.parametrize(("language", "program"), PROGRAMS, ids=[text[:40] for _, text in PROGRAMS])
def test_every_program_of_the_documents_paints(
    dev: tuple[str, str], tmp_path: Path, language: str, program: str
) -> None:
    url, _ = dev
    program = program.replace("http://127.0.0.1:8787", url)
    if language == "python":
        own = PROJECT / ".easel" / "litellm" / "bin" / "python"
        command = [str(own) if "import litellm" in program else sys.executable, "-c", program]
    else:
        (tmp_path / "node_modules").symlink_to(PROJECT / "node_modules")
        command = ["node", "--input-type=module", "--eval", program]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    saved = list(tmp_path.glob("*.jpg"))
    assert bool(saved) == ("cat.jpg" in program)
    for path in saved:
        Image.open(path).load()
    # What a program prints stands beside it in a comment.
    told = re.findall(r"(?:print|console\.log)\(.*\);?  (?:#|//) (.*)", program)
    for text in told:
        pattern = re.escape(text).replace("https", "https?").replace("…", ".*")
        assert re.search(pattern, done.stdout), done.stdout
    assert saved or told


def test_the_sandboxs_page_lists_every_fault_that_there_is() -> None:
    assert set(re.findall(r"`sandbox:([a-z0-9-]+)", GUIDES["sandbox.md"])) == set(Fault)


def test_every_fault_that_the_sandboxs_page_lists_can_be_seen(dev: tuple[str, str]) -> None:
    url, _ = dev
    row = r"^\| `sandbox:([a-z-]+)` \|[^|]*\| (\d{3}) `(\w+)` \|$"
    rows = re.findall(row, GUIDES["sandbox.md"], re.MULTILINE)
    assert len(rows) >= 10
    for fault, status, code in rows:
        message = {"role": "user", "content": f"sandbox:{fault}"}
        response = httpx.post(
            f"{url}/v1/chat/completions",
            headers={"authorization": "Bearer any"},
            json={"model": "gemini-3-image-1k", "messages": [message]},
            timeout=60,
            trust_env=False,
        )
        found = (str(response.status_code), response.json()["error"]["code"])
        assert found == (status, code), fault


def test_a_busy_port_is_told_in_a_sentence(dev: tuple[str, str]) -> None:
    port = int(dev[0].rsplit(":", 1)[1])
    process = start(port)
    _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert f"easel: port {port} is in use; choose another, as in `make dev PORT=" in errors
    assert "Traceback" not in errors


def test_stopping_while_it_starts_leaves_nothing() -> None:
    port = free_port()
    process = start(port)
    end = time.monotonic() + 20
    while not any("workerd" in child.name() for child in children(process)):
        assert time.monotonic() < end
        time.sleep(0.05)
    started = children(process)
    interrupt(process, signal.SIGTERM)
    process.communicate(timeout=20)
    _, alive = psutil.wait_procs(started, timeout=5)
    assert alive == []
    forget(port)


def written_since(moment: float, *folders: Path) -> Iterator[Path]:
    """The files in these folders that were written after a moment."""
    for folder in folders:
        for path in folder.rglob("*"):
            # Tests that run beside this one write there too, and remove what they wrote.
            with suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_mtime >= moment:
                    yield path


def read_if_there(path: Path) -> bytes:
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return b""


@pytest.mark.parametrize("command", ["dev", "live"])
def test_neither_key_nor_token_nor_prompt_is_on_the_disk_after_a_run(
    command: str, tmp_path: Path
) -> None:
    """wrangler keeps the whole address of every request in a database unless told not to."""
    before = time.time() - 1
    # Whatever is written outside of the project is written here.
    homes = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CONFIG_HOME")}
    secrets = [f"{word}-{uuid.uuid4().hex}" for word in ("key", "token", "prompt")]
    key, token, prompt = secrets
    port = free_port()
    process = start(port, command, homes)
    said = read_greeting(process)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            assert client.get("/v1beta/models", params={"key": key}).status_code == 200
            assert client.get("/v1/models", headers={"x-api-key": token}).status_code == 200
            assert client.get(f"/nowhere?key={key}").status_code == 404
            if command == "dev":
                painted = client.post(
                    "/v1beta/models/gemini-3-image-1k:generateContent",
                    params={"key": key},
                    json={"contents": [{"parts": [{"text": prompt}]}]},
                )
                assert painted.status_code == 200
        # wrangler writes a moment after the answer has left.
        time.sleep(1)
    finally:
        interrupt(process, signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    written = list(written_since(before, PROJECT, tmp_path))
    assert any(".wrangler" in path.parts for path in written)
    for secret in secrets:
        assert secret not in said + rest + errors
        assert [path for path in written if secret.encode() in read_if_there(path)] == []
    forget(port)
