"""The project once more, for what edits it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from tools.runtime.workerd import PROJECT

COPIED = (
    *(
        "src",
        "public",
        "tools",
        "tests",
        "requirements",
        ".easel/stamps",
        "Makefile",
        "wrangler.toml",
    ),
    *("package.json", "package-lock.json", "pyproject.toml"),
)
# What the set-up has made, as it is.
LINKED = (".venv", ".easel/runtime", "node_modules", "python_modules")


def copied_to(folder: Path) -> Path:
    """A copy of the project that may be edited and built; nothing is to be set up again."""
    for name in COPIED:
        source, target = PROJECT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    # What was edited since the set-up counts as set up, and what is edited from now on does not.
    second_ago = time.time_ns() - 10**9
    for stamp in (folder / ".easel" / "stamps").iterdir():
        os.utime(stamp, ns=(second_ago, second_ago))
    for name in LINKED:
        (folder / name).symlink_to((PROJECT / name).resolve())
    return folder
