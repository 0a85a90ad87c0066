"""Connecting clients, and requests as programs: what is copied runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from easel import VERSION
from tests.browser.page import Easel, png
from tools.runtime.workerd import PROJECT


def connected(easel: Easel) -> None:
    easel.page.get_by_role("link", name="Connect").click()
    expect(easel.page.get_by_role("heading", name="Connect a client")).to_be_visible()


def check(easel: Easel, key: str) -> None:
    easel.page.get_by_label("Key to check").fill(key)
    easel.button("Check").click()


def test_addresses_models_and_each_clients_fields_are_copied(easel: Easel) -> None:
    connected(easel)
    url = easel.served.url
    for text, name in ((f"{url}/v1", "OpenAI clients"), (url, "Gemini clients")):
        term = easel.page.locator(f"dt:has-text('{name}') + dd")
        expect(term.get_by_text(text, exact=True)).to_be_visible()
        term.get_by_role("button").click()
        expect(term.get_by_role("button")).to_have_text("Copied")
        assert easel.clipboard() == text
    models = easel.page.locator(".model-list")
    models.get_by_text("GeekAI", exact=True).click()
    expect(models.get_by_text("geekai/gpt-image-1", exact=True)).to_be_visible()
    client = easel.page.locator("details", has=easel.page.get_by_text("NextChat", exact=True))
    client.locator("summary").click()
    expect(client.get_by_text(url, exact=True)).to_be_visible()
    expect(client.get_by_text("your key")).to_be_visible()
    assistant = easel.page.locator("details", has=easel.page.get_by_text("Cursor", exact=True))
    assistant.locator("summary").click()
    expect(assistant.get_by_text(f'"url": "{url}/mcp/zai"')).to_be_visible()


def test_the_check_of_an_open_deployment(easel: Easel) -> None:
    connected(easel)
    check(easel, "any")
    expect(easel.page.get_by_text("Easel answers, with 30 models.")).to_be_visible()
    expect(easel.page.get_by_text("image.z.ai · BigModel · Zhaotou · GeekAI")).to_be_visible()
    expect(easel.page.locator("dt:has-text('Version') + dd")).to_have_text(VERSION)
    expect(easel.page.get_by_text("Links to pictures")).to_be_hidden()


def test_the_check_of_a_deployment_with_keys_of_its_own(proxy: Easel) -> None:
    connected(proxy)
    expect(proxy.page.get_by_text("This Easel has keys of its own, and")).to_be_visible()
    check(proxy, "wrong")
    expect(proxy.page.get_by_text("The key is wrong or no longer valid.")).to_be_visible()
    check(proxy, "house-key")
    expect(proxy.page.get_by_text("The key is accepted. It can use 19 models.")).to_be_visible()
    expect(proxy.page.get_by_text("image.z.ai · GeekAI", exact=True)).to_be_visible()
    expect(proxy.page.get_by_text("Easel’s own, kept for 30 days")).to_be_visible()


def run(program: str, language: str, folder: Path) -> None:
    """Runs a program as a person would, with the key in its environment."""
    commands = {
        "curl": ["bash", "-euo", "pipefail", "-c", program],
        "python": [sys.executable, "-c", program],
        "javascript": ["node", "--input-type=module", "--eval", program],
    }
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(PROJECT / "node_modules")
    done = subprocess.run(
        commands[language],
        cwd=folder,
        env={**os.environ, "EASEL_KEY": "any"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert '"error"' not in done.stdout
    assert "/pictures/" in done.stdout or list(folder.glob("*.jpg"))


@pytest.mark.parametrize("inputs", [0, 1])
def test_the_request_that_is_copied_as_code_paints(
    easel: Easel, tmp_path: Path, inputs: int
) -> None:
    model = "zhaotou/seedream-4.5" if inputs else "zai/gemini-3-image"
    path = "/v1/images/edits" if inputs else "/api/proxy/images/generate"
    # What a shell and both languages could read something into.
    prompt = 'a "cat\'s" $HOME \\ `hat`'
    if inputs:
        easel.page.get_by_label("Model", exact=True).select_option(model)
        easel.page.locator("#pictures").set_input_files(
            {"name": "cat.png", "mimeType": "image/png", "buffer": png()}
        )
        (tmp_path / "picture.png").write_bytes(png())
    card = easel.painted(prompt, model=model)
    card.get_by_text("Copy as code").click()
    for name, language in (("curl", "curl"), ("Python", "python"), ("JavaScript", "javascript")):
        easel.served.sandbox.calls.clear()
        easel.button(name, within=card).click()
        expect(easel.button("Copied", within=card)).to_be_visible()
        program = easel.clipboard()
        assert "a-token-of-the-tests" not in program
        run(program, language, tmp_path)
        (call,) = easel.calls(path)
        asked = call.body.decode("utf-8", "replace")
        assert [each for each in ("cat's", "$HOME", "`hat`") if each not in asked] == []
        expect(easel.button("Copied", within=card)).to_be_hidden()


def test_every_program_of_a_client_paints(easel: Easel, tmp_path: Path) -> None:
    connected(easel)
    programs: list[list[Any]] = easel.page.evaluate(
        """async url => (await import("/page/clients.js")).CLIENTS
            .filter(({ code }) => code)
            .map(({ name, code }) => [
                name, code({ base: `${url}/v1`, root: url, model: "gemini-3-image-1k" })])""",
        easel.served.url,
    )
    assert len(programs) == 9
    for number, (name, program) in enumerate(programs):
        folder = tmp_path / str(number)
        folder.mkdir()
        easel.served.sandbox.calls.clear()
        if "import " not in program:
            assert f"{easel.served.url}/v1" in program, name
            continue
        if "import litellm" in program:
            continue
        run(program, "javascript" if 'from "' in program else "python", folder)
        assert len(easel.calls("/api/proxy/images/generate")) == 1, name
