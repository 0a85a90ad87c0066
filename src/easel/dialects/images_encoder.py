"""The answer of OpenAI's images API: pictures, a stream of them, or a task.

In: what was painted, pictures that were opened, or the error that came instead. Out: the bytes
around their base64.
Source: OpenAI's API reference, "Images", read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from easel.dialects import openai_errors, sse
from easel.dialects.encoder import (
    Opened,
    Stamp,
    easel_member,
    easel_member_of,
    filter_notes,
)
from easel.errors import EaselError, SurplusPictures
from easel.images.request import Action
from easel.images.result import ImageResult, Picture


@dataclass(frozen=True, slots=True)
class ImagesEncoder:
    """The answer to a request for pictures; an `easel.dialects.encoder.Encoder`.

    `action` is what was asked for; a stream's events are named after it.
    """

    base64: bool
    stream: bool
    action: Action
    stamp: Stamp

    @property
    def content_type(self) -> str:
        return openai_errors.content_type(stream=self.stream)

    @property
    def pause(self) -> bytes:
        """Each picture of a stream is an event of its own."""
        return sse.KEEP_ALIVE

    @property
    def linked(self) -> None:
        """The pictures themselves are what is asked for here."""

    @property
    def prelude(self) -> bytes:
        return b""

    @property
    def reprise(self) -> None:
        """The pictures are in the answer once."""

    @property
    def tells_links(self) -> bool:
        """An item is a picture or a link, never both."""
        return False

    def carries_pictures(self, result: ImageResult) -> bool:
        """Also where only addresses were asked for, and the service has none for a picture."""
        return self.base64 or not result.has_addresses

    def opening(self, result: ImageResult) -> bytes:
        if self.stream or not self.carries_pictures(result):
            return b""
        return f'{{"created": {self.stamp.created}, "data": ['.encode()

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        if self.stream:
            return self._event_around(opened)
        comma = ", " if index else ""
        start = '"b64_json": "' if self.base64 else f'"url": "data:{opened.mime_type};base64,'
        tail = f'"{_revised(opened.picture)}}}'
        return f"{comma}{{{start}".encode(), tail.encode()

    def _event_around(self, opened: Opened) -> tuple[bytes, bytes]:
        kind = "image_edit" if self.action is Action.EDIT else "image_generation"
        head = f'event: {kind}.completed\ndata: {{"type": "{kind}.completed", "b64_json": "'
        tail = (
            f'", "created_at": {self.stamp.created}, "size": "{opened.size or "auto"}", '
            '"quality": "auto", "background": "auto", '
            f'"output_format": "{opened.mime_type.removeprefix("image/")}", "usage": {_NO_USAGE}'
            f"{_revised(opened.picture)}{easel_member_of(opened)}}}"
        )
        return head.encode(), tail.encode() + sse.EVENT_END

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        if self.stream:
            return b"".join(map(_encode_error, errors)) + sse.DONE
        rest = _rest(result, errors)
        if carried:
            return f"]{rest}}}".encode()
        data = ", ".join(
            [
                f'{{"url": {json.dumps(picture.url)}{_revised(picture)}}}'
                for picture in result.pictures
            ]
        )
        return f'{{"created": {self.stamp.created}, "data": [{data}]{rest}}}'.encode()

    def late_error(self, error: EaselError) -> bytes:
        return openai_errors.late_error(error, stream=self.stream)


_NO_USAGE: Final = json.dumps(
    {
        "input_tokens": 0,
        "output_tokens": 0,
        "total_tokens": 0,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    }
)


def _rest(result: ImageResult, errors: Sequence[EaselError]) -> str:
    """What follows the pictures: members, each with a comma before it."""
    rest = ""
    sizes = {picture.size for picture in result.pictures}
    if len(sizes) == 1 and (size := sizes.pop()):
        rest += f', "size": "{size}"'
    if result.task_id is not None:
        task_id, status = json.dumps(result.task_id), json.dumps(result.task_status)
        rest += f', "task_id": {task_id}, "task_status": {status}'
    if result.content_filter:
        rest += f', "content_filter": {filter_notes(result.content_filter)}'
    if result.error is not None:
        rest += f', "error": {json.dumps(openai_errors.error_fields(result.error))}'
    rest += easel_member(result.pictures)
    if errors:
        rest += f', "errors": {json.dumps(list(map(openai_errors.error_fields, errors)))}'
    return rest


def _encode_error(error: EaselError) -> bytes:
    """An error in a stream. OpenAI's clients raise what they read there, and where nothing is
    missing they should not.
    """
    if isinstance(error, SurplusPictures):
        return sse.encode_comment(error.message)
    return sse.encode_event(openai_errors.error_object(error))


def _revised(picture: Picture) -> str:
    if not picture.revised_prompt:
        return ""
    return f', "revised_prompt": {json.dumps(picture.revised_prompt)}'
