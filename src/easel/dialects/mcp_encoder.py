"""The result of a tool of MCP that paints.

In: what was painted, pictures that were opened, or the error that came instead. Out: the bytes
around their base64. The result is one JSON-RPC answer, as JSON or as an event: the pictures, a text
with their links, and the same as data. An error is a result too, which a model reads.
Sources: MCP, "Tools", "Tool Result"; "Progress", revisions 2025-03-26 to 2026-07-28.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from easel.dialects import sse
from easel.dialects.dialect import JSON_TYPE
from easel.dialects.encoder import Counted, Opened, known_of, note
from easel.dialects.markdown import markdown_link, words
from easel.dialects.mcp_errors import error_result
from easel.dialects.mcp_message import Message
from easel.errors import EaselError
from easel.images.result import ImageResult, Picture


@dataclass(frozen=True, slots=True)
class McpEncoder:
    """An `easel.dialects.encoder.Encoder`. `model` is spelled as asked.

    `stream` is whether the answer is a stream of events, which has room for progress. `links` is
    whether only links are wanted. `others` are the answers to the other messages of a batch, None
    where the message came by itself.
    """

    message: Message
    model: str
    stream: bool
    links: bool = False
    others: tuple[bytes, ...] | None = None

    @property
    def content_type(self) -> str:
        return sse.CONTENT_TYPE if self.stream else JSON_TYPE

    @property
    def pause(self) -> bytes:
        # An event is one line.
        return b" "

    @property
    def linked(self) -> McpEncoder:
        return replace(self, links=True)

    @property
    def progress(self) -> Counted | None:
        """What tells of progress: how often it has been told."""
        token = self.message.progress_token
        if not self.stream or token is None:
            return None
        before = (
            '{"jsonrpc": "2.0", "method": "notifications/progress", "params": '
            f'{{"progressToken": {json.dumps(token)}, "message": "Painting", "progress": '
        )
        return Counted(sse.EVENT_START + before.encode(), b"}}" + sse.EVENT_END)

    @property
    def prelude(self) -> bytes:
        return b""

    @property
    def reprise(self) -> None:
        """Each picture is there once."""

    @property
    def tells_links(self) -> bool:
        return not self.links

    def carries_pictures(self, result: ImageResult) -> bool:
        """Also where only links are wanted, and the service has none for a picture."""
        return not (self.links and result.has_addresses)

    def opening(self, result: ImageResult) -> bytes:
        del result
        return self._start + b'"result": {"content": ['

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        comma = b", " if index else b""
        tail = f'", "mimeType": "{opened.mime_type}"}}'
        return comma + b'{"type": "image", "data": "', tail.encode()

    def closing(self, result: ImageResult, errors: Sequence[EaselError], *, carried: bool) -> bytes:
        start = b", " if carried else self.opening(result)
        text = "\n".join([*map(_line, result.pictures), *map(note, errors)])
        content = json.dumps({"type": "text", "text": text})
        data = f'"structuredContent": {self._facts(result, errors)}'
        # The other members, without the brace before them.
        rest = json.dumps(self.message.stamped({"isError": False}))[1:]
        return start + f"{content}], {data}, {rest}".encode() + self._end

    def late_error(self, error: EaselError) -> bytes:
        result = json.dumps(self.message.stamped(error_result(error)))
        return self._start + f'"result": {result}'.encode() + self._end

    @property
    def _start(self) -> bytes:
        message = f'{{"jsonrpc": "2.0", "id": {json.dumps(self.message.identity)}, '.encode()
        others = self.others or ()
        if self.stream:
            events = [sse.EVENT_START + other + sse.EVENT_END for other in others]
            return b"".join(events) + sse.EVENT_START + message
        return (b"" if self.others is None else b"[") + b", ".join([*others, message])

    @property
    def _end(self) -> bytes:
        if self.stream:
            return b"}" + sse.EVENT_END
        return b"}" if self.others is None else b"}]"

    def _facts(self, result: ImageResult, errors: Sequence[EaselError]) -> str:
        """What is known of the pictures, as the tools' `outputSchema` has it, in JSON."""
        pictures = ", ".join(map(_facts, result.pictures))
        told = [{"code": each.code, "message": each.message} for each in errors]
        notes = f', "notes": {json.dumps(told)}' if told else ""
        return f'{{"model": {json.dumps(self.model)}, "pictures": [{pictures}]{notes}}}'


# A text cannot be without words where a service gives no address, size or prompt.
_NO_LINK: Final = "(image)"


def _line(picture: Picture) -> str:
    """What a model reads of a picture: its link, as it can be shown to the user."""
    parts = [markdown_link(picture.url) if picture.url else _NO_LINK]
    if picture.size is not None:
        parts.append(str(picture.size))
    if picture.revised_prompt:
        parts.append(f"Painted from: {words(picture.revised_prompt)}")
    return " ".join(parts)


def _facts(picture: Picture) -> str:
    """What every answer says of a picture, with its address before it."""
    address = [] if picture.url is None else [f'"url": {json.dumps(picture.url)}']
    return "{" + ", ".join([*address, *known_of(picture, picture.size)]) + "}"
