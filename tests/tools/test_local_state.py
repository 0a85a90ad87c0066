from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.local_state import link_secret, sandbox_links, with_store, write_project
from tools.preflight import read_wrangler_toml
from tools.runtime.workerd import PROJECT


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = link_secret(tmp_path / "kept")
    assert len(first) == 64
    assert link_secret(tmp_path / "kept") == first
    assert link_secret(tmp_path / "other") != first
    (path,) = (tmp_path / "kept").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_on_the_sandbox_everybody_may_store(tmp_path: Path) -> None:
    links = sandbox_links(tmp_path)
    assert links == {"LINK_SECRET": link_secret(tmp_path), "STORE_FOR_EVERYBODY": "true"}


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        ({}, ["PICTURES"]),
        ({"kv_namespaces": [{"binding": "OTHER"}]}, ["OTHER", "PICTURES"]),
        ({"kv_namespaces": [{"binding": "PICTURES", "id": "0f"}]}, ["PICTURES"]),
        ({"r2_buckets": [{"binding": "PICTURES"}]}, []),
    ],
)
def test_a_store_is_bound_where_none_is(written: dict[str, Any], bound: list[str]) -> None:
    found = with_store(written)
    assert [each["binding"] for each in found.get("kv_namespaces", ())] == bound


def test_wrangler_finds_the_worker_from_elsewhere(tmp_path: Path) -> None:
    written = read_wrangler_toml(PROJECT)
    # A second run finds what the first has made.
    write_project(tmp_path, written, PROJECT)
    config = json.loads(write_project(tmp_path, written, PROJECT).read_text("utf-8"))
    assert Path(config["main"]) == PROJECT / "src" / "entry.py"
    assert Path(config["assets"]["directory"]) == PROJECT / "public"
    assert config["rules"] == written["rules"]
    assert config["kv_namespaces"] == [{"binding": "PICTURES"}]
    assert (tmp_path / "python_modules").resolve() == (PROJECT / "python_modules").resolve()


def test_a_worker_without_a_page_has_none(tmp_path: Path) -> None:
    path = write_project(tmp_path, {"main": "entry.py"}, tmp_path)
    assert "assets" not in json.loads(path.read_text("utf-8"))
