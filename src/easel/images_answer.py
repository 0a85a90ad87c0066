"""What services that speak OpenAI's images API answer: `{"data": [{"url" | "b64_json"}]}`.

In: a response. Out: the pictures of its `data`; `UpstreamBroken` for what cannot be read.
Sources: seeds 001, 002 and 003.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from easel.address import is_inside
from easel.download import check_picture_url
from easel.errors import UpstreamBroken, UpstreamError
from easel.foreign_json import NotReadable, parse_json
from easel.image import Painted, Picture, Unread
from easel.size import Size
from easel.wire import LONG_TEXT, Flow, HttpResponse, ReadOn, failure_of, whole_text


class WireModel(BaseModel):
    """A part of an answer. What Easel does not use may be there, and may change."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class WirePicture(WireModel):
    """One item of `data`."""

    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None


# What stays of an answer without its pictures; the largest seen had 2 KB.
_MAX_BYTES: Final = 4 * 1024 * 1024
# The answers in the documents have four levels.
_MAX_DEPTH: Final = 32

_Model = TypeVar("_Model", bound=WireModel)


def read_answer(model: type[_Model], response: HttpResponse, service: str) -> _Model:
    """The body of an answer, or the beginning of it.

    Raises UpstreamBroken where it is not what the document says, and what its end says where no
    more of it will come.
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
        raise UpstreamBroken(f"{service} answered what Easel cannot read.") from None


def read_painted(response: HttpResponse, parse: Callable[[HttpResponse], Painted]) -> Flow:
    """What `parse` finds in an answer, which is read up to its first picture or to its end.

    Raises what `parse` raises of an answer that is read to its end.
    """
    while True:
        try:
            painted = parse(response)
        except UpstreamError:
            if response.cut:
                raise failure_of(response.cut, "The image service") from None
            if response.rest is None:
                raise
            painted = Painted()
        if response.rest is None:
            return painted
        if painted.pictures and painted.pictures[-1].base64 is response.long_texts[-1]:
            return replace(painted, unread=Unread(response, parse))
        following = yield ReadOn(response)
        assert following is not None
        response = following


def pictures(
    data: Sequence[WirePicture],
    response: HttpResponse,
    service: str,
    *,
    base_url: str,
    size: Size | None,
) -> tuple[Picture, ...]:
    """The pictures of an answer's `data`, by address where there is one.

    `size` is what the service was asked to paint. Raises UpstreamBroken when there are none.
    """
    allow_http = base_url.startswith("http://")
    found: list[Picture] = []
    for item in data:
        if item.url and not item.url.startswith(("data:", LONG_TEXT)):
            url = check_picture_url(
                item.url, allow_http=allow_http, allow_inside=is_inside(base_url)
            )
            found.append(Picture(url, allow_http, None, size, item.revised_prompt))
        elif text := item.b64_json or item.url:
            base64 = whole_text(response, text)
            found.append(Picture(None, allow_http, base64, size, item.revised_prompt))
    if not found:
        raise UpstreamBroken(
            f"{service} says it painted, but names no picture.", code="upstream_no_picture"
        )
    return tuple(found)
