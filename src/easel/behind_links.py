"""What is behind a link that a caller names: what was sealed in it, and the picture.

In: the sealed text, or an address. Out: a `Link`, and its picture, opened in the store or where the
service has it; `PictureNotFound` where nothing is behind the link, without a call where Easel never
made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from easel.effects import DeleteStored, OpenStored, Unseal
from easel.errors import InvalidRequest, PictureNotFound, UpstreamBroken, UpstreamError
from easel.images.links import Link, is_sealed, is_under, read_link, sealed_in
from easel.images.request import InputImage
from easel.images.result import Picture
from easel.jobs import Jobs, Stage
from easel.opening import OpenPicture, hold_picture, open_twice, opened_by
from easel.outcomes import Failed, OpenedBody, Unsealed
from easel.picture_hosts import services_address
from easel.settings import Settings

# What the store says of a picture that was deleted.
_DELETED: Final = 410


def read_sealed(sealed: str, jobs: Jobs, *, has_secret: bool) -> Stage[Link]:
    """The link in which this was sealed. Raises PictureNotFound."""
    link = yield from _unsealed(sealed, jobs, has_secret=has_secret)
    return _lasting(link, jobs)


def read_own(
    address: str, bases: Sequence[str], jobs: Jobs, *, has_secret: bool
) -> Stage[Link | None]:
    """The link of Easel's own that an address is; None where it is somebody else's.

    What was sealed here is Easel's own under any host: nobody else can have made it. Raises
    PictureNotFound for one that has ended, and for one under `bases` that was never made.
    """
    sealed = sealed_in(address)
    if sealed is None:
        return None
    link = yield from _unsealed(sealed, jobs, has_secret=has_secret)
    return None if link is None and not is_under(address, bases) else _lasting(link, jobs)


def _unsealed(sealed: str, jobs: Jobs, *, has_secret: bool) -> Stage[Link | None]:
    if not (has_secret and is_sealed(sealed)):
        return None
    outcome = yield from jobs.do(Unseal(sealed))
    return read_link(outcome.text) if isinstance(outcome, Unsealed) else None


def _lasting(link: Link | None, jobs: Jobs) -> Link:
    if link is None or link.is_over(jobs.now):
        raise _not_found()
    return link


def open_link(link: Link, jobs: Jobs, max_bytes: int, *, has_store: bool) -> Stage[OpenPicture]:
    """The picture behind a link. Raises PictureNotFound and UpstreamError, without an address."""
    if link.key and has_store:
        stored = yield from jobs.do(OpenStored(link.key))
        if isinstance(stored, OpenedBody) and stored.status == _DELETED:
            raise _not_found()
        if isinstance(stored, OpenedBody) and stored.status == 200:
            return opened_by(stored, Picture(), jobs, max_bytes)
        # It may be on its way there, be where this place does not see it yet, or not be answered.
        if not link.address and isinstance(stored, Failed):
            raise UpstreamBroken("The store of this deployment did not answer.")
    if not link.address:
        raise _not_found()
    picture = Picture(link.address, link.allow_http)
    try:
        return (yield from open_twice(picture, jobs, max_bytes))
    except UpstreamError as error:
        if error.code == "picture_missing":
            raise _not_found() from None
        raise


@dataclass(frozen=True, slots=True)
class Reader:
    """What of a request's pictures Easel reads itself.

    `bases` are what links of Easel's own begin with; `has_store` is whether pictures may be in a
    store. `opens` is whether links to services' own hosts are opened too, since the service that
    paints takes no addresses.
    """

    bases: Sequence[str]
    settings: Settings
    jobs: Jobs
    has_store: bool
    opens: bool


def take_in(image: InputImage, reader: Reader) -> Stage[InputImage]:
    """A picture to paint from; one behind a link that Easel reads itself is held.

    Raises InvalidRequest where nothing is behind the link, or it cannot be opened or held.
    """
    jobs, limit = reader.jobs, reader.settings.max_input_bytes
    opened = None if image.url is None else (yield from _opened(image.url, image.param, reader))
    if opened is None:
        return image
    held = yield from hold_picture(image.param, opened, jobs, limit)
    if held is None:
        raise InvalidRequest(
            f"{image.param}: this picture cannot be read. Send the picture itself.",
            param=image.param,
        )
    return held


def check_found(image: InputImage, settings: Settings) -> None:
    """Raises InvalidRequest for a picture of an earlier turn that lies elsewhere than services'.

    Its address may have been written by anybody, and would tell its host who paints.
    """
    if image.url is not None and services_address(image.url, settings) is None:
        raise InvalidRequest(
            f"{image.param}: Easel does not open links to this host. Send the picture itself as "
            "input_image.",
            param=image.param,
        )


def _opened(url: str, param: str, reader: Reader) -> Stage[OpenPicture | None]:
    """The picture at an address; None for one that Easel leaves to the service.

    Raises InvalidRequest: an error of a picture that was painted would say that it was paid for.
    """
    settings, jobs, limit = reader.settings, reader.jobs, reader.settings.max_input_bytes
    has_secret = settings.link_secret is not None
    try:
        link = yield from read_own(url, reader.bases, jobs, has_secret=has_secret)
        if link is not None:
            return (yield from open_link(link, jobs, limit, has_store=reader.has_store))
        address = services_address(url, settings) if reader.opens else None
        if address is None:
            return None
        picture = Picture(address.text, allow_http=address.scheme == "http")
        return (yield from open_twice(picture, jobs, limit))
    except PictureNotFound as error:
        raise InvalidRequest(
            f"{param}: {error.message} Send the picture itself.", param=param
        ) from None
    except UpstreamError:
        raise InvalidRequest(
            f"{param}: its host did not return this picture, or it is too large. Send the picture "
            "itself.",
            param=param,
        ) from None


def delete_link(link: Link, url: str, jobs: Jobs) -> Stage[None]:
    """Deletes the picture behind a link, for as long as the link could live, and its copy at `url`.

    Raises UpstreamBroken.
    """
    outcome = yield from jobs.do(DeleteStored(link.key, int(link.expires - jobs.now), url))
    if isinstance(outcome, Failed):
        raise UpstreamBroken("The store of this deployment did not answer.")


def _not_found() -> PictureNotFound:
    return PictureNotFound("There is no picture behind this link, or none any more.")
