"""What of wrangler's words a person sees."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.ports import nowhere
from tools.preflight import CannotRun
from tools.wrangler import Output, Wrangler

TABLE = [
    "Attaching additional modules:\n",
    "┌──────┬──────┐\n",
    "│ Name │ Type │\n",
    "└──────┴──────┘\n",
]
REQUEST = "req_1 what the Worker prints\n"


def run(output: Output, lines: list[str]) -> list[str]:
    return [printed for line in lines for printed in output.take(line, "12:00:00")]


def started(*, as_json: bool = False) -> Output:
    output = Output(as_json=as_json)
    assert run(output, [" ⛅️ wrangler 4.164.0\n", *TABLE, "⎔ Starting local server...\n"]) == []
    output.release()
    return output


def test_requests_and_what_is_logged_are_printed_without_empty_lines() -> None:
    log = "✘ [ERROR] req_1 the picture broke off: Error\n"
    assert run(started(), [REQUEST, "\n", log, "\n", "\n"]) == [REQUEST, log]


def test_what_wrangler_says_of_itself_is_not_printed() -> None:
    noise = [
        "[wrangler:info] POST /v1/chat/completions 200 OK (1277ms)\n",
        "  If you think this is a bug, please open an issue at: https://github.com/cloudflare\n",
        '🪵  Logs were written to "/root/.config/.wrangler/logs/wrangler.log"\n',
        " ⛅️ wrangler 4.164.0\n",
        "────────────────────\n",
    ]
    assert run(started(), [*noise, REQUEST]) == [REQUEST]


def test_the_line_of_a_request_is_for_a_person_unless_json_is_asked_for() -> None:
    line = '{"request":"req_1","operation":"health","status":200,"total_ms":3,"bytes":15}\n'
    assert run(started(), [line]) == ["12:00:00  200  health  3 ms  15 B\n"]
    assert run(started(as_json=True), [line]) == [line]


def test_a_reload_is_one_line_and_no_table() -> None:
    lines = [*TABLE, "⎔ Reloading local server...\n", "⎔ Local server updated and ready\n", REQUEST]
    assert run(started(), lines) == ["Easel runs what was edited.\n", REQUEST]


def test_what_is_said_during_a_reload_is_printed_after_it() -> None:
    lines = [*TABLE, REQUEST, "⎔ Local server updated and ready\n"]
    assert run(started(), lines) == [REQUEST, "Easel runs what was edited.\n"]


def test_what_is_said_in_a_reload_that_fails_is_held_whole() -> None:
    output = started()
    error = "✘ [ERROR] service core:user:easel: Uncaught Error\n"
    assert run(output, [*TABLE, error]) == []
    assert output.held == "".join(TABLE[1:]) + error
    assert output.release() == [error]


def test_only_so_much_is_held() -> None:
    output = started()
    lines = [TABLE[0], *[f"line {number}\n" for number in range(2001)]]
    assert run(output, lines) == lines[1:]
    assert output.held == ""


def test_the_error_that_cuts_a_transfer_is_not_repeated() -> None:
    """As workerd 1.20261117.1 and its inspector said it."""
    raised = "failed: remote.jsg.Error: the picture broke off"
    echoes = [
        f"\x1b[31m✘ \x1b[1mUncaught exception: workerd/jsg/value.h:1456: {raised}\x1b[0m\n",
        "\x1b[31m✘ \x1b[1mUncaught Error: the picture broke off \x1b[0m\n",
    ]
    other = "✘ [ERROR] Uncaught Error: something else\n"
    assert run(started(), [*echoes, other]) == [other]


def program(*lines: str) -> list[str]:
    """A command that says this and ends with status 7."""
    return [sys.executable, "-c", f"print({chr(10).join(lines)!r}); raise SystemExit(7)"]


def test_where_it_fails_one_line_tells_the_error_and_the_file_with_the_rest(tmp_path: Path) -> None:
    log = tmp_path / "wrangler.log"
    noise = "If you think this is a bug, please open an issue"
    wrangler = Wrangler(program(noise, "\x1b[31m✘ [ERROR]\x1b[0m No such file", "more"), log)
    with pytest.raises(CannotRun) as told:
        wrangler.wait_until_ready(f"http://127.0.0.1:{nowhere()}")
    assert str(told.value) == (
        f"wrangler did not get Easel to answer: No such file. All that it said is in {log}"
    )
    assert log.read_text("utf-8").splitlines() == [noise, "✘ [ERROR] No such file", "more"]


def test_the_log_is_gone_where_nothing_failed(tmp_path: Path) -> None:
    log = tmp_path / "wrangler.log"
    wrangler = Wrangler(program("a line"), log)
    wrangler.stop()
    assert not log.exists()


def test_the_log_has_a_limit(tmp_path: Path) -> None:
    log = tmp_path / "wrangler.log"
    said = "print(('x' * 999_999 + chr(10)) * 12)"
    wrangler = Wrangler([sys.executable, "-c", said], log)
    wrangler.wait_for_its_end()
    wrangler.stop()
    text = log.read_text("utf-8")
    assert text.endswith("The log is full.\n")
    assert len(text) < 10_000_000
