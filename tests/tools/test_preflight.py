"""What is wrong is told in one line, before anything starts."""

from __future__ import annotations

import importlib
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from easel.services.table import VARIABLES
from tests.ports import free_port
from tools.preflight import (
    BrokenSource,
    CannotRun,
    check_host,
    check_keys,
    check_loopback,
    check_port,
    check_sources,
    check_variables,
    import_fault,
    live_variables,
    network_address,
    own_address,
    read_dotenv,
    source_fault,
)
from tools.runtime.workerd import PROJECT


def test_a_free_port_may_be_used() -> None:
    port = free_port()
    assert check_port(str(port)) == port


@pytest.mark.parametrize("text", ["0", "-1", "65536", "", "abc", "8787x", "１", "8 8"])
def test_a_text_that_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(CannotRun, match="is no port"):
        check_port(text)


def test_a_busy_port_is_refused_with_another_to_try() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {port} is in use.*PORT={port % 65_535 + 1}"):
            check_port(str(port))


def test_a_variable_that_easel_could_not_use_is_told_by_name() -> None:
    check_variables({"CHAT_PICTURE": "link", "PLAIN_HOLD_SECONDS": "2"})
    with pytest.raises(CannotRun, match=r"^[^\n]*CHAT_PICTURE[^\n]*'link'[^\n]*$"):
        check_variables({"CHAT_PICTURE": "inline"})


@pytest.mark.parametrize("value", ['["a-key"]', "{ a = 1 }", "7", "true"])
def test_a_variable_of_the_wrong_type_is_told_before_anything_starts(
    tmp_path: Path, value: str
) -> None:
    variables = live_variables(write_project(tmp_path, f"[vars]\nEASEL_KEYS = {value}\n"))
    with pytest.raises(CannotRun, match=r"^[^\n]*EASEL_KEYS: must be a string in quotes[^\n]*$"):
        check_variables(variables)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        ('A="b # c"', "b # c"),
        ("A='b \"c\"' # why", 'b "c"'),
        ("export A = b # why", "b"),
        ("A=", ""),
        ("# A=c\n\nA=b\r\n", "b"),
        ("A=c\nA=b", "b"),
    ],
)
def test_a_file_of_variables_is_read_as_wrangler_reads_it(text: str, value: str) -> None:
    assert read_dotenv(text) == {"A": value}


def write_project(folder: Path, toml: str, dev_vars: str | None = None) -> Path:
    (folder / "wrangler.toml").write_text(toml, "utf-8")
    if dev_vars is not None:
        (folder / ".dev.vars").write_text(dev_vars, "utf-8")
    return folder


def test_a_developers_own_variables_come_before_those_of_the_project(tmp_path: Path) -> None:
    toml = '[vars]\nCHAT_PICTURE = "link"\nPLAIN_HOLD_SECONDS = 2\n'
    assert live_variables(write_project(tmp_path, toml)) == {
        "CHAT_PICTURE": "link",
        "PLAIN_HOLD_SECONDS": 2,
    }
    own = write_project(tmp_path, toml, "CHAT_PICTURE=images\n")
    assert live_variables(own)["CHAT_PICTURE"] == "images"


@pytest.mark.parametrize(
    ("toml", "dev_vars", "why"),
    [
        ("", 'ZAI_TOKEN="x"', r"\.dev\.vars: ZAI_TOKEN is no variable .*ZAI_TOKENS meant"),
        ("", "zai_tokens=x", r"\.dev\.vars: zai_tokens is no variable .*ZAI_TOKENS meant"),
        ("[vars]\nX = 1", None, r"\[vars\] of wrangler\.toml: X is no variable"),
        ("[vars", None, r"wrangler\.toml: Expected"),
    ],
)
def test_a_variable_that_means_nothing_is_told(
    tmp_path: Path, toml: str, dev_vars: str | None, why: str
) -> None:
    with pytest.raises(CannotRun, match=rf"^{why}[^\n]*$"):
        live_variables(write_project(tmp_path, toml, dev_vars))


def test_the_variables_of_the_project_are_easels() -> None:
    """Those that `.dev.vars.example` shows too, once they are no comments any more."""
    example = (PROJECT / ".dev.vars.example").read_text("utf-8")
    assert set(read_dotenv(re.sub(r"(?m)^# (?=[A-Z_]+=)", "", example))) <= set(VARIABLES)
    toml = tomllib.loads((PROJECT / "wrangler.toml").read_text("utf-8"))
    assert set(toml["vars"]) <= set(VARIABLES)


def test_the_projects_own_sources_compile() -> None:
    check_sources(PROJECT / "src")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x = 1\ndef broken(:\n", r"^src/easel/size\.py:2: SyntaxError: invalid syntax$"),
        (b"x = 1\n  y = 2\n", r"^src/easel/size\.py:2: SyntaxError: unexpected indent$"),
        (b"return 1\n", r"^src/easel/size\.py:1: SyntaxError: 'return' outside function$"),
        (b"x = '\xff'\n", r"^src/easel/size\.py"),
        (b"x\0\n", r"^src/easel/size\.py"),
    ],
)
def test_a_source_that_does_not_compile_is_told_by_its_line(
    tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "src" / "easel").mkdir(parents=True)
    (tmp_path / "src" / "easel" / "size.py").write_bytes(content)
    with pytest.raises(BrokenSource, match=why):
        check_sources(tmp_path / "src")


