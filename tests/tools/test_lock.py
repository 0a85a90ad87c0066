"""package-lock.json has every platform, so that `npm ci` takes it: Cloudflare builds with that."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.lock import completed, missing, platform_of
from tools.runtime.workerd import PROJECT

LOCK: dict[str, Any] = json.loads((PROJECT / "package-lock.json").read_text("utf-8"))
PACKAGES = LOCK["packages"]


def test_the_lock_has_every_package_that_any_platform_wants() -> None:
    assert missing(PACKAGES) == {}


def test_completing_changes_nothing_but_what_is_missing() -> None:
    text = (PROJECT / "package-lock.json").read_text("utf-8")
    assert json.dumps(completed(LOCK), ensure_ascii=False, indent=2) + "\n" == text


def test_a_package_that_is_missing_is_named_with_version_and_platform() -> None:
    paint = {
        "version": "2.0.0",
        "dev": True,
        "license": "MIT",
        "optionalDependencies": {"paint-darwin-arm64": "2.0.1", "paint-linux-x64": "2.0.1"},
    }
    there = {"version": "2.0.1", "optional": True}
    lock = {"packages": {"node_modules/paint": paint, "node_modules/paint-linux-x64": there}}
    assert completed(lock) == {
        "packages": {
            "node_modules/paint": paint,
            "node_modules/paint-darwin-arm64": {
                "version": "2.0.1",
                "cpu": ["arm64"],
                "dev": True,
                "license": "MIT",
                "optional": True,
                "os": ["darwin"],
            },
            "node_modules/paint-linux-x64": there,
        }
    }


def test_names_say_the_platform_that_the_registry_says() -> None:
    def of_registry(key: str) -> bool:
        entry = PACKAGES[key]
        return {"cpu", "os", "integrity"} <= set(entry) and entry["cpu"] != ["wasm32"]

    said = {
        key.rpartition("node_modules/")[2]: PACKAGES[key] for key in PACKAGES if of_registry(key)
    }
    assert len(said) > 50
    for name, entry in said.items():
        read = platform_of(name)
        assert (read["os"], read["cpu"]) == (entry["os"], entry["cpu"]), name
        # sharp's names leave glibc out, and workerd's package names no library at all.
        assert read.get("libc", entry.get("libc")) == entry.get("libc"), name


@pytest.mark.parametrize("name", ["fsevents", "paint-linux", "paint-x64", "paint-linux-darwin-x64"])
def test_a_name_that_says_no_platform_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{re.escape(name)} does not say"):
        platform_of(name)


def test_npm_ci_takes_the_lock_and_asks_no_registry(tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(PROJECT / name, tmp_path)
    command = ["npm", "ci", "--dry-run", "--offline", "--cache", str(tmp_path / "cache")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    refused = re.findall(r"(?:Missing|Invalid): .*", done.stderr)
    assert (done.returncode, refused) == (0, []), done.stderr


def test_the_builder_installs_what_a_build_needs_and_no_test_tool() -> None:
    # Cloudflare's builder runs `npm clean-install` without options: .npmrc has them.
    assert "omit=dev" in (PROJECT / ".npmrc").read_text("utf-8").splitlines()
    assert "dev" not in PACKAGES["node_modules/wrangler"]
