"""What clients send that they should not: one row of a table for each request.

In: a `Case`. Out: the bytes of a request. `may` holds the statuses that are right for it; 0 is a
connection that is closed without an answer, as workerd does with what is no HTTP.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tests.torture.host import Case

_MIB: Final = 1024 * 1024
CHAT: Final = "/v1/chat/completions"
GENERATIONS: Final = "/v1/images/generations"
EDITS: Final = "/v1/images/edits"
GEMINI: Final = "/v1beta/models/gemini-3-image-1k:generateContent"

_JSON: Final = ("content-type: application/json",)


def request(
    case: Case,
    body: bytes = b"",
    *headers: str,
    path: str = CHAT,
    method: str = "POST",
    version: str = "HTTP/1.1",
    host: str | None = "easel.example",
    token: str | None = None,
    length: object = None,
) -> bytes:
    """A request as HTTP has it, but for what a row says."""
    token = case.token if token is None else token
    rows = [f"{method} {path} {version}"]
    rows += [] if host is None else [f"Host: {host}"]
    rows += [f"Authorization: Bearer {token}"] if token else []
    rows += [f"Content-Length: {len(body) if length is None else length}"] if length != "" else []
    return "\r\n".join((*rows, *headers, "", "")).encode("latin-1") + body


def chat(case: Case, **more: Any) -> bytes:
    """A good body of a chat, and more."""
    message = {"role": "user", "content": case.prompt}
    return json.dumps({"model": "gemini-3-image-1k", "messages": [message], **more}).encode()


def images(case: Case, **more: Any) -> bytes:
    fields = {"model": "gemini-3-image-1k", "prompt": case.prompt, "response_format": "b64_json"}
    return json.dumps({**fields, **more}).encode()


def gemini(case: Case) -> bytes:
    return json.dumps({"contents": [{"parts": [{"text": case.prompt}]}]}).encode()


def _by_method(method: str, case: Case) -> bytes:
    return request(case, chat(case), method=method)


def _at_path(path: str, case: Case) -> bytes:
    return request(case, chat(case), path=path)


def _with_body(body: bytes, path: str, case: Case) -> bytes:
    return request(case, body, *_JSON, path=path)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A request. `seconds` is how long its answer may take, `megabytes` what may be held for it."""

    name: str
    may: frozenset[int]
    build: Callable[[Case], bytes]
    seconds: float = 3
    megabytes: float = 60
    quick: bool = False
    head: bool = False


def _may(*statuses: int) -> frozenset[int]:
    return frozenset(statuses)


def _jwt(claims: bytes) -> str:
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"


def _with_token(token: str, case: Case) -> bytes:
    return request(case, chat(case), token=token.format(case.token))


# A token may be anything at all; what is sent on is judged by the service. `{}` is a good one.
_TOKENS: Final[Sequence[tuple[str, str, frozenset[int]]]] = (
    *(
        (f"{count:,} brackets", _jwt(b"[" * count), _may(200, 401, 431, 0))
        for count in (500, 5_500, 20_000, 45_000)
    ),
    *(
        (f"{count:,} objects", _jwt(b'{"a":' * count), _may(200, 401, 431, 0))
        for count in (1_000, 9_000)
    ),
    ("deep behind its exp", _jwt(b'{"exp":' + b"[" * 6_000), _may(200, 401)),
    (
        "a number of 20,000 digits",
        _jwt(b'{"exp":' + b"9" * 20_000 + b"}"),
        _may(200, 401),
    ),
    ("1e999", _jwt(b'{"exp": 1e999}'), _may(200, 401)),
    ("-1e999", _jwt(b'{"exp": -1e999}'), _may(200, 401)),
    ("NaN", _jwt(b'{"exp": NaN}'), _may(200, 401)),
    ("an exp that is an object", _jwt(b'{"exp": {}}'), _may(200, 401)),
    ("claims that are no UTF-8", _jwt(b'{"exp": "\xff"}'), _may(200, 401)),
    ("a BOM before its claims", _jwt(b'\xef\xbb\xbf{"exp": 1}'), _may(200, 401)),
    ("only points", "." * 5_000, _may(200, 401)),
    ("no claims", "a..b", _may(200, 401)),
    ("letters that are not ASCII", "tok\xe9n", _may(401)),
    ("a comma", "{},other", _may(200, 401)),
    ("a semicolon", "{}; admin=1", _may(401, 200)),
    ("quotes", '"{}"', _may(200, 401)),
)

_CHAT_HEAD: Final = b'{"model": "gemini-3-image-1k", "messages": ['

