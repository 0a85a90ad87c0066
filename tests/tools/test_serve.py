"""What `make serve` gives to the Worker."""

from __future__ import annotations

from pathlib import Path

from tools.serve import sandbox_variables, served_variables


def test_the_environment_overrides_dev_vars_which_override_wrangler_toml(tmp_path: Path) -> None:
    (tmp_path / "wrangler.toml").write_text(
        '[vars]\nCHAT_PICTURE = "images"\nKEEP_ALIVE_SECONDS = 3\nDEFAULT_IMAGE_MODEL = "m"\n',
        "utf-8",
    )
    (tmp_path / ".dev.vars").write_text('CHAT_PICTURE="link"\nKEEP_ALIVE_SECONDS=4\n', "utf-8")
    environment = {"CHAT_PICTURE": "markdown", "HOME": "/root"}
    assert served_variables(environment, tmp_path) == {
        "CHAT_PICTURE": "markdown",
        "DEFAULT_IMAGE_MODEL": "m",
        "KEEP_ALIVE_SECONDS": "4",
    }


def test_on_the_sandbox_no_service_is_a_real_one(tmp_path: Path) -> None:
    environment = {"CHAT_PICTURE": "link", "ZAI_IMAGE_BASE_URL": "https://image.z.ai"}
    found = sandbox_variables(environment, "http://127.0.0.1:9", tmp_path)
    assert found["CHAT_PICTURE"] == "link"
    addresses = {name: value for name, value in found.items() if name.endswith("_BASE_URL")}
    assert len(addresses) >= 4
    assert all(str(value).startswith("http://127.0.0.1:9") for value in addresses.values())
