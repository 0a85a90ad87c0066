"""An exception of our own: what the client sees of it, and what the log keeps.

It is a copy of the built Worker in which one function of the core raises; nothing else can be
made to fail from outside.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.worker.conftest import HASTY, TOKEN, Easel, Internet, running_workerd
from tests.worker.reading import event
from tools.runtime.workerd import BUILT_WORKER, Service, write_config

RAISES = """

def check_download(status, length, first_bytes, max_bytes):
    # The log shows the line that raised, which is ours; what it says is put together at run time.
    raise ValueError("".join(["sec", "ret"]))
"""


@pytest.fixture(scope="module")
def failing(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Easel]:
    folder = tmp_path_factory.mktemp("failing")
    worker = folder / "worker"
    shutil.copytree(BUILT_WORKER, worker)
    with (worker / "easel" / "download.py").open("a") as module:
        module.write(RAISES)
    port, log = free_port(), folder / "log"
    service = Service("easel", port, HASTY, outbound_port=internet.port, folder=worker)
    config = write_config(folder / "config.capnp", [service])
    easel = Easel(f"http://127.0.0.1:{port}", log)
    with running_workerd(easel, config):
        yield easel


def logged(log: Path, request_id: str) -> str:
    """What the log says, once it has the request."""
    end = time.monotonic() + 5
    while request_id not in log.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    return log.read_text()


@pytest.mark.parametrize("stream", [True, False])
def test_an_early_one_is_a_500_in_the_same_envelope_and_not_asked_again(
    client: httpx.Client, failing: Easel, marker: str, *, stream: bool
) -> None:
    response = client.send(failing.chat(marker, stream=stream))
    assert (response.status_code, response.json()["error"]["code"]) == (500, "internal_error")
    assert response.headers["x-should-retry"] == "false"
    assert response.headers["access-control-allow-origin"] == "*"
    log = logged(failing.log, response.headers["x-request-id"])
    assert "ValueError" in log
    assert "check_download" in log
    for secret in ("secret", marker, TOKEN):
        assert secret not in log + response.text


def test_a_late_one_is_an_event_of_the_stream(
    client: httpx.Client, failing: Easel, marker: str
) -> None:
    response = client.send(failing.chat(f"sandbox:slow=1 {marker}", stream=True))
    assert event(response.content)["error"]["code"] == "internal_error"
    assert "ValueError" in logged(failing.log, response.headers["x-request-id"])
