"""`make dev` with an account of chat.z.ai, as docs/sessions.md shows it."""

from __future__ import annotations

import re
import signal
import time

import httpx

from tests.ports import free_port
from tests.worker.test_dev import forget, interrupt, start
from tools.runtime.workerd import PROJECT


def test_the_sandbox_shows_a_session_that_renews_itself() -> None:
    (shown,) = re.findall(
        r"EASEL_KEYS=(\S+) ZAI_CHAT_TOKENS=(\S+) make dev",
        (PROJECT / "docs" / "sessions.md").read_text("utf-8"),
    )
    key, token = shown[0], shown[1].replace("lives=20", "lives=2")
    port = free_port()
    process = start(port, environment={"EASEL_KEYS": key, "ZAI_CHAT_TOKENS": token})
    assert process.stdout is not None
    said = process.stdout.readline()
    body = {"model": "gemini-3-image-1k", "messages": [{"role": "user", "content": "a cat"}]}
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    headers = {"authorization": f"Bearer {key}"}
    try:
        for _ in range(3):
            answer = httpx.post(url, headers=headers, json=body, timeout=60, trust_env=False)
            assert answer.json()["candidates"]
            time.sleep(2.1)
    finally:
        interrupt(process, signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    # Nothing that the sandbox would complain of, and nothing of the token.
    assert "sandbox:" not in said + rest + errors
    forget(port)
