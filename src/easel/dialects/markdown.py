"""The text of an answer in a chat, which clients show as markdown and many as HTML.

In: addresses of pictures, and what went wrong; or such a text, when a client sends it back. Out:
text of which a reader makes nothing but the picture, or the words; or the address of the picture.
Tests ask markdown-it and marked.
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

# The words of a picture may have brackets in pairs.
_ALT: Final = re.compile(r"(?:[^\[\]]|\[[^\[\]]*\])*")

# How many links of a text are looked at, from the end, and how long the words of one may be; as in
# `markdown_picture.js`, which does the same for texts that are kept out of Python.
_MOST_LINKS: Final = 100
_MOST_ALT: Final = 1024


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


def last_picture(text: str) -> str | None:
    """The address of the last picture in markdown, as it is written; None where there is none.

    One that has no end is none: nobody would show it.
    """
    end = len(text)
    for _ in range(_MOST_LINKS):
        end = text.rfind("](", 0, end)
        if end < 0:
            return None
        start = text.rfind("![", max(0, end - _MOST_ALT), end)
        closing = text.find(")", end)
        if start >= 0 and closing >= 0 and _ALT.fullmatch(text, start + 2, end):
            # Behind a blank there is a title.
            address = text[end + 2 : closing].lstrip(" ").partition(" ")[0]
            return address[1:-1] if re.fullmatch("<.*>", address) else address
    return None
