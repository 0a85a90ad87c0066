"""What docs/deploying.md shows is what the project has."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from configparser import RawConfigParser
from typing import Any

from easel.services.table import VARIABLES
from tools.preflight import read_dotenv
from tools.runtime.workerd import PROJECT
from tools.serve import arguments

PAGE = (PROJECT / "docs" / "deploying.md").read_text("utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no name stands twice."""
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


PACKAGE: dict[str, Any] = json.loads(
    (PROJECT / "package.json").read_text("utf-8"), object_pairs_hook=_once
)


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert isinstance(found, str)
    return found


def test_every_command_of_make_that_a_document_names_exists() -> None:
    pages = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]
    text = "\n".join(path.read_text("utf-8") for path in pages if path.name != "CHANGELOG.md")
    named = set(re.findall(r"(?:`|^|&& )(?:\w+=\S+ )*make ([a-z]+)", text, re.MULTILINE))
    assert {"serve", "build", "deploy", "dev", "live"} <= named
    targets = set(re.findall(r"(?m)^\.PHONY: (\S+)", MAKEFILE))
    assert named <= targets


def test_cloudflare_builds_a_fork_with_what_the_set_up_runs_and_no_test() -> None:
    assert PACKAGE["scripts"]["build"] == "sh tools/vendor.sh"
    assert "tools/vendor.sh" in MAKEFILE
    assert PACKAGE["scripts"]["deploy"] == "wrangler deploy"


def test_the_button_asks_for_no_secret_and_every_secret_is_explained() -> None:
    example = (PROJECT / ".dev.vars.example").read_text("utf-8")
    assert read_dotenv(example) == {}
    offered = set(read_dotenv(re.sub(r"(?m)^# (?=[A-Z_]+=)", "", example))) - {"CHAT_PICTURE"}
    configuration = (PROJECT / "docs" / "configuration.md").read_text("utf-8")
    secrets = set(re.findall(r"(?m)^\| `(\w+)` \| [^|]* \| a secret", configuration))
    explained = PACKAGE["cloudflare"]["bindings"]
    assert {"EASEL_KEYS", "ZAI_TOKENS"} <= offered == secrets
    assert secrets <= set(explained) <= set(VARIABLES)
    assert all(binding["description"].endswith(".") for binding in explained.values())


def test_the_unit_of_systemd_runs_what_make_serve_runs() -> None:
    # Lines of one section may have the same key, and case counts.
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(block("ini"))
    service = unit["Service"]
    home = service["WorkingDirectory"]
    python, module, name, *words = shlex.split(service["ExecStart"])
    assert (python, module, name) == (f"{home}/.venv/bin/python", "-m", "tools.serve")
    given = arguments(words)
    assert given.data.name == service["StateDirectory"] == "easel"
    environment = dict(word.split("=", 1) for word in service["Environment"].split())
    assert environment["PATH"].startswith(f"{home}/.venv/bin:")
    assert environment["PYTHONPATH"] == "src"


def test_the_dockerfile_runs_what_make_serve_runs_and_leaves_secrets_outside() -> None:
    text = (PROJECT / "Dockerfile").read_text("utf-8")
    assert "RUN make build" in text
    (command,) = re.findall(r"(?m)^CMD (.*)$", text)
    python, module, name, *words = json.loads(command)
    assert (python, module, name) == ("python", "-m", "tools.serve")
    assert str(arguments(words).data) == re.findall(r"(?m)^VOLUME (\S+)$", text)[0]
    assert re.findall(r"(?m)^EXPOSE (\d+)$", text) == [arguments(words).port]
    ignored = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    made = re.findall(r"(?m)^/([\w.]+/)$", (PROJECT / ".gitignore").read_text("utf-8"))
    assert {name.rstrip("/") for name in made} | {".dev.vars", ".env", ".git"} <= set(ignored)


def test_the_route_of_a_domain_stands_above_the_tables_of_wrangler_toml() -> None:
    written = (PROJECT / "wrangler.toml").read_text("utf-8")
    above, table = written.split("\n[", 1)
    changed = tomllib.loads(f"{above}\n{block('toml')}\n[{table}")
    assert changed["routes"] == [{"pattern": "easel.example.com", "custom_domain": True}]
    assert {**changed, "routes": None} == {**tomllib.loads(written), "routes": None}
