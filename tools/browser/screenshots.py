"""Pictures of the page for the documents, taken from the running page on the sandbox.

In: nothing. Out: docs/images/*.png. Chinese needs a font that has it on this machine, as Debian's
`fonts-noto-cjk`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Final, Literal

from playwright.sync_api import Browser, Page

from tools.browser.chromium import chromium
from tools.browser.serving import serving
from tools.preflight import CannotRun
from tools.runtime.workerd import PROJECT

_FOLDER: Final = PROJECT / "docs" / "images"
_DESKTOP: Final = {"width": 1280, "height": 860}
_PHONE: Final = {"width": 390, "height": 844}
_WAIT_MS: Final = 60_000

_ENGLISH: Final = (
    "A lighthouse at dusk, in soft watercolour",
    "Paper boats on a river of ink",
    "An orange cat asleep in the sun",
    "A red door in a white wall",
)
_CHINESE: Final = ("黄昏的灯塔，柔和的水彩", "橘猫在窗台上打盹", "墨色江面上的纸船", "白墙上的红门")


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture. `prompts` are painted first, the last of them is seen large."""

    name: str
    locale: str
    scheme: Literal["light", "dark"]
    viewport: dict[str, int]
    prompts: tuple[str, ...] = ()
    view: str = "#paint"


_SHOTS: Final = (
    Shot("paint", "en-GB", "light", _DESKTOP, _ENGLISH),
    Shot("paint-dark", "en-GB", "dark", _DESKTOP, _ENGLISH),
    Shot("paint-zh", "zh-CN", "light", _DESKTOP, _CHINESE),
    Shot("phone", "en-GB", "light", _PHONE, _ENGLISH[:1]),
    Shot("connect", "en-GB", "light", _DESKTOP, view="#connect"),
)


def _paint(page: Page, prompts: tuple[str, ...]) -> None:
    page.locator("#key").fill("any-token-will-do")
    for number, prompt in enumerate(reversed(prompts), start=1):
        page.locator("#prompt").fill(prompt)
        page.locator("label[for='ratio-4:3']").click()
        page.locator("button[type=submit]").click()
        page.locator(".stage .frame img").wait_for()
        page.locator(f".gallery li:nth-child({number})").wait_for()


def _take(browser: Browser, url: str, shot: Shot) -> None:
    options: dict[str, Any] = {
        "locale": shot.locale,
        "color_scheme": shot.scheme,
        "viewport": shot.viewport,
        "device_scale_factor": 2 if shot.viewport is _PHONE else 1.5,
        "reduced_motion": "reduce",
    }
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(_WAIT_MS)
    page.goto(f"{url}/{shot.view}")
    page.locator("main > :not(noscript)").first.wait_for()
    if shot.prompts:
        _paint(page, shot.prompts)
    if shot.view == "#connect":
        page.locator(".clients summary").first.click()
        page.locator(".model-list details").first.wait_for()
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    page.screenshot(path=_FOLDER / f"{shot.name}.png")
    context.close()
    print(f"easel: docs/images/{shot.name}.png")


def main() -> int:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with serving({}, paint_seconds=1.2) as served, chromium() as browser:
            for shot in _SHOTS:
                _take(browser, served.url, shot)
    except CannotRun as error:
        print(f"easel: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
