"""What services say that they should not, in answers that are HTTP."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode
from functools import cache, partial
from typing import Any, Final

from tests.torture.faults import (
    BROKEN,
    JSON,
    LISTING,
    MIB,
    NO_PICTURE,
    PICTURE,
    SEVERAL,
    Fault,
    answer_json,
    by_address,
    good_body,
    wrapped,
)
from tests.torture.host import Exchange


async def _body(body: bytes, exchange: Exchange, *headers: str, status: str = "200 OK") -> None:
    await exchange.answer(body, *(headers or (JSON,)), status=status)


async def _data(items: Any, exchange: Exchange) -> None:
    """`data` is this, or the picture of image.z.ai."""
    image = {"image": items}
    value = {"code": 200, "data": image if exchange.call.host == "image.z.ai" else items}
    await answer_json(value, exchange)


async def _good_with(change: Any, exchange: Exchange) -> None:
    """A good answer with more in it than Easel knows."""
    answer = json.loads(good_body(exchange))
    answer.update(change)
    image = answer["data"]["image"] if isinstance(answer["data"], dict) else answer["data"][0]
    image.update(change)
    await answer_json(answer, exchange)


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
    spaces = b" " * (100 * MIB)
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
    await answer_json(wrapped(exchange, [{"url": exchange.address()}] * count), exchange)


async def _address(url: str, exchange: Exchange) -> None:
    """One picture, at an address where none may be opened."""
    await answer_json(wrapped(exchange, [{"url": url}]), exchange)


async def _beside(item: Any, exchange: Exchange) -> None:
    """An unusable item before a good one."""
    await answer_json(wrapped(exchange, [item, *by_address(exchange)]), exchange)


async def _beside_base64(exchange: Exchange) -> None:
    """An address that may not be opened, beside the picture itself."""
    content = b64encode(exchange.painted()).decode()
    item = {"url": "http://pictures.example/plain.png", "b64_json": content}
    await answer_json(wrapped(exchange, [item]), exchange)


async def _events(data: bytes, exchange: Exchange) -> None:
    """image.z.ai is asked for an event stream, and may give one."""
    body = data or b"data: " + good_body(exchange) + b"\n\n"
    await _body(body, exchange, "content-type: text/event-stream")


async def _endless_events(exchange: Exchange) -> None:
    await exchange.head("200 OK", "content-type: text/event-stream", "transfer-encoding: chunked")
    for _ in range(100_000):
        await exchange.chunk(b'data: {"code": 200}\n\n' * 100)


_DEEP: Final = b"[" * 100_000

# The GeekAI and BigModel documents have them; that a picture is lost over them would be a pity.
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
        partial(_body, b" " * 40 * MIB),
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


FAULTS: Final = (*_IN_THE_BODY, *_REDIRECTED, *_STATUSES, *_BAD_ADDRESSES)
