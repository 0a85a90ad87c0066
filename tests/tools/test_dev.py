from __future__ import annotations

import socket

import pytest

from tools.dev import CannotRun, check_port, free_port, wrangler_command


def test_a_free_port_may_be_used() -> None:
    check_port(free_port())


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(CannotRun, match="is no port"):
        check_port(port)


def test_a_busy_port_is_refused_with_another_to_try() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {port} is in use.*PORT={port % 65_535 + 1}"):
            check_port(port)


def test_only_with_the_sandbox_are_the_services_replaced() -> None:
    live = wrangler_command(8787, None)
    dev = wrangler_command(8787, "http://127.0.0.1:9")
    assert "--var" not in live
    assert "--env-file" not in live
    assert dev[: len(live)] == live
    assert dev[-1] == "ZAI_IMAGE_BASE_URL:http://127.0.0.1:9"
