"""What Easel keeps on this machine from one run to the next: a store of pictures, and its secret.

In: a folder, and what wrangler.toml says. Out: the secret that links are sealed with, which is made
once; a configuration with a store; and a project of wrangler's in that folder.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

# The name in wrangler.toml, and what may be bound under it.
_BINDING: Final = "PICTURES"
_STORES: Final = ("kv_namespaces", "r2_buckets")

_SECRET_BYTES: Final = 32


def link_secret(folder: Path) -> str:
    """The secret of the links that are kept in this folder. Nobody else may read it."""
    path = folder / "link-secret"
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w") as file:
            file.write(secrets.token_hex(_SECRET_BYTES))
    return path.read_text("utf-8")


def sandbox_links(folder: Path) -> dict[str, str]:
    """The variables with which Easel on the sandbox keeps whatever anybody paints."""
    return {"LINK_SECRET": link_secret(folder), "STORE_FOR_EVERYBODY": "true"}


def with_store(written: Mapping[str, Any]) -> dict[str, Any]:
    """What wrangler.toml says, with a KV namespace for pictures where it binds no store."""
    bound = [each["binding"] for kind in _STORES for each in written.get(kind, ())]
    if _BINDING in bound:
        return dict(written)
    return {**written, "kv_namespaces": [*written.get("kv_namespaces", ()), {"binding": _BINDING}]}


def write_project(folder: Path, written: Mapping[str, Any], project: Path) -> Path:
    """A configuration of wrangler's with a store; what wrangler keeps of it is in the folder too.

    The Worker is that of `project`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # wrangler looks for packages beside its configuration.
    packages = folder / "python_modules"
    if not packages.is_symlink():
        packages.symlink_to(project / packages.name)
    config = {**with_store(written), "main": str(project / written["main"])}
    if assets := written.get("assets"):
        config["assets"] = {**assets, "directory": str(project / assets["directory"])}
    path = folder / "wrangler.json"
    path.write_text(json.dumps(config, indent=2), "utf-8")
    return path
