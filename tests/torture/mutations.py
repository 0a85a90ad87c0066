"""Bytes to fuzz with: recorded requests and answers, and the corpus, with something else in them.

In: seeds. Out: strategies of hypothesis. `corpus` holds what once went wrong, and what looks as if
it might.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

_CORPUS: Final = Path(__file__).with_name("corpus")
_WIRE: Final = Path(__file__).parents[1] / "wire"


def json_object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {"anyOf": [found]}


def _seeds(*folders: Path) -> list[bytes]:
    found: list[bytes] = []
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if not file.is_file():
                continue
            recorded = json.loads(file.read_bytes()) if _WIRE in file.parents else None
            body = recorded.get("body", recorded) if isinstance(recorded, dict) else None
            found.append(json.dumps(body).encode() if recorded else file.read_bytes())
    return found


REQUEST_SEEDS: Final = [
    *_seeds(_WIRE / "clients", _CORPUS / "requests", _CORPUS / "tokens"),
    b'{"model": "glm-image", "prompt": "a cat", "size": "1280x1280", "n": 2, "quality": "hd"}',
    b'{"contents": [{"role": "user", "parts": [{"text": "a cat"}]}], "generationConfig": {}}',
    b'{"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}',
    b'{"input": [{"type": "item", "content": [{"type": "input_text", "text": "a"}]}], "tools": []}',
    b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "edit_image"}}',
    b'{"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/a"}}}',
    b"prompt:a cat\nn:2\nmodel:glm-image\nsize:1280x1280",
]
ANSWER_SEEDS: Final = [
    *_seeds(*(_WIRE / name for name in ("zai", "bigmodel", "zhaotou", "geekai"))),
    *_seeds(_CORPUS / "answers"),
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\xff\xc0\x00\x11\x08\x00\x10\x00\x10",
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10",
    b"RIFF\x00\x00\x00\x00WEBPVP8X\n\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x10\x00\x00",
    b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifispe\x00\x00\x00\x00\x00\x00\x00\x10",
    b"https://pictures.example/z_image/1.png?Expires=1&Signature=a",
]

# What a service was asked with, and may repeat; nobody else may.
TOKEN: Final = "sk-0123456789abcdef"

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from([TOKEN, "https://h/p.png", "data:,x", "easel:long-text:0", "auto", "1x1"]),
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["url", "data", "error", "code", "image", "x"]), inner)
    ),
    max_leaves=12,
)

# Pieces that parsers stumble over.
_SPLINTERS: Final = [
    *(b"[" * 300, b"{" * 300, b'{"a":' * 250, b"]" * 9, b"}", b'"', b"\\", b"\\u", rb"\ud800"),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"NaN", b"-Infinity", b"1e999", b"9" * 400, b"-0"),
    *(
        b"null",
        b"{}",
        b"[]",
        b'""',
        b"\n\n",
        b"\r",
        b"data: ",
        b"event: x\n",
        b"://",
        b"[::1",
        b"%",
    ),
]


@st.composite
def _changed_json(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed of which one value, anywhere in it, is another."""
    whole = json_object(draw(st.sampled_from(seeds)))
    at: Any = whole
    while isinstance(at, dict | list) and at:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or draw(st.booleans()):
            at[key] = draw(_values)
            break
        at = at[key]
    return json.dumps(whole).encode()


@st.composite
def splintered(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed that was cut, and in which a few bytes are others."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        data[start:end] = draw(st.sampled_from(_SPLINTERS) | st.binary(max_size=8))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


def inputs(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    return st.one_of(
        st.sampled_from(seeds), _changed_json(seeds), splintered(seeds), st.binary(max_size=200)
    )
