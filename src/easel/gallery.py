"""The pictures of a request, opened one after another as they are painted.

In: flows under way. Out: one `OpenPicture` at a time, which has to be written before the next is
asked for, since it may be in the middle of an answer that goes on after it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import NamedTuple

from easel.dialects.encoder import Encoder
from easel.effects import CloseAnswer, Seal, Sealed
from easel.errors import EaselError
from easel.images.result import ImageResult, Picture, Unread, merge, with_sizes
from easel.images.size import Size
from easel.jobs import Jobs, Stage
from easel.linking import Linker
from easel.opening import OpenPicture, open_picture
from easel.services.wire import HttpResponse, ReadOn


class _Shown(NamedTuple):
    """A picture that was opened, its own size, and Easel's link to it, or ""."""

    picture: Picture
    size: Size | None
    link: str

    @property
    def linked(self) -> Picture:
        return replace(self.picture, url=self.link) if self.link else self.picture


class Gallery:
    """What was painted so far, and which pictures of it have been opened.

    Pictures are shown with the links of `linker`, where there is one: no encoder has to know.
    `remark` is told of all that was painted.
    """

    def __init__(self, jobs: Jobs, max_picture_bytes: int, linker: Linker | None = None) -> None:
        self.remark = ""
        self._jobs = jobs
        self._linker = linker
        self._max_picture_bytes = max_picture_bytes
        self._parts: list[ImageResult] = []
        self._unopened: deque[Picture] = deque()
        self._missing: list[EaselError] = []
        self._shown: list[_Shown] = []

    @property
    def result(self) -> ImageResult:
        """All that was painted so far. There must be something."""
        result = merge(self._parts)
        return replace(result, remark=self.remark) if self.remark else result

    @property
    def shown(self) -> ImageResult:
        """The same with only the pictures that were opened, and with their own sizes and links."""
        pictures = tuple(shown.linked for shown in self._shown)
        sizes = [shown.size for shown in self._shown]
        result = self.result
        if pictures != result.pictures:
            result = replace(result, pictures=pictures)
        return with_sizes(result, sizes)

    @property
    def errors(self) -> tuple[EaselError, ...]:
        """Why pictures are missing."""
        of_parts = (error for part in self._parts for error in part.errors)
        return (*self._jobs.errors, *of_parts, *self._missing)

    @property
    def is_over(self) -> bool:
        """Whether no other picture can follow the one that was opened last."""
        return self._jobs.are_over and not self._unopened and self._unread is None

    @property
    def _unread(self) -> Unread | None:
        return self._parts[-1].unread if self._parts else None

    def first(self, encoder: Encoder) -> Stage[OpenPicture | None]:
        """The first picture that can be opened, or None where the answer carries no pictures.

        Raises the first error where there is none to show.
        """
        while (part := (yield from self._jobs.next_result())) is not None:
            self._take(part)
            if encoder.carries_pictures(self.result) and (opened := (yield from self._open())):
                return opened
        if self._parts and not encoder.carries_pictures(self.result):
            return None
        # Why a painted picture cannot be shown matters more than why another was not painted.
        raise (self._missing or self.errors)[0]

    def next(self) -> Stage[OpenPicture | None]:
        """The next picture that can be opened, or None where there is no other."""
        while (opened := (yield from self._open())) is None:
            part = yield from self._jobs.next_result()
            if part is None:
                return None
            self._take(part)
        return opened

    def told_behind(self, opened: OpenPicture) -> Stage[OpenPicture]:
        """The picture that was just written, with what the rest of its answer says about it."""
        yield from self._read_on()
        shown = self._shown[-1]
        told = replace(opened.opened, picture=shown.linked, size=shown.size)
        return replace(opened, opened=told)

    def linked(self) -> Stage[ImageResult]:
        """All that was painted, with its links, where no picture is opened."""
        result, linker = self.result, self._linker
        if linker is None or not result.pictures:
            return result
        sealed = yield from self._jobs.do(Seal(tuple(map(linker.text_of, result.pictures))))
        # It fails only by a defect of ours, and the links of services are good ones too.
        if not isinstance(sealed, Sealed):
            return result
        pictures = [
            replace(picture, url=linker.url_of(text)) if text else picture
            for picture, text in zip(result.pictures, sealed.texts, strict=True)
        ]
        return replace(result, pictures=tuple(pictures))

    def _take(self, part: ImageResult) -> None:
        self._parts.append(part)
        self._unopened.extend(part.pictures)

    def _open(self) -> Stage[OpenPicture | None]:
        """The next picture that can be opened, of those painted so far."""
        while self._unopened or self._unread is not None:
            if not self._unopened:
                yield from self._read_on()
                continue
            picture = self._unopened.popleft()
            seal = "" if self._linker is None else self._linker.text_of(picture)
            try:
                opened = yield from open_picture(picture, self._jobs, self._max_picture_bytes, seal)
            except EaselError as error:
                self._missing.append(error)
            else:
                return self._show(opened)
        return None

    def _show(self, opened: OpenPicture) -> OpenPicture:
        """The picture with its link; it is shown from here on."""
        link = self._linker.url_of(opened.sealed) if self._linker and opened.sealed else ""
        shown = _Shown(opened.opened.picture, opened.opened.size, link)
        self._shown.append(shown)
        if not link:
            return opened
        return replace(opened, opened=replace(opened.opened, picture=shown.linked))

    def _read_on(self) -> Stage[None]:
        """Reads on in the last answer, up to its next picture."""
        part, unread = self._parts[-1], self._parts[-1].unread
        assert unread is not None
        response = yield from self._jobs.do(ReadOn(unread.response))
        assert isinstance(response, HttpResponse)
        try:
            more = unread.parse(response)
        except EaselError as error:
            if response.rest is not None:
                self._jobs.also(CloseAnswer(response.rest))
            self._missing.append(error)
            self._parts[-1] = replace(part, unread=None)
            return
        goes_on = None if response.rest is None else replace(unread, response=response)
        self._parts[-1] = replace(more, unread=goes_on)
        self._unopened.extend(more.pictures[len(part.pictures) :])
        self._retell(part, more)

    def _retell(self, before: ImageResult, now: ImageResult) -> None:
        """More may become known of pictures that are shown already."""
        retold = dict(zip(map(id, before.pictures), now.pictures, strict=False))
        self._shown = [
            shown._replace(picture=retold.get(id(shown.picture), shown.picture))
            for shown in self._shown
        ]
