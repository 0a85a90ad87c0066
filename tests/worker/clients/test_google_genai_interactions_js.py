"""@google/genai's `interactions` against Easel on workerd."""

from __future__ import annotations

import io
import json
from typing import Final

import pytest
from PIL import Image

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
from tests.worker.conftest import Easel, Internet

_GEEKAI: Final = "geekai/nano-banana"
_WIDE: Final = {"response_format": {"type": "image", "aspect_ratio": "16:9", "image_size": "2K"}}

PAINTED: Final = {
    "a picture": Scene("plain"),
    "a picture, streamed": Scene("streamed"),
    "a slow picture": Scene("plain", "sandbox:slow=2", deployment="easel"),
    "a slow picture, streamed": Scene("streamed", "sandbox:slow=2", deployment="typed"),
    "a large picture": Scene("plain", "sandbox:picture-bytes=3000000"),
    "a large picture, streamed": Scene("streamed", "sandbox:picture-bytes=3000000"),
    "a wide picture, plain": Scene("plain", model=_GEEKAI, fields=_WIDE),
    "a wide picture, streamed": Scene("streamed", model=_GEEKAI, fields=_WIDE),
    "an edit": Scene("plain", model=_GEEKAI, from_picture=True),
    "an edit, streamed": Scene("streamed", model=_GEEKAI, from_picture=True),
}
OTHERS: Final = {
    "a memory": Scene("plain", fields={"previous_interaction_id": "v1_x"}),
    "a background": Scene("plain", fields={"background": True}),
    "a kept interaction": Scene("get"),
    "who waits twice": Scene("impatientTwice", "sandbox:slow=3", deployment="easel"),
}

# status → what the library throws
KINDS: Final = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    429: "RateLimitError",
}

# By itself it asks four times more on what it takes for a passing failure.
CALLS: Final = {"a busy service": 5}


def sent(status: int, code: str) -> int:
    """The status of an error here, where the library would ask again on many."""
    if code == "insufficient_quota":
        return 402
    return 424 if status == 409 or status >= 500 else status


def thrown(status: int, code: str) -> Thrown:
    """What the library throws for an error of Easel's."""
    status = sent(status, code)
    return Thrown(KINDS.get(status, "APIError"), status, code)


@pytest.fixture(scope="module")
def seen(deployments: dict[str, Easel], internet: Internet) -> dict[str, Outcome]:
    scenes = {**PAINTED, **OTHERS}
    return play("google_genai_interactions.mjs", scenes, deployments, internet)


@pytest.mark.parametrize("name", PAINTED)
def test_genais_interactions_give_the_very_picture_that_was_painted(
    seen: dict[str, Outcome], internet: Internet, name: str
) -> None:
    content = seen[name].picture
    assert content in {kept.content for kept in internet.sandbox.pictures.values()}
    painted = Image.open(io.BytesIO(content))
    told = seen[name].value
    assert (told["type"], told["status"]) == (painted.get_format_mimetype(), "completed")
    assert told["size"] == "{}x{}".format(*painted.size)
    assert told.get("deltas", 1) == 1
    assert len(seen[name].calls) == 1


@each_way
def test_the_shape_that_genais_interactions_ask_for_reaches_the_service(
    seen: dict[str, Outcome], how: str
) -> None:
    (call,) = seen[f"a wide picture, {how}"].calls
    body = json.loads(call.body)
    assert (body["aspect_ratio"], body["size"]) == ("16:9", "2k")


@each_way
@each_early_error
def test_genais_interactions_throw_its_own_errors_and_pay_no_second_time(
    seen: dict[str, Outcome], name: str, how: str
) -> None:
    check_early_error(seen, name, how, thrown, calls=CALLS.get(name))


@each_way
def test_genais_interactions_name_the_field_at_fault(seen: dict[str, Outcome], how: str) -> None:
    assert field_at_fault(seen, how) == "input[1].data"


def test_genais_interactions_are_given_the_event_of_a_late_error(seen: dict[str, Outcome]) -> None:
    outcome = seen["a late error, streamed"]
    assert outcome.value["kinds"] == [
        "interaction.created",
        "interaction.status_update",
        "error",
    ]
    assert outcome.value["error"] == {
        "code": "failed_dependency",
        "message": "The image service did not answer in time.",
    }
    assert len(outcome.calls) == 1


def test_genais_interactions_are_given_a_failed_one_for_a_late_error_of_a_plain_answer(
    seen: dict[str, Outcome],
) -> None:
    told = seen["a late error"].value
    assert told["status"] == "failed"
    assert told["errors"] == [
        {"code": "failed_dependency", "message": "The image service did not answer in time."}
    ]
    assert "did not answer in time" in told["text"]
    assert "picture" not in told


@pytest.mark.parametrize(
    ("name", "param"),
    [("a memory", "previous_interaction_id"), ("a background", "background")],
)
def test_genais_interactions_are_told_that_nothing_is_kept(
    seen: dict[str, Outcome], name: str, param: str
) -> None:
    error = seen[name].error
    assert error == Thrown("BadRequestError", 400, "invalid_request")
    assert error.param == param
    assert "Easel keeps no interactions" in error.message
    assert seen[name].calls == []


def test_genai_finds_no_interaction_that_was(seen: dict[str, Outcome]) -> None:
    error = seen["a kept interaction"].error
    assert error == Thrown("NotFoundError", 404, "path_not_found")
    assert "Easel keeps no interactions" in error.message


@each_who_leaves
def test_genais_interactions_end_the_call_to_the_service_when_they_leave_or_wait_no_longer(
    seen: dict[str, Outcome], name: str
) -> None:
    assert seen[name].error is not None
    assert seen[name].abandoned


def test_genais_interactions_ask_again_where_their_own_time_is_over(
    seen: dict[str, Outcome],
) -> None:
    outcome = seen["who waits twice"]
    assert outcome.error == Thrown("APIConnectionTimeoutError")
    assert [call.abandoned for call in outcome.calls] == [True, True]
