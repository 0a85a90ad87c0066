from __future__ import annotations

import re
import time
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.dialects.markdown import (
    last_picture,
    link_address,
    markdown_link,
    missing_note,
    words,
)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://h/p.png?Expires=1&Signature=a%2Bb%3D#c", None),
        ("https://h/a,b;c=1/~d_e/+@:!.png", None),
        ("https://h/a(1).png", "https://h/a%281%29.png"),
        ("https://h/a b\n\t\r\x00\x7f", "https://h/a%20b%0A%09%0D%00%7F"),
        (
            "https://h/<>\"'[]()\\`{}|^*$",
            "https://h/%3C%3E%22%27%5B%5D%28%29%5C%60%7B%7D%7C%5E%2A%24",
        ),
        ("https://h/图é", "https://h/%E5%9B%BE%C3%A9"),
        ("https://h/%E5%9b%zz%", "https://h/%E5%9b%25zz%25"),
        ("https://h/?a&lt;b&#60;c&d;e&;f", "https://h/?a&lt%3Bb&#60%3Bc&d%3Be&;f"),
    ],
)
def test_a_link_is_encoded_where_it_must_be_and_nowhere_else(url: str, link: str | None) -> None:
    assert markdown_link(url) == f"![image]({link or url})"
    assert link_address(link or url) == (link or url)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_link_leads_where_the_address_does_and_is_one_word_of_ascii(url: str) -> None:
    link = link_address(url)
    assert re.fullmatch(r"[A-Za-z0-9._~:/?#@!&=+,;%-]*", link)
    assert unquote_to_bytes(link) == unquote_to_bytes(url)


def test_a_long_address_takes_no_longer_than_its_reading() -> None:
    # A pattern that goes back and forth would never end here.
    long = "https://h/" + "a1%2f" * 20_000
    assert link_address(long + "&lt;") == long + "&lt%3B"
    assert link_address(long + "é") == long + "%C3%A9"


def test_words_are_one_line_in_which_nothing_begins() -> None:
    assert words("a\n\n# b [c](d) `e` <f> *g* \\h") == (r"a # b \[c\](d) \`e\` \<f\> \*g\* \\h")
    assert missing_note('The service\'s "busy".') == (
        '(A picture is missing: The service\'s "busy".)'
    )


URL = "https://h/cat.png?a=1&b=[2]"
DATA = "data:image/png;base64,iVBORw0KGgo="


# What `markdown_picture.js` finds, whose tests have the same table.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"![image]({DATA})", DATA),
        (f"![image]({URL})", URL),
        (f"Here (look): ![a cat]({DATA})\n(more) to come (soon", DATA),
        (f"![image](https://h/1.png)\n![image]({DATA})", DATA),
        (f"![image]({DATA})\n[more](https://h/more) and [that](", DATA),
        (f"![image]({DATA})![image]({URL}", DATA),
        (f"![a [very] [black] cat]({DATA})", DATA),
        (f"![]({DATA})", DATA),
        (f"![cat](<{URL}>)", URL),
        (f'![cat]( {URL} "A cat")', URL),
        (f"[![cat]({URL})](https://h/more)", URL),
        ("![cat]()", ""),
        ("![cat](<>)", ""),
        ("", None),
        (f"[image]({URL})", None),
        (f"Look! [image]({URL})", None),
        (f"![image] [image]({URL})", None),
        (f"![image]({DATA}", None),
        (f"({DATA})", None),
        (f"![{'a very black cat ' * 100}]({URL})", None),
        (f"![i]({DATA})" + "](" * 100, None),
    ],
)
def test_the_last_picture_of_a_text_is_found(text: str, expected: str | None) -> None:
    assert last_picture(text) == expected


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_easel_writes_it_finds(url: str) -> None:
    assert last_picture(f"{markdown_link(url)}\n{missing_note('busy')}") == link_address(url)


@pytest.mark.parametrize("hostile", ["(", "](", "![](", "![["])
def test_no_text_of_a_body_takes_long_to_look_through(hostile: str) -> None:
    started = time.perf_counter()
    text = hostile * (4096 // len(hostile))
    assert [last_picture(text) for _ in range(100)] == [None] * 100
    assert time.perf_counter() - started < 1
