"""Server-sent events as a service writes them.

In: the bytes of an event stream, cut anywhere. Out: the `data` of its events. Nothing raises.
Source: WHATWG HTML, "Server-sent events".
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


class EventDecoder:
    """The `data` of each event in a stream of bytes: `decode` every chunk, then `flush`."""

    def __init__(self) -> None:
        self._text = codecs.getincrementaldecoder("utf-8-sig")("replace")
        # Pieces of the line that has not ended; joined once, however many there are.
        self._line: list[str] = []
        self._data: list[str] = []
        self._held = ""

    def decode(self, chunk: bytes) -> list[str]:
        """The data of the events that this chunk completes."""
        text = self._held + self._text.decode(chunk)
        # A chunk that ends in "\r" may go on with "\n": both together are one line end.
        self._held = "\r" if text.endswith("\r") else ""
        return self._events(self._lines(text.removesuffix("\r") if self._held else text))

    def flush(self) -> list[str]:
        """The data of a last event that the stream ended without its blank line."""
        lines = self._lines(self._held + self._text.decode(b"", final=True) + "\n\n")
        self._held = ""
        return self._events(lines)

    def _lines(self, text: str) -> list[str]:
        """The lines that end in a text; what follows them is kept."""
        first, *others = _LINE_END.split(text)
        self._line.append(first)
        if not others:
            return []
        lines = ["".join(self._line), *others[:-1]]
        self._line = others[-1:]
        return lines

    def _events(self, lines: list[str]) -> list[str]:
        events: list[str] = []
        for line in lines:
            if not line and self._data:
                events.append("\n".join(self._data))
                self._data = []
            field, _, value = line.partition(":")
            if field == "data":
                self._data.append(value.removeprefix(" "))
        return events
