"""LangChain's ChatOpenAI against Easel on workerd."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any, Final

import langchain_core.exceptions as errors
import openai
import pytest
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.worker.clients.scenes import (
    BUSY,
    EDITING_MODELS,
    IMPATIENCE,
    LATE,
    LATE_MESSAGE,
    MODEL,
    OPENAI_ERRORS,
    PATIENCE,
    PATIENT,
    Scene,
    Slow,
    Way,
    by,
    each_scene,
    last_painted,
    leave,
    side_by_side,
    were_abandoned,
)
from tests.worker.conftest import PICTURES, TOKEN, Easel, Internet
from tests.worker.dialects import png

# status → LangChain's own word for it; where there is none, the error is openai-python's alone
MODEL_ERRORS: Final[dict[int, type[errors.ModelError]]] = {
    400: errors.ModelInvalidRequestError,
    401: errors.ModelAuthenticationError,
    403: errors.ModelPermissionDeniedError,
    404: errors.ModelNotFoundError,
    429: errors.ModelRateLimitError,
    500: errors.ModelAPIError,
    502: errors.ModelAPIError,
    504: errors.ModelAPIError,
}


@pytest.fixture(autouse=True, scope="module")
def no_tracing() -> Iterator[None]:
    """Whoever develops with LangSmith has it switched on for all programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANGSMITH_TRACING", "false")
        patch.setenv("LANGCHAIN_TRACING_V2", "false")
        yield


def invoke(model: ChatOpenAI, prompt: Any) -> Any:
    return model.invoke(prompt)


def stream(model: ChatOpenAI, prompt: Any) -> Any:
    first, *rest = model.stream(prompt)
    return sum(rest, first)


async def ainvoke(model: ChatOpenAI, prompt: Any) -> Any:
    return await model.ainvoke(prompt)


async def astream(model: ChatOpenAI, prompt: Any) -> Any:
    first, *rest = [chunk async for chunk in model.astream(prompt)]
    return sum(rest, first)


ASYNC_WAYS: Final[tuple[Way, ...]] = (ainvoke, astream)
ALL_WAYS: Final[tuple[Way, ...]] = (invoke, stream, *ASYNC_WAYS)


def settings(easel: Easel, model: str, options: dict[str, Any]) -> dict[str, Any]:
    base_url, token = f"{easel.url}/v1", SecretStr(TOKEN)
    return {"base_url": base_url, "api_key": token, "model": model, **options}


async def ask_async(way: Way, easel: Easel, model: str, prompt: Any, **options: Any) -> Any:
    async with openai.DefaultAsyncHttpxClient() as http:
        chat = ChatOpenAI(http_async_client=http, **settings(easel, model, options))
        return await way(chat, prompt)


def ask(way: Way, easel: Easel, model: str, prompt: Any, **options: Any) -> Any:
    """What one way of asking brings. LangChain never closes the HTTP clients that it makes."""
    if way in ASYNC_WAYS:
        return asyncio.run(ask_async(way, easel, model, prompt, **options))
    with openai.DefaultHttpxClient() as http:
        return way(ChatOpenAI(http_client=http, **settings(easel, model, options)), prompt)


@by(*ALL_WAYS)
@pytest.mark.parametrize("prompt", ["a cat", "sandbox:picture-bytes=3000000"])
def test_langchain_reads_the_link(easel: Easel, internet: Internet, way: Way, prompt: str) -> None:
    message = ask(way, easel, MODEL, prompt)
    assert message.content.startswith(f"![image]({PICTURES}/")
    assert last_painted(internet)[0] in message.content
    assert message.response_metadata["finish_reason"] == "stop"


@by(invoke, stream)
def test_langchain_does_with_a_deployment_that_answers_with_links_alone(
    linking: Easel, internet: Internet, way: Way
) -> None:
    message = ask(way, linking, MODEL, "a cat")
    assert last_painted(internet)[0] in message.content
    assert not [call for call in internet.downloads() if f"({call.url})" in message.content]


@by(invoke, astream)
@pytest.mark.parametrize("model", EDITING_MODELS)
@pytest.mark.parametrize("form", ["openai", "langchain"])
def test_langchain_edits_a_picture(
    easel: Easel, internet: Internet, marker: str, way: Way, model: str, form: str
) -> None:
    data = base64.b64encode(png()).decode()
    parts: dict[str, dict[str, Any]] = {
        "openai": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
        "langchain": {"type": "image", "base64": data, "mime_type": "image/png"},
    }
    message = HumanMessage([{"type": "text", "text": marker}, parts[form]])
    answer = ask(way, easel, model, [message])
    assert last_painted(internet)[0] in answer.content
    (call,) = internet.calls(marker)
    assert (png() in call.body) or (data.encode() in call.body)


