"""The built Worker, never older than its sources.

In: the folder of the project. Out: `dist` holds what an upload of these sources would; NotBuilt
with one line where it cannot.
"""

from __future__ import annotations

import fcntl
import filecmp
import os
import subprocess
from pathlib import Path
from typing import Final

_STAMP: Final = ".easel/stamps/dist"
_SUFFIXES: Final = (".py", ".js", ".json")
# make hands its own flags on to whatever it starts; `-B` would build for ever.
_FLAGS_OF_MAKE: Final = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")


class NotBuilt(Exception):
    """The Worker cannot be built; the message says why, and what to do."""


def _make(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name not in _FLAGS_OF_MAKE}
    return subprocess.run(
        ["make", *words], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def _files(folder: Path) -> set[str]:
    """The sources below a folder, without the packages beside them."""
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.suffix in _SUFFIXES}
    return {path.as_posix() for path in found if "python_modules" not in path.parts}


def is_built(project: Path) -> bool:
    """Whether `dist` holds the sources as they are now, whatever the files' times say."""
    source, built = project / "src", project / "dist"
    names = _files(source)
    same, _, _ = filecmp.cmpfiles(source, built, names, shallow=False)
    return names == _files(built) == set(same)


def ensure_built(project: Path) -> None:
    """Builds what has changed. Raises NotBuilt, also where the set-up is older than its locks.

    One process builds at a time; the others wait, and find it built.
    """
    # The file is there wherever there is a project, and nobody else locks it.
    with (project / "Makefile").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _ensure_built(project)


def _ensure_built(project: Path) -> None:
    # Not set up from here: that would replace the very Python that runs this.
    if _make(project, "--question", "setup").returncode != 0:
        raise NotBuilt("the set-up is not up to date; `make setup` first")
    as_if_edited = [] if is_built(project) else ["--what-if=src/entry.py"]
    made = _make(project, *as_if_edited, _STAMP)
    if made.returncode != 0 or not is_built(project):
        raise NotBuilt(f"the Worker cannot be built. make said:\n{made.stdout}{made.stderr}")
