"""Answers with pictures while they are still being painted.

In: flows that end in pictures, and the caller's `Encoder`. Out: an answer whose headers leave when
the first picture is open or the hold is over, and whose body is kept alive until the picture comes.
An error that comes before the headers is raised; a late one goes into the body.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from easel import headers
from easel.context import Context
from easel.dialects import sse
from easel.dialects.dialect import Delivery
from easel.dialects.encoder import Encoder
from easel.effects import Begin, ClosePicture, Effects, Hold, KeepAlive, Write, WritePicture
from easel.errors import EaselError, InternalError, PictureLinked
from easel.gallery import Gallery
from easel.jobs import Jobs, Stage
from easel.keeping import keep
from easel.life import BrokenOff, Ending
from easel.linking import Linker
from easel.opening import OpenPicture
from easel.outcomes import Kept
from easel.receiving import Plan
from easel.reprise import Told, Written, write_again
from easel.settings import Settings, hold_seconds

_DAY_SECONDS: Final = 86_400


@dataclass(slots=True)
class _State:
    """The state of an answer. `begin` is None once its headers have left, and then `prelude` has
    been written.
    """

    encoder: Encoder
    delivery: Delivery
    settings: Settings
    jobs: Jobs
    gallery: Gallery
    begin: Begin | None
    prelude: bytes
    # What stood around the pictures that were written.
    seen: bytes = b""

    def leave(self) -> Begin | None:
        """The headers, if they have not left yet."""
        begin, self.begin = self.begin, None
        return begin

    def held(self) -> Effects:
        """What is done when the hold is over."""
        leaving = self.leave()
        if leaving is None:
            return ()
        interval, counted = self.settings.keep_alive_seconds, self.delivery.keep_alive
        first = self.unwritten()
        if counted is None:
            return leaving, KeepAlive(sse.KEEP_ALIVE, interval, first or sse.KEEP_ALIVE)
        number, step = 1.0, 1.0
        if counted.seconds:
            held = hold_seconds(self.settings, stream=self.encoder.stream)
            number, step = held, interval
        first += b"%b%d%b" % (counted.before, round(number), counted.after)
        return leaving, KeepAlive(counted.before, interval, first, counted.after, number, step)

    def unwritten(self) -> bytes:
        """The prelude, if it has not been written yet."""
        prelude, self.prelude = self.prelude, b""
        return prelude

    def keeps_out(self, opened: OpenPicture, written: int) -> bool:
        """Whether a picture becomes a link, where `written` bytes of others are in the answer.

        Where its host does not say how large it is, it does not.
        """
        if self.encoder.linked is None or opened.opened.picture.url is None:
            return False
        limit = self.delivery.inline_bytes
        most = self.settings.max_inline_bytes if limit is None else limit
        return written + opened.length > most


def answer(plan: Plan, context: Context) -> Stage[Ending | BrokenOff]:
    """The answer to a request for pictures.

    Raises the EaselError, or any exception of ours, that came before the headers had to leave.
    """
    encoder, settings, log, jobs = plan.encoder, context.settings, context.log, context.jobs
    fields = headers.stream_headers(log.request_id, encoder.content_type)
    linker = _linker(context, plan.painter)
    gallery = Gallery(jobs, settings.max_picture_bytes, linker)
    begin = Begin(fields, log.line(200))
    ours = _State(encoder, plan.delivery, settings, jobs, gallery, begin, encoder.prelude)
    limit = settings.upstream_timeout_seconds
    jobs.also(Hold(hold_seconds(settings, stream=encoder.stream)))
    try:
        if plan.fetch is not None:
            # Nothing paints yet, but the headers may have to leave.
            jobs.paint((), limit, ours.held)
            plan = yield from plan.fetch()
        gallery.remark = plan.remark
        jobs.paint(plan.flows, limit, ours.held)
        if plan.uploads is not None:
            jobs.also(plan.uploads)
        ending = yield from _end(ours)
    except Exception as error:
        if ours.begin is not None:
            raise
        # Nobody may take what came for whole.
        return BrokenOff(error)
    linked = gallery.to_store(ours.seen + ending.head + ending.tail)
    if not linked:
        return ending
    return replace(ending, afterwards=keep(linked, jobs.now, settings.max_picture_bytes))


def _linker(context: Context, painter: str) -> Linker | None:
    """How links are made, where the deployment has its own."""
    if context.base is None:
        return None
    if not context.stores:
        return Linker(context.base, painter)
    expires = int(context.jobs.now + context.settings.picture_days * _DAY_SECONDS)
    return Linker(context.base, painter, context.stamp.id, expires)


def _end(ours: _State) -> Stage[Ending]:
    """The headers leave when nothing can go wrong any more that they should tell."""
    encoder, gallery = ours.encoder, ours.gallery
    try:
        opened = yield from gallery.first(encoder)
    except Exception as error:
        if ours.begin is not None:
            raise
        return _late_error(error, encoder)
    if opened is None:
        result = yield from gallery.linked()
        ending = Ending(None, encoder.closing(result, gallery.errors, carried=False))
    elif gallery.is_over and (linked := _linked(opened, ours)):
        ending = linked
    elif gallery.is_over and encoder.reprise is None and not gallery.may_link(opened, encoder):
        ending = _one_picture(opened, ours)
    else:
        ending = yield from _write_several(opened, ours)
    return replace(ending, begin=ours.leave(), head=ours.unwritten() + ending.head)


def _late_error(error: Exception, encoder: Encoder) -> Ending:
    """The end of an answer whose headers have left when an error comes."""
    shown = error if isinstance(error, EaselError) else InternalError()
    exception = None if shown is error else error
    return Ending(None, encoder.late_error(shown), error_code=shown.code, exception=exception)


def _linked(opened: OpenPicture, ours: _State) -> Ending | None:
    """The answer with a link, where the picture is larger than it may be in the answer.

    None where it is not, or where there is nothing to link.
    """
    encoder, gallery = ours.encoder.linked, ours.gallery
    if encoder is None or not ours.keeps_out(opened, 0):
        return None
    ours.jobs.also(ClosePicture(opened.number))
    errors = (*gallery.errors, *_told(opened, ours))
    return Ending(None, encoder.closing(gallery.shown, errors, carried=False))


def _told(opened: OpenPicture, ours: _State) -> tuple[PictureLinked, ...]:
    """What tells that a picture is there as a link alone, where the dialect has such a limit."""
    limit = ours.delivery.inline_bytes
    if limit is None:
        return ()
    return (
        PictureLinked(
            f"A picture of {opened.length} bytes is here as a link alone: the pictures in this "
            f"answer may have {limit} bytes in all."
        ),
    )


def _one_picture(opened: OpenPicture, ours: _State) -> Ending:
    """The usual answer, which needs nothing more of Python."""
    encoder, gallery = ours.encoder, ours.gallery
    shown = gallery.shown
    head, tail = encoder.around(0, opened.opened)
    closing = encoder.closing(shown, gallery.errors, carried=True)
    before, limit = encoder.opening(shown) + head, ours.settings.max_picture_bytes
    return Ending(None, before, opened.number, tail + closing, limit)


def _write_several(first: OpenPicture, ours: _State) -> Stage[Ending]:
    """Writes one picture after another, and returns what follows them.

    Each is opened when its turn comes: the platform has six connections, and a picture that waits
    in one would hold it for nothing.
    """
    encoder, gallery, jobs, settings = ours.encoder, ours.gallery, ours.jobs, ours.settings
    keep_alive = KeepAlive(encoder.pause, settings.keep_alive_seconds)
    opened: OpenPicture | None = first
    before, size = ours.unwritten() + encoder.opening(gallery.result), 0
    written: list[Written] = []
    linked: list[PictureLinked] = []
    while opened is not None:
        # A chat has one picture; only who sets a limit of its own has it for several.
        if ours.delivery.inline_bytes is not None and ours.keeps_out(opened, size):
            jobs.also(ClosePicture(opened.number))
            linked.extend(_told(opened, ours))
            opened = yield from gallery.next()
            continue
        size += opened.length
        written.append((yield from _write_one(opened, len(written), before, ours)))
        before = b""
        jobs.also(keep_alive)
        opened = yield from gallery.next()
    result, errors = gallery.shown, (*gallery.errors, *linked)
    if not written and encoder.linked is not None:
        return Ending(None, encoder.linked.closing(result, errors, carried=False))
    closing = encoder.closing(result, errors, carried=True)
    if encoder.reprise is None:
        return Ending(None, closing)
    told = Told(result, errors, closing)
    return (yield from write_again(written, told, encoder.reprise, jobs, settings))


def _write_one(opened: OpenPicture, index: int, before: bytes, ours: _State) -> Stage[Written]:
    """Writes one picture of several, behind what leaves `before` it.

    Where a service tells more of it behind its base64, what follows it is written afterwards.
    """
    encoder, gallery, jobs = ours.encoder, ours.gallery, ours.jobs
    head, tail = encoder.around(index, opened.opened)
    tells_more = opened.is_embedded
    now = b"" if tells_more else tail
    if leaving := ours.leave():
        jobs.also(leaving)
    links = gallery.may_link(opened, encoder)
    keeps = links or encoder.reprise is not None
    limit = ours.settings.max_picture_bytes
    outcome = yield from jobs.do(WritePicture(opened.number, before + head, now, limit, keeps))
    kept = outcome.picture if isinstance(outcome, Kept) else 0
    if links:
        yield from gallery.link_behind(opened, kept)
        if kept and encoder.reprise is None:
            jobs.also(ClosePicture(kept))
    if tells_more:
        opened = yield from gallery.told_behind(opened)
        _, tail = encoder.around(index, opened.opened)
        yield from jobs.do(Write(tail))
    ours.seen += head + tail
    return Written(opened, kept)
