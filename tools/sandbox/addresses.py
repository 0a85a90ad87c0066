"""Addresses of pictures as no honest service writes them.

In: a picture's address, and which trick to play on it. Out: the same picture's address with the
trick in it, or one that leads to where no picture should be fetched.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

# What would be read as more than an address where one stands in markdown, in HTML or in JSON.
HOSTILE: Final = (
    ")![x](https://evil.example/x.png)",
    '"><img src=x onerror="alert(1)">',
    "' onerror='alert(1)",
    ' "a title") <script>alert(1)</script>',
    "\n\n# A title\n\n[a link](javascript:alert(1))",
    "\r\n\tdata: [DONE]\n\n",
    "`code` *em* _em_ ~~del~~ $x$ |a|b| \\",
    "&lt;b&gt;&#60;b&#62;&quot;&amp;",
    "<https://evil.example>",
    "]: https://evil.example",
    "图片 ü \u202e\u200b\ufeff\x00\x1f\x7f%E5%9B%BE%zz%",
)

# Hosts that are not on the open internet, in the spellings that readers of addresses know.
INSIDE: Final = (
    *(
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
    ),
    *("[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "localhost.", "metadata.google.internal"),
    *("printer.local", "１２７.0.0.1", "127。0.0.1", "100.100.100.200", "host\\@127.0.0.1"),
)


def hostile(url: str, number: int) -> str:
    """The address, which ends with a trick."""
    return f"{url}&note={HOSTILE[number % len(HOSTILE)]}"


def inside(url: str, number: int) -> str:
    """The address at a host that is not on the open internet."""
    return url.replace(urlsplit(url).netloc, INSIDE[number % len(INSIDE)], 1)
