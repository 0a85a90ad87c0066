"""What services that speak OpenAI's images API answer: `{"data": [{"url" | "b64_json"}]}`.

In: a response. Out: what was painted, with errors for the pictures that are not there;
`UpstreamBroken` for what cannot be read. What was painted was paid, so an answer is read as far as
it can be, and whatever else is wrong with it costs no picture.
Sources: the Zhaotou, GeekAI and BigModel documents (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic_core import PydanticUseDefault

from easel.errors import EaselError, SurplusPictures, UpstreamBroken, UpstreamError
from easel.foreign_json import NotReadable, parse_json
from easel.images.address import check_picture_url, is_inside
from easel.images.result import ImageResult, Picture, Unread
from easel.images.size import Size
from easel.services.service import Access
from easel.services.wire import LONG_TEXT, Flow, HttpResponse, ReadOn, platform_error, whole_text

# What services may answer with when they painted: 201, 202 and 203 say no less than 200 does.
_SUCCESSES: Final = frozenset({200, 201, 202, 203})

# What stays of an answer without its pictures; the largest seen had 2 KB.
_MAX_BYTES: Final = 4 * 1024 * 1024
# The answers in the documents have four levels.
_MAX_DEPTH: Final = 32

# What is looked at of an answer that names far more pictures than were asked for: the most that a
# request may ask for is ten times fifteen.
_MAX_ITEMS: Final = 200


class WireModel(BaseModel):
    """A part of an answer. What Easel does not use may be there, and may change.

    Every field has a default, which it also has where its value is not of its type.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_default(cls, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except ValidationError:
            raise PydanticUseDefault from None


def _listed(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


# A list whose items are read one by one, so that one that is none costs nothing else.
Items: TypeAlias = Annotated[list[Any], BeforeValidator(_listed)]

# An id or a code, which some services write as a number.
IdOrCode: TypeAlias = str | int


class WirePicture(WireModel):
    """One item of `data`."""

    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None


_Model = TypeVar("_Model", bound=WireModel)


def is_success(response: HttpResponse) -> bool:
    """Whether the service says that it did what it was asked."""
    return response.status in _SUCCESSES


def read_answer(model: type[_Model], response: HttpResponse, access: Access) -> _Model:
    """The body of an answer, or the beginning of it.

    Raises UpstreamBroken where it is no JSON object.
    """
    try:
        value = parse_json(
            response.body,
            max_bytes=_MAX_BYTES,
            max_depth=_MAX_DEPTH,
            partial=not response.is_whole,
        )
        return model.model_validate(value)
    except (NotReadable, ValidationError):
        raise UpstreamBroken(f"{access.service} sent an answer that Easel cannot read.") from None


def read_painted(response: HttpResponse, parse: Callable[[HttpResponse], ImageResult]) -> Flow:
    """What `parse` finds in an answer, which is read up to its first picture or to its end.

    Raises what `parse` raises of an answer that is read to its end.
    """
    while True:
        try:
            result = parse(response)
        except UpstreamError:
            if response.cut:
                raise platform_error(response.cut, "The image service") from None
            if response.rest is None:
                raise
            result = ImageResult()
        if response.rest is None:
            return result
        if result.pictures and result.pictures[-1].base64 is response.long_texts[-1]:
            return replace(result, unread=Unread(response, parse))
        response = yield ReadOn(response)


def read_items(model: type[_Model], items: Sequence[object]) -> tuple[_Model, ...]:
    """The first items of a list; one that is no object has nothing but defaults."""
    return tuple(
        model.model_validate(item if isinstance(item, dict) else {}) for item in items[:_MAX_ITEMS]
    )


def names_pictures(data: Sequence[object]) -> bool:
    """Whether an answer's `data` has a picture in it, be it usable or not."""
    return any(item.url or item.b64_json for item in read_items(WirePicture, data))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a service was asked for, and how: the size and the number of pictures.

    `n` is how many pictures it owes, `most` how many it may send, where that is more.
    """

    access: Access
    size: Size | None = None
    n: int = 1
    most: int = 1


def read_pictures(data: Sequence[object], response: HttpResponse, asked: Asked) -> ImageResult:
    """The pictures of an answer's `data`, by address where there is one.

    Its `errors` say what is missing and what is surplus; an answer of which more will come has none
    yet. Raises UpstreamBroken when there are no pictures at all.
    """
    found: list[Picture] = []
    errors: list[EaselError] = []
    for item in read_items(WirePicture, data):
        try:
            found.append(_picture(item, response, asked))
        except UpstreamBroken as error:
            errors.append(error)
    if not found:
        raise errors[0] if errors else no_picture(asked.access)
    if response.rest is not None:
        errors = []
    elif len(data) < asked.n:
        errors.append(
            UpstreamBroken(
                f"{asked.access.service} returned {len(data)} of the {asked.n} pictures requested.",
                code="upstream_no_picture",
            )
        )
    most, service = max(asked.n, asked.most), asked.access.service
    if len(found) > most:
        passed_on = "the first" if most == 1 else f"the first {most}"
        more = f"{service} returned more pictures than requested. Easel passes on {passed_on}."
        errors = [SurplusPictures(more)]
    elif errors and len(found) >= asked.n:
        more = f"{service} returned more than the pictures requested. Easel cannot read the rest."
        errors = [SurplusPictures(more)]
    return ImageResult(tuple(found[:most]), errors=tuple(errors))


def no_picture(access: Access) -> UpstreamBroken:
    """The error of a success without a picture."""
    return UpstreamBroken(f"{access.service} did not return an image.", code="upstream_no_picture")


def _picture(item: WirePicture, response: HttpResponse, asked: Asked) -> Picture:
    """One picture. Raises UpstreamBroken where it cannot be opened."""
    base_url = asked.access.base_url
    allow_http = base_url.startswith("http://")
    url, base64 = item.url, item.b64_json
    if url and url.startswith(("data:", LONG_TEXT)):
        url, base64 = None, base64 or url
    if url:
        try:
            url = check_picture_url(url, allow_http=allow_http, allow_inside=is_inside(base_url))
        except UpstreamBroken:
            # An address that cannot be opened costs nothing where the picture itself is there.
            if not base64:
                raise
            url = None
    if url:
        return Picture(url, allow_http, None, asked.size, item.revised_prompt)
    if not base64:
        raise no_picture(asked.access)
    return Picture(None, allow_http, whole_text(response, base64), asked.size, item.revised_prompt)
