"""A headless Chromium: the one of the set-up, or of this machine.

In: nothing; `CHROMIUM` in the environment names another program. Out: a browser that Playwright
drives; NoBrowser where there is none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tools.preflight import CannotRun
from tools.runtime.workerd import PROJECT

_FOLDER: Final = PROJECT / ".easel" / "chromium"
_OWN: Final = _FOLDER / "chromium"
_OF_THE_MACHINE: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

# The machine's fonts, and one in case that it has none.
_FONTS: Final = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{_FOLDER / "fonts"}</dir>
  <cachedir>{_FOLDER / "font-cache"}</cachedir>
  <alias binding="same">
    <family>system-ui</family>
    <prefer><family>Open Sans</family></prefer>
  </alias>
</fontconfig>
"""


class NoBrowser(CannotRun):
    """There is no Chromium."""


def _program() -> str:
    named = os.environ.get("CHROMIUM") or (str(_OWN) if _OWN.is_file() else None)
    found = named or next(filter(None, map(shutil.which, _OF_THE_MACHINE)), None)
    if found is None:
        raise NoBrowser(
            "there is no Chromium: the set-up brings one for Linux on x86-64 alone; install one, "
            "or name it, as in CHROMIUM=/usr/bin/chromium"
        )
    return found


def _environment(program: str) -> dict[str, str | float | bool]:
    if Path(program) != _OWN:
        return {**os.environ}
    fonts = _FOLDER / "fonts.conf"
    fonts.write_text(_FONTS, "utf-8")
    return {
        **os.environ,
        "FONTCONFIG_FILE": str(fonts),
        "LD_LIBRARY_PATH": str(_FOLDER / "lib"),
    }


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, for the length of the block. Raises NoBrowser."""
    program = _program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--disable-gpu"], env=_environment(program)
        )
        yield browser
        browser.close()