# Bodies that are small, and that become large where they are read without a limit.
_BODIES: Final[Sequence[tuple[str, bytes, str]]] = (
    ("800,000 nulls for messages", _CHAT_HEAD + b",".join([b"null"] * 800_000) + b"]}", CHAT),
    (
        "1,300,000 empty parts",
        _CHAT_HEAD + b'{"role":"user","content":[' + b",".join([b"{}"] * 1_300_000) + b"]}]}",
        CHAT,
    ),
    ("1,300,000 messages", _CHAT_HEAD + b",".join([b"{}"] * 1_300_000) + b"]}", CHAT),
    ("1,900,000 numbers", _CHAT_HEAD + b",".join([b"1"] * 1_900_000) + b"]}", CHAT),
    (
        "300,000 names",
        b"{" + b",".join(b'"%d":1' % number for number in range(300_000)) + b"}",
        CHAT,
    ),
    (
        "300,000 names, strictly",
        b'{"prompt":"x",' + b",".join(b'"%d":1' % number for number in range(300_000)) + b"}",
        GENERATIONS,
    ),
    (
        "1,300,000 contents",
        b'{"contents":[' + b",".join([b"{}"] * 1_300_000) + b"]}",
        GEMINI,
    ),
    (
        "800,000 pictures",
        b'{"prompt":"x","image":[' + b",".join([b'""'] * 800_000) + b"]}",
        GENERATIONS,
    ),
    ("100,000 brackets", b"[" * 100_000, CHAT),
    ("100,000 brackets in a message", _CHAT_HEAD + b"[" * 100_000, CHAT),
    ("100,000 closed brackets", _CHAT_HEAD + b"[" * 100_000 + b"]" * 100_000 + b"]}", CHAT),
    ("100,000 objects", b'{"a":' * 100_000, GENERATIONS),
    ("deep in Gemini", b'{"contents":' * 100_000, GEMINI),
    ("4 MiB of backslashes", b'{"a": "' + b"\\" * (4 * _MIB - 100), CHAT),
    ("4 MiB of quotes", b'"' * (4 * _MIB - 100), CHAT),
    ("30 MiB of spaces", b" " * 30 * _MIB, CHAT),
    ("1,000 texts of 5,000 characters", json.dumps(["x" * 5_000] * 1_000).encode(), CHAT),
    ("half a character", rb'{"model": "\ud800", "messages": []}', CHAT),
    ("a long half character", rb'{"model": "' + rb"\ud800" * 2_000 + rb'", "messages": []}', CHAT),
    ("bytes that are no UTF-8", b'{"model": "\xff\xfe", "messages": []}', CHAT),
    ("UTF-16", '{"model": "x"}'.encode("utf-16"), CHAT),
    ("NaN", b'{"model": NaN, "n": Infinity}', CHAT),
    ("a number of 100,000 digits", b'{"model": "x", "n": ' + b"9" * 100_000 + b"}", CHAT),
    ("nothing", b"", CHAT),
    ("a NUL", b"\x00", CHAT),
    ("a form where JSON belongs", b"model=x&prompt=y", GENERATIONS),
)


def _form(parts: bytes) -> Callable[[Case], bytes]:
    kind = "content-type: multipart/form-data; boundary=b"
    return lambda case: request(case, parts, kind, path=EDITS)


_PART: Final = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'

_BARE_PART: Final = b'--b\nContent-Disposition: form-data; name="a"\n\n\n'

_FORMS: Final[Sequence[tuple[str, bytes]]] = (
    ("220,000 parts", (_PART % (b"a", b"")) * 220_000 + b"--b--\r\n"),
    ("220,000 parts and bare line feeds", _BARE_PART * 220_000 + b"--b--\n"),
    ("20,000 prompts", (_PART % (b"prompt", b"x")) * 20_000 + b"--b--\r\n"),
    ("20,000 pictures", (_PART % (b'image"; filename="x', b"x")) * 20_000 + b"--b--\r\n"),
    ("100,000 boundaries", b"--b\r\n" * 100_000),
    ("6 MB of line ends", (_PART % (b"prompt", b"\r" * 6_000_000)) + b"--b--\r\n"),
    ("no end", _PART % (b"prompt", b"x" * 100_000)),
    ("a name of 1 MiB", _PART % (b"a" * _MIB, b"x") + b"--b--\r\n"),
    ("headers of 1 MiB", b"--b\r\n" + b"x: y\r\n" * 150_000 + b"\r\n\r\n--b--\r\n"),
    ("nothing", b""),
)

