"""How much memory something takes at most.

In: a function. Out: what it gave, the megabytes that it needed beyond what there was, and how much
time of the processor. On Linux the peak is asked of the kernel; elsewhere only what stays is seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import psutil

_T = TypeVar("_T")

_CLEAR: Final = Path("/proc/self/clear_refs")
_STATUS: Final = Path("/proc/self/status")


def _forget_peak() -> None:
    if _CLEAR.exists():
        # proc(5): 5 sets the peak to what is resident now.
        _CLEAR.write_text("5")


def _peak() -> float:
    if not _CLEAR.exists():
        return float(psutil.Process().memory_info().rss) / 1e6
    rows = _STATUS.read_text().splitlines()
    return next(int(row.split()[1]) / 1e3 for row in rows if row.startswith("VmHWM"))


def measured(call: Callable[[], _T]) -> tuple[_T, float, float]:
    """What a call gives, its megabytes, and its seconds."""
    _forget_peak()
    before = _peak()
    start = time.process_time()
    found = call()
    return found, _peak() - before, time.process_time() - start
