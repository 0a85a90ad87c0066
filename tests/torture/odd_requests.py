"""Requests that are odd as HTTP: methods, paths, hosts, lengths, headers, encodings."""

from __future__ import annotations

import gzip
from functools import partial
from typing import Final

from tests.torture.host import Case
from tests.torture.requests import GEMINI, MIB, Hostile, chat, gemini, may, request


def _by_method(method: str, case: Case) -> bytes:
    return request(case, chat(case), method=method)


def _at_path(path: str, case: Case) -> bytes:
    return request(case, chat(case), path=path)


REQUESTS: Final = (
    Hostile(
        "a host that is half an address",
        may(400),
        lambda c: request(c, chat(c), host="[::1"),
        quick=True,
    ),
    Hostile("a host with spaces", may(200, 400, 0), lambda c: request(c, chat(c), host="a b")),
    Hostile(
        "a host with a path", may(200, 400, 404, 0), lambda c: request(c, chat(c), host="a/b?c#d")
    ),
    Hostile(
        "a host with a password", may(200, 400, 0), lambda c: request(c, chat(c), host="u:p@a")
    ),
    Hostile("an impossible port", may(200, 400, 0), lambda c: request(c, chat(c), host="a:99999")),
    Hostile("a host that is empty", may(200, 400, 0), lambda c: request(c, chat(c), host="")),
    Hostile("no host", may(200, 400, 0), lambda c: request(c, chat(c), host=None)),
    Hostile("HTTP/1.0", may(200, 400, 0), lambda c: request(c, chat(c), version="HTTP/1.0")),
    Hostile("HTTP/3.0", may(200, 400, 0, 505), lambda c: request(c, chat(c), version="HTTP/3.0")),
    *(
        Hostile(
            f"the method {method or 'of nothing'}",
            may(400, 405, 501, 0),
            partial(_by_method, method),
            head=method == "HEAD",
        )
        for method in (
            "GET",
            "HEAD",
            "PUT",
            "PATCH",
            "DELETE",
            "TRACE",
            "PROPFIND",
            "get",
            "X" * 9000,
            "",
        )
    ),
    # workerd itself answers it, with its experimental features on; Cloudflare lets none through.
    Hostile(
        "the method CONNECT", may(200, 400, 405, 501, 0), lambda c: request(c, method="CONNECT")
    ),
    Hostile(
        "a whole address for a path",
        may(200, 400, 404, 0),
        lambda c: request(c, chat(c), path="http://elsewhere.example/v1/chat/completions"),
    ),
    *(
        Hostile(
            f"the path {path[:30]!r}",
            may(400, 404, 405, 414, 431, 0),
            partial(_at_path, path),
        )
        for path in (
            *(
                "*",
                "//",
                "/%",
                "/%00",
                "/%2e%2e/%2e%2e/etc/passwd",
                "/v1/../../x",
                "/v1/models/%ff",
            ),
            *("/v1/images/" + "a" * 4000, "/" + "a" * 100_000, "/?" + "key=a&" * 10_000),
            *("/v1beta/models/x:generateContent/../y", "/v1/models/" + "%25" * 3000),
        )
    ),
    Hostile(
        "a key that is long",
        may(200, 400, 401, 404, 431, 0),
        lambda c: request(c, gemini(c), path=GEMINI + "?key=" + "a" * 30_000, token=""),
    ),
    Hostile(
        "10,000 keys",
        may(200, 400, 401, 404, 431, 0),
        lambda c: request(c, gemini(c), path=GEMINI + "?" + "key=a&" * 5_000, token=""),
    ),
    Hostile(
        "headers of 500 KB",
        may(200, 400, 431, 0),
        lambda c: request(c, chat(c), *(f"x-{n}: {'a' * 1000}" for n in range(500))),
    ),
    Hostile(
        "5,000 headers",
        may(200, 400, 431, 0),
        lambda c: request(c, chat(c), *(f"x-{n}: a" for n in range(5000))),
    ),
    Hostile("a NUL in a header", may(200, 400, 0), lambda c: request(c, chat(c), "x: a\x00b")),
    Hostile("a folded header", may(200, 400, 0), lambda c: request(c, chat(c), "x: a\r\n b")),
    Hostile(
        "two tokens", may(200, 401), lambda c: request(c, chat(c), "authorization: Bearer other")
    ),
    Hostile("a negative length", may(400, 0), lambda c: request(c, chat(c), length=-1)),
    Hostile(
        "a length that is no number", may(400, 0), lambda c: request(c, chat(c), length="many")
    ),
    Hostile(
        "a length without end", may(400, 413, 0), lambda c: request(c, chat(c), length="9" * 40)
    ),
    Hostile("two lengths", may(400, 0, 200), lambda c: request(c, chat(c), "content-length: 3")),
    Hostile("no length", may(400), lambda c: request(c, b"", length="")),
    Hostile(
        "a length over the limit", may(413), lambda c: request(c, b"{", length=10**9), quick=True
    ),
    Hostile(
        "a transfer encoding that nobody knows",
        may(200, 400, 501, 0),
        lambda c: request(c, chat(c), "transfer-encoding: gzip", length=""),
    ),
    Hostile(
        "chunks that are none",
        may(400, 0),
        lambda c: request(c, b"zz\r\n", "transfer-encoding: chunked", length=""),
    ),
    Hostile(
        "a packed body",
        may(200, 400, 415),
        lambda c: request(c, gzip.compress(chat(c)), "content-encoding: gzip"),
    ),
    Hostile(
        "a bomb",
        may(400, 413, 415),
        lambda c: request(c, gzip.compress(b" " * 50 * MIB), "content-encoding: gzip"),
    ),
    Hostile(
        "a body that is expected",
        may(200, 417),
        lambda c: request(c, chat(c), "expect: 100-continue"),
    ),
    Hostile(
        "another character set",
        may(200, 400, 415),
        lambda c: request(
            c, chat(c).decode().encode("utf-16"), "content-type: application/json; charset=utf-16"
        ),
    ),
    Hostile("a BOM", may(200, 400), lambda c: request(c, b"\xef\xbb\xbf" + chat(c))),
    Hostile(
        "an upgrade",
        may(200, 400, 426, 0),
        lambda c: request(
            c,
            chat(c),
            "upgrade: websocket",
            "connection: upgrade",
            "sec-websocket-version: 13",
            "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
        ),
    ),
    Hostile(
        "not HTTP",
        may(400, 0, 501),
        lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
    ),
    Hostile(
        "HTTP/2 without asking",
        may(400, 0, 501, 505),
        lambda _: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ),
)
