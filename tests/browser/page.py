"""What a person does on the page."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tools.browser.serving import Served
from tools.sandbox.pictures import draw
from tools.sandbox.state import Call

TOKEN: Final = "a-token-of-the-tests"
_PATIENCE_SECONDS: Final = 15


def png(text: str = "a cat", size: tuple[int, int] = (320, 240)) -> bytes:
    return draw(text, size, "PNG")


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Easel:
    """The page, and what stands behind it."""

    page: Page
    served: Served

    @property
    def cards(self) -> Locator:
        return self.page.locator(".stage .card")

    def button(self, name: str, *, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=name, exact=True)

    def fill(self, prompt: str, key: str = TOKEN) -> None:
        self.page.locator("#prompt").fill(prompt)
        self.page.locator("#key").fill(key)

    def paint(self, prompt: str, *, model: str = "zai/gemini-3-image", key: str = TOKEN) -> None:
        """Asks for a picture, and waits for nothing."""
        self.page.get_by_label("Model", exact=True).select_option(model)
        self.fill(prompt, key)
        self.button("Paint").click()

    def painted(self, prompt: str, *, model: str = "zai/gemini-3-image") -> Locator:
        """A picture's card, once it is there."""
        self.paint(prompt, model=model)
        card = self.page.get_by_role("article", name=prompt)
        expect(card.get_by_role("img")).to_be_visible()
        return card

    def calls(self, path: str) -> list[Call]:
        """The calls that reached a service."""
        return [call for call in self.served.sandbox.calls if path in call.url]

    @property
    def paid(self) -> list[Call]:
        """The calls that a service charges for; the last test's pictures may still be fetched."""
        return [call for call in self.served.sandbox.calls if call.method == "POST"]

    def body(self, path: str) -> dict[str, Any]:
        """The JSON of the only call."""
        (call,) = self.calls(path)
        found: dict[str, Any] = json.loads(call.body)
        return found

    def clipboard(self) -> str:
        text: str = self.page.evaluate("() => navigator.clipboard.readText()")
        return text


def form(call: Call) -> dict[str, bytes]:
    """The fields of a multipart body."""
    head = f"content-type: {call.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + call.body).get_payload()
    assert isinstance(parts, list)
    fields: dict[str, bytes] = {}
    for part in parts:
        assert isinstance(part, Message)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        fields[str(part.get_param("name", header="content-disposition"))] = content
    return fields


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture
