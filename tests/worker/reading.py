"""Reads Easel's answers the way a client does, and remembers when each piece came."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx

from easel.services.event_stream import EventDecoder

Key = TypeVar("Key")

# So few that each is answered as soon as it would be alone.
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer: seconds from sending to the headers, to each piece and to the end."""

    response: httpx.Response
    headers_after: float
    pieces: list[tuple[float, bytes]]
    error: httpx.HTTPError | None

    @property
    def body(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def whole(self) -> httpx.Response:
        """The answer as if it had come at once."""
        return httpx.Response(
            self.response.status_code, headers=self.response.headers, content=self.body
        )


def read(client: httpx.Client, request: httpx.Request) -> Timed:
    """Sends a request and reads all that comes, up to a broken transfer."""
    start = time.monotonic()
    pieces: list[tuple[float, bytes]] = []
    response = client.send(request, stream=True)
    headers_after = time.monotonic() - start
    error = None
    try:
        for piece in response.iter_raw():
            pieces.append((time.monotonic() - start, piece))
    except httpx.HTTPError as broken:
        error = broken
    finally:
        response.close()
    return Timed(response, headers_after, pieces, error)


def read_all(client: httpx.Client, requests: Mapping[Key, httpx.Request]) -> dict[Key, Timed]:
    """Reads many that take their time, side by side; by the same names."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda request: read(client, request), requests.values())
        return dict(zip(requests, found, strict=True))


def events(body: bytes) -> list[str]:
    decoder = EventDecoder()
    return decoder.decode(body) + decoder.flush()


def event(body: bytes) -> dict[str, Any]:
    """The one event of a stream that ends as it should."""
    first, done = events(body)
    assert done == "[DONE]"
    found: dict[str, Any] = json.loads(first)
    return found


def picture(answer: dict[str, Any]) -> tuple[str, bytes]:
    """MIME type and bytes of the picture in an answer."""
    inline = answer["candidates"][0]["content"]["parts"][0]["inlineData"]
    return inline["mimeType"], base64.b64decode(inline["data"], validate=True)


def eventually(condition: Callable[[], bool], seconds: float = 3) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
