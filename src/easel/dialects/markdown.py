"""The text of an answer in a chat, which clients show as markdown and many as HTML.

In: addresses of pictures, and what went wrong. Out: text of which a reader makes nothing but the
picture, or the words; tests ask markdown-it and marked.
"""

from __future__ import annotations

import re
from typing import Final

from easel.images.address import percent_encode

# RFC 3986's unreserved characters, and of the reserved ones those that mean something in an address
# and nothing in markdown, HTML or the formulas that many chats draw.
_LEGAL: Final = "-._~:/?#@!&=+,;%"

# What most addresses are made of: nothing in them needs another form. Without a semicolon there is
# no entity.
_USUAL: Final = r"[A-Za-z0-9\-._~:/?#@!&=+,]*"
_PLAIN: Final = re.compile(rf"{_USUAL}(?:%[0-9A-Fa-f]{{2}}{_USUAL})*")

# `&lt;` is read as `<` in markdown too.
_ENTITY: Final = re.compile(r"&(#?[0-9A-Za-z]+);")

# What could begin a link, code or HTML; a `link_address` holds none of it.
_SPECIAL: Final = re.compile(r"[\\`*\[\]<>]")


def link_address(url: str) -> str:
    """A URL that is safe in any text: it leads to the same place, and ends where it ends."""
    if _PLAIN.fullmatch(url):
        return url
    return _ENTITY.sub(r"&\1%3B", percent_encode(url, _LEGAL))


def markdown_link(url: str) -> str:
    """A picture in markdown."""
    return f"![image]({link_address(url)})"


def words(text: str) -> str:
    """One line of words, of which no reader makes a link, code or HTML."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def missing_note(message: str) -> str:
    """What tells that a picture is missing."""
    return f"(A picture is missing: {words(message)})"
