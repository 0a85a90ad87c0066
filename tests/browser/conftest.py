"""The page in a real browser, through the real Worker, on the sandbox.

Whatever a test does, no page may break its own Content-Security-Policy, ask another host, or throw.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.page import Easel
from tools.browser.chromium import chromium
from tools.browser.serving import Served, serving
from tools.dev import ON_SANDBOX

# So that a browser that leaves is noticed within a second, and keep-alives are seen.
HASTY: Final = {"STREAM_HOLD_SECONDS": "0.5", "KEEP_ALIVE_SECONDS": "0.5"}
PROXY: Final = {
    **HASTY,
    "EASEL_KEYS": "house-key",
    "ZAI_TOKENS": "zai-token",
    "GEEKAI_API_KEYS": "geekai-token",
}

_PATIENCE_MS: Final = 20_000
expect.set_options(timeout=_PATIENCE_MS)

# What a browser says of every answer that is an error, and of a call that a person ends.
_EXPECTED: Final = ("Failed to load resource",)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    with serving({**HASTY, **ON_SANDBOX}, paint_seconds=0.1) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def served_proxy() -> Iterator[Served]:
    with serving(PROXY, paint_seconds=0.1) as deployment:
        yield deployment


@contextmanager
def watched(context: BrowserContext, served: Served) -> Iterator[Page]:
    """A page of which everything that must not happen is told at the end."""
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_EXPECTED):
            faults.append(message.text)

    def see(request: Request) -> None:
        if not request.url.startswith((served.url, "blob:", "data:")):
            faults.append(f"asked {request.url}")

    context.on("request", see)
    context.on("console", hear)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    yield page
    assert faults == []


@contextmanager
def opened(browser: Browser, served: Served, **options: object) -> Iterator[Easel]:
    """Easel's page in a browser that has never been here."""
    defaults = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}}
    context = browser.new_context(**{**defaults, **options})  # type: ignore[arg-type]
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served.url)
    with watched(context, served) as page:
        page.goto(served.url)
        yield Easel(page, served)
    context.close()


@pytest.fixture
def easel(browser: Browser, served: Served) -> Iterator[Easel]:
    served.sandbox.calls.clear()
    with opened(browser, served) as page:
        yield page


@pytest.fixture
def proxy(browser: Browser, served_proxy: Served) -> Iterator[Easel]:
    served_proxy.sandbox.calls.clear()
    with opened(browser, served_proxy) as page:
        yield page
