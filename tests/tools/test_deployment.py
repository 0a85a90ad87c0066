"""What wrangler.toml says, as Miniflare takes it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tools.deployment import worker_config
from tools.preflight import CannotRun
from tools.runtime.workerd import PROJECT

LEAST = """
name = "easel"
compatibility_date = "2026-11-17"
compatibility_flags = ["python_workers"]
"""
FOLDER = Path("/project")


def config(text: str) -> dict[str, object]:
    return worker_config(tomllib.loads(LEAST + text), {}, FOLDER)


def test_easels_own_file_is_understood() -> None:
    written = tomllib.loads((PROJECT / "wrangler.toml").read_text("utf-8"))
    found = worker_config(written, {"CHAT_PICTURE": "link", "LOG_REQUESTS": True}, PROJECT)
    assert found["compatibilityDate"] == written["compatibility_date"]
    assert found["assets"] == {"directory": str(PROJECT / "public"), "hasUserWorker": True}
    assert found["env"]["CHAT_PICTURE"] == {"type": "text", "value": "link"}
    assert found["env"]["LOG_REQUESTS"] == {"type": "json", "value": True}


def test_stores_and_limits_are_bound() -> None:
    found = config("""
[[kv_namespaces]]
binding = "PICTURES"
[[kv_namespaces]]
binding = "OTHER"
id = "0f"
[[r2_buckets]]
binding = "BUCKET"
[[r2_buckets]]
binding = "NAMED"
bucket_name = "pictures"
[[ratelimits]]
name = "KEY_LIMITER"
namespace_id = "1001"
simple = { limit = 20, period = 60 }
""")
    assert found["env"] == {
        "PICTURES": {"type": "kv", "id": "PICTURES"},
        "OTHER": {"type": "kv", "id": "0f"},
        "BUCKET": {"type": "r2", "name": "bucket"},
        "NAMED": {"type": "r2", "name": "pictures"},
        "KEY_LIMITER": {
            "type": "rate-limit",
            "namespace": "1001",
            "simple": {"limit": 20, "period": 60},
        },
    }


def test_what_the_page_is_sent_with_is_passed_on() -> None:
    found = config(
        '[assets]\ndirectory = "public"\nbinding = "ASSETS"\nrun_worker_first = ["/v1/*"]'
    )
    assert found["assets"] == {
        "directory": "/project/public",
        "hasUserWorker": True,
        "runWorkerFirst": ["/v1/*"],
    }
    assert found["env"] == {"ASSETS": {"type": "assets"}}


def test_what_only_wrangler_brings_is_refused() -> None:
    with pytest.raises(CannotRun, match=r"^wrangler\.toml: queues cannot be had without wrangler"):
        config("[queues]\n")
