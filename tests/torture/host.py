"""The internet as the Worker sees it, at the level of sockets: the services and hosts of pictures.

In: a `Case` for each request that a test makes; its number stands in the prompt and in the address
of its pictures, so a call is known by it. Out: what the case's fault writes on the connection, byte
by byte, and a record of what was asked.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

PICTURE_HOST: Final = "pictures.example"

_CASE: Final = re.compile(rb"case-([0-9a-f]{16})")
_PICTURE: Final = re.compile(r"/case-[0-9a-f]{16}/([0-9a-f]{16})/(\d+)/(\d+)")

# What is kept of a call; a body of megabytes is none of a test's business.
_KEPT_BODY_BYTES: Final = 64 * 1024

_HEAD_LIMIT: Final = 256 * 1024


def digest(*words: str) -> str:
    """What tells one picture from another."""
    return hashlib.sha256("|".join(words).encode()).hexdigest()[:16]


def picture(mark: str, index: int = 0, length: int = 20_000) -> bytes:
    """A PNG by its first bytes; the rest belongs to its mark and to nothing else."""
    size = struct.pack(">II", 1280, 1280)
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + size + b"\x08\x02\x00\x00\x00"
    rest = hashlib.shake_128(f"{mark}/{index}".encode()).digest(max(0, length - len(head)))
    return head + rest


@dataclass(frozen=True, slots=True)
class Call:
    """What the Worker asked. Names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def host(self) -> str:
        return self.headers.get("host", "")

    @property
    def is_download(self) -> bool:
        """Whether a picture is asked for; services are asked by POST, or carry a token."""
        return not self.token

    @property
    def token(self) -> str:
        """The caller's token as a service sees it."""
        cookie = self.headers.get("cookie", "")
        bearer = self.headers.get("authorization", "")
        return cookie.removeprefix("session=") or bearer.removeprefix("Bearer ")


@dataclass(slots=True)
class Case:
    """One request of a test: what the services and the picture's host do about it."""

    paint: Script
    picture: Script
    length: int = 20_000
    pictures: int = 1
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    # Of the services, and of the hosts of pictures.
    paints: int = 0
    downloads: list[Call] = field(default_factory=list)
    # The connections of a service or host that are being answered now.
    open: int = 0

    @property
    def token(self) -> str:
        return f"secret-token-{self.id}"

    @property
    def prompt(self) -> str:
        return f"secret-prompt-{self.id} case-{self.id}"

    def expected(self, index: int = 0) -> bytes:
        """The picture that belongs to this case alone."""
        return picture(digest(self.token, self.id), index, self.length)


class Exchange:
    """One call that is being answered."""

    def __init__(self, call: Call, case: Case, writer: asyncio.StreamWriter) -> None:
        self.call = call
        self.case = case
        # Of the calls to the service, this one included.
        self.number = case.paints
        self._writer = writer
        self.must_close = False

    async def write(self, data: bytes) -> None:
        """Writes as fast as the Worker reads. Raises ConnectionError when it has left."""
        self._writer.write(data)
        await self._writer.drain()

    async def head(self, status: str, *headers: str) -> None:
        await self.write("\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode("latin-1"))

    async def answer(self, body: bytes, *headers: str, status: str = "200 OK") -> None:
        """A whole and honest answer."""
        await self.head(status, f"content-length: {len(body)}", *headers)
        if self.call.method != "HEAD":
            await self.write(body)

    async def chunk(self, data: bytes) -> None:
        await self.write(b"%x\r\n%s\r\n" % (len(data), data))

    def close(self) -> None:
        """Nothing more comes."""
        self.must_close = True

    def reset(self) -> None:
        """The connection breaks, as when a machine dies."""
        self.must_close = True
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def until_left(self) -> None:
        """Waits as long as the Worker does; then this is cancelled."""
        await asyncio.Event().wait()

    def address(self, index: int = 0, path: str = "") -> str:
        """Where a picture of this case lies; it is the one of the token that was used."""
        case = self.case
        mark = digest(self.call.token, case.id)
        return (
            f"https://{PICTURE_HOST}/case-{case.id}/{mark}/{index}/{case.length}{path}.png"
            f"?Expires=1795305600&Signature=secret-link-{case.id}"
        )

    def painted(self, index: int = 0) -> bytes:
        """The bytes of a picture of this case, for the token that was used."""
        return picture(digest(self.call.token, self.case.id), index, self.case.length)

    def asked_picture(self) -> tuple[bytes, int]:
        """The bytes at the address of this download, and the picture's number."""
        found = _PICTURE.match(self.call.target)
        if found is None:
            return b"", 0
        return picture(found[1], int(found[2]), int(found[3])), int(found[2])


Script: TypeAlias = Callable[[Exchange], Awaitable[None]]


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    """A body, of which the first bytes are kept."""
    kept = bytearray()

    async def take(count: int) -> None:
        while count > 0:
            data = await reader.read(min(count, 1 << 18))
            if not data:
                raise asyncio.IncompleteReadError(b"", count)
            count -= len(data)
            kept.extend(data[: max(0, _KEPT_BODY_BYTES - len(kept))])

    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int(await reader.readline(), 16):
            await take(size)
            await reader.readline()
        await reader.readline()
    else:
        await take(int(headers.get("content-length", "0")))
    return bytes(kept)


async def _read_call(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    rows = (row.partition(":") for row in head[1:] if row)
    headers = {name.lower(): value.strip() for name, _, value in rows}
    return Call(method, target, headers, await _read_body(reader, headers))


class Internet:
    """Every service and every host of pictures, at one address."""

    def __init__(self) -> None:
        self.port = 0
        self.cases: dict[str, Case] = {}
        # The last ones, for what is looked at in all of them.
        self.calls: deque[Call] = deque(maxlen=100_000)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, case: Case) -> Case:
        self.cases[case.id] = case
        return case

    def forget(self, case: Case) -> None:
        self.cases.pop(case.id, None)

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=_HEAD_LIMIT, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # The Worker left, or the test is over.
        finally:
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers one call; whether the connection can be used again."""
        call = await _read_call(reader)
        self.calls.append(call)
        found = _CASE.search(call.target.encode("latin-1")) or _CASE.search(call.body)
        case = self.cases.get(found[1].decode()) if found else None
        if case is None:
            writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            return True
        if call.is_download:
            case.downloads.append(call)
            script = case.picture
        else:
            case.paints += 1
            script = case.paint
        exchange = Exchange(call, case, writer)
        await self._run(script, exchange, reader, writer)
        return not exchange.must_close

    async def _run(
        self,
        script: Script,
        exchange: Exchange,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Runs a script until it ends or the Worker leaves, which is noticed by reading."""
        exchange.case.open += 1
        answering = asyncio.ensure_future(script(exchange))
        leaving = asyncio.ensure_future(_until_end(reader))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
            else:
                raise ConnectionResetError
        finally:
            exchange.case.open -= 1
            for each in (answering, leaving):
                each.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
            if exchange.must_close:
                writer.close()


async def _until_end(reader: asyncio.StreamReader) -> None:
    """Settles when the other side closes; what it sends before stays where it is."""
    while not reader.at_eof() and reader.exception() is None:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.02)
