"""What of wrangler's words a person sees."""

from __future__ import annotations

from tools.wrangler import Output

TABLE = [
    "Attaching additional modules:\n",
    "┌──────┬──────┐\n",
    "│ Name │ Type │\n",
    "└──────┴──────┘\n",
]
REQUEST = "[wrangler:info] POST /v1/chat/completions 200 OK (1277ms)\n"


def run(output: Output, lines: list[str]) -> list[str]:
    return [printed for line in lines for printed in output.take(line)]


def started() -> Output:
    output = Output()
    assert run(output, [" ⛅️ wrangler 4.164.0\n", *TABLE, "⎔ Starting local server...\n"]) == []
    output.release()
    return output


def test_requests_and_what_is_logged_are_printed_without_empty_lines() -> None:
    log = "✘ [ERROR] req_1 the picture broke off: Error\n"
    assert run(started(), [REQUEST, "\n", log, "\n", "\n"]) == [REQUEST, log]


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
