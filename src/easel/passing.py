"""Passes on the picture behind a link.

In: the path and headers of a GET or HEAD. Out: the picture, as its first bytes say what it is, or
what is known of it; `PictureNotFound` where nothing is behind the link, without a call where Easel
never made it. `UpstreamError` where the picture's host does not answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from easel import headers
from easel.effects import ClosePicture, PassedOn, Reply, Unseal, Unsealed
from easel.errors import PictureNotFound, UpstreamError
from easel.images.links import Link, file_name, is_sealed, read_link
from easel.images.range import Range, read_range
from easel.images.result import Picture
from easel.jobs import Stage
from easel.opening import OpenPicture, open_twice
from easel.receiving import Context

# How long whoever has read a picture may show it again without asking: an hour, since it may be
# deleted meanwhile.
_CACHE_SECONDS: Final = 3600

# The end of a sealed text proves that it is whole, so no other has the same.
_PROOF_CHARACTERS: Final = 22


def pass_on(context: Context, method: str, asked: Mapping[str, str]) -> Stage[PassedOn | Reply]:
    """The picture behind the link that the path names; `asked` are the headers of the request.

    Raises PictureNotFound, and UpstreamError, which names no address: the link tells nobody whose
    picture it is.
    """
    link = yield from read_named(context)
    opened = yield from _open(link, context)
    tag = f'"{context.name[-_PROOF_CHARACTERS:]}"'
    part = _part(opened.length, tag, asked) if method == "GET" else _whole(opened.length)
    fields = headers.picture_headers(
        context.log.request_id,
        opened.opened.mime_type,
        name=file_name(link.model, context.name, opened.opened.mime_type),
        tag=tag,
        max_age=link.max_age(context.jobs.now, _CACHE_SECONDS),
        part=part,
    )
    if _has(tag, asked.get("if-none-match")):
        return _without_picture(304, fields, opened, context)
    if part is not None and part.is_empty:
        # The type is that of what is sent, which is nothing.
        nothing = {name: fields[name] for name in fields if name != "content-type"}
        return _without_picture(416, {**nothing, "cache-control": "no-store"}, opened, context)
    if method == "HEAD":
        length = {"content-length": str(opened.length)} if opened.length else {}
        return _without_picture(200, {**fields, **length}, opened, context)
    status = 206 if part is not None and part.is_part else 200
    start, end = (0, None) if part is None else (part.start, part.end)
    limit = context.settings.max_picture_bytes
    line = context.log.line(status)
    return PassedOn(status, fields, opened.number, start, end, limit, line)


def read_named(context: Context) -> Stage[Link]:
    """The link whose sealed text the path names. Raises PictureNotFound."""
    link = None
    if context.settings.link_secret is not None and is_sealed(context.name):
        outcome = yield from context.jobs.do(Unseal(context.name))
        if isinstance(outcome, Unsealed):
            link = read_link(outcome.text)
    if link is None or link.is_over(context.jobs.now):
        raise _not_found()
    return link


def _not_found() -> PictureNotFound:
    return PictureNotFound("There is no picture behind this link, or none any more.")


def _open(link: Link, context: Context) -> Stage[OpenPicture]:
    """The picture, opened where the service has it. Raises PictureNotFound and UpstreamError."""
    picture = Picture(link.address, link.allow_http)
    try:
        return (yield from open_twice(picture, context.jobs, context.settings.max_picture_bytes))
    except UpstreamError as error:
        if error.code == "picture_missing":
            raise _not_found() from None
        raise


def _without_picture(
    status: int, fields: Mapping[str, str], opened: OpenPicture, context: Context
) -> Reply:
    context.jobs.also(ClosePicture(opened.number))
    return Reply(status, fields, b"", context.log.line(status))


def _whole(total: int) -> Range | None:
    return Range(0, total, total) if total else None


def _part(total: int, tag: str, asked: Mapping[str, str]) -> Range | None:
    """The bytes to send; None where nobody knows how many there are."""
    # What was asked for in part of another picture is sent whole (RFC 9110, 13.1.5).
    if not total or asked.get("if-range", tag) != tag:
        return _whole(total)
    return read_range(asked.get("range"), total) or _whole(total)


def _has(tag: str, header: str | None) -> bool:
    """Whether `If-None-Match` names a tag (RFC 9110, 13.1.2)."""
    named = [each.strip().removeprefix("W/") for each in (header or "").split(",")]
    return tag in named or named == ["*"]
