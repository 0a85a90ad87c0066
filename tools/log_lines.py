"""Easel's own log, as somebody reads it on a terminal.

In: lines as the Worker prints them. Out: a line of JSON for each request as one short line, which
begins with the time at which the answer ended; every other line as it is.
"""

from __future__ import annotations

import json
from typing import Any, Final

# `easel.request_log` begins each of its lines so.
_REQUEST_LINE: Final = '{"request":"req_'


def readable(line: str, clock: str) -> str:
    """The line for a person. `clock` is the time of day at which it came: `12:03:59`."""
    if not line.startswith(_REQUEST_LINE):
        return line
    try:
        told = json.loads(line)
    except ValueError:
        return line
    parts = [clock, _status(told), told.get("operation") or "unknown path", *_painted(told)]
    parts += [_seconds(told.get("total_ms") or 0), _size(told.get("bytes") or 0)]
    if told.get("left"):
        parts.append("the client left")
    elif told.get("cut"):
        parts.append("cut")
    # Without it an error that a client shows cannot be found here.
    if told.get("code") or told.get("cut"):
        parts.append(told["request"])
    return "  ".join(parts) + "\n"


def _status(told: dict[str, Any]) -> str:
    code = told.get("code")
    return f"{told.get('status')} {code}" if code else str(told.get("status"))


def _painted(told: dict[str, Any]) -> list[str]:
    if told.get("service") is None:
        return []
    return [f"{told['model']} by {told['service']}"]


def _seconds(milliseconds: float) -> str:
    if milliseconds < 100:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.1f} s"


def _size(length: int) -> str:
    if length < 1000:
        return f"{length} B"
    return f"{length / 1000:.0f} KB" if length < 10**6 else f"{length / 10**6:.1f} MB"
