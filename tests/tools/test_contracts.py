"""The contracts of who may import whom fail when they should, each for an import that breaks it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tools.runtime.workerd import PROJECT

LAYERS = "Higher imports lower, and the two wings do not see each other"
PROMPTS = "Only dialects know hidden prompts"
DIALECTS = "Dialects do not know each other"
SERVICES = "Services do not know each other, and what they share knows none of them"
CORE = "The core does no I/O and does not know the platform"

# (contract, module, what it must not import)
BROKEN = [
    (LAYERS, "services/zhaotou", "easel.dialects.chat_encoder"),
    (LAYERS, "dialects/gemini", "easel.services.token_pool"),
    (LAYERS, "images/request", "easel.services.wire"),
    (LAYERS, "images/request", "easel.dialects.markdown"),
    (LAYERS, "settings", "easel.services.table"),
    (LAYERS, "token", "easel.services.geekai"),
    (LAYERS, "errors", "easel.images.size"),
    (LAYERS, "routing", "edge.shell"),
    (PROMPTS, "services/token_pool", "easel.hidden_prompts.table"),
    (PROMPTS, "images/request", "easel.hidden_prompts.table"),
    (DIALECTS, "dialects/gemini", "easel.dialects.openai_chat"),
    (DIALECTS, "dialects/openai_images", "easel.dialects.gemini"),
    (SERVICES, "services/zhaotou", "easel.services.geekai"),
    (SERVICES, "services/answers", "easel.services.zai"),
    (SERVICES, "services/reason", "easel.services.bigmodel_errors"),
    (SERVICES, "services/zai_models", "easel.services.table"),
    (
        "Only image.z.ai knows its models, its errors and its sessions",
        "services/geekai",
        "easel.services.zai_models",
    ),
    ("Only BigModel knows its errors", "services/zai", "easel.services.bigmodel_errors"),
    ("Only GeekAI knows its models", "services/zhaotou", "easel.services.geekai_models"),
    (CORE, "services/token_pool", "time"),
    (CORE, "routing", "js"),
]


def broken_contracts(folder: Path) -> list[str]:
    """The contracts of pyproject.toml that the sources in a folder break."""
    done = subprocess.run(
        ["lint-imports", "--config", str(PROJECT / "pyproject.toml"), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    broken = re.findall(r"(?m)^(.+?) BROKEN\b", done.stdout)
    assert (done.returncode != 0) is bool(broken), done.stdout + done.stderr
    return broken


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the sources."""
    for package in ("easel", "edge"):
        python_alone = shutil.ignore_patterns("__pycache__", "*.js", "*.json")
        shutil.copytree(PROJECT / "src" / package, tmp_path / package, ignore=python_alone)
    return tmp_path


def test_the_sources_break_no_contract(sources: Path) -> None:
    assert broken_contracts(sources) == []


@pytest.mark.parametrize(("contract", "module", "imported"), BROKEN)
def test_a_contract_fails_for_an_import_that_it_forbids(
    sources: Path, contract: str, module: str, imported: str
) -> None:
    path = sources / "easel" / f"{module}.py"
    path.write_text(f"{path.read_text('utf-8')}\nimport {imported}\n", "utf-8")
    assert contract in broken_contracts(sources)


def test_a_service_that_stands_in_no_layer_fails_too(sources: Path) -> None:
    (sources / "easel" / "services" / "paintbox.py").write_text("", "utf-8")
    assert broken_contracts(sources) == [SERVICES]


def test_each_contract_has_an_import_that_breaks_it() -> None:
    config = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    names = {each["name"] for each in config["tool"]["importlinter"]["contracts"]}
    assert names == {contract for contract, *_ in BROKEN}
