"""A fault of a service or of the host of a picture, and how both answer when they have none.

In: an `Exchange` with the Worker. Out: what a script writes. A row of a table is a `Fault`: `may`
holds the outcomes that are right, which are `picture`, `cut` for a transfer that breaks after the
first bytes of a picture, the codes of errors, and how many pictures are missing. The tables are in
`connection_faults`, `body_faults`, `base64_faults` and `picture_faults`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.torture.host import Exchange, Script

JSON: Final = "content-type: application/json"
MIB: Final = 1024 * 1024

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
_ONE_A_CALL: Final = ("image.z.ai", "open.bigmodel.cn")

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


def indices(exchange: Exchange) -> range:
    """The numbers of the pictures that this call paints; two services paint one a call."""
    if exchange.call.host in _ONE_A_CALL:
        return range(exchange.number - 1, exchange.number)
    return range(exchange.case.pictures)


def by_address(exchange: Exchange) -> list[dict[str, Any]]:
    return [{"url": exchange.address(index)} for index in indices(exchange)]


def good_body(exchange: Exchange) -> bytes:
    return json.dumps(wrapped(exchange, by_address(exchange))).encode()


async def answer_json(value: Any, exchange: Exchange) -> None:
    await exchange.answer(json.dumps(value).encode(), JSON)


async def paint_well(exchange: Exchange) -> None:
    await exchange.answer(good_body(exchange), JSON)


async def open_well(exchange: Exchange) -> None:
    content, _ = exchange.asked_picture()
    await exchange.answer(content, "content-type: image/png")


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a service or the host of a picture fails.

    `seconds` is how long an answer may take; `waits` is whether it takes until somebody's patience
    is at its end. `alone` is whether one request at a time is enough to ask of an isolate; `quick`
    whether every test run has it. `languages` are those that it is about, all where there are none.
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
    languages: tuple[str, ...] = ()
