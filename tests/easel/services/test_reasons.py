"""What each service says by itself of a request that it does not paint."""

from __future__ import annotations

from types import ModuleType

import pytest

from easel import errors
from easel.images.request import ImageRequest
from easel.services import bigmodel, geekai, zhaotou
from easel.settings import Settings
from easel.token import Token
from tests.easel.flows import error_from, json_answer, outcome

TOKEN = "a-token-of-the-caller"
PROXY = Settings(easel_keys=("key",), tokens={"geekai": (TOKEN,)})
SERVICES = {bigmodel: "glm-image", geekai: "gpt-image-1", zhaotou: "flux-2.0"}

each_service = pytest.mark.parametrize("service", SERVICES)


def failed(
    service: ModuleType, body: object, status: int, settings: Settings | None = None
) -> errors.EaselError:
    request = ImageRequest(SERVICES[service], "a cat")
    who = service.SERVICE.access(Token(TOKEN), settings or Settings(), 0, "nonce")
    return error_from(service.generate(request, who), json_answer(body, status))


@each_service
@pytest.mark.parametrize("status", [400, 404])
def test_why_a_request_is_refused_is_told_without_the_token(
    service: ModuleType, status: int
) -> None:
    error = failed(service, {"error": {"message": f"size 非法 {TOKEN}"}}, status)
    assert error.message.endswith(f'(status {status}). It says: "size 非法 …"')


@each_service
@pytest.mark.parametrize("status", [401, 403, 429])
def test_what_is_said_of_an_account_stays_hidden_in_a_personal_proxy(
    service: ModuleType, status: int
) -> None:
    body = {"error": {"message": "no money"}}
    assert failed(service, body, status).message.endswith('It says: "no money"')
    assert "no money" not in failed(service, body, status, PROXY).message


@each_service
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_refusal_that_only_words_tell_is_a_violation_of_the_policy(
    service: ModuleType, status: int
) -> None:
    error = failed(service, {"data": [], "message": "内容违规"}, status)
    assert (type(error), error.code) == (errors.RequestRefused, "content_policy_violation")
    assert error.message.endswith('It says: "内容违规"')


@each_service
def test_an_answer_that_cannot_be_read_says_nothing(service: ModuleType) -> None:
    error = failed(service, ["敏感"], 200)
    assert (error.code, "敏感" in error.message) == ("upstream_broken", False)


@pytest.mark.parametrize(
    ("service", "failed_task"),
    [
        (geekai, {"task_id": "1", "task_status": "failed"}),
        (bigmodel, {"id": "1", "task_status": "FAIL"}),
    ],
)
@pytest.mark.parametrize(
    ("words", "code", "hidden"),
    [("too small", "task_failed", True), ("内容违规", "content_policy_violation", False)],
)
@pytest.mark.parametrize("settings", [Settings(), PROXY])
def test_why_a_task_failed_is_told(
    service: ModuleType,
    failed_task: dict[str, object],
    words: str,
    code: str,
    hidden: bool,  # noqa: FBT001
    settings: Settings,
) -> None:
    who = service.SERVICE.access(Token(TOKEN), settings, 0, "nonce")
    body = {**failed_task, "error": {"message": words}}
    found = outcome(service.poll("1", who), json_answer(body)).error
    assert found is not None
    assert found.code == code
    is_told = found.message.endswith(f'It says: "{words}"')
    assert is_told is not (hidden and settings is PROXY)
