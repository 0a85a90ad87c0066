"""The prompts that make the sandbox fail, each in one way that a service is known to.

In: a prompt. Out: the fault it asks for, with its number, as in `sandbox:slow=20`. The README
lists them.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """What goes wrong. The value is the word behind `sandbox:` in the prompt."""

    BUSY = "busy"
    EXPIRED = "expired"
    EXPIRED_IN_BAND = "expired-in-band"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    REFUSED_IN_BAND = "refused-in-band"
    NO_PICTURE = "no-picture"
    BROKEN = "broken"
    STATUS = "status"
    CODE = "code"
    NOT_JSON = "not-json"
    HUGE_ANSWER = "huge-answer"
    HUGE_PACKED = "huge-packed"
    FLAKY = "flaky"
    EVENT_STREAM = "event-stream"
    BASE64 = "base64"
    FAILED_TASK = "failed-task"
    SLOW = "slow"
    PICTURE_MISSING = "picture-missing"
    PICTURE_FLAKY = "picture-flaky"
    PICTURE_CUT = "picture-cut"
    PICTURE_STALLED = "picture-stalled"
    PICTURE_TEXT = "picture-text"
    PICTURE_PNG = "picture-png"
    PICTURE_REDIRECT = "picture-redirect"
    PICTURE_DOWNGRADE = "picture-downgrade"
    PICTURE_LOOP = "picture-loop"
    PICTURE_HTTP = "picture-http"
    PICTURE_BYTES = "picture-bytes"
    PICTURE_CHUNKED = "picture-chunked"


# They happen at the pictures' host, so every service can have them.
PICTURE_FAULTS: Final = frozenset(fault for fault in Fault if fault.startswith("picture-"))

_PATTERN: Final = re.compile(r"sandbox:([a-z][a-z0-9-]*)(?:=(\d+))?")
_DEFAULT_SLOW_SECONDS: Final = 20


def fault_in(prompt: str) -> tuple[Fault | None, int]:
    """The fault that a prompt asks for and its number (0 without one); None for none.

    Raises ValueError for a fault that does not exist, so that a typing error is seen, and for an
    HTTP status that is no error.
    """
    found = _PATTERN.search(prompt)
    if found is None:
        return None, 0
    fault, number = Fault(found[1]), int(found[2] or 0)
    if fault is Fault.STATUS and not 400 <= number <= 599:
        raise ValueError(f"{number} is no HTTP status of an error")
    return fault, number


def seconds_to_paint(fault: Fault | None, number: int, usual: float) -> float:
    """How long a picture takes: as usual, or as `slow` says."""
    return number or _DEFAULT_SLOW_SECONDS if fault is Fault.SLOW else usual
