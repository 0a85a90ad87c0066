"""Goes on from the picture before, where a turn of a conversation brings no picture of its own.

In: what is asked for, where the picture before stands, and the service that paints. Out: what to
ask of the service, and a remark for the answer: that the picture before went along, or why it did
not. Nothing raises: an old picture must not stop a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from easel.behind_links import open_link, read_own
from easel.dialects.previous import FindPrevious
from easel.errors import (
    BodyTooLarge,
    CallerError,
    PictureNotFound,
    RequestRefused,
    UpstreamError,
    UpstreamTooLarge,
)
from easel.images.links import sealed_in
from easel.images.request import Action, ImageRequest, InputImage
from easel.images.result import Picture
from easel.jobs import Jobs, Stage
from easel.opening import hold_picture, open_picture
from easel.picture_hosts import services_address
from easel.services.service import Service
from easel.services.wire import Flow
from easel.settings import Settings

_EDITED: Final = "This edits the picture before. For one from words alone, start a new chat."
_WENT_ALONG: Final = "The picture before went along. To paint from words alone, start a new chat."

_TOO_FAR: Final = "it is too large, or too far back in this chat"
_UNREADABLE: Final = "what stands in its place is no picture that Easel can read"
_FOREIGN: Final = "Easel does not open links to its host"
_EXPIRED: Final = "there is no picture behind its link any more"
_UNREACHABLE: Final = "its host did not return it, or it is too large"


@dataclass(frozen=True, slots=True)
class Painter:
    """Who paints, and for which deployment.

    `try_out` raises CallerError for what the service would not be asked. `bases` are what links of
    Easel's own begin with; `has_store` is whether pictures may be stored.
    """

    service: Service
    settings: Settings
    try_out: Callable[[ImageRequest], None]
    bases: tuple[str, ...]
    has_store: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """What to ask of a service, and what the answer tells of the picture before.

    `link` is set where the picture before has to be opened first: the request is then still
    without it.
    """

    request: ImageRequest
    remark: str = ""
    link: InputImage | None = None


def edit_of(request: ImageRequest, find: FindPrevious, painter: Painter) -> Edit:
    """The edit that a request is with the picture before, which `find` finds."""
    try:
        image = find()
    except BodyTooLarge:
        return _unused(request, _TOO_FAR)
    except CallerError:
        return _unused(request, _UNREADABLE)
    if image is None:
        return Edit(request)
    if image.url is None:
        return _edited(request, image, painter)
    if sealed_in(image.url) is not None:
        return Edit(request, link=image)
    return _at_address(request, image, painter)


def fetched(edit: Edit, painter: Painter, jobs: Jobs) -> Stage[Edit]:
    """The same edit once the picture before was opened at its link."""
    image, request, limit = edit.link, edit.request, painter.settings.max_input_bytes
    assert image is not None
    assert image.url is not None
    has_secret = painter.settings.link_secret is not None
    try:
        link = yield from read_own(image.url, painter.bases, jobs, has_secret=has_secret)
        if link is not None:
            if painter.service.takes_addresses and link.address and not link.key:
                return _edited(request, replace(image, url=link.address), painter)
            opened = yield from open_link(link, jobs, limit, has_store=painter.has_store)
        else:
            edit = _at_address(request, image, painter)
            if edit.link is None:
                return edit
            picture = Picture(edit.link.url, allow_http=image.url.startswith("http:"))
            opened = yield from open_picture(picture, jobs, limit)
    except PictureNotFound:
        return _unused(request, _EXPIRED)
    except UpstreamError:
        return _unused(request, _UNREACHABLE)
    held = yield from hold_picture(image.param, opened, jobs, limit)
    return _edited(request, held, painter) if held else _unused(request, _UNREACHABLE)


def painting(flow: Flow) -> Flow:
    """A flow that edits the picture before; where it is refused, the error tells of that picture.

    Nobody sees it in the turn that is refused.
    """
    try:
        return (yield from flow)
    except (RequestRefused, UpstreamTooLarge) as error:
        raise type(error)(f"{error.message} {_WENT_ALONG}", code=error.code) from None


def _at_address(request: ImageRequest, image: InputImage, painter: Painter) -> Edit:
    """The edit of a picture at an address that is no link of Easel's own."""
    address = services_address(image.url or "", painter.settings)
    if address is None:
        return _unused(request, _FOREIGN)
    image = replace(image, url=address.text)
    if not painter.service.takes_addresses:
        return Edit(request, link=image)
    return _edited(request, image, painter)


def _edited(request: ImageRequest, image: InputImage, painter: Painter) -> Edit:
    edit = replace(request, images=(image,), action=Action.EDIT)
    try:
        painter.try_out(edit)
    except CallerError as error:
        # What can be painted from words alone may be no edit: of other sizes, say.
        return _unused(request, f"{request.model} cannot edit so. {error.message}")
    return Edit(edit, _EDITED)


def _unused(request: ImageRequest, why: str) -> Edit:
    return Edit(
        request, f"The picture before was not used: {why.rstrip('.')}. Attach it to edit it."
    )