# As wrangler 4.164 said it, without the colours.
IMPORT_FAILS = """\
✘ [ERROR] service core:user:easel: Uncaught Error: PythonError: Traceback (most recent call last):

    File "/lib/python314.zip/_pyodide/_base.py", line 666, in pyimport_impl
      res = __import__(stem, fromlist=fromlist)
    File "/session/metadata/entry.py", line 17, in <module>
      from easel import headers, routing
      from easel.dialects import model_list, openai_errors
    File "/session/metadata/easel/images/size.py", line 83, in <module>
      import nonesuch
  ModuleNotFoundError: No module named 'nonesuch'
  
    at null.<anonymous> (pyodideRuntime-internal:pyodide.asm:2:569168) in new_error
"""  # noqa: W293 - as it was said
MODEL_FAILS = """\
    File "/session/metadata/easel/services/wire.py", line 9, in <module>
      class Answer(BaseModel):
    File "/session/metadata/python_modules/pydantic/_internal/_model.py", line 242, in __new__
      raise PydanticUserError(
  pydantic.errors.PydanticUserError: no
"""
SCRIPT_FAILS = """\
\x1b[31m✘ \x1b[1mservice core:user:easel: Uncaught SyntaxError: Unexpected token\x1b[0m

    at null.<anonymous> (edge/js/exchange.js:86)
"""


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (
            IMPORT_FAILS,
            "src/easel/images/size.py:83: ModuleNotFoundError: No module named 'nonesuch'",
        ),
        (MODEL_FAILS, "src/easel/services/wire.py:9: pydantic.errors.PydanticUserError: no"),
        (SCRIPT_FAILS, "src/edge/js/exchange.js:86: SyntaxError: Unexpected token"),
        ("✘ [ERROR] Address already in use (127.0.0.1:8787).\n", None),
        ("", None),
    ],
)
def test_what_a_source_does_wrong_is_found_in_wranglers_words(said: str, fault: str | None) -> None:
    found = source_fault(said)
    assert (None if found is None else str(found)) == fault


CHECK_PYTHON = PROJECT / "tools" / "check_python.sh"


def check_python(python: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CHECK_PYTHON, python], capture_output=True, text=True, check=False, timeout=20
    )


def test_a_python_that_is_new_enough_says_nothing() -> None:
    done = check_python(sys.executable)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("printf 3.9; case $2 in *exit*) exit 1; esac", "is 3.9"),
        ("printf 3.12; case $2 in *venv*) exit 1; esac", "has no venv"),
        ("echo hello", "is no Python"),
        ("exit 3", "is no Python"),
        ("echo oops >&2; exit 1", "is no Python"),
    ],
)
def test_a_python_that_will_not_do_is_told_in_one_line(
    tmp_path: Path, script: str, why: str
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    python.chmod(0o755)
    done = check_python(str(python))
    assert done.returncode == 1
    (line,) = (done.stdout + done.stderr).splitlines()
    assert line.startswith("easel: ")
    assert f"{python} {why}" in line
    assert "make PYTHON=/path/to/python3" in line


@pytest.mark.parametrize("python", ["", "/nonexistent/python3", str(PROJECT)])
def test_no_python_at_all_is_told_in_one_line(python: str) -> None:
    done = check_python(python)
    assert done.returncode == 1
    (line,) = (done.stdout + done.stderr).splitlines()
    assert line.startswith("easel: Python 3.11 or newer is needed")


def test_a_source_that_cannot_be_imported_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "src" / "of_a_test" / "broken_on_import.py"
    source.parent.mkdir(parents=True)
    source.write_text("import json\nimport nonesuch\n", "utf-8")
    monkeypatch.syspath_prepend(str(source.parent.parent))
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("of_a_test.broken_on_import")
    assert str(import_fault(caught.value)) == (
        "src/of_a_test/broken_on_import.py:2: ModuleNotFoundError: No module named 'nonesuch'"
    )


def test_an_import_that_fails_elsewhere_is_none_of_the_sources() -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("nonesuch")
    assert import_fault(caught.value) is None


@pytest.mark.parametrize(
    ("text", "host"),
    [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("0.0.0.0", "0.0.0.0")],  # noqa: S104
)
def test_an_address_to_listen_at(text: str, host: str) -> None:
    assert check_host(text) == host


@pytest.mark.parametrize("text", ["", "a-machine", "mybox.local", "::", "1.2.3", "0.0.0.0:80"])
def test_a_text_that_is_no_address_is_refused_with_those_that_are_meant(text: str) -> None:
    with pytest.raises(CannotRun, match=r"is no IPv4 address.*HOST=127\.0\.0\.1.*HOST=0\.0\.0\.0"):
        check_host(text)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotRun, match=r"192\.0\.2\.1 is no address of this machine"):
        check_port(str(free_port()), "192.0.2.1")


@pytest.mark.parametrize("keys", [{}, {"EASEL_KEYS": ""}, {"EASEL_KEYS": " ,"}])
@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2"])  # noqa: S104
def test_others_are_let_in_with_a_key_alone(host: str, keys: dict[str, object]) -> None:
    check_keys("127.0.0.1", keys)
    check_keys(host, {"EASEL_KEYS": "a-key"})
    with pytest.raises(CannotRun, match=rf"^HOST={host} .*EASEL_KEYS"):
        check_keys(host, keys)


def test_the_sandbox_is_for_this_machine_alone() -> None:
    check_loopback("127.0.0.1")
    with pytest.raises(CannotRun, match="HOST"):
        check_loopback("0.0.0.0")  # noqa: S104


def test_an_address_is_known_by_another_name_here_and_in_the_network() -> None:
    assert own_address("0.0.0.0") == "127.0.0.1"  # noqa: S104
    assert own_address("192.168.1.2") == network_address("192.168.1.2") == "192.168.1.2"
