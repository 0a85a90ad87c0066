"""The Responses API on workerd, as openai-node and the AI SDK's provider for OpenAI speak it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final

import pytest

from tests.worker.clients.node import (
    Outcome,
    Scene,
    Thrown,
    check_early_error,
    each_early_error,
    each_way,
    each_who_leaves,
    field_at_fault,
    play,
)
from tests.worker.clients.test_openai_node import CALLS, thrown
from tests.worker.conftest import PICTURES, Easel, Internet

_GPT_IMAGE: Final = "geekai/gpt-image-1"
_TOOL: Final = {"tools": [{"type": "image_generation", "size": "1536x1024"}]}
_STATELESS: Final = {"providerOptions": {"openai": {"store": False}}}

PAINTED: Final = {
    "plain": Scene("plain"),
    "streamed": Scene("streamed"),
    "slow": Scene("plain", "sandbox:slow=2", deployment="easel"),
    "slow, streamed": Scene("streamed", "sandbox:slow=2", deployment="typed"),
    "large": Scene("streamed", "sandbox:picture-bytes=3000000"),
    "an edit": Scene("plain", model=_GPT_IMAGE, from_picture=True),
    "an edit, streamed": Scene("streamed", model=_GPT_IMAGE, from_picture=True),
}
BY_OPENAI: Final = {
    **PAINTED,
    "by the helper": Scene("helper"),
    "large, by the helper": Scene("helper", "sandbox:picture-bytes=3000000"),
    "wide": Scene("plain", model=_GPT_IMAGE, fields=_TOOL),
}
BY_AI_SDK: Final = {
    **PAINTED,
    "wide": Scene("plain", model=_GPT_IMAGE, fields={"size": "1536x1024"}),
    "a second turn": Scene("secondTurn", fields=_STATELESS),
}


@pytest.fixture(scope="module")
def openai_node(deployments: dict[str, Easel], internet: Internet) -> dict[str, Outcome]:
    return play("openai_node_responses.mjs", BY_OPENAI, deployments, internet)


@pytest.fixture(scope="module")
def ai_sdk(deployments: dict[str, Easel], internet: Internet) -> dict[str, Outcome]:
    scenes = {
        # A reference to what Easel would have to keep.
        "a reference": Scene("secondTurn"),
        # As if nothing had been set: it asks again where a stream fails before it has told of any
        # output, and Easel tells at once that a picture is being painted.
        "its own retries": Scene(
            "streamed", "sandbox:slow=9", fields={"maxRetries": None}, deployment="easel"
        ),
        **BY_AI_SDK,
    }
    return play("ai_sdk_responses.mjs", scenes, deployments, internet)


def check_painted(outcome: Outcome, internet: Internet) -> None:
    """The very picture, with its link as the text, from one call."""
    assert outcome.picture in {kept.content for kept in internet.sandbox.pictures.values()}
    assert outcome.value["text"].startswith(f"![image]({PICTURES}/z_image/")
    assert len(outcome.calls) == 1


@pytest.mark.parametrize("name", BY_OPENAI)
def test_openai_node_gives_the_very_picture_that_was_painted(
    openai_node: dict[str, Outcome], internet: Internet, name: str
) -> None:
    check_painted(openai_node[name], internet)


@pytest.mark.parametrize("name", ["streamed", "large"])
def test_openai_node_reads_the_same_picture_in_both_events(
    openai_node: dict[str, Outcome], name: str
) -> None:
    value = openai_node[name].value
    assert (value["type"], value["first"]) == ("response.completed", value["picture"])


@pytest.mark.parametrize("name", BY_AI_SDK)
def test_the_ai_sdk_gives_the_very_picture_that_was_painted(
    ai_sdk: dict[str, Outcome], internet: Internet, name: str
) -> None:
    check_painted(ai_sdk[name], internet)


def test_the_ai_sdk_sees_that_it_is_being_painted(ai_sdk: dict[str, Outcome]) -> None:
    types = ai_sdk["slow, streamed"].value["types"]
    assert types.index("tool-call") < types.index("tool-result") < types.index("text-delta")


def test_the_tools_size_reaches_the_service(
    openai_node: dict[str, Outcome], ai_sdk: dict[str, Outcome]
) -> None:
    for seen in (openai_node, ai_sdk):
        (call,) = seen["wide"].calls
        assert json.loads(call.body)["size"] == "1536x1024"


def test_the_ai_sdk_is_told_to_send_the_items_themselves(ai_sdk: dict[str, Outcome]) -> None:
    error = ai_sdk["a reference"].error
    assert error is not None
    assert (error.kind, error.status) == ("AI_APICallError", 400)
    assert "store: false" in error.message


@each_way
@each_early_error
def test_openai_node_throws_its_own_errors_and_pays_no_second_time(
    openai_node: dict[str, Outcome], name: str, how: str
) -> None:
    check_early_error(openai_node, name, how, thrown, calls=CALLS.get(name))


@each_way
@each_early_error
def test_the_ai_sdk_throws_its_own_errors_and_pays_once_where_it_is_told_to(
    ai_sdk: dict[str, Outcome], name: str, how: str
) -> None:
    check_early_error(ai_sdk, name, how, partial(Thrown, "AI_APICallError"))


@each_way
def test_both_name_the_field_at_fault(
    openai_node: dict[str, Outcome], ai_sdk: dict[str, Outcome], how: str
) -> None:
    for seen in (openai_node, ai_sdk):
        assert field_at_fault(seen, how) == "input[0].content[1]"


@pytest.mark.parametrize("name", ["a late error", "a late error, streamed"])
def test_openai_node_gives_a_late_error_as_a_response_that_failed(
    openai_node: dict[str, Outcome], name: str
) -> None:
    value: dict[str, Any] = openai_node[name].value
    assert (value["status"], value["code"]) == ("failed", "upstream_too_slow")
    assert len(openai_node[name].calls) == 1


@pytest.mark.parametrize(
    ("name", "thrown"),
    [
        ("a late error", Thrown("AI_APICallError", 400, None)),
        ("a late error, streamed", Thrown("AI_StreamProviderError", 500, "server_error")),
        ("its own retries", Thrown("AI_StreamProviderError", 500, "server_error")),
    ],
)
def test_the_ai_sdk_throws_a_late_error_and_asks_no_second_time(
    ai_sdk: dict[str, Outcome], name: str, thrown: Thrown
) -> None:
    outcome = ai_sdk[name]
    assert outcome.error == thrown
    assert "did not answer in time" in outcome.error.message
    assert len(outcome.calls) == 1


def test_both_throw_their_own_errors_when_they_leave_or_wait_no_longer(
    openai_node: dict[str, Outcome], ai_sdk: dict[str, Outcome]
) -> None:
    assert openai_node["who waits no longer"].error == Thrown("APIConnectionTimeoutError")
    assert openai_node["who leaves"].error == Thrown("APIUserAbortError")
    begun = openai_node["who leaves a stream"].value
    assert begun[:2] == ["response.created", "response.in_progress"]
    assert ai_sdk["who waits no longer"].error == Thrown("TimeoutError")
    assert ai_sdk["who leaves"].error == Thrown("AbortError")
    assert ai_sdk["who leaves a stream"].value[-1] == "abort"


@each_who_leaves
def test_the_call_to_the_service_ends_when_a_client_leaves_or_waits_no_longer(
    openai_node: dict[str, Outcome], ai_sdk: dict[str, Outcome], name: str
) -> None:
    for seen in (openai_node, ai_sdk):
        assert seen[name].abandoned
