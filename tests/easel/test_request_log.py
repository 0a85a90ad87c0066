from __future__ import annotations

import json

import pytest

from easel.request_log import RequestLog
from easel.services.table import SERVICES


def test_a_request_is_known_by_a_word_that_nobody_can_guess() -> None:
    assert RequestLog("0123").request_id == "req_0123"


def test_a_line_holds_what_became_known_on_the_way() -> None:
    log = RequestLog("0123", operation="chat", key=2)
    log.paints(SERVICES["bigmodel"], "glm-image", stream=True)
    line = log.line(429, "rate_limit_exceeded")
    assert line is not None
    assert "\n" not in line
    assert json.loads(line) == {
        "request": "req_0123",
        "operation": "chat",
        "service": "bigmodel",
        "model": "glm-image",
        "stream": True,
        "key": 2,
        "status": 429,
        "code": "rate_limit_exceeded",
    }


def test_what_did_not_become_known_is_null() -> None:
    line = RequestLog("0123").line(404)
    assert line is not None
    said = json.loads(line)
    assert (said["stream"], said["status"]) == (False, 404)
    assert {name for name, value in said.items() if value is None} == {
        *("operation", "service", "model", "key", "code"),
    }


@pytest.mark.parametrize("model", ["my secret plan", "GPT-Image-1"])
def test_a_model_that_is_on_no_list_is_not_repeated(model: str) -> None:
    log = RequestLog("0123")
    log.paints(SERVICES["geekai"], model, stream=False)
    line = log.line(200)
    assert line is not None
    assert json.loads(line)["model"] == "other"


def test_nothing_is_logged_where_nobody_wants_it() -> None:
    assert RequestLog("0123", enabled=False).line(200) is None
