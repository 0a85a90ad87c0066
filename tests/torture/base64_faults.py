"""Pictures that come as base64 in an answer: in every spelling, large, several, slow, and cut."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from functools import partial
from typing import Final

from tests.torture.faults import (
    BROKEN,
    JSON,
    MIB,
    PICTURE,
    SEVERAL,
    Fault,
    answer_json,
    indices,
    wrapped,
)
from tests.torture.host import Exchange


def _texts(exchange: Exchange) -> list[str]:
    return [b64encode(exchange.painted(index)).decode() for index in indices(exchange)]


async def _base64(form: str, exchange: Exchange) -> None:
    """The pictures themselves, spelled in one of the ways there are."""
    spell = _SPELLINGS[form]
    items = [{_FIELDS.get(form, "b64_json"): spell(text)} for text in _texts(exchange)]
    body = json.dumps(wrapped(exchange, items)).encode()
    if form == "escaped":
        body = body.replace(b"/", rb"\/")
    await exchange.head("200 OK", JSON, f"content-length: {len(body)}")
    for at in range(0, len(body), MIB):
        await exchange.write(body[at : at + MIB])


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
    await answer_json(wrapped(exchange, [item]), exchange)


async def _base64_text(exchange: Exchange) -> None:
    """Base64 of what is no picture."""
    text = urlsafe_b64encode(b"secret-body-3 " * 100_000).decode()
    await answer_json(wrapped(exchange, [{"b64_json": text}]), exchange)


async def _base64_slowly(exchange: Exchange) -> None:
    """A large picture in base64 that comes slowly, but comes."""
    body = json.dumps(wrapped(exchange, [{"b64_json": text} for text in _texts(exchange)])).encode()
    await exchange.head("200 OK", JSON, f"content-length: {len(body)}")
    step = len(body) // 10 + 1
    for at in range(0, len(body), step):
        await exchange.write(body[at : at + step])
        await asyncio.sleep(0.1)


FAULTS: Final = (
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
        for size, forms in (
            (1, tuple(_SPELLINGS)),
            (8, ("plain", "urlsafe", "data url", "in url", "lines")),
            (32, ("plain", "escaped")),
        )
        for form in forms
    ),
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
        services=("geekai",),
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
