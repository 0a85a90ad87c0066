"""What a deployment is, and what it has bound: the same for all requests of an isolate.

In: settings, token pools, and which bindings there are. Out: a `Deployment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from easel import routing
from easel.services.sessions import Sessions
from easel.services.token_pool import TokenPool
from easel.settings import Settings

# The name in `[[ratelimits]]` of wrangler.toml.
LIMITER_BINDING: Final = "KEY_LIMITER"

# The name in `[[kv_namespaces]]` or `[[r2_buckets]]`.
STORE_BINDING: Final = "PICTURES"


class Limiter(Enum):
    """What a deployment has bound to limit the rate of its keys."""

    NONE = auto()
    BOUND = auto()
    NOT_A_LIMITER = auto()


class Store(Enum):
    """What a deployment has bound to keep pictures in."""

    NONE = auto()
    BOUND = auto()
    NOT_A_STORE = auto()


@dataclass(frozen=True, slots=True)
class Deployment:
    """What lives as long as the isolate.

    The pools remember which tokens cool down, `sessions` those that Easel has got by itself.
    """

    settings: Settings
    pools: Mapping[str, TokenPool]
    limiter: Limiter = Limiter.NONE
    store: Store = Store.NONE
    sessions: Sessions = field(default_factory=Sessions)


def describe(deployment: Deployment) -> dict[str, object]:
    """What a deployment paints with, and how long its links live: for who has one of its keys."""
    settings, store = deployment.settings, deployment.store
    links: dict[str, object] = {"level": 1, "store": store.name.lower()}
    if settings.link_secret is not None:
        links["level"] = 2
        if store is Store.BOUND:
            links |= {"level": 3, "days": settings.picture_days}
    services = list(dict.fromkeys(service for _, service in routing.models(settings)))
    return {"services": services, "links": links}
