"""Drives released chat applications in a browser through the sandbox.

In: names of applications, or nothing for all. Out: docs/figures/apps-<date>.md with a table, and
.easel/apps/screens with what was on the screen; the exit status is 1 where one did other than what
`Application.lacks` says.
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
from tools.apps.silly_tavern import SILLY_TAVERN, SILLY_TAVERN_WITH_MEDIA
from tools.browser.chromium import chromium
from tools.browser.serving import serving
from tools.preflight import CannotRun
from tools.runtime.workerd import PROJECT

_APPLICATIONS: Final = {
    "open-webui": OPEN_WEBUI,
    "sillytavern": SILLY_TAVERN,
    "sillytavern-with-media": SILLY_TAVERN_WITH_MEDIA,
}
_SCREENS: Final = APPS / "screens"
_FORMATS: Final[tuple[str, ...]] = get_args(PictureFormat)
_SEEN: Final = ("painted", "after a reload", "after the link died")


def _play(app: Application, browser: Browser) -> dict[str, bool]:
    """What went as a person would want, by its name: `link: painted`, `a second turn edits`."""
    went: dict[str, bool] = {}
    for picture_format in _FORMATS:
        with (
            serving({"CHAT_PICTURE": picture_format}, paint_seconds=1) as served,
            app.running(f"{served.url}/v1") as url,
        ):
            stage = Stage(app, url, browser, served.sandbox, _SCREENS, picture_format)
            scenes = {f"{picture_format}: {name}": did for name, did in shown(stage).items()}
            if picture_format == app.suits:
                scenes |= {name: play(stage) for name, play in SCENES.items()}
        for name, did in scenes.items():
            print(f"easel: {app.name}: {name}: {_word(did)}", flush=True)
        went |= scenes
    return went


def _word(went: bool) -> str:  # noqa: FBT001
    return "yes" if went else "no"


def _rows(app: Application, went: dict[str, bool]) -> list[str]:
    """The rows of both tables; those of formats have the format in backticks."""
    name = f"{app.name} {app.version}"
    return [
        *(
            f"| {name} | `{each}` | "
            + " | ".join(_word(went[f"{each}: {what}"]) for what in _SEEN)
            + " |"
            for each in _FORMATS
        ),
        *(f"| {name} | {scene} | {_word(went[scene])} |" for scene in SCENES),
    ]


_HEAD: Final = """# Chat applications, driven on {today}

Released packages in a headless Chromium, against Easel on the sandbox: `make apps`.
Easel stores the pictures, as `make dev` does.

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
    _SCREENS.mkdir(parents=True, exist_ok=True)
    surprises = []
    try:
        for name in names:
            app = _APPLICATIONS[name]
            with chromium() as browser:
                went = _play(app, browser)
            (APPS / f"{name}.rows").write_text("\n".join(_rows(app, went)), "utf-8")
            surprises += [
                f"{app.name}: {what}" for what, did in went.items() if did == (what in app.lacks)
            ]
    except CannotRun as error:
        print(f"easel: {error}", file=sys.stderr)
        return 1
    _write(list(_APPLICATIONS), datetime.now(UTC).date())
    for surprise in surprises:
        print(f"easel: not as expected: {surprise}", file=sys.stderr)
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
