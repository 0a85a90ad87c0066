"""The answer to a request in the form of Gemini's Interactions API: an interaction, or its events.

In: what was painted, pictures that were opened, or the error that came instead. Out: the bytes
around their base64.
A picture is in a stream once: Google's `interaction.completed` has no steps, "to reduce the payload
size", and clients put them together from the deltas.
Sources: Google's API reference, "Interactions", and its guide "Streaming interactions", read
2026-11-21; the types of google-genai 3.4.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from easel.dialects import sse
from easel.dialects.dialect import JSON_TYPE
from easel.dialects.encoder import Opened, Stamp, easel_member, notes
from easel.dialects.gemini_interactions_errors import error_fields
from easel.dialects.markdown import words
from easel.errors import EaselError
from easel.images.result import ImageResult

# All content is in one step.
_STEP: Final = '"index": 0'

_NO_USAGE: Final = '{"total_input_tokens": 0, "total_output_tokens": 0, "total_tokens": 0}'

_DONE: Final = b"event: done\n" + sse.DONE


def _event_start(kind: str, members: str) -> str:
    """An event up to its last member, which follows. Google repeats its name in the data."""
    return f'event: {kind}\ndata: {{"event_type": "{kind}", {members}'


def _event(kind: str, members: str) -> bytes:
    return f"{_event_start(kind, members)}}}".encode() + sse.EVENT_END


def _text_content(text: str) -> str:
    return f'{{"type": "text", "text": {json.dumps(text)}}}'


@dataclass(frozen=True, slots=True)
class GeminiInteractionsEncoder:
    """An `easel.dialects.encoder.Encoder`. `model` is spelled as asked.

    `links` is whether the addresses of pictures are wanted instead of the pictures.
    """

    model: str
    stream: bool
    stamp: Stamp
    links: bool = False

    @property
    def content_type(self) -> str:
        return sse.CONTENT_TYPE if self.stream else JSON_TYPE

    @property
    def pause(self) -> bytes:
        """Each picture of a stream is an event of its own."""
        return sse.KEEP_ALIVE if self.stream else b" "

    @property
    def linked(self) -> None:
        """Whoever wants links asks for them."""

    @property
    def reprise(self) -> None:
        """Each picture is there once, in its delta."""

    @property
    def tells_links(self) -> bool:
        """A content is a picture or a link, never both."""
        return False

    def carries_pictures(self, result: ImageResult) -> bool:
        """Also where addresses were asked for, and the service has none for a picture."""
        return not (self.links and result.has_addresses)

    @property
    def prelude(self) -> bytes:
        """The events that tell a client that its picture is being painted."""
        if not self.stream:
            return b""
        created = f'{{{self._about()}, "object": "interaction", "status": "in_progress"}}'
        at_work = f'"interaction_id": {json.dumps(self.stamp.id)}, "status": "in_progress"'
        return _event("interaction.created", f'"interaction": {created}') + _event(
            "interaction.status_update", at_work
        )

    def opening(self, result: ImageResult) -> bytes:
        del result
        if self.stream:
            return _event("step.start", f'{_STEP}, "step": {{"type": "model_output"}}')
        return f'{{{self._about()}, "steps": [{{"type": "model_output", "content": ['.encode()

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        start = f'{{"type": "image", "mime_type": "{opened.mime_type}", "data": "'
        if self.stream:
            head = _event_start("step.delta", f'{_STEP}, "delta": {start}')
            return head.encode(), b'"}}' + sse.EVENT_END
        comma = ", " if index else ""
        return f"{comma}{start}".encode(), b'"}'

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        told = [_text_content(each) for each in notes(result, errors)]
        if carried:
            return self._end(told, easel_member(result.pictures), goes_on=True)
        links = [
            f'{{"type": "image", "uri": {json.dumps(picture.url)}}}' for picture in result.pictures
        ]
        end = self._end([*links, *told], easel_member(result.pictures))
        return self.opening(result) + end

    def text_reply(self, text: str) -> bytes:
        """The whole answer where nothing is painted."""
        return self.prelude + self.opening(ImageResult()) + self._end([_text_content(text)])

    def late_error(self, error: EaselError) -> bytes:
        if self.stream:
            return _event("error", f'"error": {json.dumps(error_fields(error))}') + _DONE
        # The same for clients that look at the output alone, the status being 200.
        told = f'[{{"type": "model_output", "content": [{_text_content(words(error.message))}]}}]'
        errors = json.dumps([error_fields(error)])
        end = f'"steps": {told}, "status": "failed", "errors": {errors}, "usage": {_NO_USAGE}'
        return f"{{{self._about()}, {end}}}".encode()

    def _about(self) -> str:
        """The members that every interaction has."""
        created = datetime.fromtimestamp(self.stamp.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            f'"id": {json.dumps(self.stamp.id)}, "model": {json.dumps(self.model)}, '
            f'"created": "{created}", "updated": "{created}"'
        )

    def _end(self, contents: Iterable[str], easel: str = "", *, goes_on: bool = False) -> bytes:
        """More content and what follows it; it `goes_on` after that of a picture."""
        rest = f'"status": "completed", "usage": {_NO_USAGE}{easel}'
        if not self.stream:
            more = ", ".join(["", *contents] if goes_on else contents)
            return f"{more}]}}], {rest}}}".encode()
        deltas = [_event("step.delta", f'{_STEP}, "delta": {each}') for each in contents]
        completed = f'"interaction": {{{self._about()}, "object": "interaction", {rest}}}'
        return (
            b"".join(deltas)
            + _event("step.stop", _STEP)
            + _event("interaction.completed", completed)
            + _DONE
        )
