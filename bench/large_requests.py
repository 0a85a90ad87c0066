"""What a request costs that is large: by the pictures of its history, or by one to paint from."""

from __future__ import annotations

import base64
import hashlib
import json
import statistics
from contextlib import ExitStack
from typing import Any, Final

import httpx

from bench import programs
from bench.findings import Finding, table
from bench.programs import BEST, EASEL
from bench.servers import Server

_WARM_UP: Final = 150
_ROUNDS: Final = 5
_REQUESTS: Final = 5

# What an isolate may grow by: with the 31 to 38 MB of the snapshot it has to stay below 128 MB.
_MOST_GROWTH_MB: Final = 60

_NAMES: Final = (EASEL, BEST)

_HISTORIES: Final = {"history of 16 MB": 16, "history of 60 MB": 60}
_INPUTS: Final = {"picture of 1 MB": 1, "picture of 4 MB": 4, "picture of 9 MB": 9}


def _data_url(length: int) -> str:
    content = b"\x89PNG\r\n\x1a\n" + hashlib.shake_256(b"easel").digest(length)
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def _body(model: str, messages: list[dict[str, Any]]) -> bytes:
    return json.dumps({"model": model, "messages": messages, "stream": True}).encode()


def _with_history(megabytes: int) -> bytes:
    """A chat with so many pictures of 4 MB, each 5.3 MB of base64."""
    answer = {"role": "assistant", "content": f"![image]({_data_url(4_000_000)})"}
    # The prompt says how many bytes the picture has that is painted.
    question = {"role": "user", "content": "1000"}
    return _body("gemini-3-image-1k", [answer] * round(megabytes / 5.3) + [question])


def _with_input(megabytes: int) -> bytes:
    image = {"type": "image_url", "image_url": {"url": _data_url(megabytes * 1_000_000)}}
    parts = [{"type": "text", "text": "1000"}, image]
    return _body("geekai/gpt-image-1", [{"role": "user", "content": parts}])


def _send(client: httpx.Client, server: Server, body: bytes) -> None:
    url, headers = f"{server.url}/v1/chat/completions", {"authorization": "Bearer token"}
    response = client.post(url, headers=headers, content=body)
    if response.status_code != 200 or not response.content.endswith(b"\n\ndata: [DONE]\n\n"):
        raise RuntimeError(f"{server.name} painted nothing")


def _cpu_and_growth(client: httpx.Client, server: Server, body: bytes) -> tuple[float, float]:
    """CPU milliseconds a request, the median of all rounds, and how far memory grew, in MB."""
    spent = []
    with server.watched() as seen:
        for _ in range(_ROUNDS):
            before = server.cpu_ms()
            for _ in range(_REQUESTS):
                _send(client, server, body)
            spent.append((server.cpu_ms() - before) / _REQUESTS)
    return statistics.median(spent), max(seen) - seen[0]


def _fresh(name: str, body: bytes) -> tuple[float, float]:
    """The same in a fresh process, so that no request pays for another's garbage."""
    with ExitStack() as stack:
        upstream = programs.start_upstream(stack)
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        (prepared,) = programs.prepare_all(stack, [name])
        server = programs.serve(stack, prepared, upstream)
        for _ in range(_WARM_UP):
            _send(client, server, _with_history(0))
        return _cpu_and_growth(client, server, body)


def measure() -> Finding:
    """Raises RuntimeError where somebody does not start, or paints nothing."""
    columns = [*_HISTORIES, *_INPUTS]
    histories = [_with_history(megabytes) for megabytes in _HISTORIES.values()]
    inputs = [_with_input(megabytes) for megabytes in _INPUTS.values()]
    # The Workers in JavaScript paint from text alone.
    bodies = {name: histories + (inputs if name == EASEL else []) for name in _NAMES}
    measured = {name: [_fresh(name, body) for body in bodies[name]] for name in _NAMES}
    rows = []
    for name, costs in measured.items():
        cells = [f"{cpu:.0f} ms, +{growth:.0f} MB" for cpu, growth in costs]
        rows.append([name, *cells, *["–"] * (len(columns) - len(cells))])
    worst = max(growth for _, growth in measured[EASEL])
    fault = None
    if worst >= _MOST_GROWTH_MB:
        fault = f"a large request grows the isolate by {worst:.0f} MB"
    heading = "Large requests: CPU, and growth of resident memory"
    return Finding(heading, table(["Worker", *columns], rows), fault)
