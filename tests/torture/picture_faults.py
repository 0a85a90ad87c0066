"""What hosts of pictures do wrong: one row of a table for each fault, and what may come of it.

In: an `Exchange` with the Worker. Out: what the fault writes. Whatever the outcome, a picture that
arrives whole has the bytes that were painted and no others.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from functools import cache, partial
from typing import Final

from tests.torture.faults import BROKEN, PICTURE, SLOW, Fault, open_well
from tests.torture.host import PICTURE_HOST, Exchange, Script, picture

PNG: Final = "content-type: image/png"
_MIB: Final = 1024 * 1024

MISSING: Final = frozenset({"picture_missing"})
CUT: Final = frozenset({"cut"})
LARGE: Final = frozenset({"picture_too_large"})


def _asked_range(exchange: Exchange) -> int | None:
    """The first byte that a range request asks for."""
    found = re.fullmatch(r"bytes=(\d+)-", exchange.call.headers.get("range", ""))
    return int(found[1]) if found else None


def _tries(exchange: Exchange) -> int:
    """How often this picture was asked for, this time included."""
    return sum(call.target == exchange.call.target for call in exchange.case.downloads)


async def _never(exchange: Exchange) -> None:
    await exchange.until_left()


async def _stalls(share: float, exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.head("200 OK", PNG, f"content-length: {len(content)}")
    await exchange.write(content[: int(len(content) * share)])
    await exchange.until_left()


async def _cut(share: float, exchange: Exchange, *, reset: bool = False) -> None:
    """Breaks here, as often as it is asked."""
    content, _ = exchange.asked_picture()
    await exchange.head("200 OK", PNG, f"content-length: {len(content)}")
    await exchange.write(content[: int(len(content) * share)])
    await asyncio.sleep(0.05)
    if reset:
        exchange.reset()
    exchange.close()


async def _cut_chunk(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.head("200 OK", PNG, "transfer-encoding: chunked")
    await exchange.chunk(content[: len(content) // 2])
    await exchange.write(b"5000\r\nabc")
    exchange.close()


async def _bad_chunk(exchange: Exchange) -> None:
    await exchange.head("200 OK", PNG, "transfer-encoding: chunked")
    await exchange.write(b"xyz\r\n")
    exchange.close()


async def _fails_once(first: Script, exchange: Exchange) -> None:
    """The first download fails, the second is as it should be."""
    await (first if _tries(exchange) == 1 else open_well)(exchange)


async def _resumable(answer: str, exchange: Exchange) -> None:
    """Breaks in the middle of the first answer; a range request is answered in one of many ways."""
    content, _ = exchange.asked_picture()
    start = _asked_range(exchange)
    validator = 'etag: "v1"'
    if start is None and _tries(exchange) == 1:
        await exchange.head(
            "200 OK", PNG, f"content-length: {len(content)}", "accept-ranges: bytes", validator
        )
        await exchange.write(content[: len(content) // 2])
        await asyncio.sleep(0.05)
        exchange.close()
        return
    total, rest = len(content), content[start or 0 :]
    span = f"content-range: bytes {start or 0}-{total - 1}/{total}"
    if answer == "well":
        await exchange.answer(rest, PNG, span, validator, status="206 Partial Content")
    elif answer == "the whole again":
        await exchange.answer(content, PNG, validator)
    elif answer == "another picture":
        other = bytes(byte ^ 0xFF for byte in rest)
        await exchange.answer(other, PNG, span, 'etag: "v2"', status="206 Partial Content")
    elif answer == "another place":
        off = f"content-range: bytes {(start or 0) + 7}-{total - 1}/{total}"
        await exchange.answer(rest[7:], PNG, off, validator, status="206 Partial Content")
    elif answer == "another length":
        span = f"content-range: bytes {start or 0}-{total + 99}/{total + 100}"
        body = rest + b"x" * 100
        await exchange.answer(body, PNG, span, validator, status="206 Partial Content")
    elif answer == "in part":
        span = f"content-range: bytes {start or 0}-{total - 101}/{total}"
        await exchange.answer(rest[:-100], PNG, span, validator, status="206 Partial Content")
    elif answer == "without saying which":
        await exchange.answer(rest, PNG, status="206 Partial Content")
    elif answer == "not at all":
        await exchange.answer(b"secret-body", PNG, status="416 Range Not Satisfiable")
    else:
        assert answer == "cut again"
        await exchange.head(
            "206 Partial Content", PNG, span, validator, f"content-length: {len(rest)}"
        )
        await exchange.write(rest[:1000])
        exchange.close()


async def _status(status: str, exchange: Exchange) -> None:
    await exchange.answer(b"secret-body-1 is not for clients", status=f"{status} Odd")


async def _unasked_part(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    span = f"content-range: bytes 0-{len(content) - 1}/{len(content)}"
    await exchange.answer(content, PNG, span, status="206 Partial Content")


async def _drips(exchange: Exchange) -> None:
    """Never silent for long, and never done."""
    content, _ = exchange.asked_picture()
    await exchange.head("200 OK", PNG, f"content-length: {len(content)}")
    await exchange.write(content[:2000])
    for at in range(2000, len(content)):
        await exchange.write(content[at : at + 1])
        await asyncio.sleep(0.1)


async def _says_length(length: int, exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.head("200 OK", PNG, f"content-length: {length}")
    await exchange.write(content)
    exchange.close()


async def _endless(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.head("200 OK", PNG, "transfer-encoding: chunked")
    for _ in range(4000):
        await exchange.chunk(content)


async def _endless_behind_a_length(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.head("200 OK", PNG, "content-length: 5", "transfer-encoding: chunked")
    for _ in range(4000):
        await exchange.chunk(content)


async def _body(body: bytes, exchange: Exchange) -> None:
    await exchange.answer(body, PNG)


async def _small_chunks(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.head("200 OK", PNG, "transfer-encoding: chunked")
    for at in range(0, len(content), 7):
        await exchange.chunk(content[at : at + 7])
    await exchange.write(b"0\r\n\r\n")


async def _without_length(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.write(b"HTTP/1.0 200 OK\r\n\r\n" + content)
    exchange.close()


async def _wrong_type(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.answer(content, "content-type: text/html; charset=utf-16", "x-a: " + "b" * 8000)


async def _packed(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.answer(gzip.compress(content), PNG, "content-encoding: gzip")


@cache
def _bomb() -> bytes:
    """The first bytes of a picture, and 100 MiB behind them."""
    return gzip.compress(picture("bomb") + bytes(100 * _MIB), 9)


async def _packed_bomb(exchange: Exchange) -> None:
    await exchange.answer(_bomb(), PNG, "content-encoding: gzip")


async def _redirect(location: str, exchange: Exchange) -> None:
    await exchange.answer(b"", f"location: {location}", status="302 Found")


async def _redirect_once(exchange: Exchange) -> None:
    if "hop=1" in exchange.call.target:
        await open_well(exchange)
    else:
        target = exchange.call.target + "&hop=1"
        await _redirect(f"https://cdn.{PICTURE_HOST}{target}", exchange)


async def _redirect_on(exchange: Exchange) -> None:
    hop = exchange.call.target.count("hop=")
    await _redirect(f"{exchange.call.target}&hop={hop}", exchange)


async def _second(fault: Script, exchange: Exchange) -> None:
    """Only the second of several pictures has the fault."""
    _, index = exchange.asked_picture()
    await (fault if index == 1 else open_well)(exchange)


_ONE_MISSING: Final = frozenset({"1 missing, told"})

_OF_SEVERAL: Final = tuple(
    Fault(
        f"of five pictures one {name}",
        may,
        picture=partial(_second, script),
        pictures=5,
        length=500_000,
        languages=("images",),
        seconds=15,
        quick=name == "is missing",
        waits=True,
    )
    for name, script, may in (
        ("is missing", partial(_status, "404"), _ONE_MISSING),
        ("is too large", partial(_says_length, 10**12), _ONE_MISSING),
        ("is a text", partial(_body, b"secret-body-4"), _ONE_MISSING),
        ("never begins", _never, _ONE_MISSING),
        ("is closed at once", partial(_cut, 0), _ONE_MISSING),
        ("is closed at once, the first time", partial(_fails_once, partial(_cut, 0)), PICTURE),
        ("breaks off", partial(_cut, 0.9), CUT),
        ("breaks off and is mended", partial(_resumable, "well"), PICTURE),
        ("redirects inside", partial(_redirect, "https://10.0.0.1/x.png"), _ONE_MISSING),
    )
)

FAULTS: Final = (
    *_OF_SEVERAL,
    Fault("a host that never answers", SLOW, picture=_never, quick=True),
    Fault("a picture that stalls before it begins", SLOW, picture=partial(_stalls, 0)),
    Fault("a picture that stalls at once", SLOW | CUT, picture=partial(_stalls, 0.01)),
    Fault(
        "a picture that stalls late", CUT, picture=partial(_stalls, 0.9), length=900_000, quick=True
    ),
    Fault("a picture that is cut before it begins", BROKEN, picture=partial(_cut, 0)),
    Fault("a small picture that is cut", BROKEN | CUT, picture=partial(_cut, 0.5)),
    Fault("a picture that is cut", CUT, picture=partial(_cut, 0.7), length=900_000),
    Fault(
        "a picture that is reset",
        CUT | BROKEN,
        picture=partial(_cut, 0.7, reset=True),
        length=900_000,
    ),
    Fault("a picture that is cut in a chunk", CUT, picture=_cut_chunk, length=900_000),
    Fault("a picture with a bad chunk", BROKEN, picture=_bad_chunk),
    Fault(
        "a host that closes once",
        PICTURE,
        picture=partial(_fails_once, partial(_cut, 0)),
        quick=True,
    ),
    Fault(
        "a host that never answers once", PICTURE, picture=partial(_fails_once, _never), waits=True
    ),
    Fault("a 503 once", PICTURE, picture=partial(_fails_once, partial(_status, "503"))),
    *(
        Fault(
            f"a break that is mended {answer}",
            PICTURE if answer == "well" else CUT | PICTURE,
            picture=partial(_resumable, answer),
            length=1_000_000,
        )
        for answer in (
            *("well", "the whole again", "another picture", "another place", "another length"),
            *("without saying which", "in part", "not at all", "cut again"),
        )
    ),
    *(
        Fault(f"a picture's status {status}", MISSING, picture=partial(_status, str(status)))
        for status in (201, 204, 206, 304, 400, 401, 403, 404, 410, 416, 418, 429, 500, 503, 599)
    ),
    Fault("a picture that drips", SLOW | CUT | BROKEN, picture=_drips, seconds=15),
    Fault(
        "a picture that is too large",
        LARGE,
        picture=partial(_says_length, 10**12),
        length=500_000,
        quick=True,
    ),
    *(
        Fault(
            name,
            CUT,
            picture=script,
            services=("zai", "geekai"),
            alone=True,
            length=100_000,
            seconds=20,
        )
        for name, script in (
            ("an endless picture", _endless),
            ("an endless picture behind a length", _endless_behind_a_length),
        )
    ),
    Fault("an empty picture", BROKEN, picture=partial(_body, b"")),
    Fault(
        "a text for a picture", BROKEN, picture=partial(_body, b"secret-body-2 " * 9), quick=True
    ),
    Fault("a page for a picture", BROKEN, picture=partial(_body, b"<!doctype html>secret-body-3")),
    Fault("a picture of one byte", BROKEN, picture=partial(_body, b"\x89")),
    Fault("a picture in small chunks", PICTURE, picture=_small_chunks),
    Fault("a picture without a length", PICTURE, picture=_without_length),
    Fault("a picture of a wrong type", PICTURE, picture=_wrong_type),
    Fault("a packed picture", PICTURE, picture=_packed),
    Fault(
        "a bomb for a picture",
        CUT,
        picture=_packed_bomb,
        services=("zai", "geekai"),
        alone=True,
        seconds=20,
    ),
    Fault("a redirect", PICTURE, picture=_redirect_once, quick=True),
    Fault("redirects without end", BROKEN, picture=_redirect_on),
    *(
        Fault(
            f"a redirect to {location or 'nowhere'}", BROKEN, picture=partial(_redirect, location)
        )
        for location in (
            *("", "http://pictures.example/x.png", "file:///etc/passwd", "javascript:alert(1)"),
            *("https://", "https://[::1/", "https://user:pass@pictures.example/", "data:,x"),
            *("https://127.0.0.1/", "https://169.254.169.254/latest/", "//localhost/x.png"),
        )
    ),
)
