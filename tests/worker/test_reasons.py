"""A service's own reason on workerd, in every language, and what never becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.worker.dialects import DIALECTS, Ask, Dialect
from tests.worker.scripted import Scripted, ScriptedAnswer, scripted_easel

# model → where its service is asked
SERVICES: Final = {
    "gemini-3-image-1k": "/api/proxy/images/generate",
    "glm-image": "/api/paas/v4/images/generations",
    "flux-2.0": "/v1/images/generations",
    "geekai/gpt-image-2": "/api/v1/images/generations",
}

TOKEN: Final = "sk.a-token-that-nobody-may-read"
PROMPT: Final = "a prompt that the service repeats"
SAID: Final = (
    f"size 非法: {PROMPT}\r\n\n</p><img src=x onerror=alert(1)> "
    f"[doc](https://evil.example/{TOKEN}) **{TOKEN}** sk-abcdefgh012345 \u202e"
)
WORDS: Final = f"size 非法: {PROMPT} ［doc］(…) ＊＊…＊＊ …"


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory, snapshot: Path) -> Iterator[Scripted]:
    folder = tmp_path_factory.mktemp("reasons")
    # Headers that leave at once, so that every error of a stream comes late.
    with scripted_easel(folder, snapshot, {"STREAM_HOLD_SECONDS": "0"}) as found:
        yield found


@pytest.mark.parametrize("model", SERVICES)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("stream", [False, True])
def test_why_a_service_refuses_is_told_as_plain_words_and_never_logged(
    scripted: Scripted, dialect: Dialect, model: str, *, stream: bool
) -> None:
    body = {"code": 400, "message": SAID, "error": {"message": SAID}}
    scripted.script.says[SERVICES[model]] = ScriptedAnswer(json.dumps(body).encode(), 400)
    ask = Ask(model, PROMPT, stream=stream, token=TOKEN)
    response = scripted.client.send(dialect.request(scripted.easel.url, ask))
    answer = dialect.answer(response, stream=stream)
    told = json.dumps(answer, ensure_ascii=False)
    assert WORDS in told, told
    assert TOKEN not in told
    assert "evil" not in told
    log = scripted.easel.log.read_text()
    assert "非法" not in log
    assert PROMPT not in log
