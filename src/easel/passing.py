"""Passes on the picture behind a link, or deletes it.

In: the path and headers of a GET or HEAD. Out: the picture, as its first bytes say what it is, or
what is known of it; `PictureNotFound` where nothing is behind the link, without a call where Easel
never made it. `UpstreamError` where the picture's host does not answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from easel import headers
from easel.behind_links import delete_link, open_link, read_sealed
from easel.context import Context
from easel.effects import ClosePicture, OpenCopy
from easel.errors import NobodyMayDelete, PictureNotFound
from easel.images.links import Link, file_name, link_url
from easel.images.range import Range, read_range
from easel.images.result import Picture
from easel.jobs import Stage
from easel.life import PassedOn, Reply
from easel.opening import OpenPicture, opened_by
from easel.outcomes import OpenedBody

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
    settings = context.settings
    has_secret = settings.link_secret is not None
    link = yield from read_sealed(context.name, context.jobs, has_secret=has_secret)
    opened = yield from _open(link, context, asked)
    max_age = link.max_age(context.jobs.now, _CACHE_SECONDS)
    if opened.until:
        max_age = min(max_age, max(0, int(opened.until - context.jobs.now)))
    tag = f'"{context.name[-_PROOF_CHARACTERS:]}"'
    part = _part(opened.length, tag, asked) if method == "GET" else _whole(opened.length)
    fields = headers.picture_headers(
        context.log.request_id,
        opened.opened.mime_type,
        name=file_name(link.model, context.name, opened.opened.mime_type),
        tag=tag,
        max_age=max_age,
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
    limit = settings.max_picture_bytes
    line = context.log.line(status)
    # What is itself a copy ends with the first.
    copy = _address(context) if status == 200 and end and not opened.until and max_age else ""
    return PassedOn(status, fields, opened.number, start, end, limit, line, copy, max_age)


def _address(context: Context) -> str:
    """The link's own address, under which the platform's cache may have a copy of its picture."""
    return link_url(context.bases[0], context.name)


def _open(link: Link, context: Context, asked: Mapping[str, str]) -> Stage[OpenPicture]:
    """The picture behind a link: a copy of it, unless the reader wants none (RFC 9111, 5.2.1.4)."""
    limit = context.settings.max_picture_bytes
    if "no-cache" not in asked.get("cache-control", ""):
        copy = yield from context.jobs.do(OpenCopy(_address(context)))
        if isinstance(copy, OpenedBody) and copy.status == 200:
            return opened_by(copy, Picture(), context.jobs, limit)
    return (yield from open_link(link, context.jobs, limit, has_store=context.has_store))


def delete(context: Context) -> Stage[Reply]:
    """Deletes the picture behind the link that the path names.

    Raises PictureNotFound, also for one that is not stored, NobodyMayDelete and UpstreamBroken.
    """
    if context.log.key is None:
        raise NobodyMayDelete(
            "This deployment has no EASEL_KEYS, so nobody may delete its pictures."
        )
    has_secret = context.settings.link_secret is not None
    link = yield from read_sealed(context.name, context.jobs, has_secret=has_secret)
    if not (link.key and context.has_store):
        raise PictureNotFound("This picture is not stored: its service keeps it.")
    yield from delete_link(link, _address(context), context.jobs)
    fields = headers.answer_headers(context.log.request_id, "")
    del fields["content-type"]
    return Reply(204, fields, b"", context.log.line(204))


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
