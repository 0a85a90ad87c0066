"""What Cloudflare does with an upload: it runs the top level once and keeps the memory."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.worker.conftest import Easel
from tests.worker.reading import picture
from tools.runtime.workerd import BUILT_WORKER, Service, save_snapshot, write_config


@pytest.mark.parametrize(
    "top_level",
    ["import random; random.random()", "from js import TextEncoder; kept = TextEncoder.new()"],
)
def test_an_upload_is_refused_for_what_the_top_level_may_not_do(
    tmp_path: Path, top_level: str
) -> None:
    """Shows that the check behind the `snapshot` fixture can fail."""
    worker = tmp_path / "worker"
    shutil.copytree(BUILT_WORKER, worker)
    with (worker / "entry.py").open("a") as entry:
        entry.write(f"\n{top_level}\n")
    config = write_config(tmp_path / "config.capnp", [Service("easel", 0, folder=worker)])
    assert save_snapshot(config, tmp_path / "snapshots").returncode != 0


def test_only_the_worker_and_its_packages_are_uploaded() -> None:
    files = {path.relative_to(BUILT_WORKER).as_posix() for path in BUILT_WORKER.rglob("*.*")}
    own = {name for name in files if not name.startswith("python_modules/")} - {"README.md"}
    folders = {name.split("/")[0] for name in own}
    assert folders == {"entry.py", "easel", "edge"}
    packages = {name.split("/")[1].split("-")[0] for name in files - own if "/" in name}
    assert not packages & {"PIL", "starlette", "uvicorn", "httpx", "pytest"}
    total = sum(path.stat().st_size for path in BUILT_WORKER.rglob("*") if path.is_file())
    # A Worker may have 64 MiB; Python and pydantic take 7.
    assert total < 12 * 1024 * 1024


def test_the_built_worker_paints_a_picture(
    client: httpx.Client, unchanged: Easel, marker: str
) -> None:
    response = client.send(unchanged.chat(marker, stream=False))
    mime_type, content = picture(response.json())
    assert mime_type == "image/jpeg"
    assert Image.open(io.BytesIO(content)).size == (1952, 832)


def test_the_snapshot_does_not_grow_by_another_step(snapshot: Path) -> None:
    """An isolate starts with all that was ever imported; memory grows by a fifth at a time.

    The steps are 30.0, 36.0, 43.3 and 51.9 MB, and Easel uses 36.1 of them.
    """
    assert snapshot.stat().st_size < 44 * 1024 * 1024
