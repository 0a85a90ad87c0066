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
from easel.dialects.encoder import Opened, Stamp, filter_notes, told, told_of
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

    def carries_pictures(self, result: ImageResult) -> bool:
        """Also where only addresses were asked for, and the service has none for a picture."""
        return self.base64 or any(picture.url is None for picture in result.pictures)

    def opening(self, result: ImageResult) -> bytes:
        if self.stream or not self.carries_pictures(result):
            return b""
        return f'{{"created": {self.stamp.created}, "data": ['.encode()

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        if self.stream:
            return self._event_around(opened)
        comma = ", " if index else ""
        start = '"b64_json": "' if self.base64 else f'"url": "data:{opened.mime_type};base64,'
        rest = _revised(opened.picture)
        tail = f'", {json.dumps(rest)[1:]}' if rest else '"}'
        return f"{comma}{{{start}".encode(), tail.encode()

    def _event_around(self, opened: Opened) -> tuple[bytes, bytes]:
        kind = "image_edit" if self.action is Action.EDIT else "image_generation"
        rest = {
            "created_at": self.stamp.created,
            "size": str(opened.size) if opened.size else "auto",
            "quality": "auto",
            "background": "auto",
            "output_format": opened.mime_type.removeprefix("image/"),
            "usage": _NO_USAGE,
            **_revised(opened.picture),
            **told_of(opened),
        }
        head = f'event: {kind}.completed\ndata: {{"type": "{kind}.completed", "b64_json": "'
        tail = f'", {json.dumps(rest)[1:]}'
        return head.encode(), tail.encode() + sse.EVENT_END

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        if self.stream:
            return b"".join(map(_told, errors)) + sse.DONE
        rest = self._rest(result)
        if errors:
            rest["errors"] = [openai_errors.error_fields(error) for error in errors]
        if carried:
            return b"]" + (b", " + json.dumps(rest).encode()[1:] if rest else b"}")
        data = [{"url": picture.url, **_revised(picture)} for picture in result.pictures]
        return json.dumps({"created": self.stamp.created, "data": data, **rest}).encode()

    def _rest(self, result: ImageResult) -> dict[str, object]:
        rest: dict[str, object] = {}
        sizes = {picture.size for picture in result.pictures}
        if len(sizes) == 1 and (size := sizes.pop()):
            rest["size"] = str(size)
        if result.task_id is not None:
            rest["task_id"] = result.task_id
            rest["task_status"] = result.task_status
        if result.content_filter:
            rest["content_filter"] = filter_notes(result.content_filter)
        if result.failure is not None:
            rest["error"] = openai_errors.error_fields(result.failure)
        return {**rest, **told(result.pictures)}

    def late_error(self, error: EaselError) -> bytes:
        return openai_errors.late_error(error, stream=self.stream)


_NO_USAGE: Final = {
    "input_tokens": 0,
    "output_tokens": 0,
    "total_tokens": 0,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
}


def _told(error: EaselError) -> bytes:
    """An error in a stream. OpenAI's clients raise what they read there, and where nothing is
    missing they should not.
    """
    if isinstance(error, SurplusPictures):
        return sse.encode_comment(error.message)
    return sse.encode_event(openai_errors.error_object(error))


def _revised(picture: Picture) -> dict[str, str]:
    return {"revised_prompt": picture.revised_prompt} if picture.revised_prompt else {}
