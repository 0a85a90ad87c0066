"""The variables of a deployment as one frozen value.

In: name → text, as wrangler hands them over, or a number or a boolean where `[vars]` has one; an
absent or empty one means its default. Out: `Settings`, or `Misconfigured` naming the variable.
Bytes and seconds throughout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_snake

from easel.errors import Misconfigured
from easel.token import VISIBLE

_MIB: Final = 1024 * 1024

# setTimeout counts milliseconds in 31 bits; a day is far below and longer than anyone waits.
_Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
_Interval = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
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
        raise ValueError("must be words, and no true or false")
    if not words or not all(VISIBLE.fullmatch(word) for word in words):
        raise ValueError("must be words of visible ASCII characters, with commas in between")
    return words


_BaseUrl = Annotated[str, AfterValidator(_base_url)]
_Secrets = Annotated[tuple[str, ...], BeforeValidator(_words), Field(repr=False)]


ChatPicture: TypeAlias = Literal["candidates", "images", "link", "markdown"]


class Settings(BaseModel):
    """What a deployment may set. Each field is the variable of the same name in upper case."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # Source: seed 000.
    zai_image_base_url: _BaseUrl = "https://image.z.ai"
    rm_label_watermark: bool = True
    # Source: seeds 003, 001 and 002.
    bigmodel_base_url: _BaseUrl = "https://open.bigmodel.cn/api"
    zhaotou_base_url: _BaseUrl = "https://zhaotouai.com/v1"
    geekai_base_url: _BaseUrl = "https://geekai.co/api/v1"

    # For requests that name no model; it is the default in seed 001, whose variations name none.
    default_image_model: str = "gemini-3-pro-image-preview"

    # How a picture comes in a chat; see easel.dialects.chat_encoder.
    chat_picture: ChatPicture = "candidates"

    # Titles, tags and the like, for which clients ask by themselves; see easel.hidden_prompts.
    answer_hidden_prompts: bool = True

    # One line of JSON for each request; see edge.journal.
    log_requests: bool = True

    # A personal proxy: what its clients must show, and what it paints with.
    easel_keys: _Secrets = ()
    zai_tokens: _Secrets = ()
    bigmodel_api_keys: _Secrets = ()
    zhaotou_api_keys: _Secrets = ()
    geekai_api_keys: _Secrets = ()

    # The pictures of earlier messages are not kept while a body is read, so they may be many.
    max_request_bytes: _Bytes = 64 * _MIB
    # An isolate has 128 MB for all its requests; what is painted from lies in it up to three times.
    max_input_bytes: _Bytes = 12 * _MIB
    max_picture_bytes: _Bytes = 32 * _MIB

    # Long enough for a failure that comes at once to keep its status.
    stream_hold_seconds: _Seconds = 5
    # NextChat gives up when no header has come for 60 s.
    plain_hold_seconds: _Seconds = 45
    # Intermediaries drop what is silent for about 60 s.
    keep_alive_seconds: _Interval = 10
    # A 2K picture was seen to take 136 s.
    upstream_timeout_seconds: _Interval = 300
    # For each part of a download, which has 96 to 384 KiB, and for its first byte.
    picture_stall_seconds: _Interval = 30
    # For all of a download that its host is waited for: 32 MiB at a pace that nobody bears longer.
    picture_timeout_seconds: _Interval = 180
    # For more of a request to come, and for all of it.
    upload_stall_seconds: _Interval = 30
    upload_timeout_seconds: _Interval = 300


VARIABLES: Final = tuple(name.upper() for name in Settings.model_fields)


# What a personal proxy paints with.
_TOKEN_FIELDS: Final = ("zai_tokens", "bigmodel_api_keys", "zhaotou_api_keys", "geekai_api_keys")


# What else than a text a field may be given as, and what it must be then.
_ELSE: Final[dict[object, tuple[tuple[type, ...], str]]] = {
    bool: ((bool, int), "true or false"),
    int: ((int, float), "a number"),
    float: ((int, float), "a number"),
}
_TEXT: Final[tuple[tuple[type, ...], str]] = ((), "a text in quotes")


def _misfit(name: str, value: object) -> str | None:
    """What is wrong with the type of a variable's value, if anything is."""
    types, wanted = _ELSE.get(Settings.model_fields[to_snake(name)].annotation, _TEXT)
    # In Python a boolean is a number too.
    fits = bool in types if isinstance(value, bool) else isinstance(value, (str, *types))
    if fits:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    found = "true or false" if isinstance(value, bool) else "a number"
    return (
        f"{name}: must be {wanted}, and is "
        f"{found if is_number or isinstance(value, bool) else 'a list or an object'}"
    )


def _misconfigured(faults: Iterable[str]) -> Misconfigured:
    return Misconfigured(f"This deployment of Easel is misconfigured. {'; '.join(faults)}.")


def read_settings(environment: Mapping[str, object]) -> Settings:
    """The settings that an environment asks for. Raises Misconfigured."""
    known = {
        name: value
        for name, value in environment.items()
        if name in VARIABLES and not (isinstance(value, str) and not value.strip())
    }
    misfits = [fault for name, value in known.items() if (fault := _misfit(name, value))]
    if misfits:
        raise _misconfigured(misfits)
    given = {to_snake(name): value for name, value in known.items()}
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise _misconfigured(
            f"{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in faults
        ) from None
    if settings.easel_keys and not any(getattr(settings, name) for name in _TOKEN_FIELDS):
        tokens = ", ".join(name.upper() for name in _TOKEN_FIELDS)
        raise _misconfigured([f"EASEL_KEYS: needs at least one of {tokens}"])
    return settings


def hold_seconds(settings: Settings, *, stream: bool) -> float:
    """How long the headers of an answer wait for a true status."""
    return settings.stream_hold_seconds if stream else settings.plain_hold_seconds
