"""What services do wrong: one row of a table for each fault, and what may come of it.

In: an `Exchange` with the Worker. Out: what the fault writes. `may` holds the outcomes that are
right: `picture`, `cut` for a transfer that breaks after the first bytes of a picture, or the codes
of errors. Faults of the hosts of pictures are in `picture_faults`.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from tests.torture.host import Exchange, Script

JSON: Final = "content-type: application/json"
_MIB: Final = 1024 * 1024

# service → its host, and a model of it
MODELS: Final = {
    "zai": ("image.z.ai", "gemini-3-image-1k-1-1"),
    "bigmodel": ("open.bigmodel.cn", "glm-image"),
    "zhaotou": ("zhaotouai.com", "gemini-3-pro-image-preview"),
    "geekai": ("geekai.co", "geekai/gpt-image-1"),
}
ALL: Final = tuple(MODELS)
# They answer a list of pictures, BigModel a list of one; and these two base64 as well.
LISTING: Final = ("bigmodel", "zhaotou", "geekai")
SEVERAL: Final = ("zhaotou", "geekai")

BROKEN: Final = frozenset({"upstream_broken"})
SLOW: Final = frozenset({"upstream_too_slow"})
PICTURE: Final = frozenset({"picture"})
NO_PICTURE: Final = frozenset({"upstream_no_picture", "upstream_broken"})


def wrapped(exchange: Exchange, items: Sequence[Any]) -> dict[str, Any]:
    """The object that this service answers with these pictures."""
    if exchange.call.host == "image.z.ai":
        url = items[0]["url"] if items else None
        return {"code": 200, "data": {"image": {"image_url": url, "width": 1280, "height": 1280}}}
    return {"created": 1769418000, "data": list(items)}


def by_address(exchange: Exchange) -> list[dict[str, Any]]:
    return [{"url": exchange.address(index)} for index in range(exchange.case.pictures)]


def good_body(exchange: Exchange) -> bytes:
    return json.dumps(wrapped(exchange, by_address(exchange))).encode()


async def paint_well(exchange: Exchange) -> None:
    await exchange.answer(good_body(exchange), JSON)


async def open_well(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.answer(content, "content-type: image/png")


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a service or the host of a picture fails.

    `seconds` is how long an answer may take; `waits` is whether it takes until somebody's patience
    is at its end. `alone` is whether one request at a time is enough to
    ask of an isolate; `quick` whether every test run has it.
    """

    name: str
    may: frozenset[str]
    paint: Script = paint_well
    picture: Script = open_well
    services: tuple[str, ...] = ALL
    length: int = 20_000
    pictures: int = 1
    seconds: float = 7
    alone: bool = False
    quick: bool = False
    waits: bool = False


# --- The connection --------------------------------------------------------------------------


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


# --- What the body says ----------------------------------------------------------------------


async def _body(body: bytes, exchange: Exchange, *headers: str, status: str = "200 OK") -> None:
    await exchange.answer(body, *(headers or (JSON,)), status=status)


async def _object(value: Any, exchange: Exchange) -> None:
    await _body(json.dumps(value).encode(), exchange)


async def _data(items: Any, exchange: Exchange) -> None:
    """`data` is this, or the picture of image.z.ai."""
    image = {"image": items}
    value = {"code": 200, "data": image if exchange.call.host == "image.z.ai" else items}
    await _object(value, exchange)


async def _good_with(change: Any, exchange: Exchange) -> None:
    """A good answer with more in it than Easel knows."""
    answer = json.loads(good_body(exchange))
    answer.update(change)
    image = answer["data"]["image"] if isinstance(answer["data"], dict) else answer["data"][0]
    image.update(change)
    await _object(answer, exchange)


async def _good_in(before: bytes, after: bytes, exchange: Exchange) -> None:
    await _body(before + good_body(exchange) + after, exchange)


