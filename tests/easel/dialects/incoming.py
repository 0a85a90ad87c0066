"""Requests as operations decode them, what comes of it, and what is known of pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence

from easel.dialects.body import FormField
from easel.dialects.dialect import Decoded, Incoming, TextReply
from easel.dialects.encoder import Stamp, easel_member
from easel.dialects.turn import Turn
from easel.images.blobs import NO_LONG_TEXTS, LongTexts
from easel.images.request import ImageRequest
from easel.images.result import Picture
from easel.settings import Settings

STAMP = Stamp("1", 1769418844)


def incoming(
    body: bytes = b"",
    long_texts: LongTexts = NO_LONG_TEXTS,
    *,
    name: str = "",
    query: str = "",
    form: tuple[FormField, ...] = (),
    settings: Settings | None = None,
) -> Incoming:
    return Incoming(name, query, body, form, long_texts, STAMP, settings or Settings())


def image_of(decoded: Decoded, *, whole: bool = True) -> ImageRequest:
    """What is to be painted, where a turn of several messages is read whole, or its last alone."""
    wanted = decoded.wanted
    asked = wanted.as_read(whole=whole) if isinstance(wanted, Turn) else wanted
    assert isinstance(asked, ImageRequest)
    assert decoded.model == asked.model
    return asked


def text_of(decoded: Decoded) -> str | None:
    """What is answered where nothing is painted."""
    return decoded.wanted.text if isinstance(decoded.wanted, TextReply) else None


def known(pictures: Sequence[Picture]) -> dict[str, object]:
    """What every answer says of its pictures."""
    found: dict[str, object] = json.loads(f"{{{easel_member(pictures)[2:]}}}")
    return found
