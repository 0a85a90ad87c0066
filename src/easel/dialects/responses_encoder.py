"""The answer to a request in OpenAI's Responses API: calls that painted, and a message beside them.

In: what was painted, pictures that were opened, or the error that came instead. Out: the bytes
around their base64. The message has the links, and tells what is missing. A stream has each picture
in `response.output_item.done` and once more in `response.completed`: some clients read the first,
some the last (docs/decisions/0012).

    response.created, response.in_progress
    for each picture:  response.output_item.added, response.image_generation_call.in_progress,
                       .generating, .completed, response.output_item.done
    response.output_item.added, response.content_part.added, response.output_text.delta, .done,
    response.content_part.done, response.output_item.done
    response.completed, or response.failed

Source: OpenAI's API reference, "Streaming events", and the types of openai 3.52, read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from easel.dialects import openai_errors, sse
from easel.dialects.encoder import Opened, Stamp, notes
from easel.dialects.markdown import markdown_link
from easel.dialects.responses_objects import NOT_REPEATED, ResponseObject, part
from easel.errors import EaselError
from easel.images.result import ImageResult

# Where a service gives no address there is nothing to link, and some clients take an answer without
# text for no answer.
_NO_LINK: Final = "(image)"

# How many events come before the first item, and how many each picture has; of these the first
# three tell that it is being painted.
_FIRST: Final = 2
_EACH: Final = 5
_ANNOUNCING: Final = 3


@dataclass(frozen=True, slots=True)
class ResponsesEncoder:
    """An `easel.dialects.encoder.Encoder`.

    `links` is whether it has links instead of pictures. `announces` is whether it tells that a
    picture is being painted before it knows of any: it must have one then.
    """

    model: str
    stream: bool
    stamp: Stamp
    links: bool = False
    announces: bool = True

    @property
    def content_type(self) -> str:
        return openai_errors.content_type(stream=self.stream)

    @property
    def pause(self) -> bytes:
        """Each picture of a stream is an event of its own."""
        return sse.KEEP_ALIVE

    @property
    def linked(self) -> ResponsesEncoder:
        return replace(self, links=True)

    @property
    def prelude(self) -> bytes:
        if not self.stream:
            return b""
        begun = f'"response": {self._object.begun()}'
        announced = self._announced(0) if self.announces else ""
        text = _event("response.created", 0, begun) + _event("response.in_progress", 1, begun)
        return (text + announced).encode()

    @property
    def reprise(self) -> CompletedResponse | None:
        return CompletedResponse(self._object) if self.stream else None

    @property
    def tells_links(self) -> bool:
        return not self.links

    def carries_pictures(self, result: ImageResult) -> bool:
        """Also where links were asked for, and the service gives no address to link."""
        return not (self.links and result.has_addresses)

    def opening(self, result: ImageResult) -> bytes:
        del result
        return b"" if self.stream else self._object.start("completed").encode()

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        head, tail = self._object.call_around(index, opened)
        if not self.stream:
            return (", " if index else "").encode() + head.encode(), tail.encode()
        before = "" if self.announces and index == 0 else self._announced(index)
        number = _FIRST + _EACH * index + _ANNOUNCING
        before += self._of_call("completed", number, index)
        kind, item = "response.output_item.done", f'"output_index": {index}, "item": {head}'
        before += _event_start(kind, number + 1) + item
        return before.encode(), f"{tail}}}".encode() + sse.EVENT_END

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        text = _text(result, errors)
        if self.stream:
            pictures = len(result.pictures) if carried else 0
            events = self._message(text, pictures)
            return events if carried else events + self._completed(text, result)
        if carried:
            return f", {self._object.message(text)}{self._object.end(result)}".encode()
        return self._whole(text, result).encode()

    def text_reply(self, text: str) -> bytes:
        """The whole answer where nothing is painted."""
        if not self.stream:
            return self._whole(text).encode()
        prelude = replace(self, announces=False).prelude
        return prelude + self._message(text, 0) + self._completed(text)

    def late_error(self, error: EaselError) -> bytes:
        if not self.stream:
            return self._object.failed(error).encode()
        output = self._object.call(0, "failed") if self.announces else ""
        number = _FIRST + (_ANNOUNCING if self.announces else 0)
        failed = f'"response": {self._object.failed(error, output)}'
        return _event("response.failed", number, failed).encode()

    @property
    def _object(self) -> ResponseObject:
        return ResponseObject(self.model, self.stamp)

    def _whole(self, text: str, result: ImageResult | None = None) -> str:
        response = self._object
        return response.start("completed") + response.message(text) + response.end(result)

    def _completed(self, text: str, result: ImageResult | None = None) -> bytes:
        """The last event of an answer without pictures."""
        number = _after_message(0)
        whole = f'"response": {self._whole(text, result)}'
        return _event("response.completed", number, whole).encode()

    def _announced(self, index: int) -> str:
        """What tells that a picture is being painted."""
        number = _FIRST + _EACH * index
        item = self._object.call(index, "in_progress")
        return (
            _event("response.output_item.added", number, f'"output_index": {index}, "item": {item}')
            + self._of_call("in_progress", number + 1, index)
            + self._of_call("generating", number + 2, index)
        )

    def _of_call(self, stage: str, number: int, index: int) -> str:
        kind = f"response.image_generation_call.{stage}"
        of = f'"output_index": {index}, "item_id": "{self._object.call_id(index)}"'
        return _event(kind, number, of)

    def _message(self, text: str, pictures: int) -> bytes:
        """The events of the message, which comes after so many pictures."""
        at, response = f'"output_index": {pictures}', self._object
        of = f'"item_id": "{response.message_id}", {at}, "content_index": 0'
        told = json.dumps(text)
        events = (
            ("response.output_item.added", f'{at}, "item": {response.message(None)}'),
            ("response.content_part.added", f'{of}, "part": {part("")}'),
            ("response.output_text.delta", f'{of}, "delta": {told}, "logprobs": []'),
            ("response.output_text.done", f'{of}, "text": {told}, "logprobs": []'),
            ("response.content_part.done", f'{of}, "part": {part(text)}'),
            ("response.output_item.done", f'{at}, "item": {response.message(text)}'),
        )
        number = _FIRST + _EACH * pictures
        return "".join(
            [_event(kind, number + place, rest) for place, (kind, rest) in enumerate(events)]
        ).encode()


@dataclass(frozen=True, slots=True)
class CompletedResponse:
    """The last event of a stream, which has all of its output; an
    `easel.dialects.encoder.Reprise`.
    """

    response: ResponseObject

    @property
    def pause(self) -> bytes:
        # An event is one line.
        return b" "

    def opening(self, result: ImageResult) -> bytes:
        start = _event_start("response.completed", _after_message(len(result.pictures)))
        return f'{start}"response": {self.response.start("completed")}'.encode()

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        head, tail = self.response.call_around(index, opened)
        return head.encode(), f"{tail}, ".encode()

    def instead(self, index: int, opened: Opened) -> bytes:
        del opened
        return f"{self.response.call(index, 'completed', NOT_REPEATED)}, ".encode()

    def closing(self, result: ImageResult, errors: Sequence[EaselError]) -> bytes:
        message = self.response.message(_text(result, errors))
        return f"{message}{self.response.end(result)}}}".encode() + sse.EVENT_END


def _after_message(pictures: int) -> int:
    """The number of the event that follows the message."""
    return _FIRST + _EACH * pictures + 6


def _text(result: ImageResult, errors: Sequence[EaselError]) -> str:
    links = [markdown_link(picture.url) for picture in result.pictures if picture.url]
    return "\n".join([*links, *notes(result, errors)]) or _NO_LINK


def _event_start(kind: str, number: int) -> str:
    return f'event: {kind}\ndata: {{"type": "{kind}", "sequence_number": {number}, '


def _event(kind: str, number: int, rest: str) -> str:
    return f"{_event_start(kind, number)}{rest}}}{sse.EVENT_END.decode()}"