async def _status(status: str, exchange: Exchange) -> None:
    """An error that says what nobody may hear: the token, and the address of a picture."""
    case = exchange.case
    said = f"No: {case.token}, {exchange.address()}, {case.prompt}"
    body = json.dumps({"error": {"message": said, "code": "secret-body-2"}}).encode()
    await _body(body, exchange, status=status)


async def _good_status(status: str, exchange: Exchange) -> None:
    await exchange.answer(good_body(exchange), JSON, status=status)


async def _redirect(status: int, location: str, exchange: Exchange) -> None:
    await exchange.answer(b"", f"location: {location}", status=f"{status} Moved")


@cache
def _bomb(kind: str) -> bytes:
    """100 MiB of spaces, packed."""
    spaces = b" " * (100 * _MIB)
    return gzip.compress(spaces, 9) if kind == "gzip" else zlib.compress(spaces, 9)


async def _packed_bomb(kind: str, exchange: Exchange) -> None:
    await exchange.answer(_bomb(kind), JSON, f"content-encoding: {kind}")


async def _packed(exchange: Exchange) -> None:
    await exchange.answer(gzip.compress(good_body(exchange)), JSON, "content-encoding: gzip")


async def _packed_badly(exchange: Exchange) -> None:
    await exchange.answer(good_body(exchange), JSON, "content-encoding: gzip")


async def _packed_and_cut(exchange: Exchange) -> None:
    packed = gzip.compress(good_body(exchange))
    await exchange.answer(packed[:-12], JSON, "content-encoding: gzip")


async def _addresses(count: int, exchange: Exchange) -> None:
    """Far more pictures than were asked for."""
    await _object(wrapped(exchange, [{"url": exchange.address()}] * count), exchange)


async def _address(url: str, exchange: Exchange) -> None:
    """One picture, at an address where none may be opened."""
    await _object(wrapped(exchange, [{"url": url}]), exchange)


async def _beside(item: Any, exchange: Exchange) -> None:
    """An unusable item before a good one."""
    await _object(wrapped(exchange, [item, *by_address(exchange)]), exchange)


async def _beside_base64(exchange: Exchange) -> None:
    """An address that may not be opened, beside the picture itself."""
    content = b64encode(exchange.painted()).decode()
    item = {"url": "http://pictures.example/plain.png", "b64_json": content}
    await _object(wrapped(exchange, [item]), exchange)


async def _events(data: bytes, exchange: Exchange) -> None:
    """image.z.ai is asked for an event stream, and may give one."""
    body = data or b"data: " + good_body(exchange) + b"\n\n"
    await _body(body, exchange, "content-type: text/event-stream")


async def _endless_events(exchange: Exchange) -> None:
    await exchange.head("200 OK", "content-type: text/event-stream", "transfer-encoding: chunked")
    for _ in range(100_000):
        await exchange.chunk(b'data: {"code": 200}\n\n' * 100)


# --- Pictures in base64 ----------------------------------------------------------------------


def _texts(exchange: Exchange) -> list[str]:
    count = exchange.case.pictures
    return [b64encode(exchange.painted(index)).decode() for index in range(count)]


async def _base64(form: str, exchange: Exchange) -> None:
    """The pictures themselves, spelled in one of the ways there are."""
    spell = _SPELLINGS[form]
    items = [{_FIELDS.get(form, "b64_json"): spell(text)} for text in _texts(exchange)]
    body = json.dumps(wrapped(exchange, items)).encode()
    if form == "escaped":
        body = body.replace(b"/", rb"\/")
    await exchange.head("200 OK", JSON, f"content-length: {len(body)}")
    for at in range(0, len(body), _MIB):
        await exchange.write(body[at : at + _MIB])


def _urlsafe(text: str) -> str:
    return text.replace("+", "-").replace("/", "_")


_SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "escaped": str,
    "urlsafe": _urlsafe,
    "data url": lambda text: f"data:image/png;base64,{text}",
    "lines": lambda text: "\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
    "unpadded": lambda text: text.rstrip("="),
    "in url": lambda text: f"data:image/png;base64,{text}",
}
_FIELDS: Final = {"in url": "url"}


async def _base64_cut(share: float, exchange: Exchange) -> None:
    """The answer breaks in the middle of a picture."""
    body = json.dumps(wrapped(exchange, [{"b64_json": text} for text in _texts(exchange)])).encode()
    await exchange.head("200 OK", JSON, f"content-length: {len(body)}")
    await exchange.write(body[: int(len(body) * share)])
    exchange.close()


async def _base64_broken(exchange: Exchange) -> None:
    """What is no base64, far from its beginning."""
    text = _texts(exchange)[0]
    middle = len(text) // 2
    item = {"b64_json": text[:middle] + "!?*" + text[middle:]}
    await _object(wrapped(exchange, [item]), exchange)


async def _base64_text(exchange: Exchange) -> None:
    """Base64 of what is no picture."""
    text = urlsafe_b64encode(b"secret-body-3 " * 100_000).decode()
    await _object(wrapped(exchange, [{"b64_json": text}]), exchange)


async def _base64_slowly(exchange: Exchange) -> None:
    """A large picture in base64 that comes slowly, but comes."""
    body = json.dumps(wrapped(exchange, [{"b64_json": text} for text in _texts(exchange)])).encode()
    await exchange.head("200 OK", JSON, f"content-length: {len(body)}")
    step = len(body) // 10 + 1
    for at in range(0, len(body), step):
        await exchange.write(body[at : at + step])
        await asyncio.sleep(0.1)


# --- The tables ------------------------------------------------------------------------------