_ODD: Final = (
    Hostile(
        "a host that is half an address",
        _may(400),
        lambda c: request(c, chat(c), host="[::1"),
        quick=True,
    ),
    Hostile("a host with spaces", _may(200, 400, 0), lambda c: request(c, chat(c), host="a b")),
    Hostile(
        "a host with a path", _may(200, 400, 404, 0), lambda c: request(c, chat(c), host="a/b?c#d")
    ),
    Hostile(
        "a host with a password", _may(200, 400, 0), lambda c: request(c, chat(c), host="u:p@a")
    ),
    Hostile("an impossible port", _may(200, 400, 0), lambda c: request(c, chat(c), host="a:99999")),
    Hostile("a host that is empty", _may(200, 400, 0), lambda c: request(c, chat(c), host="")),
    Hostile("no host", _may(200, 400, 0), lambda c: request(c, chat(c), host=None)),
    Hostile("HTTP/1.0", _may(200, 400, 0), lambda c: request(c, chat(c), version="HTTP/1.0")),
    Hostile("HTTP/3.0", _may(200, 400, 0, 505), lambda c: request(c, chat(c), version="HTTP/3.0")),
    *(
        Hostile(
            f"the method {method or 'of nothing'}",
            _may(400, 405, 501, 0),
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
        "the method CONNECT", _may(200, 400, 405, 501, 0), lambda c: request(c, method="CONNECT")
    ),
    Hostile(
        "a whole address for a path",
        _may(200, 400, 404, 0),
        lambda c: request(c, chat(c), path="http://elsewhere.example/v1/chat/completions"),
    ),
    *(
        Hostile(
            f"the path {path[:30]!r}",
            _may(400, 404, 405, 414, 431, 0),
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
        _may(200, 400, 401, 404, 431, 0),
        lambda c: request(c, gemini(c), path=GEMINI + "?key=" + "a" * 30_000, token=""),
    ),
    Hostile(
        "10,000 keys",
        _may(200, 400, 401, 404, 431, 0),
        lambda c: request(c, gemini(c), path=GEMINI + "?" + "key=a&" * 5_000, token=""),
    ),
    Hostile(
        "headers of 500 KB",
        _may(200, 400, 431, 0),
        lambda c: request(c, chat(c), *(f"x-{n}: {'a' * 1000}" for n in range(500))),
    ),
    Hostile(
        "5,000 headers",
        _may(200, 400, 431, 0),
        lambda c: request(c, chat(c), *(f"x-{n}: a" for n in range(5000))),
    ),
    Hostile("a NUL in a header", _may(200, 400, 0), lambda c: request(c, chat(c), "x: a\x00b")),
    Hostile("a folded header", _may(200, 400, 0), lambda c: request(c, chat(c), "x: a\r\n b")),
    Hostile(
        "two tokens", _may(200, 401), lambda c: request(c, chat(c), "authorization: Bearer other")
    ),
    Hostile("a negative length", _may(400, 0), lambda c: request(c, chat(c), length=-1)),
    Hostile(
        "a length that is no number", _may(400, 0), lambda c: request(c, chat(c), length="many")
    ),
    Hostile(
        "a length without end", _may(400, 413, 0), lambda c: request(c, chat(c), length="9" * 40)
    ),
    Hostile("two lengths", _may(400, 0, 200), lambda c: request(c, chat(c), "content-length: 3")),
    Hostile("no length", _may(400), lambda c: request(c, b"", length="")),
    Hostile(
        "a length over the limit", _may(413), lambda c: request(c, b"{", length=10**9), quick=True
    ),
    Hostile(
        "a transfer encoding that nobody knows",
        _may(200, 400, 501, 0),
        lambda c: request(c, chat(c), "transfer-encoding: gzip", length=""),
    ),
    Hostile(
        "chunks that are none",
        _may(400, 0),
        lambda c: request(c, b"zz\r\n", "transfer-encoding: chunked", length=""),
    ),
    Hostile(
        "a packed body",
        _may(200, 400, 415),
        lambda c: request(c, gzip.compress(chat(c)), "content-encoding: gzip"),
    ),
    Hostile(
        "a bomb",
        _may(400, 413, 415),
        lambda c: request(c, gzip.compress(b" " * 50 * _MIB), "content-encoding: gzip"),
    ),
    Hostile(
        "a body that is expected",
        _may(200, 417),
        lambda c: request(c, chat(c), "expect: 100-continue"),
    ),
    Hostile(
        "another character set",
        _may(200, 400, 415),
        lambda c: request(
            c, chat(c).decode().encode("utf-16"), "content-type: application/json; charset=utf-16"
        ),
    ),
    Hostile("a BOM", _may(200, 400), lambda c: request(c, b"\xef\xbb\xbf" + chat(c))),
    Hostile(
        "an upgrade",
        _may(200, 400, 426, 0),
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
        _may(400, 0, 501),
        lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
    ),
    Hostile(
        "HTTP/2 without asking",
        _may(400, 0, 501, 505),
        lambda _: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ),
)

REQUESTS: Final = (
    *_ODD,
    *(
        Hostile(
            f"a token of {name}",
            may,
            partial(_with_token, token),
        )
        for name, token, may in _TOKENS
    ),
    *(
        Hostile(
            f"a body of {name}",
            _may(400, 413),
            partial(_with_body, body, path),
        )
        for name, body, path in _BODIES
    ),
    *(
        # A large one may be a picture, of which a form takes a few times its length.
        Hostile(
            f"a form of {name}", _may(400, 413), _form(body), megabytes=max(60, len(body) / 1e5)
        )
        for name, body in _FORMS
    ),
)
