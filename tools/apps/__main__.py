"""Drives released chat applications in a browser through the sandbox.

In: names of applications, or nothing for all. Out: docs/figures/apps-<date>.md with a table, and
docs/images/apps with what was on the screen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final, get_args

from playwright.sync_api import Browser

from easel.settings import PictureFormat
from tools.apps.application import APPS, Application
from tools.apps.open_webui import OPEN_WEBUI
from tools.apps.scenes import SCENES, Stage, shown
from tools.browser.chromium import chromium
from tools.browser.serving import serving
from tools.preflight import CannotRun
from tools.runtime.workerd import PROJECT

_APPLICATIONS: Final = {"open-webui": OPEN_WEBUI}
_IMAGES: Final = PROJECT / "docs" / "images" / "apps"
_FORMATS: Final[tuple[str, ...]] = get_args(PictureFormat)
_SEEN: Final = ("painted", "after a reload", "after the link died")


def _play(app: Application, browser: Browser) -> list[str]:
    """The rows of an application."""
    rows = []
    for picture_format in _FORMATS:
        with (
            serving({"CHAT_PICTURE": picture_format}, paint_seconds=1) as served,
            app.running(f"{served.url}/v1") as url,
        ):
            stage = Stage(app, url, browser, served.sandbox, _IMAGES, picture_format)
            seen = shown(stage)
            rows.append(_row(app, picture_format, [seen[name] for name in _SEEN]))
            print(f"easel: {rows[-1]}", flush=True)
            if picture_format == app.suits:
                for name, play in SCENES.items():
                    rows.append(f"| {app.name} {app.version} | {name} | {_word(play(stage))} |")
                    print(f"easel: {rows[-1]}", flush=True)
    return rows


def _word(went: bool) -> str:  # noqa: FBT001
    return "yes" if went else "no"


def _row(app: Application, picture_format: str, went: list[bool]) -> str:
    return f"| {app.name} {app.version} | `{picture_format}` | {' | '.join(map(_word, went))} |"


_HEAD: Final = """# Chat applications, driven on {today}

Released packages in a headless Chromium, against Easel on the sandbox: `make apps`.
What was on the screen is in [docs/images/apps](../images/apps).

## The picture, by `CHAT_PICTURE`

"After the link died" is a browser without a cache, once the service has deleted its picture.

| application | format | {seen} |
|---|---|---|---|---|
{formats}

## The rest, with the format that suits

| application | what | |
|---|---|---|
{scenes}
"""


def _write(names: Sequence[str], today: date) -> None:
    """The table of all applications that were driven; what each did last is kept beside them."""
    rows = [
        row
        for name in names
        if (kept := APPS / f"{name}.rows").is_file()
        for row in kept.read_text("utf-8").splitlines()
    ]
    table = _HEAD.format(
        today=today,
        seen=" | ".join(_SEEN),
        formats="\n".join(row for row in rows if "`" in row),
        scenes="\n".join(row for row in rows if "`" not in row),
    )
    (PROJECT / "docs" / "figures" / f"apps-{today}.md").write_text(table, "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="apps", description=__doc__)
    parser.add_argument("applications", nargs="*", default=list(_APPLICATIONS))
    names = parser.parse_args().applications
    if not set(names) <= set(_APPLICATIONS):
        parser.error(f"applications are {', '.join(_APPLICATIONS)}")
    _IMAGES.mkdir(parents=True, exist_ok=True)
    try:
        for name in names:
            with chromium() as browser:
                rows = _play(_APPLICATIONS[name], browser)
            (APPS / f"{name}.rows").write_text("\n".join(rows), "utf-8")
    except CannotRun as error:
        print(f"easel: {error}", file=sys.stderr)
        return 1
    _write(list(_APPLICATIONS), datetime.now(UTC).date())
    return 0


if __name__ == "__main__":
    sys.exit(main())
