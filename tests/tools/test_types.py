"""Every JavaScript is type-checked, strictly."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools.runtime.workerd import PROJECT

CONFIGURATIONS = sorted(
    path
    for folder in (".", "bench", "public", "tests", "tools")
    for path in PROJECT.glob("tsconfig.json" if folder == "." else f"{folder}/**/tsconfig.json")
)


def checked_by(configuration: Path) -> set[Path]:
    done = subprocess.run(
        ["tsc", "--project", str(configuration), "--listFilesOnly"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {Path(line) for line in done.stdout.splitlines()}


def test_make_check_uses_every_configuration() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    (folders,) = re.findall(r"for part in ([^;]*); do tsc --project \$\$part", makefile)
    named = {PROJECT / "tsconfig.json"} | {
        PROJECT / each / "tsconfig.json" for each in folders.split()
    }
    assert named == set(CONFIGURATIONS)


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda path: path.parent.name)
def test_a_configuration_is_strict(configuration: Path) -> None:
    done = subprocess.run(
        ["tsc", "--project", str(configuration), "--showConfig"],
        capture_output=True,
        text=True,
        check=True,
    )
    for option in ("strict", "checkJs", "noUncheckedIndexedAccess", "exactOptionalPropertyTypes"):
        assert f'"{option}": true' in done.stdout
    assert '"noImplicitAny": false' not in done.stdout


def test_every_javascript_is_checked_by_one_of_them() -> None:
    checked = set().union(*map(checked_by, CONFIGURATIONS))
    folders = [PROJECT / name for name in ("bench", "public", "src", "tests", "tools")]
    written = {path for each in folders for end in ("js", "mjs") for path in each.rglob(f"*.{end}")}
    assert written - checked == set()
    assert len(checked & written) > 60
