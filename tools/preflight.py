"""What is looked at before anything starts: the port, Easel's variables, and its sources.

In: what a person gave. Out: nothing; or CannotRun with one line that says what is wrong and where.
"""

from __future__ import annotations

import errno
import re
import socket
import tomllib
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final


class CannotRun(Exception):
    """Easel cannot be run; the message says why, and what to do."""


class BrokenSource(CannotRun):
    """A source of Easel's is no program; the message names the line."""


def check_host(text: str) -> str:
    """The address to listen at. Raises CannotRun when it is none of IPv4."""
    try:
        return str(IPv4Address("127.0.0.1" if text == "localhost" else text))
    except ValueError:
        raise CannotRun(
            f"{text!r} is no IPv4 address to listen at; HOST=127.0.0.1 is this machine alone, "
            "HOST=0.0.0.0 its whole network"
        ) from None


def check_keys(host: str, variables: Mapping[str, object]) -> None:
    """Raises CannotRun where others could reach Easel and need no key. Variables were checked."""
    if IPv4Address(host).is_loopback or _has_words(variables.get("EASEL_KEYS")):
        return
    raise CannotRun(
        f"HOST={host} lets everybody in your network ask Easel, so it needs a key: put "
        'EASEL_KEYS="a-long-random-word" into .dev.vars (`openssl rand -hex 16` makes one), and '
        "the tokens to paint with beside it, as .dev.vars.example shows; clients send the key "
        "instead of a token"
    )


def check_loopback(host: str) -> None:
    """Raises CannotRun where others could reach the sandbox's Easel: its pictures they cannot."""
    if not IPv4Address(host).is_loopback:
        raise CannotRun("the sandbox is for this machine alone; leave HOST away")


def _has_words(keys: object) -> bool:
    return isinstance(keys, str) and bool(keys.replace(",", " ").split())


def check_port(text: str, host: str = "127.0.0.1", command: str = "dev") -> int:
    """The port. Raises CannotRun when it is none, or somebody listens there already."""
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= port <= 65_535:
        raise CannotRun(f"{text!r} is no port; choose one from 1 to 65535, as in PORT=8788")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CannotRun(f"port {port} is reserved; choose a higher one with PORT=") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise CannotRun(
                    f"{host} is no address of this machine; HOST=0.0.0.0 means all of them"
                ) from None
            raise CannotRun(
                f"port {port} is in use; choose another, as in "
                f"`make {command} PORT={port % 65_535 + 1}`"
            ) from None
    return port


def own_address(host: str) -> str:
    """The address by which this machine itself reaches what listens at `host`."""
    return "127.0.0.1" if IPv4Address(host).is_unspecified else host


def network_address(host: str) -> str:
    """The address by which others reach this machine where it listens at `host`."""
    if not IPv4Address(host).is_unspecified:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing; it only chooses the way that a packet would take.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        found: str = probe.getsockname()[0]
        return found


@contextmanager
def importing_sources() -> Iterator[None]:
    """Imports Easel's own modules, whose sources may not run. Raises BrokenSource."""
    try:
        yield
    except Exception as error:  # whatever a source's top level raises
        fault = import_fault(error)
        if fault is None:
            raise
        raise fault from None


def easel_variables() -> tuple[str, ...]:
    """The names of all variables. Raises BrokenSource."""
    with importing_sources():
        from easel.services.table import VARIABLES  # noqa: PLC0415
    return VARIABLES


def check_variables(variables: Mapping[str, object]) -> None:
    """Raises CannotRun for a value with which Easel would answer everything with a 500."""
    with importing_sources():
        from easel.errors import Misconfigured  # noqa: PLC0415
        from easel.services.table import SERVICE_VARIABLES  # noqa: PLC0415
        from easel.settings import read_settings  # noqa: PLC0415
    try:
        read_settings(variables, SERVICE_VARIABLES)
    except Misconfigured as error:
        raise CannotRun(str(error)) from None


