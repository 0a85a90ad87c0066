"""A test that is run by hand sees the sources as they are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.worker.project_copy import copied_to

# What the edited Worker answers, and what the built one does not.
TEST = """
def test_the_edited_worker_answers(client, easel):
    assert client.get(f"{easel.url}/health").json()["status"] == "edited"
"""


def run_by_hand(project: Path) -> subprocess.CompletedProcess[str]:
    (project / "tests" / "worker" / "test_edited.py").write_text(TEST, "utf-8")
    return subprocess.run(
        [".venv/bin/pytest", "tests/worker/test_edited.py"],
        cwd=project,
        # No environment is activated.
        env={"PATH": os.defpath, "HOME": str(project)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def edit(project: Path) -> None:
    """Another answer, in a file whose time does not tell that it was edited."""
    about = project / "src" / "easel" / "dialects" / "about.py"
    times, text = about.stat(), about.read_text("utf-8")
    assert '"status": "ok"' in text
    about.write_text(text.replace('"status": "ok"', '"status": "edited"'), "utf-8")
    os.utime(about, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copied_to(tmp_path)


def test_one_test_run_by_hand_builds_what_was_edited(project: Path) -> None:
    (project / "dist").mkdir()
    edit(project)
    done = run_by_hand(project)
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_test_run_by_hand_refuses_a_set_up_that_is_older_than_its_locks(project: Path) -> None:
    os.utime(project / "requirements" / "worker.txt")
    done = run_by_hand(project)
    assert done.returncode != 0
    assert "easel: the set-up is not up to date; `make setup` first" in done.stdout
    assert not (project / "dist").exists()
