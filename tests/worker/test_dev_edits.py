"""`make dev` in a copy of the project whose sources are edited, and broken, while it runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.ports import free_port
from tests.worker.project_copy import copied_to
from tools.runtime.workerd import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copied_to(tmp_path)


@dataclass(frozen=True, slots=True)
class Dev:
    """A running `make dev`, and the file that holds what it prints."""

    url: str
    project: Path
    process: subprocess.Popen[bytes]
    printed: Path

    def wait_for(self, text: str) -> None:
        """Returns when this has been printed."""
        end = time.monotonic() + 60
        while text not in self.printed.read_text("utf-8"):
            assert self.process.poll() is None, self.printed.read_text("utf-8")
            assert time.monotonic() < end, self.printed.read_text("utf-8")
            time.sleep(0.05)

    def read_and_forget(self) -> list[str]:
        """The lines that were printed since the last time, but for those of requests."""
        lines = self.printed.read_text("utf-8").splitlines()
        os.truncate(self.printed, 0)
        return [line for line in lines if not re.match(r"\d\d:\d\d:\d\d  ", line)]


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    project = copied_to(tmp_path_factory.mktemp("project"))
    port, printed = free_port(), project / "printed.txt"
    # Appending, so that the file can be emptied while it is written.
    with printed.open("ab") as output:
        process = subprocess.Popen(
            ["make", "dev", f"PORT={port}"], cwd=project, stdout=output, stderr=output
        )
    running = Dev(f"http://127.0.0.1:{port}", project, process, printed)
    try:
        running.wait_for("Easel answers at")
        yield running
    finally:
        started = psutil.Process(process.pid).children(recursive=True)
        if process.poll() is None:
            psutil.Process(process.pid).children()[0].send_signal(signal.SIGINT)
            process.wait(20)
        _, alive = psutil.wait_procs(started, timeout=5)
        assert alive == []


# Three starts and three reloads.
@pytest.mark.timeout(300)
def test_an_edit_that_does_not_run_is_one_line_and_the_next_starts_easel_again(
    dev: Dev,
) -> None:
    edited = dev.project / "src" / "easel" / "images" / "size.py"
    fine = edited.read_text("utf-8")
    last = len(fine.splitlines()) + 1

    def edit(text: str) -> None:
        """Saves it at once: half a file is another edit, and told as such."""
        saved = dev.project / "saved.py"
        saved.write_text(text, "utf-8")
        saved.replace(edited)

    dev.read_and_forget()

    edit(f"{fine}# a comment\n")
    dev.wait_for("Easel runs what was edited.")
    assert dev.read_and_forget() == ["Easel runs what was edited."]

    for broken, fault in (
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("import nonesuch", "ModuleNotFoundError: No module named 'nonesuch'"),
    ):
        edit(f"{fine}{broken}\n")
        dev.wait_for("Easel starts again")
        assert dev.read_and_forget() == [
            (
                f"easel: src/easel/images/size.py:{last}: {fault}. "
                "Easel starts again when that is mended."
            )
        ]
        edit(fine)
        dev.wait_for("Easel answers at")
        assert dev.read_and_forget() == [f"Easel answers at {dev.url} again."]
        assert httpx.get(f"{dev.url}/health", trust_env=False).json()["status"] == "ok"


@pytest.mark.parametrize("stream", [True, False])
def test_a_picture_that_breaks_off_is_one_line(dev: Dev, *, stream: bool) -> None:
    dev.read_and_forget()
    message = {"role": "user", "content": "sandbox:picture-cut"}
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(
            f"{dev.url}/v1/chat/completions",
            headers={"authorization": "Bearer any"},
            json={"model": "gemini-3-image-1k", "messages": [message], "stream": stream},
            timeout=60,
            trust_env=False,
        )
    dev.wait_for("the picture broke off")
    # The runtime would say more in a moment.
    time.sleep(2)
    (line,) = dev.read_and_forget()
    assert "req_" in line


@pytest.mark.parametrize(
    ("words", "environment", "why"),
    [
        (["dev", "PORT="], {}, "'' is no port"),
        (["dev", "PORT=8 8"], {}, "'8 8' is no port"),
        (["live", "PORT="], {}, "'' is no port"),
        (["dev"], {"CHAT_PICTURE": "inline"}, "CHAT_PICTURE"),
        (["dev"], {"KEEP_ALIVE_SECONDS": "often"}, "KEEP_ALIVE_SECONDS"),
        (["dev"], {"EASEL_KEYS": "a-key"}, "EASEL_KEYS"),
        (["dev", "PYTHON=/bin/ls"], {}, "/bin/ls is no Python"),
        (["test", "PYTHON="], {}, "Python 3.11 or newer is needed"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    words: list[str], environment: dict[str, str], why: str
) -> None:
    told(PROJECT, words, environment, why)


@pytest.mark.parametrize(
    ("command", "path", "addition", "why"),
    [
        ("dev", "src/easel/images/size.py", "def broken(:", "src/easel/images/size.py:"),
        ("live", "src/easel/images/size.py", "def broken(:", "src/easel/images/size.py:"),
        ("dev", "src/easel/images/size.py", "import nonesuch", "No module named 'nonesuch'"),
        ("live", "src/edge/js/interpreter.js", "function (", "src/edge/js/interpreter.js:"),
    ],
)
def test_a_source_that_does_not_run_is_one_line(
    project: Path, command: str, path: str, addition: str, why: str
) -> None:
    with (project / path).open("a", encoding="utf-8") as source:
        source.write(f"{addition}\n")
    told(project, [command, f"PORT={free_port()}"], {}, why)


@pytest.mark.parametrize(
    ("written", "why"),
    [('CHAT_PICTURE="inline"', "CHAT_PICTURE: "), ("ZAI_TOKEN=x", "is ZAI_TOKENS meant?")],
)
def test_a_wrong_variable_of_a_developers_own_is_one_line(
    project: Path, written: str, why: str
) -> None:
    (project / ".dev.vars").write_text(f"{written}\n", "utf-8")
    told(project, ["live", f"PORT={free_port()}"], {}, why)


def test_a_set_up_that_belongs_to_another_folder_is_never_made_anew(project: Path) -> None:
    os.utime(project / "requirements" / "run.txt")
    told(project, ["setup"], {}, ".venv is a link")
    assert (PROJECT / ".venv" / "bin" / "pytest").exists()


def told(folder: Path, words: list[str], environment: dict[str, str], why: str) -> None:
    """That make ends with one line of Easel's, beside its own."""
    done = subprocess.run(
        ["make", *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    lines = (done.stdout + done.stderr).splitlines()
    (line,) = [line for line in lines if not line.startswith("make")]
    assert line.startswith("easel: ")
    assert why in line