_ON_THE_WIRE: Final = (
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
    Fault("a forged answer behind its own", PICTURE, _garbage_behind),
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

_DEEP: Final = b"[" * 100_000

# Seeds 002 and 003 have them; that a picture is lost over them would be a pity.
_ODD_FIELDS: Final[dict[str, object]] = {
    "content_filter": None,
    "error": "",
    "task_id": 5,
    "task_status": 1,
    "revised_prompt": 7,
    "width": "1088px",
    "height": [],
    "created": "now",
    "message": {},
    "timestamp": None,
}

_IN_THE_BODY: Final = (
    Fault("nothing", BROKEN, partial(_body, b"")),
    Fault("a page of HTML", BROKEN, partial(_body, b"<html>secret-body-5</html>"), quick=True),
    Fault(
        "8 MiB of HTML",
        BROKEN,
        partial(_body, b"<p>secret-body-6</p>" * 400_000),
        services=("zai", "geekai"),
        alone=True,
    ),
    Fault("JSON that ends early", BROKEN, partial(_body, b'{"code": 200, "data": {"ima')),
    Fault("900 KiB of spaces", PICTURE, partial(_good_in, b" " * 900 * 1024, b"")),
    Fault(
        "40 MiB of spaces",
        BROKEN,
        partial(_body, b" " * 40 * _MIB),
        services=("zai", "geekai"),
        alone=True,
    ),
    Fault("an array of nothing", NO_PICTURE, partial(_body, b"[]")),
    Fault("a bare text", BROKEN, partial(_body, b'"secret-body-7"')),
    Fault("a bare null", BROKEN, partial(_body, b"null")),
    Fault("100,000 brackets", BROKEN, partial(_body, _DEEP), quick=True),
    Fault("100,000 objects", BROKEN, partial(_body, b'{"a":' * 100_000)),
    Fault(
        "100,000 brackets in data",
        NO_PICTURE,
        partial(_body, b'{"code": 200, "data": ' + _DEEP + b"]" * 100_000 + b"}"),
    ),
    *(
        Fault(
            f"nested {depth} deep",
            PICTURE if depth < 30 else PICTURE | BROKEN,
            partial(_good_with, {"x": json.loads("[" * depth + "]" * depth)}),
        )
        for depth in (20, 150)
    ),
    Fault("NaN", BROKEN | NO_PICTURE, partial(_body, b'{"code": NaN, "data": Infinity}')),
    Fault(
        "a number of 5,000 digits",
        BROKEN | NO_PICTURE,
        partial(_body, b'{"code": ' + b"9" * 5000 + b"}"),
    ),
    Fault("1e999", BROKEN | NO_PICTURE, partial(_body, b'{"code": 1e999, "data": 1e999}')),
    Fault("UTF-16", BROKEN, partial(_body, '{"code": 200}'.encode("utf-16"))),
    Fault("bytes that are no UTF-8", BROKEN | NO_PICTURE, partial(_body, b'{"code": "\xff\xfe"}')),
    Fault("half a character", NO_PICTURE, partial(_body, rb'{"data": [{"url": "\ud800"}]}')),
    Fault("data that is a number", NO_PICTURE, partial(_data, 5)),
    Fault("data that is a text", NO_PICTURE, partial(_data, "secret-body-8")),
    Fault("data that is null", NO_PICTURE, partial(_data, None)),
    Fault("data with nothing in it", NO_PICTURE, partial(_data, [])),
    Fault("data of nulls", NO_PICTURE, partial(_data, [None])),
    Fault("data of numbers", NO_PICTURE, partial(_data, [1, 2, 3])),
    Fault("an address that is a number", NO_PICTURE, partial(_data, [{"url": 5}])),
    Fault("an address that is a list", NO_PICTURE, partial(_data, [{"url": ["x"]}])),
    Fault("fields that nobody knows", PICTURE, partial(_good_with, {"secret": {"a": [1, None]}})),
    Fault("more bytes behind it", BROKEN | PICTURE, partial(_good_in, b"", b"}}garbage")),
    Fault("well packed", PICTURE, _packed),
    Fault("packed, it says", BROKEN, _packed_badly),
    Fault("packed and cut", BROKEN | PICTURE, _packed_and_cut),
    Fault(
        "a bomb of gzip",
        BROKEN,
        partial(_packed_bomb, "gzip"),
        services=("zai", "geekai"),
        alone=True,
        quick=True,
    ),
    Fault(
        "a bomb of deflate",
        BROKEN,
        partial(_packed_bomb, "deflate"),
        services=("zai", "geekai"),
        alone=True,
    ),
    *(
        Fault(
            f"a good answer with status {status}", PICTURE, partial(_good_status, f"{status} Fine")
        )
        for status in (201, 202, 203)
    ),
    Fault("a BOM", PICTURE, partial(_good_in, b"\xef\xbb\xbf", b"")),
    Fault("fields of other types", PICTURE, partial(_good_with, _ODD_FIELDS)),
    Fault("20,000 addresses", PICTURE, partial(_addresses, 20_000), services=LISTING, quick=True),
    *(
        Fault(
            f"{name} before a good picture",
            PICTURE,
            partial(_beside, item),
            services=SEVERAL,
        )
        for name, item in (
            ("nothing", {}),
            ("null", None),
            ("a number", 5),
            ("an address of http", {"url": "http://pictures.example/x.png"}),
            ("an address of FTP", {"url": "ftp://pictures.example/x.png"}),
            ("an address that is a number", {"url": 5}),
        )
    ),
    Fault("an address of http beside the picture", PICTURE, _beside_base64, services=SEVERAL),
    Fault("an event stream", PICTURE, partial(_events, b""), services=("zai",)),
    Fault("an empty event stream", BROKEN, partial(_events, b":\n\n"), services=("zai",)),
    Fault("an endless event stream", BROKEN, _endless_events, services=("zai",), alone=True),
)

_REDIRECTED: Final = tuple(
    Fault(f"a {status} to {location}", BROKEN, partial(_redirect, status, location))
    for status, location in (
        (301, "https://elsewhere.example/"),
        (302, "http://127.0.0.1/"),
        (303, "/"),
        (307, "https://elsewhere.example/"),
        (308, "//elsewhere.example"),
        (302, "javascript:alert(1)"),
        (302, ""),
    )
)

_STATUSES: Final = tuple(
    Fault(f"status {status}", frozenset({"any error"}), partial(_status, f"{status} Odd"))
    for status in (
        *(204, 205, 206, 226, 300, 304, 305, 399, 400, 401, 402, 403, 404, 405, 406, 408, 409),
        *(410, 412, 413, 415, 418, 421, 422, 425, 426, 428, 429, 431, 434, 435, 451, 499, 500),
        *(501, 502, 503, 504, 507, 508, 511, 520, 521, 524, 529, 530, 598, 599, 600, 799, 999),
    )
)

# What is reached from inside a network alone, in the ways that it can be spelled.
AT_HOME: Final = (
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.1", "2130706433"),
    *("0x7f.1", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "0.0.0", "0", "[::1]", "[::]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[fe80::1]", "[fc00::1]"),
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[64:ff9b::a00:1]"),
    *("\uff11\uff12\uff17.0.0.1", "127\u30020.0.1", "[fd00:ec2::254]", "[2002:7f00:1::]"),
)

_BAD_ADDRESSES: Final = tuple(
    Fault(f"the address {name}", NO_PICTURE, partial(_address, url))
    for name, url in (
        ("of FTP", "ftp://pictures.example/x.png"),
        ("of a file", "file:///etc/passwd"),
        ("of a script", "javascript:alert(1)"),
        ("of nothing", ""),
        ("of spaces", "   "),
        ("without a host", "https://"),
        ("with a password", "https://user:secret-body-9@pictures.example/x.png"),
        ("of http", "http://pictures.example/x.png"),
        ("that is a word", "picture"),
        ("that is a path", "/x.png"),
        ("with half an IPv6 host", "https://[::1/x.png"),
        ("with an impossible port", "https://pictures.example:99999/x.png"),
        *((f"at home, {host}", f"https://{host}/x.png") for host in AT_HOME),
    )
)

_IN_BASE64: Final = (
    *(
        Fault(
            f"{size} MB of base64, {form}",
            PICTURE,
            partial(_base64, form),
            services=SEVERAL if size == 1 else ("geekai",),
            length=size * 1_000_000,
            alone=True,
            quick=size == 1,
            seconds=20,
        )
        for size in (1, 8, 32)
        for form in ("plain", "escaped", "urlsafe", "data url", "in url")
    ),
    Fault("base64 without padding", PICTURE, partial(_base64, "unpadded"), services=SEVERAL),
    Fault(
        "4 pictures of 3 MB in base64",
        PICTURE,
        partial(_base64, "plain"),
        services=SEVERAL,
        length=3_000_000,
        pictures=4,
        alone=True,
        seconds=20,
    ),
    Fault(
        "base64 that comes slowly",
        PICTURE,
        _base64_slowly,
        services=SEVERAL,
        length=4_000_000,
        alone=True,
        seconds=20,
    ),
    *(
        Fault(
            f"base64 that is cut after {share:.0%}",
            BROKEN | {"cut"},
            partial(_base64_cut, share),
            services=SEVERAL,
            length=2_000_000,
        )
        for share in (0.00001, 0.1, 0.5, 0.99)
    ),
    Fault(
        "base64 that is none",
        BROKEN | {"cut"},
        _base64_broken,
        services=SEVERAL,
        length=2_000_000,
    ),
    Fault("base64 of a text", BROKEN, _base64_text, services=SEVERAL),
)

FAULTS: Final = (
    Fault("none", PICTURE, quick=True),
    *_ON_THE_WIRE,
    *_IN_THE_BODY,
    *_REDIRECTED,
    *_STATUSES,
    *_BAD_ADDRESSES,
    *_IN_BASE64,
)
