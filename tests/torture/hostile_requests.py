"""Everything that clients send that they should not, in one table."""

from __future__ import annotations

from typing import Final

from tests.torture import hostile_bodies, odd_requests

REQUESTS: Final = (*odd_requests.REQUESTS, *hostile_bodies.REQUESTS)