# A line of a file of variables, as wrangler reads it (dotenv 16.3, lib/main.js).
_DOTENV_LINE: Final = re.compile(
    r"^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)"
    r"(\s*'(?:\\'|[^'])*'|\s*\"(?:\\\"|[^\"])*\"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$",
    re.MULTILINE | re.ASCII,
)
_QUOTED: Final = re.compile(r"(['\"`])(.*)\1", re.DOTALL)


def read_dotenv(text: str) -> dict[str, str]:
    """The variables of `.dev.vars`."""
    found = {}
    for name, written in _DOTENV_LINE.findall(text):
        value = written.strip()
        quoted = _QUOTED.fullmatch(value)
        found[name] = quoted[2] if quoted else value
    return found


def read_wrangler_toml(folder: Path) -> dict[str, Any]:
    """What the file says. Raises CannotRun where it cannot be read."""
    try:
        return tomllib.loads((folder / "wrangler.toml").read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CannotRun(f"wrangler.toml: {error}") from None


def live_variables(folder: Path) -> dict[str, object]:
    """What `make live` gives to Easel: `[vars]` of wrangler.toml, and what .dev.vars overrides.

    Raises CannotRun for a wrangler.toml that cannot be read, and for a name in either that Easel
    does not have: it would mean nothing.
    """
    written = read_wrangler_toml(folder).get("vars", {})
    own = folder / ".dev.vars"
    files: dict[str, dict[str, object]] = {
        "[vars] of wrangler.toml": written,
        ".dev.vars": {**read_dotenv(own.read_text("utf-8"))} if own.is_file() else {},
    }
    legal = easel_variables()
    for place, variables in files.items():
        for name in variables:
            if name not in legal:
                meant = get_close_matches(name.upper(), legal, 1)
                hint = f"; is {meant[0]} meant?" if meant else "; docs/configuration.md lists them"
                raise CannotRun(f"{place}: {name} is no variable of Easel{hint}")
    return {name: value for variables in files.values() for name, value in variables.items()}


def check_sources(folder: Path) -> None:
    """Raises BrokenSource for the first Python module below `folder` that does not compile."""
    for path in sorted(folder.rglob("*.py")):
        where = path.relative_to(folder.parent)
        try:
            compile(path.read_bytes(), str(where), "exec", dont_inherit=True)
        except SyntaxError as error:
            raise BrokenSource(f"{where}:{error.lineno}: SyntaxError: {error.msg}") from None
        except ValueError as error:
            raise BrokenSource(f"{where}: {error}") from None


def import_fault(error: Exception) -> BrokenSource | None:
    """What in the sources kept a module from being imported; None where it is not in them."""
    told = f"{type(error).__name__}: {error}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        _, found, name = frame.filename.rpartition("/src/")
        if found:
            return BrokenSource(f"src/{name}:{frame.lineno}: {told}")
    return None


_ANSI: Final = re.compile(r"\x1b\[[0-9;]*m")
# Where the Worker's modules lie in workerd, and what a Python exception says below its frames.
_PYTHON_FRAME: Final = re.compile(
    r'^ *File "/session/metadata/((?:entry|easel/|edge/)[^"]*)", line (\d+)', re.MULTILINE
)
_PYTHON_ERROR: Final = re.compile(r"^ {0,2}(\w[\w.]*(?:Error|Exception)\b.*)$", re.MULTILINE)
_JAVASCRIPT_ERROR: Final = re.compile(
    r"Uncaught (\w*Error: .*)\n(?:\s*\n)?\s*at [^\n]*?(edge/[\w./-]+\.js):(\d+)"
)


def source_fault(said: str) -> BrokenSource | None:
    """What in the sources kept the Worker from starting, by what wrangler said; None if nothing."""
    text = _ANSI.sub("", said)
    frames = list(_PYTHON_FRAME.finditer(text))
    if frames:
        frame = frames[-1]
        told = _PYTHON_ERROR.search(text, frame.end())
        return BrokenSource(f"src/{frame[1]}:{frame[2]}: {told[1] if told else 'does not run'}")
    script = _JAVASCRIPT_ERROR.search(text)
    if script is not None:
        return BrokenSource(f"src/{script[2]}:{script[3]}: {script[1].strip()}")
    return None
