"""SillyTavern: a character of its own, and Easel as its "Custom (OpenAI-compatible)" source.

It runs on a folder of settings that is removed. It forbids external media by default (power-user.js
of 1.19.0), so it is driven with it and without.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Page

from tools.apps.application import APPS, Application, serving_program
from tools.dev import free_port

_FOLDER: Final = APPS / "sillytavern" / "node_modules" / "sillytavern"

# The character that it comes with.
_CHARACTER: Final = "default_Seraphina.png"


def _settings(base_url: str, *, external_media: bool) -> dict[str, object]:
    return {
        "firstRun": False,
        "username": "Easel",
        "main_api": "openai",
        "active_character": _CHARACTER,
        "oai_settings": {
            "chat_completion_source": "custom",
            "custom_url": base_url,
            "custom_model": "gemini-3-image-1k-4-3",
            "stream_openai": True,
            "bypass_status_check": True,
        },
        "power_user": {
            "auto_connect": True,
            "auto_load_chat": True,
            "forbid_external_media": not external_media,
        },
    }


@contextmanager
def _running(base_url: str, *, external_media: bool = False) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory(prefix="easel-sillytavern-") as name:
        folder = Path(name)
        own = folder / "data" / "default-user"
        own.mkdir(parents=True)
        (own / "settings.json").write_text(
            json.dumps(_settings(base_url, external_media=external_media)), "utf-8"
        )
        key = {"id": "easel", "value": "any-token-will-do", "label": "easel", "active": True}
        (own / "secrets.json").write_text(json.dumps({"api_key_custom": [key]}), "utf-8")
        command = [
            *("node", str(_FOLDER / "server.js"), "--port", str(port), "--disableCsrf"),
            *("--listen", "false", "--browserLaunchEnabled", "false"),
            *("--configPath", str(folder / "config.yaml"), "--dataRoot", str(folder / "data")),
        ]
        with serving_program(command, url, folder, {}):
            yield url


def _begin(page: Page, url: str, model: str) -> None:
    page.goto(url)
    page.locator("#preloader").wait_for(state="detached")
    page.locator("#chat .mes").first.wait_for()
    for command in (f"/model {model}", "/newchat"):
        _send(page, command)
        page.wait_for_timeout(2000)


def _send(page: Page, prompt: str) -> None:
    page.locator("#send_textarea").fill(prompt)
    page.locator("#send_textarea").press("Enter")


def _stop(page: Page) -> None:
    page.locator("#mes_stop").click()


_WHAT: Final = ("painted", "after a reload", "after the link died")

SILLY_TAVERN: Final = Application(
    "SillyTavern",
    "1.19.0",
    "markdown",
    "#chat .mes_text img",
    _running,
    _begin,
    _send,
    _stop,
    lacks=frozenset(
        (
            # It forbids external media, and reads `images` of OpenRouter alone.
            *(f"{form}: {what}" for form in ("link", "images", "candidates") for what in _WHAT),
            # A `data:` address does not fit into its context of 4,095 tokens.
            "a second turn edits",
        )
    ),
)

SILLY_TAVERN_WITH_MEDIA: Final = replace(
    SILLY_TAVERN,
    version="1.19.0, external media allowed",
    suits="link",
    running=partial(_running, external_media=True),
    lacks=frozenset(f"images: {what}" for what in _WHAT),
)
