"""What every stage needs of one request: who asks, of which deployment, and with which jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from easel import routing
from easel.deployment import Deployment, Store
from easel.dialects.dialect import Tell
from easel.dialects.encoder import Stamp
from easel.jobs import Jobs
from easel.request_log import RequestLog
from easel.services.service import Access, Service
from easel.settings import Settings
from easel.token import Token


@dataclass(slots=True)
class Telling:
    """How an error is told that comes before the headers; None is as the dialect of the path has
    it.
    """

    tell: Tell | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What every stage needs of one request.

    `name` is what the path names. `base` is what links of Easel's own begin with; None where the
    deployment makes none, or where the request does not tell. `headers` are those that the
    operation reads.
    """

    name: str
    # It may hold `?key=`.
    query: str = field(repr=False)
    deployment: Deployment
    tokens: tuple[Token, ...]
    stamp: Stamp
    log: RequestLog
    jobs: Jobs
    base: str | None = None
    telling: Telling = field(default_factory=Telling)
    headers: Mapping[str, str] = field(default_factory=dict)
    # Under which hosts links that were never made here are nobody else's either.
    bases: tuple[str, ...] = ()

    @property
    def settings(self) -> Settings:
        return self.deployment.settings

    @property
    def has_store(self) -> bool:
        """Whether pictures may be in a store."""
        return self.deployment.store is Store.BOUND

    @property
    def stores(self) -> bool:
        """Whether what is painted is stored: strangers must not fill the owner's store."""
        settings = self.settings
        return self.has_store and (bool(settings.easel_keys) or settings.store_for_everybody)

    def stores_as(self, access: Access) -> str:
        """Under which name the store keeps the session of an account; "" where it keeps none.

        A session of one address is none of another.
        """
        if self.settings.link_secret is None or not self.has_store:
            return ""
        return f"{access.base_url} {access.token.text}"

    @property
    def named(self) -> Service | None:
        """The service that the caller names by a header."""
        return routing.named_by(token.header for token in self.tokens)
