"""The official TypeScript client of MCP against Easel on workerd."""

from __future__ import annotations

from typing import Final

import pytest

from tests.worker.clients.node import (
    EARLY_ERRORS,
    Outcome,
    Scene,
    Thrown,
    each_early_error,
    each_way,
    each_who_leaves,
    play,
)
from tests.worker.conftest import PICTURES, Easel, Internet

_GPT_IMAGE: Final = "geekai/gpt-image-1"

# What says that the whole request failed, and no result can.
_BY_STATUS: Final = (401, 413, 500)
_TOO_LARGE_FOR_A_RESULT: Final = "a long prompt for the service"

PAINTED: Final = {
    "a picture": Scene("plain"),
    "a picture, streamed": Scene("streamed"),
    "a slow picture": Scene("plain", "sandbox:slow=2", deployment="easel"),
    "a slow picture, streamed": Scene("streamed", "sandbox:slow=2", deployment="easel"),
    "a large picture": Scene(
        "streamed", "sandbox:picture-bytes=3000000", fields={"output": "image"}
    ),
    "an edit": Scene("plain", model=_GPT_IMAGE, from_picture=True),
    "an edit, streamed": Scene("streamed", model=_GPT_IMAGE, from_picture=True),
    "who is told of progress": Scene("patient", "sandbox:slow=5", deployment="easel"),
}


@pytest.fixture(scope="module")
def seen(deployments: dict[str, Easel], internet: Internet) -> dict[str, Outcome]:
    scenes = {
        "tools": Scene("connect"),
        "an unknown tool": Scene("unknown"),
        "a link": Scene("plain", fields={"output": "link"}),
        **PAINTED,
    }
    return play("mcp_node.mjs", scenes, deployments, internet)


def test_the_typescript_client_connects_and_lists_tools(seen: dict[str, Outcome]) -> None:
    found = seen["tools"].value
    assert found["server"]["name"] == "easel"
    assert found["tools"] == ["generate_image", "list_models"]


@pytest.mark.parametrize("name", PAINTED)
def test_the_typescript_client_gives_the_very_picture_that_was_painted(
    seen: dict[str, Outcome], internet: Internet, name: str
) -> None:
    assert seen[name].picture in {kept.content for kept in internet.sandbox.pictures.values()}
    assert len(seen[name].calls) == 1
    assert seen[name].value["text"].startswith("![image](https://")


def test_the_typescript_client_gets_a_link_alone_where_it_asks_for_it(
    seen: dict[str, Outcome],
) -> None:
    found = seen["a link"].value
    assert found.get("picture") is None
    (told,) = found["structuredContent"]["pictures"]
    assert told["url"].startswith(f"{PICTURES}/z_image/")


def test_the_typescript_client_sees_progress(seen: dict[str, Outcome]) -> None:
    progress = seen["a slow picture, streamed"].value["seen"]
    assert len(progress) >= 2
    assert progress == [[number, "Painting"] for number in range(1, len(progress) + 1)]


def test_the_typescript_client_throws_a_protocol_error(seen: dict[str, Outcome]) -> None:
    assert seen["an unknown tool"].error == Thrown("McpError", code="-32602")


@each_way
@each_early_error
def test_the_typescript_client_gets_an_early_failure(
    seen: dict[str, Outcome], name: str, how: str
) -> None:
    early, outcome = EARLY_ERRORS[name], seen[f"{name}, {how}"]
    assert len(outcome.calls) == early.calls
    if early.status in _BY_STATUS and name != _TOO_LARGE_FOR_A_RESULT:
        assert outcome.error == Thrown("StreamableHTTPError", early.status, early.code)
        return
    assert outcome.error is None, outcome.error
    told = outcome.value["error"]
    assert (told["status"], told["code"]) == (early.status, early.code)
    assert outcome.value["isError"]


@pytest.mark.parametrize("name", ["a late error", "a late error, streamed"])
def test_the_typescript_client_gets_a_late_failure_as_a_result(
    seen: dict[str, Outcome], name: str
) -> None:
    found = seen[name].value
    assert (found["isError"], found["error"]["code"]) == (True, "upstream_too_slow")
    assert "Ask the user" in found["text"]


def test_the_typescript_client_throws_its_own_errors_when_it_leaves_or_waits_no_longer(
    seen: dict[str, Outcome],
) -> None:
    assert seen["who waits no longer"].error == Thrown("McpError", code="-32001")
    for name in ("who leaves", "who leaves a stream"):
        assert seen[name].error is not None


@each_who_leaves
def test_the_typescript_client_ends_the_call_to_the_service_when_it_leaves(
    seen: dict[str, Outcome], name: str
) -> None:
    assert seen[name].abandoned
