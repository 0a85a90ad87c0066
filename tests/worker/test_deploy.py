"""`make deploy`, and what documents say of wrangler, where nobody is logged in at Cloudflare."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.worker.project_copy import copied_to
from tools.runtime.workerd import PROJECT

PAGES = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]
DOCUMENTS = "\n".join(path.read_text("utf-8") for path in PAGES)


def test_deploy_says_in_one_line_that_nobody_is_logged_in_and_builds_nothing(
    tmp_path: Path,
) -> None:
    project = copied_to(tmp_path)
    done = subprocess.run(
        ["make", "deploy"],
        cwd=project,
        # No settings of wrangler's, and no token.
        env={"PATH": os.defpath, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode != 0
    assert done.stdout == ""
    told, made = done.stderr.splitlines()
    assert told.startswith("easel: nobody is logged in at Cloudflare: ")
    assert made.startswith("make: ***")
    assert not (project / "dist").exists()


NAMED = sorted(
    set(re.findall(r"(?m)^npx wrangler ([a-z].*?)(?: {2,}#.*)?$", DOCUMENTS)), key=str.split
)


@pytest.mark.parametrize("words", NAMED)
def test_every_command_of_wrangler_that_a_document_names_exists(words: str, tmp_path: Path) -> None:
    """Nobody is logged in: an upload is a dry run, and of the others only the help is read."""
    project = copied_to(tmp_path)
    (project / ".dev.vars").write_text("EASEL_KEYS=a-key\n", "utf-8")
    command, *rest = words.split()
    given = [command, *rest, "--dry-run"] if command == "deploy" else [command, *rest, "--help"]
    done = subprocess.run(
        [str(project / "node_modules" / ".bin" / "wrangler"), *given],
        cwd=project,
        env={**os.environ, "HOME": str(tmp_path), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if command == "deploy":
        assert "--dry-run: exiting now." in done.stdout
        assert ("EASEL_KEYS" in done.stdout) == ("--secrets-file" in words)
    else:
        named = " ".join(word for word in (command, *rest) if word.islower())
        assert re.search(rf"(?m)^wrangler {named}\b", done.stdout), done.stdout
