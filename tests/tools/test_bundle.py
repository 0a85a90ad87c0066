from __future__ import annotations

import json
from pathlib import Path

import capnp
import pytest

from tools.runtime import bundle
from tools.runtime.bundle import (
    GLUE_CHANGES,
    TRIED_PAIR,
    BundleError,
    build,
    check_pair,
    encode_bundle,
    patch_glue,
    write_once,
)

PROJECT = Path(bundle.__file__).resolve().parents[2]
GLUE = (PROJECT / "node_modules/pyodide/pyodide.asm.mjs").read_text("utf-8")


def test_the_glue_has_every_place_that_is_changed_and_none_is_left() -> None:
    patched = patch_glue(GLUE)
    assert patched.startswith("import {addEventListener,getRandomValues,")
    for gone in ("new WebAssembly.Module", "WebAssembly.instantiate(", "Date.now", "eval("):
        assert gone not in patched.replace("_eval(", "").replace(".eval(", "")
    assert "export async function _createPyodideModule(" in patched
    assert "export default _createPyodideModule" in patched


@pytest.mark.parametrize("change", GLUE_CHANGES, ids=lambda change: change.old)
def test_a_glue_that_differs_is_refused_with_the_counts(change: bundle.Change) -> None:
    with pytest.raises(BundleError, match=f"{change.count - 1} times where {change.count} were"):
        patch_glue(GLUE.replace(change.old, "", 1))


def test_the_message_holds_three_modules_as_workerd_reads_them() -> None:
    schema = capnp.load(str(PROJECT / "tools/runtime/bundle.capnp"))
    message = encode_bundle("glue", b"\0asm", b"PK")
    with schema.Bundle.from_bytes(message) as read:
        modules = [(m.name, str(m.type), m.which(), getattr(m, m.which())) for m in read.modules]
    assert modules == [
        ("pyodideRuntime-internal:pyodide.asm", "internal", "src", b"glue"),
        ("pyodideRuntime-internal:pyodide.asm.wasm", "internal", "wasm", b"\0asm"),
        ("pyodideRuntime-internal:python_stdlib.zip", "internal", "data", b"PK"),
    ]


def test_versions_that_drift_apart_are_named() -> None:
    check_pair(TRIED_PAIR)
    with pytest.raises(BundleError, match=r"found pyodide 999\.0\.0, workerd 1\.20261117\.1"):
        check_pair({**TRIED_PAIR, "pyodide": "999.0.0"})


def test_a_missing_package_is_told_with_the_command_that_brings_it(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"workerd is not installed: run `make setup`"):
        build(tmp_path, tmp_path)


def test_the_installed_packages_are_the_pair_that_was_tried() -> None:
    lock = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    locked = {name: lock[f"node_modules/{name}"]["version"] for name in TRIED_PAIR}
    assert locked == TRIED_PAIR


def test_a_bundle_is_made_once_and_again_only_when_its_recipe_changes(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "bundle.bin"
    assert write_once(target, "one", lambda: b"1")
    assert not write_once(target, "one", lambda: b"2")
    assert target.read_bytes() == b"1"
    assert write_once(target, "two", lambda: b"2")
    assert target.read_bytes() == b"2"
    target.unlink()
    assert write_once(target, "two", lambda: b"3")


def test_an_interrupted_run_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    def interrupted() -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_once(tmp_path / "bundle.bin", "one", interrupted)
    assert list(tmp_path.iterdir()) == []
