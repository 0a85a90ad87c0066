"""What is asked of an image service, and what comes back.

In: values that a dialect has decoded or a service has received. Out: the frozen values that
are between dialects and services; `InvalidRequest` for what is no picture, or is asked of a
service that cannot do it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final

from easel.errors import InvalidRequest
from easel.images.blobs import NO_LONG_TEXTS, Blob, LongTexts, blob
from easel.images.shape import ANY_SHAPE, Shape
from easel.images.sniffing import mime_type

# OpenAI's limit, and that of the Zhaotou document, to `n`.
MAX_PICTURES: Final = 10

_BASE64: Final = re.compile(r"([A-Za-z0-9+/_-]*)={0,2}")
_URL_SAFE: Final = str.maketrans("-_", "+/")


class Action(StrEnum):
    """What is to be done."""

    GENERATE = "generation"
    EDIT = "edit"
    VARY = "variation"


@dataclass(frozen=True, slots=True)
class InputImage:
    """A picture to paint from: at an address, or as the caller sent it.

    Exactly one of `url` and `content` is set. `param` is the field that it came in. `found` is
    whether it was found in an earlier turn: an address there was not written by who asks now.
    """

    param: str
    url: str | None = field(default=None, repr=False)
    content: Blob | None = field(default=None, repr=False)
    found: bool = False

    def uploaded(self) -> Blob:
        """The picture itself. Raises InvalidRequest where only an address is known."""
        if self.content is None:
            raise InvalidRequest(
                f"{self.param}: this service does not take URLs. Send the image itself.",
                param=self.param,
            )
        return self.content

    @property
    def mime_type(self) -> str:
        """The MIME type that the first bytes say; "" for a picture at an address."""
        return mime_type(self.content.head) or "" if self.content else ""


def _decode(text: str) -> Blob | None:
    """What a text is the base64 of, in either alphabet; None where it is none."""
    found = _BASE64.fullmatch(text.partition(",")[2] if text.startswith("data:") else text)
    if found is None or len(found[1]) % 4 == 1:
        return None
    digits = found[1].translate(_URL_SAFE)
    return blob(b64decode(digits + "=" * (-len(digits) % 4)))


def read_image(text: str, param: str, long_texts: LongTexts = NO_LONG_TEXTS) -> InputImage:
    """A picture from a text: an address, a `data:` URL, or bare base64.

    Raises InvalidRequest for anything else, and for base64 of what is no picture.
    """
    if text.startswith(("https://", "http://")):
        return InputImage(param, url=text)
    content = long_texts.blob(text) if long_texts.holds(text) else _decode(text)
    if content is None and (address := long_texts.whole(text)).startswith(("https://", "http://")):
        return InputImage(param, url=address)
    if content is None or mime_type(content.head) is None:
        raise InvalidRequest(
            f"{param}: must be a URL (https://…) or base64 of a JPEG, PNG, WebP, GIF or AVIF.",
            param=param,
        )
    return InputImage(param, content=content)


def read_file(content: Blob, param: str) -> InputImage:
    """A picture from an uploaded file. Raises InvalidRequest for what is no picture."""
    if mime_type(content.head) is None:
        raise InvalidRequest(f"{param}: must be a JPEG, PNG, WebP, GIF or AVIF file.", param=param)
    return InputImage(param, content=content)


@dataclass(frozen=True, slots=True)
class Options:
    """What some services accept beside the prompt. None is the service's own default."""

    quality: str | None = None
    style: str | None = None
    style_preset: str | None = None
    background: str | None = None
    output_format: str | None = None
    negative_prompt: str | None = field(default=None, repr=False)
    strength: float | None = None
    watermark: bool | None = None
    user_id: str | None = field(default=None, repr=False)
    retries: int | None = None
    extra_body: Mapping[str, object] | None = field(default=None, repr=False)


NO_OPTIONS: Final = Options()
_OPTIONS: Final = tuple(each.name for each in fields(Options))

# What says the same as leaving it out, whatever the service.
_NO_OPS: Final = {
    "retries": 0,
    "negative_prompt": "",
    "extra_body": {"sequential_image_generation": "disabled"},
}

# What OpenAI's clients send by default: `auto`, and what DALL·E's once always sent.
_CLIENT_DEFAULTS: Final[Mapping[str, Collection[str]]] = {
    "quality": ("auto", "standard"),
    "style": ("vivid",),
    "background": ("auto",),
}


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Pictures to paint. `model` is as the caller wrote it until the service is chosen."""

    model: str
    prompt: str = field(repr=False)
    shape: Shape = ANY_SHAPE
    action: Action = Action.GENERATE
    n: int = 1
    images: tuple[InputImage, ...] = ()
    mask: InputImage | None = None
    options: Options = NO_OPTIONS
    asynchronous: bool = False
    names: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def name_of(self, what: str) -> str:
        """What the caller's dialect calls the prompt or an option, for errors that name it."""
        return self.names.get(what, what)


def without_client_defaults(
    request: ImageRequest, words: Mapping[str, Collection[str]]
) -> ImageRequest:
    """The request without the words by which a client chooses nothing.

    `words` are those that the model has, by option: where a word is one of them, it stays.
    """
    if request.options == NO_OPTIONS:
        return request
    left_out: dict[str, Any] = {
        name: None
        for name, defaults in _CLIENT_DEFAULTS.items()
        if (word := getattr(request.options, name)) in defaults and word not in words.get(name, ())
    }
    return replace(request, options=replace(request.options, **left_out))


def refuse_unsupported(supported: frozenset[str], request: ImageRequest) -> None:
    """Raises InvalidRequest for the first thing that a service cannot honour.

    `supported` are names of Options, and of `images`, `mask`, `edit`, `variation`, `async`.
    """
    options = request.options
    asked = {} if options == NO_OPTIONS else {name: getattr(options, name) for name in _OPTIONS}
    asked["mask"] = request.mask
    asked["async"] = request.asynchronous or None
    for what, value in asked.items():
        if value is not None and what not in supported and _NO_OPS.get(what) != value:
            name = request.name_of(what)
            raise InvalidRequest(
                f"{name}: {request.model} does not support this. Leave it out.", param=name
            )
    if request.images and "images" not in supported:
        param = request.images[0].param
        raise InvalidRequest(
            f"{param}: {request.model} does not support image input. Send text only.",
            param=param,
            code="unsupported_input",
        )
    if request.action is not Action.GENERATE and request.action not in supported:
        raise InvalidRequest(
            f"model: {request.model} does not support {request.action}s.",
            param="model",
        )


def split(request: ImageRequest, pictures_a_call: int) -> tuple[ImageRequest, ...]:
    """The calls that a request for `n` pictures takes, side by side.

    Raises InvalidRequest for a task that would take several: it could not be asked for as one.
    """
    if request.n <= pictures_a_call:
        return (request,)
    if request.asynchronous:
        raise InvalidRequest(
            f"n: must be at most {pictures_a_call} for a task. Send a request for each task.",
            param="n",
        )
    whole, rest = divmod(request.n, pictures_a_call)
    counts = [pictures_a_call] * whole + ([rest] if rest else [])
    return tuple(replace(request, n=count) for count in counts)
