"""Open WebUI, without what it has for documents and speech: no torch, no vector store.

Its own variable `USE_SLIM_DOCKER` leaves that out (open_webui/env.py of 0.12.4). It runs without
accounts and keeps its data in a folder that is removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Page

from tools.apps.application import APPS, Application, serving_program
from tools.dev import free_port

_PROGRAM: Final = APPS / "open-webui" / "bin" / "open-webui"

_VARIABLES: Final = {
    "WEBUI_AUTH": "False",
    "USE_SLIM_DOCKER": "true",
    "ENABLE_PERSISTENT_CONFIG": "False",
    "ENABLE_OLLAMA_API": "False",
    "ENABLE_VERSION_UPDATE_CHECK": "False",
    "OFFLINE_MODE": "True",
    "RAG_EMBEDDING_ENGINE": "openai",
    "WEBUI_SECRET_KEY": "only-for-this-run",
    "OPENAI_API_KEY": "any-token-will-do",
}


@contextmanager
def _running(base_url: str) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory(prefix="easel-open-webui-") as folder:
        variables = {**_VARIABLES, "DATA_DIR": folder, "OPENAI_API_BASE_URL": base_url}
        command = [str(_PROGRAM), "serve", "--host", "127.0.0.1", "--port", str(port)]
        with serving_program(command, f"{url}/api/version", Path(folder), variables):
            yield url


def _begin(page: Page, url: str, model: str) -> None:
    page.goto(f"{url}/?models={model}")
    page.locator("#chat-input").wait_for()
    # Once, on the first visit: what is new in this version.
    news = page.get_by_text("Okay, Let's Go!")
    page.wait_for_timeout(1500)
    if news.count():
        news.click()


def _send(page: Page, prompt: str) -> None:
    page.locator("#chat-input").click()
    page.keyboard.type(prompt)
    page.keyboard.press("Enter")


def _stop(page: Page) -> None:
    page.get_by_role("button", name="Stop").last.click()


OPEN_WEBUI: Final = Application(
    "Open WebUI", "0.12.4", "link", "[id^=message-] img", _running, _begin, _send, _stop
)
