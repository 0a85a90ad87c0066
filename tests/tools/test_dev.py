from __future__ import annotations

import socket

import pytest

from tools.dev import CannotRun, check_port, free_port, own_variables, wrangler_command


def test_a_free_port_may_be_used() -> None:
    port = free_port()
    assert check_port(str(port)) == port


@pytest.mark.parametrize("text", ["0", "-1", "65536", "", "abc", "8787x", "１"])
def test_a_text_that_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(CannotRun, match="is no port"):
        check_port(text)


def test_a_busy_port_is_refused_with_another_to_try() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {port} is in use.*PORT={port % 65_535 + 1}"):
            check_port(str(port))


def test_only_with_the_sandbox_are_the_services_replaced() -> None:
    live = wrangler_command(8787, None)
    dev = wrangler_command(8787, "http://127.0.0.1:9")
    assert "--var" not in live
    assert "--env-file" not in live
    assert dev[: len(live)] == live
    assert dev[-7::2] == [
        "ZAI_IMAGE_BASE_URL:http://127.0.0.1:9",
        "BIGMODEL_BASE_URL:http://127.0.0.1:9/api",
        "ZHAOTOU_BASE_URL:http://127.0.0.1:9/v1",
        "GEEKAI_BASE_URL:http://127.0.0.1:9/api/v1",
    ]


def test_with_the_sandbox_a_variable_may_stand_in_the_environment_but_not_an_address() -> None:
    environment = {"CHAT_PICTURE": "link", "ZAI_IMAGE_BASE_URL": "https://h", "HOME": "/root"}
    assert own_variables(environment) == 'CHAT_PICTURE="link"\n'


def test_secrets_do_not_stand_on_the_command_line() -> None:
    command = wrangler_command(8787, "http://127.0.0.1:9", "secret.env")
    assert command[command.index("--env-file") + 1] == "secret.env"
    assert not any("KEYS" in word for word in command)
