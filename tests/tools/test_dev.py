from __future__ import annotations

from pathlib import Path

import pytest

from tools.dev import greeting, own_variables, sandbox_command, wrangler_command

CONFIG = Path("wrangler.json")


def test_only_with_the_sandbox_are_the_services_replaced() -> None:
    live = wrangler_command(8787)
    dev = sandbox_command(8787, "http://127.0.0.1:9", CONFIG, "secret.env")
    assert "--var" not in live
    assert "--env-file" not in live
    assert dev[: len(live)] == live
    assert dev[-9::2] == [
        "ZAI_IMAGE_BASE_URL:http://127.0.0.1:9",
        "ZAI_CHAT_BASE_URL:http://127.0.0.1:9",
        "BIGMODEL_BASE_URL:http://127.0.0.1:9/api",
        "ZHAOTOU_BASE_URL:http://127.0.0.1:9/v1",
        "GEEKAI_BASE_URL:http://127.0.0.1:9/api/v1",
    ]


def test_with_the_sandbox_a_variable_may_stand_in_the_environment_but_not_an_address() -> None:
    environment = {"CHAT_PICTURE": "link", "ZAI_CHAT_BASE_URL": "https://h", "HOME": "/root"}
    assert own_variables(environment) == 'CHAT_PICTURE="link"\n'


def test_secrets_do_not_stand_on_the_command_line() -> None:
    command = sandbox_command(8787, "http://127.0.0.1:9", CONFIG, "secret.env")
    assert command[command.index("--env-file") + 1] == "secret.env"
    assert not any("KEYS" in word for word in command)


@pytest.mark.parametrize(
    ("sandbox", "keys", "token", "hint"),
    [
        (True, False, "any-word", "To try it:"),
        (True, True, "$KEY", "one of EASEL_KEYS:"),
        (False, False, "$TOKEN", "your token of image.z.ai:"),
        (False, True, "$KEY", "one of EASEL_KEYS:"),
    ],
)
def test_the_greeting_names_the_page_the_base_url_and_a_request(
    token: str, hint: str, *, sandbox: bool, keys: bool
) -> None:
    first, second, curl = greeting("http://h:1", sandbox=sandbox, keys=keys).splitlines()
    assert (
        first
        == "Easel answers at http://h:1 (the page to paint on) and http://h:1/v1 (for clients)."
    )
    assert ("sandbox" in second) == sandbox
    assert second.endswith(hint)
    assert curl.startswith("  curl -sS http://h:1/v1/images/generations ")
    assert f'"Authorization: Bearer {token}"' in curl
