"""Whether the build is as new as its sources."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.runtime.build import is_built


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Sources, and a build of them as wrangler lays it out."""
    for name in ("entry.py", "easel/images/size.py", "edge/js/interpreter.js", "edge/openapi.json"):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text(f"// {name}", "utf-8")
    shutil.copytree(tmp_path / "src", tmp_path / "dist")
    (tmp_path / "dist" / "python_modules").mkdir()
    (tmp_path / "dist" / "python_modules" / "other.py").touch()
    (tmp_path / "dist" / "README.md").touch()
    (tmp_path / "src" / "easel" / ".size.py.swp").touch()
    return tmp_path


def test_a_build_with_the_sources_of_now_is_taken(project: Path) -> None:
    assert is_built(project)


def _edit(project: Path) -> None:
    (project / "src" / "easel" / "size.py").write_text("// easel/SIZE.py", "utf-8")


def _add(project: Path) -> None:
    (project / "src" / "edge" / "writing.js").touch()


def _remove(project: Path) -> None:
    (project / "src" / "edge" / "openapi.json").unlink()


def _build_away(project: Path) -> None:
    shutil.rmtree(project / "dist")


@pytest.mark.parametrize("change", [_edit, _add, _remove, _build_away])
def test_a_build_of_other_sources_is_not(project: Path, change: Callable[[Path], None]) -> None:
    change(project)
    assert not is_built(project)
