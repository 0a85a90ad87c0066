"""What a request does to everybody else: the most memory, and the longest that others wait.

In: a world, while something is asked of it. Out: `faults` in words. The others ask from a thread of
their own, so that what the internet of the tests computes makes nobody wait.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

import httpx

from tests.torture.conftest import World

# How long others may wait because of a request, on a machine that has other work as well.
MOST_SECONDS: Final = 1.5

_PAUSE_SECONDS: Final = 0.02


class Watch:
    """Looks until it is left."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.before = world.deployment.load().megabytes
        self.megabytes = self.before
        self.seconds = 0.0

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()

    def _watch(self) -> None:
        deployment = self._world.deployment
        with httpx.Client(trust_env=False, timeout=60, verify=self._world.no_tls) as client:
            while not self._over.is_set() and deployment.is_alive():
                start = time.monotonic()
                try:
                    client.get(f"{deployment.url}/health")
                except httpx.HTTPError:
                    return  # It died, which is told elsewhere.
                self.seconds = max(self.seconds, time.monotonic() - start)
                self.megabytes = max(self.megabytes, deployment.load().megabytes)
                self._over.wait(_PAUSE_SECONDS)

    def faults(self, megabytes: float = 60) -> list[str]:
        """What was more than it may be."""
        self._thread.join()
        grown = self.megabytes - self.before
        found = [] if grown < megabytes else [f"{grown:.0f} MB more"]
        if self.seconds > MOST_SECONDS:
            found.append(f"others waited {self.seconds:.1f} s")
        return found
