"""The answer to a chat request, in each of the formats in which chat clients take a picture.

In: what was painted, pictures that were opened, or the error that came instead. Out: the bytes
around their base64. In each format the base64 is in the answer once, with `easel` after it.

- `candidates`: Gemini's object, as the image.z.ai document (2026-01) has it, and a chat completion
  in one, with the link as its text.
- `images`: a `data:` address in `images[]`, as OpenRouter and LiteLLM have it.
- `link`: only a markdown link, for clients that cannot take long lines and for a short history.
- `markdown`: a markdown picture with a `data:` address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from easel.dialects import openai_errors, sse
from easel.dialects.encoder import Counted, Opened, Stamp, easel_member, notes
from easel.dialects.markdown import markdown_link
from easel.errors import EaselError
from easel.images.result import ImageResult, Picture
from easel.settings import PictureFormat

# Where a service gives no address there is nothing to link, and a text must be there all the same:
# some clients take an answer without text for no answer.
_NO_LINK: Final = "(image)"


# Zeros: the services tell no usage, and clients read the fields unasked.
_NO_USAGE: Final = '{"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}'


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(texts)


def _inside(text: str) -> str:
    """A text as it is inside a JSON string."""
    return json.dumps(text)[1:-1]


@dataclass(frozen=True, slots=True)
class ChatEncoder:
    """An `easel.dialects.encoder.Encoder`. `model` is spelled as asked.

    `usage` is whether a stream ends with a chunk of it, as OpenAI's `include_usage` has it.
    """

    model: str
    stream: bool
    stamp: Stamp
    picture_format: PictureFormat = "candidates"
    usage: bool = False

    @property
    def content_type(self) -> str:
        return openai_errors.content_type(stream=self.stream)

    @property
    def pause(self) -> bytes:
        # An event is one line.
        return b" "

    @property
    def linked(self) -> ChatEncoder | None:
        return replace(self, picture_format="link")

    @property
    def prelude(self) -> bytes:
        return b""

    @property
    def reprise(self) -> None:
        """The pictures are in the answer once."""

    @property
    def tells_links(self) -> bool:
        return self.picture_format == "candidates"

    def carries_pictures(self, result: ImageResult) -> bool:
        """All formats but `link` do, and that too where a service gives no address to link."""
        return self.picture_format != "link" or not result.has_addresses

    def opening(self, result: ImageResult) -> bytes:
        del result
        if self.picture_format == "candidates":
            start = '{"candidates": [{"content": {"parts": ['
        else:
            field = '"images": [' if self.picture_format == "images" else '"content": "'
            start = f'{{"choices": [{{"index": 0, "{self._message}": {{"role": "assistant", {field}'
        return self._start(start)

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        comma = ", " if index else ""
        data_url = f"data:{opened.mime_type};base64,"
        if self.picture_format == "candidates":
            head = f'{comma}{{"inlineData": {{"mimeType": "{opened.mime_type}", "data": "'
            return head.encode(), b'"}}'
        if self.picture_format == "images":
            head = f'{comma}{{"type": "image_url", "image_url": {{"url": "{data_url}'
            return head.encode(), f'"}}, "index": {index}}}'.encode()
        newline = _inside("\n") if index else ""
        return f"{newline}![image]({data_url}".encode(), b")"

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        if carried and self.picture_format == "images":
            return self._close_images(_lines(notes(result, errors)), result)
        if carried and self.picture_format != "candidates":
            text = "".join([_inside(f"\n{each}") for each in notes(result, errors)])
            rest = self._rest() + easel_member(result.pictures)
            return self._end(f'{text}"}}, "finish_reason": "stop"}}], {rest}}}')
        links = [markdown_link(picture.url) for picture in result.pictures if picture.url]
        text = _lines([*links, *notes(result, errors)])
        if not carried:
            return self._whole(text, result.pictures)
        choice = self._choice(text or _NO_LINK)
        easel = easel_member(result.pictures)
        return self._end(f']}}}}], {self._rest()}, "choices": [{choice}]{easel}}}')

    @property
    def progress(self) -> Counted:
        """Tells how long it has been painting, as what many clients show of a model's thoughts.

        The field is DeepSeek's (api-docs.deepseek.com, 2026-11), with `content` of null beside it.
        """
        text = '{"role": "assistant", "content": null, "reasoning_content": "painting… '
        before = f'{{{self._rest()}, "choices": [{{"index": 0, "delta": {text}'
        after = ' s\\n"}, "finish_reason": null}]}'
        return Counted(
            sse.EVENT_START + before.encode(), after.encode() + sse.EVENT_END, seconds=True
        )

    def text_reply(self, text: str) -> bytes:
        """The whole answer where nothing is painted."""
        return self._whole(text, ())

    def _whole(self, text: str, pictures: Sequence[Picture]) -> bytes:
        rest = self._rest() + easel_member(pictures)
        return self._start(f'{{"choices": [{self._choice(text)}], {rest}}}') + self._end("")

    def _close_images(self, notes: str, result: ImageResult) -> bytes:
        """What follows `images`.

        A stream ends with an event of its own: LiteLLM 1.106 drops the pictures of an event that
        ends the answer, and LobeChat the text of one that holds pictures (2026-11).
        """
        text, common = json.dumps(notes), self._rest()
        rest = f"{common}{easel_member(result.pictures)}}}"
        if not self.stream:
            return f'], "content": {text}}}, "finish_reason": "stop"}}], {rest}'.encode()
        pictures = f'], "content": ""}}, "finish_reason": null}}], {rest}'
        choice = f'{{"index": 0, "delta": {{"content": {text}}}, "finish_reason": "stop"}}'
        ending = f'{{"choices": [{choice}], {common}}}'
        return pictures.encode() + sse.EVENT_END + self._start(ending) + self._end("")

    @property
    def _message(self) -> str:
        return "delta" if self.stream else "message"

    def _choice(self, text: str) -> str:
        message = f'{{"role": "assistant", "content": {json.dumps(text)}}}'
        return f'{{"index": 0, "{self._message}": {message}, "finish_reason": "stop"}}'

    def _rest(self) -> str:
        """The members that every object has. A stream tells its usage in one of its own."""
        kind = "chat.completion.chunk" if self.stream else "chat.completion"
        return (
            f'"id": {json.dumps(self.stamp.id)}, "object": "{kind}", '
            f'"created": {self.stamp.created}, "model": {json.dumps(self.model)}'
            + ("" if self.stream else f', "usage": {_NO_USAGE}')
        )

    def _start(self, text: str) -> bytes:
        return (sse.EVENT_START if self.stream else b"") + text.encode()

    def _end(self, text: str) -> bytes:
        if not self.stream:
            return text.encode()
        return text.encode() + sse.EVENT_END + self._usage_event() + sse.DONE

    def _usage_event(self) -> bytes:
        if not self.usage:
            return b""
        chunk = f'{{{self._rest()}, "choices": [], "usage": {_NO_USAGE}}}'
        return sse.encode_event(chunk.encode())

    def late_error(self, error: EaselError) -> bytes:
        return openai_errors.late_error(error, stream=self.stream)
