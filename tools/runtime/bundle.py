"""Puts together the Pyodide bundle that workerd runs Python Workers on.

In: the npm packages `pyodide` and `workerd` under `node_modules/`. Out: one file,
`pyodide_dev.capnp.bin`, that `workerd serve --pyodide-bundle-disk-cache-dir` loads. Outcomes: the
path of the file (made now or found as made before), or a `BundleError` whose sentence says what
does not fit.

workerd otherwise downloads this file from Cloudflare's own host. Whatever it holds is in npm's
`pyodide` too; only the glue between JavaScript and WebAssembly is changed, because workerd forbids
user code to evaluate strings and to compile WebAssembly, and lends the glue its own helpers.

Source of the changes: read off workerd 1.20261117.1 and Pyodide 314.0.6, tried on 2026-11-20.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import capnp

from tools.runtime.workerd import BUNDLE_FOLDER, PROJECT

# The one pair that was tried together. workerd's `dev` bundle means exactly one Pyodide release,
# and says so nowhere: a wrong pair fails deep inside the runtime.
TRIED_PAIR: Final = {"workerd": "1.20261117.1", "pyodide": "314.0.6"}

# The version `dev` is the only one that workerd neither downloads nor checks against a checksum.
BUNDLE_NAME: Final = "pyodide_dev.capnp.bin"


class BundleError(Exception):
    """The runtime cannot be put together; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the glue: what stands there, how often it must, and what replaces it."""

    old: str
    count: int
    new: str


_NO_EVAL: Final = '(()=>{throw new Error("workerd forbids eval")})()'

# What workerd lends the glue, because it forbids compiling WebAssembly and drawing entropy at
# start-up, and wants a clock that never runs backwards.
_LENT_NAMES: Final = (
    "addEventListener",
    "getRandomValues",
    "location",
    "monotonicDateNow",
    "newWasmModule",
    "patchedLoadLibData",
    "wasmInstantiate",
)

_HEADER: Final = f'import {{{",".join(_LENT_NAMES)}}} from "pyodide-internal:builtin_wrappers";\n'

GLUE_CHANGES: Final = (
    Change("new WebAssembly.Module", 4, "newWasmModule"),
    Change("WebAssembly.instantiate(", 2, "wasmInstantiate("),
    Change("Date.now", 22, "monotonicDateNow"),
    Change("reportUndefinedSymbols()", 3, "Module.reportUndefinedSymbolsNoOp()"),
    Change("crypto.getRandomValues(", 1, "getRandomValues(Module,"),
    Change("eval(func)", 2, _NO_EVAL),
    Change("eval(data)", 1, _NO_EVAL),
    Change("eval(UTF8ToString(ptr))", 3, _NO_EVAL),
    Change("getMemory(", 1, "Module.getMemoryPatched(Module,libName,"),
    Change(
        "function loadLibData(){",
        1,
        "function loadLibData(){"
        "var patched=patchedLoadLibData(Module,libName,flags.rpath);"
        "return flags.loadAsync?Promise.resolve(patched):patched;",
    ),
    Change(
        "async function _createPyodideModule(", 1, "export async function _createPyodideModule("
    ),
)


def patch_glue(glue: str) -> str:
    """The glue `pyodide.asm.mjs` as workerd can run it.

    Raises BundleError when a place to change is not there as often as it was in the release
    that this was tried with: a glue that is half changed fails in ways nobody can read.
    """
    for change in GLUE_CHANGES:
        found = glue.count(change.old)
        if found != change.count:
            raise BundleError(
                f"pyodide's glue has {change.old!r} {found} times where {change.count} were "
                f"expected: this pyodide is not the {TRIED_PAIR['pyodide']} that the changes "
                "were written for"
            )
    for change in GLUE_CHANGES:
        glue = glue.replace(change.old, change.new)
    return _HEADER + glue


def encode_bundle(glue: str, wasm: bytes, stdlib: bytes) -> bytes:
    """The three modules as one Cap'n Proto message in standard framing."""
    schema = capnp.load(str(Path(__file__).with_name("bundle.capnp")))
    bundle = schema.Bundle.new_message()
    modules = bundle.init("modules", 3)
    parts = (
        ("pyodideRuntime-internal:pyodide.asm", "src", glue.encode()),
        ("pyodideRuntime-internal:pyodide.asm.wasm", "wasm", wasm),
        ("pyodideRuntime-internal:python_stdlib.zip", "data", stdlib),
    )
    for module, (name, kind, content) in zip(modules, parts, strict=True):
        module.name = name
        module.type = "internal"
        setattr(module, kind, content)
    return bytes(bundle.to_bytes())


def installed_version(node_modules: Path, package: str) -> str:
    """The version of an npm package under `node_modules`. Raises BundleError if it is not there."""
    manifest = node_modules / package / "package.json"
    if not manifest.is_file():
        raise BundleError(f"the npm package {package} is not installed: run `make setup`")
    return str(json.loads(manifest.read_text(encoding="utf-8"))["version"])


def check_pair(versions: dict[str, str]) -> None:
    """Raises BundleError unless workerd and pyodide are the pair that was tried together."""
    if versions != TRIED_PAIR:
        found = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
        tried = ", ".join(f"{name} {version}" for name, version in sorted(TRIED_PAIR.items()))
        raise BundleError(
            f"found {found}, but only {tried} were tried together. Pin wrangler and pyodide in "
            "package.json together, try the new pair, then change TRIED_PAIR in "
            "tools/runtime/bundle.py"
        )


def write_once(target: Path, stamp: str, make: Callable[[], bytes]) -> bool:
    """Writes `target` unless the stamp beside it says it was made from the same things.

    Returns whether it was written. The stamp is written last, so that an interrupted run is
    done again.
    """
    stamp_file = target.with_suffix(".stamp")
    if target.is_file() and stamp_file.is_file() and stamp_file.read_text() == stamp:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.partial")
    partial.write_bytes(make())
    partial.replace(target)
    stamp_file.write_text(stamp)
    return True


def build(node_modules: Path, folder: Path) -> Path:
    """The bundle in `folder`, made if it is not there already. Raises BundleError."""
    versions = {name: installed_version(node_modules, name) for name in TRIED_PAIR}
    check_pair(versions)
    pyodide = node_modules / "pyodide"
    target = folder / BUNDLE_NAME

    def make() -> bytes:
        return encode_bundle(
            patch_glue((pyodide / "pyodide.asm.mjs").read_text(encoding="utf-8")),
            (pyodide / "pyodide.asm.wasm").read_bytes(),
            (pyodide / "python_stdlib.zip").read_bytes(),
        )

    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    write_once(target, json.dumps({**versions, "recipe": recipe}, sort_keys=True), make)
    return target


def main() -> int:
    try:
        build(PROJECT / "node_modules", BUNDLE_FOLDER)
    except BundleError as error:
        print(f"easel: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
