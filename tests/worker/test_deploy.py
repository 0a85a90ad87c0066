"""`make deploy`, where nobody is logged in at Cloudflare."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.worker.project_copy import copied_to


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
