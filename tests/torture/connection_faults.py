"""What services do wrong on the connection, whatever they say on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from typing import Final

from tests.torture.faults import BROKEN, JSON, PICTURE, SLOW, Fault, good_body, paint_well
from tests.torture.host import Exchange


async def _endless_behind_a_length(exchange: Exchange) -> None:
    await exchange.head("200 OK", JSON, "content-length: 5", "transfer-encoding: chunked")
    for _ in range(2000):
        await exchange.chunk(b" " * 128 * 1024)


async def _endless_body(exchange: Exchange) -> None:
    await exchange.head("200 OK", JSON, "transfer-encoding: chunked")
    for _ in range(2000):
        await exchange.chunk(b" " * 128 * 1024)


async def _endless_headers(exchange: Exchange) -> None:
    await exchange.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        await exchange.write(b"x-%d: %s\r\n" % (number, b"a" * 1000))


async def _endless_header(exchange: Exchange) -> None:
    await exchange.write(b"HTTP/1.1 200 OK\r\nx-long: ")
    for _ in range(1000):
        await exchange.write(b"a" * 100_000)


async def _never(exchange: Exchange) -> None:
    await exchange.until_left()


async def _never_ending(exchange: Exchange) -> None:
    await exchange.head("200 OK", JSON, "content-length: 100")
    await exchange.write(b"{")
    await exchange.until_left()


async def _close(exchange: Exchange) -> None:
    exchange.close()


async def _reset(exchange: Exchange) -> None:
    exchange.reset()


async def _drip(data: bytes, exchange: Exchange) -> None:
    """A byte now and then: never silent, and never done."""
    for at in range(len(data)):
        await exchange.write(data[at : at + 1])
        await asyncio.sleep(0.25)


async def _raw(data: bytes, exchange: Exchange) -> None:
    """Exactly these bytes, and no more."""
    await exchange.write(data)
    exchange.close()


async def _cut(exchange: Exchange, *, how: str) -> None:
    body = good_body(exchange)
    if how == "chunked":
        await exchange.head("200 OK", JSON, "transfer-encoding: chunked")
        await exchange.write(b"%x\r\n%s" % (len(body), body[:40]))
    else:
        await exchange.head("200 OK", JSON, f"content-length: {len(body)}")
        await exchange.write(body[:40])
    if how == "reset":
        exchange.reset()
    exchange.close()


async def _length(says: str, exchange: Exchange) -> None:
    """A length that is not the body's."""
    await exchange.head("200 OK", JSON, f"content-length: {says}")
    await exchange.write(good_body(exchange))
    exchange.close()


async def _garbage_behind(exchange: Exchange) -> None:
    """A whole answer, and on the same connection what nobody asked for."""
    await paint_well(exchange)
    forged = json.dumps({"code": 200, "data": [{"url": "https://forged.example/x.png"}]}).encode()
    await exchange.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(forged), forged))


async def _before_the_body(exchange: Exchange) -> None:
    """Informational answers first, as HTTP allows."""
    await exchange.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n")
    await paint_well(exchange)


async def _headers(rows: Sequence[str], exchange: Exchange) -> None:
    """A good answer with odd headers."""
    await exchange.answer(good_body(exchange), *rows)


async def _without_length(version: bytes, exchange: Exchange) -> None:
    await exchange.write(b"HTTP/%s 200 OK\r\nContent-Type: application/json\r\n\r\n" % version)
    await exchange.write(good_body(exchange))
    exchange.close()


async def _byte_chunks(exchange: Exchange) -> None:
    await exchange.head("200 OK", JSON, "transfer-encoding: chunked")
    for byte in good_body(exchange):
        await exchange.chunk(bytes((byte,)))
    await exchange.write(b"0\r\n\r\n")


async def _bad_chunk(exchange: Exchange) -> None:
    await exchange.head("200 OK", JSON, "transfer-encoding: chunked")
    await exchange.write(b"ffffffffffffffffffff\r\n{")
    exchange.close()


FAULTS: Final = (
    Fault("never answers", SLOW, _never, quick=True),
    Fault("never ends its answer", SLOW, _never_ending),
    Fault("closes without a word", BROKEN, _close, quick=True),
    Fault("resets without a word", BROKEN, _reset),
    Fault("endless headers", BROKEN, _endless_headers),
    Fault("an endless header", BROKEN, _endless_header),
    Fault("an endless body", BROKEN, _endless_body, services=("zai", "geekai"), alone=True),
    Fault(
        "an endless body behind a length",
        BROKEN,
        _endless_behind_a_length,
        services=("zai", "geekai"),
        alone=True,
        quick=True,
    ),
    Fault("drips its head", SLOW, partial(_drip, b"HTTP/1.1 200 OK\r\n" * 9)),
    Fault(
        "drips its body",
        SLOW,
        partial(_drip, b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 99),
    ),
    Fault("cut in its head", BROKEN, partial(_raw, b"HTTP/1.1 200 OK\r\ncontent-le")),
    Fault("cut in its body", BROKEN, partial(_cut, how="close"), quick=True),
    Fault("cut in a chunk", BROKEN, partial(_cut, how="chunked")),
    Fault("reset in its body", BROKEN, partial(_cut, how="reset")),
    Fault("a length that is too large", BROKEN, partial(_length, "100000")),
    Fault("a length that is too small", BROKEN, partial(_length, "20")),
    Fault("a negative length", BROKEN | PICTURE, partial(_length, "-5")),
    Fault("a length that is no number", BROKEN | PICTURE, partial(_length, "many")),
    Fault("two lengths", BROKEN | PICTURE, partial(_length, "5\r\ncontent-length: 7")),
    Fault("a length without end", BROKEN | PICTURE, partial(_length, "9" * 40)),
    Fault("not HTTP", BROKEN, partial(_raw, b"\x00\xff secret-body-4 \r\n\r\n")),
    Fault("HTTP/0.9", BROKEN, partial(_raw, b'{"code": 200, "data": []}')),
    Fault("HTTP/9.9", BROKEN | PICTURE, partial(_without_length, b"9.9")),
    Fault("HTTP/1.0 without a length", PICTURE, partial(_without_length, b"1.0")),
    Fault("HTTP/1.1 without a length", PICTURE, partial(_without_length, b"1.1")),
    Fault("a chunk for each byte", PICTURE, _byte_chunks),
    Fault("a chunk of impossible size", BROKEN, _bad_chunk),
    # Here every host is one, and workerd may take it for the answer to the next request.
    Fault("a forged answer behind its own", PICTURE | BROKEN, _garbage_behind, alone=True),
    Fault("early hints", PICTURE | BROKEN, _before_the_body),
    Fault("a header that is folded", PICTURE | BROKEN, partial(_headers, ["x: a\r\n b", JSON])),
    Fault("a header in Latin-1", PICTURE | BROKEN, partial(_headers, ["x: \xe9\xff", JSON])),
    Fault("a NUL in a header", PICTURE | BROKEN, partial(_headers, ["x: a\x00b", JSON])),
    Fault("a thousand cookies", PICTURE, partial(_headers, ["set-cookie: a=b"] * 1000)),
    Fault("no type of content", PICTURE, partial(_headers, [])),
    Fault(
        "a type of content that lies",
        PICTURE,
        partial(_headers, ["content-type: image/png; charset=utf-16"]),
    ),
)
