"""`make bench`: the CPU time and the memory that a picture costs a Worker, and a request for one.

In: nothing. Out: tables of Easel and of Workers written by hand in JavaScript that do the same,
measured in turns so that a busy machine is busy for all. Exit status 1 where Easel costs more than
it may.
"""

from __future__ import annotations

import sys

from bench import large_requests, pictures


def main() -> int:
    faults = [fault for fault in (pictures.measure(), large_requests.measure()) if fault]
    for fault in faults:
        print(f"bench: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
