"""The pictures of a request, opened one after another as they are painted.

In: flows under way. Out: one `OpenPicture` at a time, which has to be written before the next is
asked for, since it may be in the middle of an answer that goes on after it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final, NamedTuple

from easel.dialects.encoder import Encoder
from easel.effects import CloseAnswer, ClosePicture, Complain, OpenStored, Seal, StorePicture
from easel.errors import EaselError
from easel.images.links import Link, write_link
from easel.images.result import ImageResult, Picture, Unread, merge, with_sizes
from easel.images.size import Size
from easel.jobs import Jobs, Stage
from easel.keeping import not_stored
from easel.linking import Linked, Linker
from easel.opening import OpenPicture, open_picture, opened_by
from easel.outcomes import Sealed, Stored
from easel.services.wire import HttpResponse, ReadOn

# It stands for an address.
_ANY: Final = "https://easel.invalid/"


class _Shown(NamedTuple):
    """A picture that was opened, its own size, and Easel's link to it, or ""."""

    picture: Picture
    size: Size | None
    link: str

    @property
    def linked(self) -> Picture:
        return replace(self.picture, url=self.link) if self.link else self.picture


def _would_link(encoder: Encoder, result: ImageResult) -> bool:
    """Whether an answer carries pictures only because some have no address."""
    pictures = tuple(replace(picture, url=picture.url or _ANY) for picture in result.pictures)
    return not encoder.carries_pictures(replace(result, pictures=pictures))


def _retold(stored: Linked, picture: Picture) -> Linked:
    """A stored picture with what its answer says of it behind it."""
    shown = stored.picture
    return replace(stored, picture=replace(picture, url=shown.url, base64=None, size=shown.size))


def _text(link: Link | None) -> str:
    return "" if link is None else write_link(link)


