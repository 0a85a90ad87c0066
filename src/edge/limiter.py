"""The rate limit of a personal proxy's keys, where the platform's own is bound.

In: the deployment's environment and the number of a key. Out: nothing, or `RateLimited`. What is
counted stays with the platform, near the place where the request came in; Easel keeps no count.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from easel.errors import Misconfigured, RateLimited
from edge import platform

# The name in `[[ratelimits]]` of wrangler.toml.
BINDING: Final = "KEY_LIMITER"

# It answers from memory. Where it does not, nothing is painted: who bound it wants a limit.
_LONGEST_WAIT_SECONDS: Final = 5


async def check_rate(env: Any, key_number: int) -> None:
    """Counts one more request of a key, which is told by its number and nothing else.

    Raises RateLimited where the key has had too many, and Misconfigured where something else is
    bound under that name.
    """
    limiter: Any = getattr(env, BINDING, None)
    if not platform.is_given(limiter):
        return
    if isinstance(limiter, str | int | float):
        raise Misconfigured(
            f"This deployment of Easel is misconfigured. {BINDING}: must be a rate limit of "
            "[[ratelimits]], not a variable."
        )
    async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
        outcome = await limiter.limit(key=f"easel-key-{key_number}")
    if not outcome.success:
        raise RateLimited(f"Key {key_number} of this deployment has made too many requests.")
