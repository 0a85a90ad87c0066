"""The project once more, for what edits it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.runtime.workerd import PROJECT

COPIED = (
    *("src", "tools", "tests", "requirements", ".easel/stamps", "Makefile", "wrangler.toml"),
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
    # Whatever was edited since the set-up: a copy that sets up anew would do so in what is linked.
    stamps = (folder / ".easel" / "stamps").iterdir()
    for stamp in sorted(stamps, key=lambda path: path.stat().st_mtime_ns):
        stamp.touch()
    for name in LINKED:
        (folder / name).symlink_to((PROJECT / name).resolve())
    return folder
