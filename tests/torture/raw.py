"""A client that sends exactly the bytes it is told to, whatever HTTP says of them.

In: bytes. Out: the answers that came on the connection, as far as they came.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

_HEAD_LIMIT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer; `whole` is whether it came to its end."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool


class Connection:
    """One connection to Easel."""

    def __init__(self, port: int, *, receive_bytes: int | None = None) -> None:
        self._port = port
        self._receive_bytes = receive_bytes

    async def __aenter__(self) -> Self:
        raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        raw.setblocking(False)
        if self._receive_bytes is not None:
            # Before it connects, so that the window is as small.
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_bytes)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self._port))
        limit = self._receive_bytes or _HEAD_LIMIT
        self.reader, self._writer = await asyncio.open_connection(sock=raw, limit=limit)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    async def send(self, data: bytes) -> None:
        """Sends as fast as it is read. A server that has answered may have closed by then."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except ConnectionError:
            pass

    def half_close(self) -> None:
        self._writer.write_eof()

    def leave(self, *, reset: bool = False) -> None:
        if reset:
            raw = self._writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        self._writer.close()

    async def answer(self, *, head: bool = False) -> RawAnswer | None:
        """The next answer, or None where the connection is closed instead."""
        try:
            text = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        first, *rows = text.decode("latin-1").split("\r\n")
        pairs = (row.partition(":") for row in rows if row)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        status = int(first.split(" ")[1])
        if status < 200:
            return await self.answer(head=head)
        if head or status in (204, 304):
            return RawAnswer(status, headers, b"", whole=True)
        body, whole = await self._body(headers)
        return RawAnswer(status, headers, body, whole)

    async def _body(self, headers: dict[str, str]) -> tuple[bytes, bool]:
        kept = bytearray()
        try:
            if headers.get("transfer-encoding") == "chunked":
                while size := int(await self.reader.readline() or b"x", 16):
                    kept += await self.reader.readexactly(size)
                    await self.reader.readline()
                await self.reader.readline()
            elif "content-length" in headers:
                kept += await self.reader.readexactly(int(headers["content-length"]))
            else:
                kept += await self.reader.read(-1)
        except asyncio.IncompleteReadError as error:
            return bytes(kept + error.partial), False
        except (ConnectionError, ValueError):
            return bytes(kept), False
        return bytes(kept), True
