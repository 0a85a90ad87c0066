"""Requests that are fine as HTTP, with tokens, JSON and forms that are meant to cost much."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from tests.torture.host import Case
from tests.torture.requests import (
    CHAT,
    EDITS,
    GEMINI,
    GENERATIONS,
    INTERACTIONS,
    MCP,
    MIB,
    RESPONSES,
    Hostile,
    chat,
    may,
    request,
)


def _with_body(body: bytes, path: str, case: Case) -> bytes:
    return request(case, body, "content-type: application/json", path=path)


def _jwt(claims: bytes) -> str:
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"


def _with_token(token: str, case: Case) -> bytes:
    return request(case, chat(case), token=token.format(case.token))


# A token may be anything at all; what is sent on is judged by the service. `{}` is a good one.
_TOKENS: Final[Sequence[tuple[str, str, frozenset[int]]]] = (
    *(
        (f"{count:,} brackets", _jwt(b"[" * count), may(200, 401, 431, 0))
        for count in (500, 5_500, 20_000, 45_000)
    ),
    *(
        (f"{count:,} objects", _jwt(b'{"a":' * count), may(200, 401, 431, 0))
        for count in (1_000, 9_000)
    ),
    ("deep behind its exp", _jwt(b'{"exp":' + b"[" * 6_000), may(200, 401)),
    (
        "a number of 20,000 digits",
        _jwt(b'{"exp":' + b"9" * 20_000 + b"}"),
        may(200, 401),
    ),
    ("1e999", _jwt(b'{"exp": 1e999}'), may(200, 401)),
    ("-1e999", _jwt(b'{"exp": -1e999}'), may(200, 401)),
    ("NaN", _jwt(b'{"exp": NaN}'), may(200, 401)),
    ("an exp that is an object", _jwt(b'{"exp": {}}'), may(200, 401)),
    ("claims that are no UTF-8", _jwt(b'{"exp": "\xff"}'), may(200, 401)),
    ("a BOM before its claims", _jwt(b'\xef\xbb\xbf{"exp": 1}'), may(200, 401)),
    ("only points", "." * 5_000, may(200, 401)),
    ("no claims", "a..b", may(200, 401)),
    ("letters that are not ASCII", "tok\xe9n", may(401)),
    ("a comma", "{},other", may(200, 401)),
    ("a semicolon", "{}; admin=1", may(401, 200)),
    ("quotes", '"{}"', may(200, 401)),
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
    ("4 MiB of backslashes", b'{"a": "' + b"\\" * (4 * MIB - 100), CHAT),
    ("4 MiB of quotes", b'"' * (4 * MIB - 100), CHAT),
    ("30 MiB of spaces", b" " * 30 * MIB, CHAT),
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


_NAMES: Final = b",".join(b'"%d":1' % number for number in range(48_000))

_CALL: Final = (
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{'
)
_NO_REVISION: Final = (
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{'
    b'"io.modelcontextprotocol/protocolVersion":null,'
    b'"io.modelcontextprotocol/clientCapabilities":{}}}}'
)

# The same in the newer APIs; a tool of MCP tells its errors under 200.
_NEWER: Final[Sequence[tuple[str, bytes, str, bool]]] = (
    ("1,300,000 items", b'{"input":[' + b",".join([b"{}"] * 1_300_000) + b"]}", RESPONSES, False),
    (
        "16,000 parts of nothing",
        b'{"input":[{"role":"user","content":[' + b",".join([b'{"type":"x"}'] * 16_000) + b"]}]}",
        RESPONSES,
        False,
    ),
    (
        "48,000 names in a tool",
        b'{"input":"a","tools":[{"type":"image_generation",' + _NAMES + b"}]}",
        RESPONSES,
        True,
    ),
    ("brackets in a response", b'{"input":' + b"[" * 100_000, RESPONSES, False),
    (
        "1,300,000 steps",
        b'{"input":[' + b",".join([b"{}"] * 1_300_000) + b"]}",
        INTERACTIONS,
        False,
    ),
    (
        "48,000 names in an interaction",
        b'{"model":"m","input":"a",' + _NAMES + b"}",
        INTERACTIONS,
        True,
    ),
    (
        "a long name of half characters",
        b'{"model":"m","input":"a","' + rb"\ud800" * 2_000 + b'":1}',
        INTERACTIONS,
        False,
    ),
    ("48,000 arguments", _CALL + b'"prompt":"a",' + _NAMES + b"}}}", MCP, True),
    ("20,000 messages", b"[" + b",".join([b"{}"] * 20_000) + b"]", MCP, False),
    ("brackets in a message of MCP", b"[" * 100_000, MCP, False),
    ("no revision", _NO_REVISION, MCP, False),
    ("an id of 100,000 digits", b'{"jsonrpc":"2.0","id":' + b"9" * 100_000 + b"}", MCP, False),
    (
        "a long prompt of half characters",
        _CALL + b'"prompt":"' + rb"\ud800" * 2_000 + b'"}}}',
        MCP,
        False,
    ),
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
    ("a name of 1 MiB", _PART % (b"a" * MIB, b"x") + b"--b--\r\n"),
    ("headers of 1 MiB", b"--b\r\n" + b"x: y\r\n" * 150_000 + b"\r\n\r\n--b--\r\n"),
    ("nothing", b""),
)

REQUESTS: Final = (
    *(
        Hostile(f"a token of {name}", statuses, partial(_with_token, token))
        for name, token, statuses in _TOKENS
    ),
    *(
        Hostile(
            f"a body of {name}",
            may(400, 413),
            partial(_with_body, body, path),
        )
        for name, body, path in _BODIES
    ),
    *(
        Hostile(
            f"a body of {name}",
            may(200, 400) if path == MCP else may(400, 413),
            partial(_with_body, body, path),
            quick=quick,
        )
        for name, body, path, quick in _NEWER
    ),
    *(
        # A large one may be a picture, of which a form takes a few times its length.
        Hostile(f"a form of {name}", may(400, 413), _form(body), megabytes=max(60, len(body) / 5e4))
        for name, body in _FORMS
    ),
)
