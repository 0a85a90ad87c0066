"""What every image service is to the rest of Easel: one row of a table, which owns its facts.

In: a request and what is needed to make it. Out: see `easel.services.wire.Flow`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from easel.errors import TaskNotFound
from easel.images.request import ImageRequest
from easel.services.wire import Flow, SessionFlow
from easel.settings import ServiceVariables, Settings
from easel.token import Token


@dataclass(frozen=True, slots=True)
class Access:
    """How a service is asked: who it is, where, with which token and settings, and when.

    `service` is what people call it, `now` in Unix seconds, `nonce` a random word.
    """

    service: str
    base_url: str
    token: Token = field(repr=False)
    settings: Settings
    now: float
    nonce: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """All secrets: the caller's own token, and those of the deployment."""
        return (self.token.text, *self.settings.secrets)


Generate: TypeAlias = Callable[[ImageRequest, Access], Flow]
Poll: TypeAlias = Callable[[str, Access], Flow]


def no_tasks(task_id: str, access: Access) -> Flow:
    """What a service does that has no tasks. Raises TaskNotFound."""
    del task_id
    raise TaskNotFound(f"{access.service} has no tasks.")


def edits_none(model: str) -> bool:
    """What is said of each model by a service whose models paint from words alone."""
    del model
    return False


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a service gives sessions to accounts of another site, so that they can be renewed.

    `site` is what people call the site, `default_base_url` has no slash at its end. `session` asks
    for a session, by how the service and how the site is asked. Both hold the account's token, so
    that no error repeats it; only the site is sent it.
    """

    site: str
    default_base_url: str
    session: Callable[[Access, Access], SessionFlow]


@dataclass(frozen=True, slots=True)
class Service:
    """An image service.

    `name` comes before its models and its tasks, `display_name` is what people call it.
    `default_base_url` has no slash at its end; `variables` name what a deployment sets instead, and
    the tokens that it has. `own_header` is a header that holds tokens for only this service, and
    so names it.

    `models` are the ids that are listed (with the service in front where `find` does not know
    them), `model_form` says how they are made where they are many. `find` says what the service
    calls the model that a caller names, or None; `any_model` is whether any other name is passed
    on, where the caller names the service. `pictures_a_call` is how many one call paints at the
    most. `poll` asks for an asynchronous task. `sign_in` is how its sessions are got, where its
    tokens are sessions. `joins_messages` is whether messages of the user that follow each other are
    one turn where one of them has the text; else the last one counts.

    `edits` is whether a model edits in conversations, so that a turn without a picture goes on from
    the picture before. `takes_addresses` is whether a picture to paint from may be an address.
    `picture_hosts` are the hosts of its pictures, as far as the host of its base URL and those
    below it are not. `paints_from_pictures` is whether some of its models do; `guide` tells an
    assistant that chooses what they paint and what is legal.
    """

    name: str
    display_name: str
    default_base_url: str
    variables: ServiceVariables
    models: tuple[str, ...]
    find: Callable[[str], str | None]
    generate: Generate
    model_form: str = ""
    pictures_a_call: int = 1
    poll: Poll = no_tasks
    any_model: bool = False
    own_header: str | None = None
    sign_in: SignIn | None = None
    joins_messages: bool = True
    edits: Callable[[str], bool] = edits_none
    takes_addresses: bool = False
    picture_hosts: tuple[str, ...] = ()
    paints_from_pictures: bool = False
    guide: str = ""

    @property
    def has_tasks(self) -> bool:
        """Whether it paints pictures that are asked for later."""
        return self.poll is not no_tasks

    def access(self, token: Token, settings: Settings, now: float, nonce: str) -> Access:
        """What it is asked with."""
        base_url = settings.base_urls.get(self.name, self.default_base_url)
        return Access(self.display_name, base_url, token, settings, now, nonce)

    def own_tokens(self, settings: Settings) -> tuple[str, ...]:
        """The tokens that a personal proxy has for it, and those of accounts it signs in with."""
        own = (*settings.tokens.get(self.name, ()), *settings.site_tokens.get(self.name, ()))
        return tuple(dict.fromkeys(own))

    def signs_in_with(self, token: Token, settings: Settings) -> SignIn | None:
        """How a session is got for a token; None where it is not one of an account's."""
        is_of_account = token.text in settings.site_tokens.get(self.name, ())
        return self.sign_in if is_of_account else None

    def site_access(
        self, sign_in: SignIn, token: Token, settings: Settings, now: float, nonce: str
    ) -> Access:
        """What the site of its accounts is asked with."""
        base_url = settings.site_base_urls.get(self.name, sign_in.default_base_url)
        return Access(sign_in.site, base_url, token, settings, now, nonce)
