"""What wrangler.toml says of the Worker, in the words that Miniflare has for it.

In: wrangler.toml, read, and Easel's variables. Out: Miniflare's `config` of a Worker, without its
modules. Raises CannotRun for what only Cloudflare, or wrangler, could bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tools.preflight import CannotRun
from tools.runtime.workerd import DEVELOPMENT_FLAGS

# What is read here, or read elsewhere, or says how Cloudflare is to treat an upload.
_KNOWN: Final = frozenset(
    {
        *("$schema", "name", "main", "compatibility_date", "compatibility_flags", "rules", "vars"),
        *("assets", "kv_namespaces", "r2_buckets", "ratelimits", "secrets", "keep_vars"),
        *("account_id", "route", "routes", "workers_dev", "preview_urls", "previews", "env"),
        *("observability", "logpush", "limits", "placement", "send_metrics", "dev"),
    }
)
# The options of [assets], and Miniflare's names for them.
_ASSETS: Final = {
    "html_handling": "htmlHandling",
    "not_found_handling": "notFoundHandling",
    "run_worker_first": "runWorkerFirst",
}


def worker_config(
    written: Mapping[str, Any], variables: Mapping[str, object], folder: Path
) -> dict[str, Any]:
    """The Worker in this folder, with these variables in place of `[vars]`."""
    unknown = sorted(set(written) - _KNOWN)
    if unknown:
        raise CannotRun(
            f"wrangler.toml: {unknown[0]} cannot be had without wrangler; `make live` runs it"
        )
    config: dict[str, Any] = {
        "name": written["name"],
        "compatibilityDate": written["compatibility_date"],
        "compatibilityFlags": [*written["compatibility_flags"], *DEVELOPMENT_FLAGS],
        "env": {**_variables(variables), **_bindings(written)},
    }
    assets = written.get("assets")
    if assets is not None:
        config["assets"] = {
            "directory": str(folder / assets["directory"]),
            "hasUserWorker": True,
            **{new: assets[old] for old, new in _ASSETS.items() if old in assets},
        }
        if "binding" in assets:
            config["env"][assets["binding"]] = {"type": "assets"}
    return config


def _variables(variables: Mapping[str, object]) -> dict[str, Any]:
    return {
        name: {"type": "text" if isinstance(value, str) else "json", "value": value}
        for name, value in variables.items()
    }


def _bindings(written: Mapping[str, Any]) -> dict[str, Any]:
    """The stores and the limits. What has no name yet gets that of its binding, as at a deploy."""
    found: dict[str, Any] = {}
    for store in written.get("kv_namespaces", ()):
        found[store["binding"]] = {"type": "kv", "id": store.get("id", store["binding"])}
    for bucket in written.get("r2_buckets", ()):
        name = bucket.get("bucket_name", bucket["binding"].lower())
        found[bucket["binding"]] = {"type": "r2", "name": name}
    for limit in written.get("ratelimits", ()):
        found[limit["name"]] = {
            "type": "rate-limit",
            "namespace": str(limit["namespace_id"]),
            "simple": limit["simple"],
        }
    return found
