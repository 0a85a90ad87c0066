"""The JavaScript beside the Python, fuzzed on workerd itself: Node has no base64 of its own yet.

Each case is cut in random parts and held against what the engine makes of the whole.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import psutil
import pytest

from tests.torture.figures import Figures
from tests.worker.conftest import wait_until_answering
from tools.dev import free_port
from tools.runtime.workerd import PROJECT, Service, serve_command, write_config

_HERE: Final = Path(__file__).parent

# One request's cases; a hang is one that takes long for so few.
_CASES: Final = 200
_MOST_SECONDS: Final = 10
_MOST_MEGABYTES: Final = 120


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _seeds() -> list[str]:
    files = [*(_HERE / "corpus").rglob("*"), *(_HERE.parent / "wire").rglob("*.json")]
    contents = [file.read_bytes() for file in files if file.is_file()]
    return [content.decode() for content in contents if _is_text(content)]


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, psutil.Process]]:
    """A Worker that has nothing but the byte layer and what fuzzes it."""
    folder = tmp_path_factory.mktemp("byte_layer")
    modules = folder / "modules"
    modules.mkdir()
    shutil.copy(_HERE / "byte_layer.js", modules)
    ignored = shutil.ignore_patterns("*.py", "*.json", "*.d.ts", "__pycache__")
    shutil.copytree(PROJECT / "src" / "edge", modules / "edge", ignore=ignored)
    service = Service("fuzzer", free_port(), folder=modules, main="byte_layer.js")
    config = write_config(folder / "config.capnp", [service], ["--max-heap-size=64"])
    url = f"http://127.0.0.1:{service.port}"
    with (folder / "log").open("wb") as log:
        workerd = subprocess.Popen(serve_command(config), stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_answering(url, workerd)
        yield url, psutil.Process(workerd.pid)
    finally:
        workerd.terminate()
        workerd.wait(10)


@pytest.mark.parametrize("seconds", [5, pytest.param(45, marks=pytest.mark.long)])
def test_what_comes_in_parts_is_read_as_if_it_were_whole(
    fuzzer: tuple[str, psutil.Process], figures: Figures, seconds: int
) -> None:
    url, process = fuzzer
    seeds, cases, slowest = _seeds(), 0, 0.0
    before = most = process.memory_info().rss / 1e6
    end = time.monotonic() + seconds
    seed = seconds
    while time.monotonic() < end:
        seed += 1
        start = time.monotonic()
        wanted = {"seed": seed, "cases": _CASES, "seeds": seeds}
        answer = httpx.post(url, json=wanted, timeout=60, trust_env=False).json()
        assert "failure" not in answer, answer["failure"]
        cases += answer["cases"]
        slowest = max(slowest, time.monotonic() - start)
        most = max(most, process.memory_info().rss / 1e6)
    figures.count("Fuzzing", "cases of the byte layer", cases)
    assert slowest < _MOST_SECONDS, f"{slowest:.1f} s for {_CASES} cases"
    assert most - before < _MOST_MEGABYTES, f"{most - before:.0f} MB more"
