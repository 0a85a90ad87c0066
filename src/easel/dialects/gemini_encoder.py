"""The answer to a request in Gemini's form.

In: what was painted, pictures that were opened, or the error that came instead. Out: the bytes
around their base64.
Source: Google's API reference, "Generating content", read 2026-11; what google-genai for Python and
JavaScript accept was tried on 2026-11-20: no comment, no `event:` line and no `[DONE]` in a stream.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import parse_qs

from easel.dialects import sse
from easel.dialects.dialect import JSON_TYPE
from easel.dialects.encoder import Opened, Stamp, easel_member, notes
from easel.dialects.gemini_errors import error_object
from easel.dialects.markdown import words
from easel.errors import EaselError
from easel.images.result import ImageResult


class Framing(Enum):
    """How an answer is cut into pieces, which the method and `?alt=` decide."""

    WHOLE = "whole"
    EVENTS = "events"
    ARRAY = "array"


def framing(query: str, *, stream: bool) -> Framing:
    """How the answer is cut: `stream` is whether the method is streamGenerateContent."""
    if not stream:
        return Framing.WHOLE
    return Framing.EVENTS if parse_qs(query).get("alt") == ["sse"] else Framing.ARRAY


# framing → what comes before and after the one object
_FRAMES: Final = {
    Framing.WHOLE: (b"", b""),
    Framing.EVENTS: (sse.EVENT_START, sse.EVENT_END),
    Framing.ARRAY: (b"[", b"]"),
}


@dataclass(frozen=True, slots=True)
class GeminiEncoder:
    """An `easel.dialects.encoder.Encoder`. `model` is spelled as asked.

    `links` is whether the addresses of pictures are wanted instead of the pictures.

    What is known of the pictures is a text, because Gemini's types refuse fields that are not
    theirs, in two places: google-genai returns `modelStatus` only at Google's own paths and
    `finishMessage` at Vertex AI's (3.4 for Python, 3.1 for JavaScript, 2026-11). See decision 6.
    """

    model: str
    framing: Framing
    stamp: Stamp
    links: bool = False

    @property
    def stream(self) -> bool:
        return self.framing is not Framing.WHOLE

    @property
    def content_type(self) -> str:
        return sse.CONTENT_TYPE if self.framing is Framing.EVENTS else JSON_TYPE

    @property
    def pause(self) -> bytes:
        # An event is one line.
        return b" "

    @property
    def linked(self) -> None:
        """Whoever wants links asks for them."""

    @property
    def prelude(self) -> bytes:
        return b""

    @property
    def reprise(self) -> None:
        """The pictures are in the answer once."""

    @property
    def tells_links(self) -> bool:
        """The pictures alone, as clients of this API show text and picture beside each other."""
        return False

    def carries_pictures(self, result: ImageResult) -> bool:
        """Also where addresses were asked for, and the service has none for a picture."""
        return not (self.links and result.has_addresses)

    def opening(self, result: ImageResult) -> bytes:
        del result
        return self._start()

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        comma = ", " if index else ""
        head = f'{comma}{{"inlineData": {{"mimeType": "{opened.mime_type}", "data": "'
        return head.encode(), b'"}}'

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        told = [_text_part(each) for each in notes(result, errors)]
        facts = json.dumps(f"{{{easel_member(result.pictures)[2:]}}}")
        if carried:
            return self._end("".join([f", {each}" for each in told]), facts)
        links = [json.dumps({"fileData": {"fileUri": each.url}}) for each in result.pictures]
        return self._start() + self._end(", ".join([*links, *told]), facts)

    def text_reply(self, text: str) -> bytes:
        """The whole answer where nothing is painted."""
        return self._start() + self._end(_text_part(text))

    def _start(self) -> bytes:
        return (
            _FRAMES[self.framing][0] + b'{"candidates": [{"content": {"role": "model", "parts": ['
        )

    def _end(self, parts: str, facts: str | None = None) -> bytes:
        """What follows the pictures; `facts` is what is known of them, as JSON in JSON."""
        message, status = "", ""
        if facts is not None:
            message = f', "finishMessage": {facts}'
            status = f', "modelStatus": {{"message": {facts}}}'
        end = (
            f'{parts}]}}, "finishReason": "STOP", "index": 0{message}}}], '
            f'"usageMetadata": {_NO_USAGE}, "modelVersion": {json.dumps(self.model)}, '
            f'"responseId": {json.dumps(self.stamp.id)}{status}}}'
        )
        return end.encode() + _FRAMES[self.framing][1]

    def late_error(self, error: EaselError) -> bytes:
        start, end = _FRAMES[self.framing]
        body = error_object(error)
        if self.framing is Framing.WHOLE:
            # The status is 200 by now, and google-genai drops what it does not know: so that a
            # client sees why there is no picture.
            content = {"role": "model", "parts": [{"text": words(error.message)}]}
            why = {"content": content, "finishReason": "OTHER", "index": 0}
            body = body[:-1] + f', "candidates": [{json.dumps(why)}]}}'.encode()
        return start + body + end


def _text_part(text: str) -> str:
    return json.dumps({"text": text})


_NO_USAGE: Final = '{"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0}'
