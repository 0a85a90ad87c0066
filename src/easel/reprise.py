"""Writes the pictures of an answer once more, where its dialect has them at its end too.

In: pictures that have been written. Out: the end of the answer. A picture that was kept is written
from memory, and any other is downloaded a second time, which costs nothing; one that has neither is
told in its place. See docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from easel.dialects.encoder import Reprise
from easel.effects import KeepAlive, WritePicture
from easel.errors import EaselError, UpstreamError
from easel.images.result import ImageResult
from easel.jobs import Jobs, Stage
from easel.life import Ending
from easel.opening import OpenPicture, open_picture
from easel.settings import Settings


@dataclass(frozen=True, slots=True)
class Written:
    """A picture that has been written. `kept` is the number of its copy, 0 where there is none."""

    opened: OpenPicture
    kept: int


@dataclass(frozen=True, slots=True)
class Told:
    """What was painted, why pictures are missing, and the `closing` of an answer that says so."""

    result: ImageResult
    errors: Sequence[EaselError]
    closing: bytes


def write_again(
    written: Sequence[Written], told: Told, reprise: Reprise, jobs: Jobs, settings: Settings
) -> Stage[Ending]:
    """The end of an answer from its closing on. The pictures are written in their order."""
    limit, pause = settings.max_picture_bytes, KeepAlive(reprise.pause, settings.keep_alive_seconds)
    *others, last = written
    number = yield from _open_again(written[0], jobs, limit)
    before = told.closing + reprise.opening(told.result)
    for index, each in enumerate(others):
        head, tail = _around(index, each, number, reprise)
        if number:
            yield from jobs.do(WritePicture(number, before + head, tail, limit))
            jobs.also(pause)
            before = b""
        else:
            before += head + tail
        number = yield from _open_again(written[index + 1], jobs, limit)
    head, tail = _around(len(others), last, number, reprise)
    closing = tail + reprise.closing(told.result, told.errors)
    if number:
        return Ending(None, before + head, number, closing, limit)
    return Ending(None, before + head + closing)


def _around(index: int, written: Written, number: int, reprise: Reprise) -> tuple[bytes, bytes]:
    if number:
        return reprise.around(index, written.opened.opened)
    return reprise.instead(index, written.opened.opened), b""


def _open_again(written: Written, jobs: Jobs, max_bytes: int) -> Stage[int]:
    """The number of a picture that is open once more, or 0."""
    picture = written.opened.source
    if written.kept or picture.url is None:
        return written.kept
    try:
        return (yield from open_picture(picture, jobs, max_bytes)).number
    except UpstreamError:
        return 0