class Gallery:
    """What was painted so far, and which pictures of it have been opened.

    Pictures are shown with the links of `linker`, where there is one: no encoder has to know.
    `remark` is told of all that was painted.
    """

    def __init__(self, jobs: Jobs, max_picture_bytes: int, linker: Linker | None = None) -> None:
        self.remark = ""
        self._jobs = jobs
        self._linker = linker
        self._numbers = 0
        self._max_picture_bytes = max_picture_bytes
        self._parts: list[ImageResult] = []
        self._unopened: deque[Picture] = deque()
        self._missing: list[EaselError] = []
        self._shown: list[_Shown] = []
        self._linked: list[Linked] = []
        # By the identity of a picture, as long as it is one of those painted.
        self._stored: dict[int, Linked] = {}

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

    def to_store(self, answer: bytes) -> tuple[Linked, ...]:
        """The pictures that are still to be stored: those whose links stand in an answer."""
        return tuple(each for each in self._linked if each.link.key and each.url.encode() in answer)

    def first(self, encoder: Encoder) -> Stage[OpenPicture | None]:
        """The first picture that can be opened, or None where the answer carries no pictures.

        Raises the first error where there is none to show.
        """
        while (part := (yield from self._jobs.next_result())) is not None:
            self._take(part)
            if not encoder.carries_pictures(self.result):
                continue
            if self._linker and self._linker.nonce and _would_link(encoder, self.result):
                opened = yield from self._store_embedded(self._linker)
            else:
                opened = yield from self._open()
            if opened:
                return opened
        if self._parts and (self._stored or not encoder.carries_pictures(self.result)):
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

    def may_link(self, opened: OpenPicture, encoder: Encoder) -> bool:
        """Whether a picture without an address gets a link behind it, once it is written."""
        return (
            encoder.tells_links
            and opened.source.url is None
            and self._linker is not None
            and bool(self._linker.nonce)
        )

    def link_behind(self, opened: OpenPicture, number: int) -> Stage[None]:
        """Stores the picture that was just written, and of which `number` is a copy, so that what
        follows it has its link. Where it cannot be stored it has none.
        """
        assert self._linker is not None
        if number:
            copy = replace(opened, number=number)
            if url := (yield from self._store(copy, self._linker)):
                self._shown[-1] = self._shown[-1]._replace(link=url)
        else:
            self._jobs.also(Complain("a picture was not stored: NoRoom"))

    def told_behind(self, opened: OpenPicture) -> Stage[OpenPicture]:
        """The picture that was just written, with what the rest of its answer says about it."""
        yield from self._read_on()
        shown = self._shown[-1]
        told = replace(opened.opened, picture=shown.linked, size=shown.size)
        return replace(opened, opened=told)

    def linked(self) -> Stage[ImageResult]:
        """All that was painted, with its links, where no picture is carried."""
        result, linker = self.result, self._linker
        if linker is None or not result.pictures:
            return result
        links = [self._link(picture) for picture in result.pictures if picture.url]
        if texts := tuple(map(_text, links)):
            sealed = yield from self._jobs.do(Seal(texts))
            # It fails only by a defect of ours, and the links of services are good ones too.
            texts = sealed.texts if isinstance(sealed, Sealed) else ("",) * len(texts)
        sealed_links = iter(zip(links, texts, strict=True))
        shown = [
            self._as_linked(picture, *next(sealed_links))
            if picture.url
            else self._stored[id(picture)].picture
            for picture in result.pictures
            if picture.url or id(picture) in self._stored
        ]
        return replace(result, pictures=tuple(shown))

    def _link(self, picture: Picture) -> Link | None:
        """A link that no other picture of this answer has."""
        if self._linker is None:
            return None
        self._numbers += 1
        return self._linker.link_of(picture, self._numbers)

    def _as_linked(self, picture: Picture, link: Link | None, sealed: str) -> Picture:
        """The picture as it is shown, with its link where one was sealed."""
        if self._linker is None or link is None or not sealed:
            return picture
        url = self._linker.url_of(sealed)
        self._linked.append(Linked(picture, link, url))
        return replace(picture, url=url)

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
            link = self._link(picture) if picture.url else None
            try:
                opened = yield from self._open_one(picture, _text(link))
            except EaselError as error:
                self._missing.append(error)
            else:
                return self._show(opened, link)
        return None

    def _open_one(self, picture: Picture, seal: str = "") -> Stage[OpenPicture]:
        """Opens a picture. One that was stored has been read to its end, and is there now."""
        limit = self._max_picture_bytes
        if stored := self._stored.get(id(picture)):
            body = yield from self._jobs.do(OpenStored(stored.link.key))
            return opened_by(body, stored.picture, self._jobs, limit)
        return (yield from open_picture(picture, self._jobs, limit, seal))

    def _show(self, opened: OpenPicture, link: Link | None) -> OpenPicture:
        """The picture with its link; it is shown from here on."""
        picture = opened.opened.picture
        shown = self._as_linked(picture, link, opened.sealed)
        self._shown.append(_Shown(picture, opened.opened.size, shown.url or ""))
        if shown is picture:
            return opened
        return replace(opened, opened=replace(opened.opened, picture=shown))

    def _store_embedded(self, linker: Linker) -> Stage[OpenPicture | None]:
        """Stores the pictures that have no address, so that they have a link.

        Returns the first that cannot be stored: all of them are carried then, so that nothing is
        lost that was paid for. None where each has its link.
        """
        while True:
            waiting = [each for each in self._unopened if not each.url]
            picture = next((each for each in waiting if id(each) not in self._stored), None)
            if picture is None:
                if self._unread is None:
                    return None
                yield from self._read_on()
                continue
            try:
                opened = yield from self._open_one(picture)
            except EaselError as error:
                self._missing.append(error)
                self._unopened.remove(picture)
                continue
            if not (yield from self._store(opened, linker)):
                self._unopened.remove(picture)
                return self._show(opened, None)
            self._jobs.also(ClosePicture(opened.number))

    def _store(self, opened: OpenPicture, linker: Linker) -> Stage[str]:
        """Stores a picture that has no address, and returns its link; "" where it cannot."""
        picture, link = opened.opened.picture, self._link(opened.opened.picture)
        assert link is not None
        # Before it is stored, since it can be written once only.
        sealed = yield from self._jobs.do(Seal((write_link(link),)))
        if not isinstance(sealed, Sealed):
            return ""
        mime_type, seconds = opened.opened.mime_type, int(linker.expires - self._jobs.now)
        outcome = yield from self._jobs.do(
            StorePicture(
                opened.number, link.key, mime_type, seconds, self._max_picture_bytes, stays=True
            )
        )
        if not isinstance(outcome, Stored) or not outcome.stored:
            self._jobs.also(not_stored(outcome))
            return ""
        url = linker.url_of(sealed.texts[0])
        shown = replace(picture, url=url, base64=None, size=opened.opened.size)
        self._stored[id(picture)] = Linked(shown, link, url)
        return url

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
        self._unopened = deque(retold.get(id(each), each) for each in self._unopened)
        for at in retold.keys() & self._stored.keys():
            stored = self._stored.pop(at)
            self._stored[id(retold[at])] = _retold(stored, retold[at])
