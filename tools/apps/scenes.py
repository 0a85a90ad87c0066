"""What a person does with a chat application, and what becomes of it.

In: an application that is connected to Easel on the sandbox. Out: for each scene whether it went as
a person would want, and a picture of the screen.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as TookTooLong

from tools.apps.application import Application
from tools.sandbox.state import Call, Sandbox

_PAINTS: Final = "gemini-3-image-1k-4-3"
_EDITS: Final = "seedream-4.5"

# A picture takes a second in the sandbox; the rest is the application's and the machine's.
_WAIT_MS: Final = 45_000
_GONE_MS: Final = 20_000
# `wrangler dev` tells that a client has left when the next keep-alive fails: docs/runtime.md.
_ABANDONED_SECONDS: Final = 35
_HELD_MS: Final = 7_000

# Pictures that were painted are larger than any icon.
_SHOWN: Final = """([selector, least]) => [...document.querySelectorAll(selector)]
  .filter((image) => image.complete && image.naturalWidth > 600 && image.offsetWidth > 100)
  .length >= least"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a scene is played."""

    application: Application
    url: str
    browser: Browser
    sandbox: Sandbox
    folder: Path
    picture_format: str

    def page(self) -> Page:
        """A page of a browser that knows nothing yet."""
        # Open WebUI wants a locale that is a language tag.
        context = self.browser.new_context(locale="en-US", viewport={"width": 1100, "height": 800})
        page = context.new_page()
        page.set_default_timeout(_WAIT_MS)
        return page

    def take(self, page: Page, scene: str) -> None:
        """Takes a picture of the screen."""
        app = re.sub(r"\W+", "-", f"{self.application.name} {self.application.version}".lower())
        page.screenshot(path=self.folder / f"{app}-{self.picture_format}-{scene}.png")


def _shows(stage: Stage, page: Page, least: int = 1, wait_ms: int = _WAIT_MS) -> bool:
    try:
        page.wait_for_function(_SHOWN, arg=[stage.application.pictures, least], timeout=wait_ms)
    except TookTooLong:
        return False
    return True


def _tells(page: Page, words: str) -> bool:
    try:
        page.get_by_text(re.compile(words, re.IGNORECASE)).last.wait_for()
    except TookTooLong:
        return False
    return True


def shown(stage: Stage) -> dict[str, bool]:
    """A picture is painted, is there after a reload, and after the service's link has died."""
    page, app = stage.page(), stage.application
    app.begin(page, stage.url, _PAINTS)
    app.send(page, "a red cat")
    painted = _shows(stage, page)
    page.wait_for_timeout(1500)
    stage.take(page, "painted")
    address = page.url
    page.reload()
    reloaded = painted and _shows(stage, page)
    page.context.close()
    stage.sandbox.pictures.clear()
    # Another browser, which has no cache.
    later = stage.page()
    later.goto(address)
    lasts = _shows(stage, later, wait_ms=_GONE_MS)
    later.wait_for_timeout(1500)
    stage.take(later, "link-died")
    later.context.close()
    return {"painted": painted, "after a reload": reloaded, "after the link died": lasts}


def stopped(stage: Stage) -> bool:
    """Stopping ends the paid call."""
    page, app = stage.page(), stage.application
    app.begin(page, stage.url, _PAINTS)
    app.send(page, "sandbox:slow=60 a long one")
    end = time.monotonic() + _WAIT_MS / 1000
    while not (calls := _calls(stage, b"a long one")) and time.monotonic() < end:
        page.wait_for_timeout(100)
    # Until the headers of the answer have left, as they have when a person grows impatient.
    page.wait_for_timeout(_HELD_MS)
    try:
        app.stop(page)
    except TookTooLong:
        return False
    end = time.monotonic() + _ABANDONED_SECONDS
    while time.monotonic() < end and not any(call.abandoned for call in calls):
        page.wait_for_timeout(100)
    stage.take(page, "stopped")
    page.context.close()
    return any(call.abandoned for call in calls)


def _calls(stage: Stage, marker: bytes) -> list[Call]:
    return [call for call in stage.sandbox.calls if marker in call.body]


def _error(name: str, prompt: str) -> Callable[[Stage], bool]:
    def told(stage: Stage) -> bool:
        page, app = stage.page(), stage.application
        app.begin(page, stage.url, _PAINTS)
        app.send(page, prompt)
        tells = _tells(page, "refuses to paint this")
        stage.take(page, name)
        page.context.close()
        return tells

    return told


def edited(stage: Stage) -> bool:
    """A second turn paints from the picture of the first."""
    page, app = stage.page(), stage.application
    app.begin(page, stage.url, _EDITS)
    app.send(page, "a boat")
    if not _shows(stage, page):
        return False
    page.wait_for_timeout(2500)
    app.send(page, "now in the rain")
    both = _shows(stage, page, 2)
    page.wait_for_timeout(1500)
    stage.take(page, "edited")
    page.context.close()
    calls = [call.url for call in stage.sandbox.calls if b"now in the rain" in call.body]
    return both and any(url.endswith("/edits") for url in calls)


# Those that are played with the format that suits the application.
SCENES: Final[dict[str, Callable[[Stage], bool]]] = {
    "stop ends the paid call": stopped,
    "an early error is told": _error("early-error", "sandbox:refused a red cat"),
    "a late error is told": _error("late-error", "sandbox:slow=8 sandbox:refused a red cat"),
    "a second turn edits": edited,
}
