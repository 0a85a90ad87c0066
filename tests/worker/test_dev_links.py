"""`make dev` keeps what it painted: links lead to it after the sandbox, and after a restart."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.ports import free_port
from tests.worker.reading import eventually
from tests.worker.test_dev import forget, interrupt, read_greeting, read_if_there, start
from tests.worker.test_links import LINK
from tests.worker.test_miniflare import NO_COPY
from tools.dev import kept_by


def stored(folder: Path) -> Iterator[Path]:
    return (
        path for path in (folder / ".wrangler").rglob("*") if path.is_file() and "kv" in path.parts
    )


def test_a_restart_keeps_the_pictures_and_their_links() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    folder = kept_by(port)
    forget(port)
    message = {"role": "user", "content": "a cat"}
    body = {"model": "gemini-3-image-1k", "messages": [message], "chat_picture": "link"}
    headers = {"authorization": "Bearer any"}
    try:
        process = start(port)
        read_greeting(process)
        try:
            chat = httpx.post(
                f"{url}/v1/chat/completions",
                headers=headers,
                json=body,
                timeout=60,
                trust_env=False,
            )
            (link,) = LINK.findall(chat.text)
            assert link.startswith(f"{url}/pictures/")
            painted = httpx.get(link, timeout=60, trust_env=False).content
            assert eventually(lambda: painted in map(read_if_there, stored(folder)), 20)
        finally:
            interrupt(process, signal.SIGINT)
            process.communicate(timeout=20)
        # The sandbox is gone, and the pictures that it had.
        process = start(port)
        read_greeting(process)
        try:
            # The store has it, and not only the cache that wrangler keeps beside it.
            kept = httpx.get(link, headers=NO_COPY, timeout=60, trust_env=False)
            assert (kept.status_code, kept.content) == (200, painted)
        finally:
            interrupt(process, signal.SIGINT)
            process.communicate(timeout=20)
    finally:
        forget(port)
