"""The variables of a deployment as one frozen value.

In: name → text, as wrangler passes them, or a number or a boolean where `[vars]` has one; an absent
or empty variable means its default. And the names of the services' own variables. Out: `Settings`,
or `Misconfigured`, which names the variable. Bytes and seconds throughout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_snake

from easel.errors import Misconfigured
from easel.token import VISIBLE

_MIB: Final = 1024 * 1024

# Of hexadecimal digits these are 128 bits, which nobody can guess.
_LEAST_SECRET: Final = 32

# setTimeout counts milliseconds in 31 bits; a day is far below and longer than anyone waits.
_Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
_Interval = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
_Days = Annotated[float, Field(ge=60 / 86_400, le=3650, allow_inf_nan=False)]
# Twice what Cloudflare lets through; an isolate has no more memory than that.
_Bytes = Annotated[int, Field(gt=0, le=128 * _MIB)]


def _base_url(text: str) -> str:
    url = text.rstrip("/")
    scheme, _, rest = url.partition("://")
    if scheme not in ("http", "https") or not rest or any(c in url for c in "?#@ \\"):
        raise ValueError("must be http:// or https://, a host, and at most a path")
    return url


def _words(text: object) -> object:
    """The words between commas."""
    if not isinstance(text, str):
        return text
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    # A switch that was typed where a secret belongs.
    if {word.lower() for word in words} & {"true", "false", "none", "null"}:
        raise ValueError("must be keys or tokens, not true or false")
    if not words or not all(VISIBLE.fullmatch(word) for word in words):
        raise ValueError("must be words of visible ASCII characters, separated by commas")
    return words


def _link_secret(text: str) -> str:
    if len(text) < _LEAST_SECRET or not VISIBLE.fullmatch(text):
        raise ValueError(
            f"must be at least {_LEAST_SECRET} visible ASCII characters, as `openssl rand -hex 32` "
            "makes them"
        )
    return text


# A name or an address of a host, without scheme, port and path.
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def _hosts(text: object) -> object:
    """The hosts between commas, in lower case."""
    if not isinstance(text, str):
        return text
    hosts = tuple(dict.fromkeys(host.strip().lower() for host in text.split(",") if host.strip()))
    if not hosts or not all(map(_HOST.fullmatch, hosts)):
        raise ValueError("must be names of hosts, separated by commas")
    return hosts


_Hosts = Annotated[tuple[str, ...], BeforeValidator(_hosts)]


# RFC 6454, 7: what a browser sends as `Origin`; `null` is that of a file.
_ORIGIN: Final = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^/?#@\s,]+")


def _origins(text: object) -> object:
    """The origins between commas."""
    if not isinstance(text, str):
        return text
    origins = tuple(origin for word in text.split(",") if (origin := word.strip().lower()))
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError("must be origins (https://chat.example) or *, separated by commas")
    return origins


_BaseUrl = Annotated[str, AfterValidator(_base_url)]
_LinkSecret = Annotated[str, AfterValidator(_link_secret)]
_Secrets = Annotated[tuple[str, ...], BeforeValidator(_words), Field(repr=False)]
_Origins = Annotated[tuple[str, ...], BeforeValidator(_origins)]


@dataclass(frozen=True, slots=True)
class ServiceVariables:
    """The names of a service's own variables: its base URL, and a personal proxy's tokens for it.

    The second is a secret: tokens separated by commas. The other two are those of the site whose
    accounts it gives sessions to, "" where there is none: `easel.services.service.SignIn`.
    """

    base_url: str
    tokens: str
    site_base_url: str = ""
    site_tokens: str = ""


PictureFormat: TypeAlias = Literal["candidates", "images", "link", "markdown"]
Progress: TypeAlias = Literal["off", "reasoning"]


class Settings(BaseModel):
    """What a deployment may set. Each field is the variable of the same name in upper case.

    The first four have no such variable: they hold what the services' variables say, by the name
    of the service. One whose variable is not set is not in them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_urls: Mapping[str, _BaseUrl] = {}
    tokens: Mapping[str, _Secrets] = Field(default={}, repr=False)
    site_base_urls: Mapping[str, _BaseUrl] = {}
    site_tokens: Mapping[str, _Secrets] = Field(default={}, repr=False)

    # The default of `watermark`. Only image.z.ai has such a default.
    rm_label_watermark: bool = True

    # For requests that name no model; the default of the Zhaotou document, whose variations name
    # none.
    default_image_model: str = "gemini-3-pro-image-preview"

    # The picture format of chats; see easel.dialects.chat_encoder.
    chat_picture: PictureFormat = "candidates"

    # Whether a chat's stream tells how long it has been painting, in a field that clients show.
    progress: Progress = "off"

    # Whether a chat goes on from the picture before; see easel.editing.
    edit_previous: bool = True

    # Hosts of pictures that no service's document names, and all below them; see easel.editing.
    picture_hosts: _Hosts = ()

    # Titles, tags and so on, which clients ask for by themselves; see easel.hidden_prompts.
    answer_hidden_prompts: bool = True

    # One line of JSON for each request; see easel.request_log.
    log_requests: bool = True

    # What `make dev` sets: services take any token, and the page asks for none.
    on_sandbox: bool = False

    # A personal proxy: the keys that its clients must send.
    easel_keys: _Secrets = ()

    # With a secret, links are under Easel's own host; see easel.images.links.
    link_secret: _LinkSecret | None = Field(default=None, repr=False)
    # Where a deployment is reached, where its requests do not tell: behind another host.
    public_base_url: _BaseUrl | None = None

    # For how many days a picture is stored; a KV namespace keeps nothing for less than a minute.
    picture_days: _Days = 30
    # Whether pictures are stored in a deployment without keys too, where strangers paint.
    store_for_everybody: bool = False

    # The pictures of earlier messages are not kept while a body is read, so they may be many.
    max_request_bytes: _Bytes = 64 * _MIB
    # An isolate has 128 MB for all its requests; an upload is in it up to three times.
    max_input_bytes: _Bytes = 12 * _MIB
    max_picture_bytes: _Bytes = 32 * _MIB
    # A larger picture of a chat becomes a link; by default none does.
    max_inline_bytes: _Bytes = 128 * _MIB

    # Of all the pictures of one result over MCP, as base64 a million bytes: Claude Desktop and the
    # Python client take at most 1 MiB (2026-11).
    mcp_inline_bytes: _Bytes = 750_000
    # The pages that may ask over MCP, beside those of this machine and the deployment's own.
    mcp_allowed_origins: _Origins = ()

    # Long enough for an early error to keep its status.
    stream_hold_seconds: _Seconds = 5
    # NextChat gives up when no header has come for 60 s.
    plain_hold_seconds: _Seconds = 45
    # Intermediaries drop what is silent for about 60 s.
    keep_alive_seconds: _Interval = 10
    # A 2K picture was seen to take 136 s.
    upstream_timeout_seconds: _Interval = 300
    # For each part of a download, which has 96 to 384 KiB, and for its first byte.
    picture_stall_seconds: _Interval = 30
    # For all the waiting for a picture's host: 32 MiB at a pace that nobody would put up with.
    picture_timeout_seconds: _Interval = 180
    # For more of a request to come, and for all of it.
    upload_stall_seconds: _Interval = 30
    upload_timeout_seconds: _Interval = 300

    @property
    def secrets(self) -> tuple[str, ...]:
        """All secrets of the deployment."""
        own = (self.link_secret,) if self.link_secret else ()
        every = (*self.tokens.values(), *self.site_tokens.values())
        return (*self.easel_keys, *own, *chain.from_iterable(every))


# The fields that hold a variable of each service, and which.
_BY_SERVICE: Final = {
    "base_urls": "base_url",
    "tokens": "tokens",
    "site_base_urls": "site_base_url",
    "site_tokens": "site_tokens",
}

# The variables of Easel itself.
_OWN: Final = tuple(name.upper() for name in Settings.model_fields if name not in _BY_SERVICE)


def variables(services: Iterable[ServiceVariables]) -> tuple[str, ...]:
    """The names of all variables."""
    named = (getattr(each, name) for each in services for name in _BY_SERVICE.values())
    return (*filter(None, named), *_OWN)


# What a field may be given as beside a string, and what to call it in an error.
_ELSE: Final[dict[object, tuple[tuple[type, ...], str]]] = {
    bool: ((bool, int), "true or false"),
    int: ((int, float), "a number"),
    float: ((int, float), "a number"),
}
_TEXT: Final[tuple[tuple[type, ...], str]] = ((), "a string in quotes")


def _misfit(name: str, value: object) -> str | None:
    """What is wrong with the type of a variable's value, if anything is."""
    field = Settings.model_fields.get(to_snake(name))
    types, wanted = _ELSE.get(field.annotation, _TEXT) if field else _TEXT
    # In Python a boolean is a number too.
    fits = bool in types if isinstance(value, bool) else isinstance(value, (str, *types))
    if fits:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    found = "a boolean" if isinstance(value, bool) else "a number"
    return (
        f"{name}: must be {wanted}, not "
        f"{found if is_number or isinstance(value, bool) else 'a list or an object'}"
    )


def misconfigured(reasons: Iterable[str]) -> Misconfigured:
    """The error of variables that cannot be used; each reason begins with the name of one."""
    return Misconfigured(f"This deployment of Easel is misconfigured. {'; '.join(reasons)}.")


def read_settings(
    environment: Mapping[str, object], services: Mapping[str, ServiceVariables]
) -> Settings:
    """The settings that an environment asks for. `services` are by name. Raises Misconfigured."""
    legal = frozenset(variables(services.values()))
    known = {
        name: value
        for name, value in environment.items()
        if name in legal and not (isinstance(value, str) and not value.strip())
    }
    misfits = [misfit for name, value in known.items() if (misfit := _misfit(name, value))]
    if misfits:
        raise misconfigured(misfits)
    given: dict[str, object] = {to_snake(name): known[name] for name in _OWN if name in known}
    for field, variable in _BY_SERVICE.items():
        names = {service: getattr(each, variable) for service, each in services.items()}
        given[field] = {service: known[name] for service, name in names.items() if name in known}
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise misconfigured(
            f"{_variable(each['loc'], services)}: {each['msg']}" for each in found
        ) from None
    if settings.easel_keys and not (settings.tokens or settings.site_tokens):
        of_services = ((each.tokens, each.site_tokens) for each in services.values())
        needed = ", ".join(filter(None, chain.from_iterable(of_services)))
        raise misconfigured([f"EASEL_KEYS: needs at least one of {needed}"])
    return settings


def _variable(place: tuple[int | str, ...], services: Mapping[str, ServiceVariables]) -> str:
    """The variable that the value at this place of `Settings` comes from."""
    field = str(place[0])
    if field not in _BY_SERVICE:
        return field.upper()
    name: str = getattr(services[str(place[1])], _BY_SERVICE[field])
    return name


def hold_seconds(settings: Settings, *, stream: bool) -> float:
    """How long the headers of an answer are held for a true status."""
    return settings.stream_hold_seconds if stream else settings.plain_hold_seconds


def form_limit(settings: Settings) -> int:
    """How many bytes a form may have: all of it is held."""
    return min(settings.max_request_bytes, settings.max_input_bytes)
