"""The prompts that make the sandbox fail, each in a way that a service is known to.

In: a prompt. Out: the faults it asks for, with their numbers, as in
`sandbox:slow=20 sandbox:refused`. docs/sandbox.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar

_Value = TypeVar("_Value")


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
    UNFINISHED = "unfinished"
    POLL_BROKEN = "poll-broken"
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
    PICTURE_HOSTILE = "picture-hostile"
    PICTURE_INSIDE = "picture-inside"
    PICTURE_REDIRECT_INSIDE = "picture-redirect-inside"
    PICTURE_BYTES = "picture-bytes"
    PICTURE_CHUNKED = "picture-chunked"


# The faults that a prompt asks for, each with its number, 0 without one.
Faults: TypeAlias = Mapping[Fault, int]

# They happen at the pictures' host, so every service can have them.
PICTURE_FAULTS: Final = frozenset(fault for fault in Fault if fault.startswith("picture-"))

_NUMBER_NEEDED: Final = {Fault.STATUS, Fault.CODE, Fault.PICTURE_BYTES}
# How long it takes, how many bytes the picture has at least, or which of `addresses` is chosen.
_NUMBER_TAKEN: Final = {
    *_NUMBER_NEEDED,
    Fault.SLOW,
    Fault.UNFINISHED,
    Fault.BASE64,
    Fault.PICTURE_CUT,
    Fault.PICTURE_STALLED,
    Fault.PICTURE_CHUNKED,
    Fault.PICTURE_HOSTILE,
    Fault.PICTURE_INSIDE,
    Fault.PICTURE_REDIRECT_INSIDE,
}

# Of each of these only one can happen: an answer is one, and so is what becomes of a picture.
_ALTERNATIVES: Final = (
    frozenset(
        {
            Fault.BUSY,
            Fault.EXPIRED,
            Fault.EXPIRED_IN_BAND,
            Fault.FORBIDDEN,
            Fault.REFUSED,
            Fault.REFUSED_IN_BAND,
            Fault.NO_PICTURE,
            Fault.BROKEN,
            Fault.STATUS,
            Fault.CODE,
            Fault.NOT_JSON,
            Fault.FAILED_TASK,
        }
    ),
    frozenset({Fault.HUGE_ANSWER, Fault.HUGE_PACKED, Fault.EVENT_STREAM}),
    frozenset(
        {
            Fault.PICTURE_MISSING,
            Fault.PICTURE_TEXT,
            Fault.PICTURE_CUT,
            Fault.PICTURE_STALLED,
            Fault.PICTURE_CHUNKED,
            Fault.PICTURE_LOOP,
        }
    ),
    frozenset(
        {
            Fault.PICTURE_LOOP,
            Fault.PICTURE_REDIRECT,
            Fault.PICTURE_DOWNGRADE,
            Fault.PICTURE_REDIRECT_INSIDE,
        }
    ),
)

# In any case, so that a marker in capitals is told and not painted.
_MARKER: Final = re.compile(r"sandbox:([\w=-]+)", re.IGNORECASE)
_WORD: Final = re.compile(r"([a-z0-9-]+)(?:=([0-9]{1,9}))?")
_DEFAULT_SLOW_SECONDS: Final = 20


def faults_in(prompt: str) -> Faults:
    """The faults that a prompt asks for, in its order; empty for none.

    Raises ValueError for one that does not exist, so that a typing error is seen, for a number that
    is missing or not wanted, and for two that cannot both happen.
    """
    faults: dict[Fault, int] = {}
    for marker in _MARKER.finditer(prompt):
        fault, number = _read(marker)
        if fault in faults:
            raise ValueError(f"sandbox:{fault} stands there twice")
        faults[fault] = number
    for alternatives in _ALTERNATIVES:
        asked = [fault for fault in faults if fault in alternatives]
        if len(asked) > 1:
            raise ValueError(f"sandbox:{asked[0]} and sandbox:{asked[1]} cannot both happen")
    return faults


def _read(marker: re.Match[str]) -> tuple[Fault, int]:
    word = _WORD.fullmatch(marker[1])
    if word is None or word[1] not in set(Fault) or not marker[0].startswith("sandbox:"):
        raise ValueError(f"{marker[0]} is none of {', '.join(Fault)}")
    fault, number = Fault(word[1]), word[2]
    if number is None and fault in _NUMBER_NEEDED:
        raise ValueError(f"sandbox:{fault} needs a number, as in sandbox:{fault}=500")
    if number is not None and fault not in _NUMBER_TAKEN:
        raise ValueError(f"sandbox:{fault} takes no number")
    if fault is Fault.STATUS and not 400 <= int(number) <= 599:
        raise ValueError(f"{number} is no HTTP status of an error")
    return fault, int(number or 0)


def chosen(faults: Faults, table: Mapping[Fault, _Value]) -> _Value | None:
    """What a table has for the fault that is asked for; None where it has none of them."""
    return next((table[fault] for fault in faults if fault in table), None)


def seconds_to_paint(faults: Faults, usual: float) -> float:
    """How long a picture takes: as usual, or as `slow` says."""
    return faults[Fault.SLOW] or _DEFAULT_SLOW_SECONDS if Fault.SLOW in faults else usual
