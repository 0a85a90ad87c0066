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
    NO_PICTURE = "no-picture"
    BROKEN = "broken"
    NOT_JSON = "not-json"
    HUGE_ANSWER = "huge-answer"
    EVENT_STREAM = "event-stream"
    SLOW = "slow"
    PICTURE_MISSING = "picture-missing"
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


_PATTERN: Final = re.compile(r"sandbox:([a-z-]+)(?:=(\d+))?")


def fault_in(prompt: str) -> tuple[Fault | None, int]:
    """The fault that a prompt asks for and its number (0 without one); None for none.

    Raises ValueError for a fault that does not exist, so that a typing error is seen.
    """
    found = _PATTERN.search(prompt)
    if found is None:
        return None, 0
    return Fault(found[1]), int(found[2] or 0)
