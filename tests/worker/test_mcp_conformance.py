"""The protocol's own conformance tests against Easel on workerd.

They send no key, so a gate in front of the Worker adds it; all else goes through as it is.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from tests.worker.conftest import TOKEN, Easel
from tools.runtime.workerd import PROJECT

EXPECTED_FAILURES: Final = Path(__file__).with_name("conformance.yml")

# What a painter can pass.
PASSES: Final = {"server-initialize", "ping", "tools-list", "dns-rebinding-protection"}

# Of the connection alone, so that it may not be passed on.
_HOP_BY_HOP: Final = {"connection", "transfer-encoding", "keep-alive"}


class _Gate(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, easel: Easel) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.upstream = urlsplit(easel.url).netloc


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Gate

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name not in _HOP_BY_HOP}
        headers["authorization"] = f"Bearer {TOKEN}"
        # Who reads no further closes the connection.
        with (
            closing(http.client.HTTPConnection(self.server.upstream, timeout=20)) as upstream,
            suppress(ConnectionError),
        ):
            upstream.request(self.command, self.path, body, headers)
            with upstream.getresponse() as answer:
                content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {*_HOP_BY_HOP, "content-length"}:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _pass  # noqa: N815 - http.server's own names

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def gate(unchanged: Easel) -> Iterator[str]:
    server = _Gate(unchanged)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mcp/zai"
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def conformance(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = PROJECT / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    return subprocess.run(
        ["node", str(program), *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "NO_COLOR": "1"},
        timeout=120,
    )


def test_what_is_expected_to_fail_is_all_that_a_painter_cannot_pass(tmp_path: Path) -> None:
    listed = conformance("list", "--server", cwd=tmp_path).stdout
    scenarios = set(re.findall(r"^ +- ([a-z0-9-]+) \[", listed, re.MULTILINE))
    expected = re.findall(r"^  - (\S+)$", EXPECTED_FAILURES.read_text("utf-8"), re.MULTILINE)
    assert len(expected) == len(set(expected))
    assert set(expected) == scenarios - PASSES


def test_the_conformance_tests_of_mcp_pass(gate: str, tmp_path: Path) -> None:
    told = ("--suite", "all", "--expected-failures", str(EXPECTED_FAILURES))
    done = conformance("server", "--url", gate, *told, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize("scenario", sorted(PASSES))
def test_a_scenario_that_a_painter_can_pass(gate: str, tmp_path: Path, scenario: str) -> None:
    done = conformance("server", "--url", gate, "--scenario", scenario, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]
    checks = [json.loads(path.read_text("utf-8")) for path in tmp_path.rglob("checks.json")]
    assert {check["status"] for found in checks for check in found} <= {
        "SUCCESS",
        "INFO",
    }
