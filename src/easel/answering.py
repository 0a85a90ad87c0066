"""Answers with pictures while they are still being painted.

In: flows that end in pictures, and the caller's `Encoder`. Out: an answer whose headers leave when
the first picture is open or has been waited for long enough, and whose body is kept alive until
then. An error that comes before the headers is raised; after them it is told in the body.
"""

from __future__ import annotations

from dataclasses import dataclass

from easel import headers
from easel.dialects import sse
from easel.dialects.encoder import Encoder
from easel.effects import (
    Begin,
    BrokenOff,
    Effects,
    Ending,
    Hold,
    KeepAlive,
    Write,
    WritePicture,
)
from easel.errors import EaselError, InternalError
from easel.gallery import Gallery
from easel.jobs import Jobs, Part
from easel.opening import OpenPicture
from easel.receiving import Call, Plan
from easel.settings import Settings, hold_seconds


@dataclass(slots=True)
class _Headers:
    """The headers of an answer, which leave once."""

    begin: Begin | None

    def leave(self) -> Begin | None:
        begin, self.begin = self.begin, None
        return begin


def answer(plan: Plan, call: Call) -> Part[Ending | BrokenOff]:
    """The answer to a request for pictures.

    Raises the EaselError, or any exception of ours, that came before the headers had to leave.
    """
    encoder, settings, log, jobs = plan.encoder, call.settings, call.log, call.jobs
    told = headers.stream_headers(log.request_id, encoder.content_type)
    begin = _Headers(Begin(told, log.line(200)))

    def held() -> Effects:
        keep_alive = KeepAlive(sse.KEEP_ALIVE, settings.keep_alive_seconds, at_once=True)
        leaving = begin.leave()
        return (leaving, keep_alive) if leaving else ()

    jobs.paint(plan.flows, settings.upstream_timeout_seconds, held)
    if plan.uploads is not None:
        jobs.also(plan.uploads)
    jobs.also(Hold(hold_seconds(settings, stream=encoder.stream)))
    gallery = Gallery(jobs, settings.max_picture_bytes)
    try:
        opened = yield from gallery.first(encoder)
    except Exception as error:
        if begin.begin is not None:
            raise
        return _late_error(error, encoder)
    leaving = begin.leave()
    if opened is None:
        whole = encoder.closing(gallery.result, gallery.errors, carried=False)
        return Ending(leaving, whole)
    if gallery.is_over:
        return _one_picture(opened, gallery, encoder, settings, leaving)
    if leaving:
        jobs.also(leaving)
    try:
        closing = yield from _write_several(opened, gallery, jobs, encoder, settings)
    except Exception as error:  # noqa: BLE001 - nobody may take what came for whole
        return BrokenOff(error)
    return Ending(None, closing)


def _late_error(error: Exception, encoder: Encoder) -> Ending:
    """What is told of an error when the headers have left."""
    told = error if isinstance(error, EaselError) else InternalError()
    exception = None if told is error else error
    return Ending(None, encoder.late_error(told), error_code=told.code, exception=exception)


def _one_picture(
    opened: OpenPicture,
    gallery: Gallery,
    encoder: Encoder,
    settings: Settings,
    begin: Begin | None,
) -> Ending:
    """The usual answer, which needs nothing more of Python."""
    shown = gallery.shown
    head, tail = encoder.around(0, opened.opened)
    closing = encoder.closing(shown, gallery.errors, carried=True)
    return Ending(
        begin,
        encoder.opening(shown) + head,
        opened.number,
        tail + closing,
        settings.max_picture_bytes,
    )


def _write_several(
    first: OpenPicture, gallery: Gallery, jobs: Jobs, encoder: Encoder, settings: Settings
) -> Part[bytes]:
    """Writes one picture after another, and returns what stands behind them.

    Each is opened when its turn comes: the platform has six connections, and a picture that waits
    in one would hold it for nothing.
    """
    keep_alive = KeepAlive(encoder.pause, settings.keep_alive_seconds)
    opened: OpenPicture | None = first
    before, index = encoder.opening(gallery.result), 0
    while opened is not None:
        head, tail = encoder.around(index, opened.opened)
        tells_more = opened.is_embedded
        now = b"" if tells_more else tail
        yield from jobs.do(
            WritePicture(opened.number, before + head, now, settings.max_picture_bytes)
        )
        if tells_more:
            opened = yield from gallery.told_behind(opened)
            _, tail = encoder.around(index, opened.opened)
            yield from jobs.do(Write(tail))
        before, index = b"", index + 1
        jobs.also(keep_alive)
        opened = yield from gallery.next()
    return encoder.closing(gallery.shown, gallery.errors, carried=True)
