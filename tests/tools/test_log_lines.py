"""What a person reads of the log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.log_lines import readable

CLOCK = "12:03:59"


def line(**known: Any) -> str:
    told = {
        "request": "req_1f",
        "operation": "chat",
        "service": None,
        "model": None,
        "stream": False,
        "key": None,
        "status": 200,
        "code": None,
        "headers_ms": 4,
        "total_ms": 12,
        "bytes": 312,
        "left": False,
        "cut": False,
    } | known
    return json.dumps(told, separators=(",", ":")) + "\n"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"operation": "health"}, "200  health  12 ms  312 B"),
        (
            {
                "service": "zai",
                "model": "gemini-3-image-1k",
                "total_ms": 21_234,
                "bytes": 1_400_000,
            },
            "200  chat  gemini-3-image-1k by zai  21.2 s  1.4 MB",
        ),
        (
            {"status": 429, "code": "rate_limit_exceeded", "bytes": 2_400},
            "429 rate_limit_exceeded  chat  12 ms  2 KB  req_1f",
        ),
        ({"operation": None, "status": 404, "code": "not_found"}, None),
        ({"left": True, "cut": True}, "200  chat  12 ms  312 B  the client left  req_1f"),
        ({"cut": True}, "200  chat  12 ms  312 B  cut  req_1f"),
    ],
)
def test_a_request_is_one_short_line_that_begins_with_the_time_of_its_end(
    known: dict[str, Any], expected: str | None
) -> None:
    expected = expected or "404 not_found  unknown path  12 ms  312 B  req_1f"
    assert readable(line(**known), CLOCK) == f"{CLOCK}  {expected}\n"


@pytest.mark.parametrize("other", ["req_1 broke off\n", '{"request":"req_1f" and more\n', "{}\n"])
def test_every_other_line_stays_as_it_is(other: str) -> None:
    assert readable(other, CLOCK) == other
