"""A service that answers what a test says, and a Worker of its own that asks it.

The sandbox answers as the documents have it; here a test writes the bytes itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

import httpx

from tests.ports import free_port
from tests.worker.conftest import TOKEN, Easel, running_workerd
from tools.runtime.workerd import Service, write_config

# Any host: the Worker reaches nothing but the script.
PICTURE_HOST = "https://pictures.example"


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """One answer. A body without a `content-type` is JSON."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


# Writes an answer itself, byte by byte; the connection is closed after it.
Writer: TypeAlias = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as it arrived; `target` is its path and query as on the wire."""

    method: str
    target: str
    body: bytes


class Script(ThreadingHTTPServer):
    """Answers by the path of a request, 404 where the script has none."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.says: dict[str, ScriptedAnswer | Writer] = {}
        self.asked: list[ReceivedRequest] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Script

    def _answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self.server.asked.append(ReceivedRequest(self.command, self.path, self.rfile.read(length)))
        answer = self.server.says.get(self.path.partition("?")[0], ScriptedAnswer(b"nothing", 404))
        if not isinstance(answer, ScriptedAnswer):
            self.close_connection = True
            # Who reads no further closes it.
            with suppress(ConnectionError):
                answer(self)
            return
        self.send_response(answer.status)
        headers = {"content-type": "application/json", **answer.headers}
        for name, value in {**headers, "content-length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _answer  # noqa: N815 - http.server's own names

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """A deployment of Easel on a workerd of its own, and what it takes for the internet."""

    easel: Easel
    script: Script
    client: httpx.Client

    def post(self, path: str, body: object, token: str = TOKEN) -> httpx.Response:
        """Asks Easel; `body` is JSON, or bytes as they are."""
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.client.post(f"{self.easel.url}{path}", headers=headers, **content)

    def get(self, path: str) -> httpx.Response:
        """Asks Easel for a task."""
        headers = {"authorization": f"Bearer {TOKEN}"}
        return self.client.get(f"{self.easel.url}{path}", headers=headers)


@contextmanager
def scripted_easel(
    folder: Path, snapshot: Path, variables: Mapping[str, object] | None = None
) -> Iterator[Scripted]:
    """A Worker that asks a script, on a workerd that ends with it."""
    script, port = Script(), free_port()
    serving = threading.Thread(target=script.serve_forever, daemon=True)
    serving.start()
    config = write_config(
        folder / "config.capnp",
        [Service("scripted", port, variables or {}, script.server_port)],
    )
    easel = Easel(f"http://127.0.0.1:{port}", folder / "log")
    try:
        with (
            running_workerd(easel, config, snapshot),
            httpx.Client(timeout=30, trust_env=False) as client,
        ):
            yield Scripted(easel, script, client)
    finally:
        script.shutdown()
        script.server_close()
        serving.join()
