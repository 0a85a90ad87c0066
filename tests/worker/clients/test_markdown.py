"""What stands in the text of a chat, as the renderers of chat clients show it: markdown-it (Open
WebUI's older versions, many plugins) and marked (Open WebUI, LobeChat's tools)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from easel.dialects.markdown import link_address, markdown_link, missing_note
from easel.images.address import read_address
from easel.services.reason import plain_words
from tests.easel.readers import Readers, running_readers
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.reading import event
from tools.sandbox.addresses import HOSTILE


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with running_readers() as readers:
        yield readers


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def check_one_picture(readers: Readers, text: str, url: str) -> None:
    """A text is one picture with this address, whoever renders it, and nothing besides."""
    for renderer, page in readers.html(text).items():
        found = Elements(page)
        expected = [("p", {}), ("img", {"src": url, "alt": "image"})]
        assert (found.elements, found.words.strip()) == (expected, ""), renderer


_TRICKS = st.sampled_from(
    [
        *HOSTILE,
        *(
            "(",
            ")",
            "[",
            "]",
            "<",
            ">",
            '"',
            "'",
            "`",
            "\\",
            "\n",
            "\r",
            "\t",
            " ",
            "\x00",
            "&",
            ";",
        ),
        *(
            "&amp;",
            "&#x27;",
            "![",
            "](",
            "```",
            "~~~",
            "---",
            "#",
            "*",
            "_",
            "~",
            "|",
            "$$",
            "\\(",
            "%",
        ),
        *(
            "https://evil.example",
            "<!--",
            "javascript:",
            "data:image/png,",
            "%20",
            "%2",
            "\u202e",
            "é",
        ),
    ]
)
_HOSTILE_TEXTS = st.lists(_TRICKS | st.characters(exclude_categories=["Cs"]), max_size=8).map(
    "".join
)


@given(_HOSTILE_TEXTS)
@example("a(b[c]d)e")
@example("&copy;&lt;script&gt;")
@example("".join(map(chr, range(0x100))))
def test_an_address_is_one_picture_and_nothing_besides(readers: Readers, text: str) -> None:
    for url in (f"https://h.example/{text}", f"https://h.example/p.png?a={text}#{text}"):
        address = read_address(url)
        assert address is not None
        link = link_address(address.text)
        assert unquote_to_bytes(link) == unquote_to_bytes(url.rstrip("".join(map(chr, range(33)))))
        check_one_picture(readers, markdown_link(address.text), link)


@given(_HOSTILE_TEXTS)
@example("go to https://h.example/p, www.h.example, //h.example, h.com or a@h.example")
@example("_a_ **b** ~~c~~ `d` <b>e</b> &lt;i&gt; [f](g) ![h](i) | j | $k$ #l")
def test_a_services_own_words_are_words_to_every_reader(readers: Readers, text: str) -> None:
    told = f'Painter refuses this request. It says: "{plain_words(text, ())}"'
    for renderer, page in readers.html(told).items():
        assert {tag for tag, _ in Elements(page).elements} == {"p"}, renderer


@given(_HOSTILE_TEXTS)
def test_whatever_precedes_and_follows_a_picture_is_still_words(
    readers: Readers, text: str
) -> None:
    url = "https://h.example/p.png?Expires=1&Signature=a%2Bb_c"
    note = missing_note(f"{text} {url}")
    for renderer, page in readers.html(f"{markdown_link(url)}\n{note}").items():
        found = Elements(page)
        pictures = [attributes for tag, attributes in found.elements if tag == "img"]
        assert pictures == [{"src": url, "alt": "image"}], renderer
        others = {tag for tag, _ in found.elements} - {"p", "img", "br", "em", "del", "s", "strong"}
        # A bare address is a link to many.
        assert others <= {"a"}, renderer
        for tag, attributes in found.elements:
            if tag == "a":
                assert re.match(r"(https?|mailto|ftp):", attributes["href"] or ""), renderer
                assert set(attributes) == {"href"}, renderer


@pytest.mark.parametrize("number", range(len(HOSTILE)))
@pytest.mark.parametrize("stream", [True, False])
def test_a_services_address_is_one_picture_and_nothing_besides(
    client: httpx.Client,
    linking: Easel,
    internet: Internet,
    readers: Readers,
    marker: str,
    number: int,
    *,
    stream: bool,
) -> None:
    prompt = f"sandbox:picture-hostile={number} {marker}"
    response = client.send(linking.chat(prompt, stream=stream))
    whole = event(response.content) if stream else response.json()
    (choice,) = whole["choices"]
    text = (choice.get("delta") or choice["message"])["content"]
    url = text.removeprefix("![image](").removesuffix(")")
    check_one_picture(readers, text, url)
    tail = unquote_to_bytes(url.partition("&note=")[2])
    # At its end an address has no blanks, for no reader.
    written = unquote_to_bytes(HOSTILE[number].rstrip("".join(map(chr, range(33)))))
    assert tail == written
    # And the picture lies there.
    host = f"http://127.0.0.1:{internet.port}"
    picture = httpx.get(url.replace(f"https://{url.split('/')[2]}", host), trust_env=False)
    assert picture.content[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_such_a_picture_is_opened_and_carried_all_the_same(
    client: httpx.Client, unchanged: Easel, marker: str, number: int
) -> None:
    prompt = f"sandbox:picture-hostile={number} {marker}"
    found = event(client.send(unchanged.chat(prompt, stream=True)).content)
    (part,) = found["candidates"][0]["content"]["parts"]
    assert part["inlineData"]["mimeType"] == "image/jpeg"
    listed = client.post(
        f"{unchanged.url}/v1/images/generations",
        headers={"authorization": f"Bearer {TOKEN}"},
        json={"model": "gemini-3-image-1k", "prompt": prompt},
    ).json()
    url = listed["data"][0]["url"]
    assert url.isascii()
    assert not re.search(r"[\x00-\x20<>\"`\\{}|^\x7f]", url)
    assert html.escape(url, quote=False).count("<") == 0
