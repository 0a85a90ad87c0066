"""What every image service is to the rest of Easel: one row of a table.

In: a request and what is needed to make it. Out: see `easel.services.wire.Flow`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from easel.images.request import ImageRequest
from easel.services.wire import Flow
from easel.settings import Settings
from easel.token import Token


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, by which settings, and when (Unix seconds); `nonce` is a word nobody can guess."""

    token: Token = field(repr=False)
    settings: Settings
    now: float
    nonce: str


Generate: TypeAlias = Callable[[ImageRequest, Access], Flow]
Poll: TypeAlias = Callable[[str, Access], Flow]


@dataclass(frozen=True, slots=True)
class Service:
    """An image service.

    `models` are the ids that are listed (with the service in front where `find` does not know
    them); `find` says what the service calls the model that a
    caller names, or None. `pictures_a_call` is how many one call paints at the most. `poll` asks
    for an asynchronous task, where the service has such. `any_model` is whether a name that is not
    known is passed on, where the caller names the service. `token_header` is a header that holds
    tokens for this service alone, and so names it. `own_tokens` are those that a personal proxy has
    for it.
    """

    name: str
    models: tuple[str, ...]
    find: Callable[[str], str | None]
    generate: Generate
    pictures_a_call: int = 1
    poll: Poll | None = None
    any_model: bool = False
    token_header: str | None = None
    own_tokens: Callable[[Settings], tuple[str, ...]] = lambda _: ()