@by(invoke, astream)
@pytest.mark.parametrize("model", EDITING_MODELS)
def test_langchain_edits_a_picture_that_it_sends_in_another_message(
    easel: Easel, internet: Internet, marker: str, way: Way, model: str
) -> None:
    data = base64.b64encode(png()).decode()
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    answer = ask(way, easel, model, [HumanMessage([picture]), HumanMessage(marker)])
    assert last_painted(internet)[0] in answer.content
    (call,) = internet.calls(marker)
    assert (png() in call.body) or (data.encode() in call.body)


def test_langchain_goes_on_after_a_picture(easel: Easel, internet: Internet, marker: str) -> None:
    first = ask(invoke, easel, MODEL, "a cat")
    history = [HumanMessage("a cat"), first, HumanMessage(f"a hat {marker}")]
    second = ask(invoke, easel, MODEL, history)
    assert last_painted(internet)[0] in second.content
    assert len(internet.calls(marker)) == 1


@by(invoke, astream)
@each_scene
def test_langchain_raises_its_own_error_and_asks_no_second_time(
    deployments: dict[str, Easel], internet: Internet, marker: str, scene: Scene, way: Way
) -> None:
    easel, token = scene.easel(deployments), SecretStr(scene.token)
    with pytest.raises(OPENAI_ERRORS[scene.status]) as caught:
        ask(way, easel, scene.model, scene.says(marker), api_key=token)
    assert isinstance(caught.value, MODEL_ERRORS.get(scene.status, openai.APIStatusError))
    assert (caught.value.status_code, caught.value.code) == (scene.status, scene.code)
    assert caught.value.request.headers["x-stainless-retry-count"] == "0"
    assert len(internet.calls(marker)) == scene.calls


@by(invoke, astream)
def test_langchain_asks_a_busy_service_again(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    with pytest.raises(errors.ModelRateLimitError):
        ask(way, easel, BUSY.model, BUSY.says(marker), max_retries=1)
    assert len(internet.calls(marker)) == BUSY.calls


def in_all_ways(easel: Easel, *prompts: str, **options: Any) -> Slow:
    return side_by_side(
        ALL_WAYS, prompts, lambda way, prompt: ask(way, easel, MODEL, prompt, **options)
    )


@pytest.fixture(scope="module")
def slow(deployments: dict[str, Easel]) -> Slow:
    """What comes after the headers, in each way: an error, and a picture."""
    return in_all_ways(deployments["easel"], LATE, PATIENT, timeout=PATIENCE, max_retries=0)


@by(stream, astream)
def test_langchain_raises_an_error_in_the_middle_of_a_stream(slow: Slow, way: Way) -> None:
    error = slow[way.__name__, LATE]
    assert type(error) is openai.APIError
    assert (error.message, error.code) == (LATE_MESSAGE, "upstream_too_slow")


@by(invoke, ainvoke)
def test_langchain_raises_a_value_error_for_an_error_under_status_200(slow: Slow, way: Way) -> None:
    error = slow[way.__name__, LATE]
    assert type(error) is ValueError
    assert error.args[0]["code"] == "upstream_too_slow"


def test_langchain_gives_up_by_its_own_time_out_and_so_ends_the_upstream_call(
    easel: Easel, internet: Internet, marker: str
) -> None:
    outcomes = in_all_ways(easel, f"sandbox:slow=3 {marker}", timeout=IMPATIENCE, max_retries=0)
    assert all(isinstance(outcome, errors.ModelTimeoutError) for outcome in outcomes.values())
    assert were_abandoned(internet, marker, len(outcomes))


@by(*ALL_WAYS)
def test_langchains_time_out_is_outlived_by_what_is_kept_alive(slow: Slow, way: Way) -> None:
    assert "![image](" in repr(slow[way.__name__, PATIENT])


def test_langchains_task_is_cancelled_and_so_ends_the_upstream_call(
    easel: Easel, internet: Internet, marker: str
) -> None:
    prompt = f"sandbox:slow=3 {marker}"
    askings = [ask_async(way, easel, MODEL, prompt) for way in ASYNC_WAYS]
    asyncio.run(leave(askings, internet, marker))
    assert were_abandoned(internet, marker, len(askings))


@by(stream, astream)
def test_langchain_does_not_take_a_picture_that_breaks_off_for_a_whole_one(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    with pytest.raises(errors.ModelConnectionError):
        ask(way, easel, MODEL, f"sandbox:picture-cut=3000000 {marker}")
    assert len(internet.calls(marker)) == 1
