"""The Responses API on workerd, as Python's libraries speak it: openai-python, openai-agents and
LangChain.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

import openai
import pytest
from agents import (
    Agent,
    ImageGenerationTool,
    ModelBehaviorError,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
)
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from openai.types.responses import Response
from pydantic import SecretStr

from tests.worker.clients.scenes import (
    BUSY,
    LATE,
    LATE_MESSAGE,
    MODEL,
    OPENAI_ERRORS,
    PATIENT,
    Scene,
    Way,
    by,
    each_scene,
    last_painted,
    leave,
    were_abandoned,
)
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.dialects import png

GPT_IMAGE: Final = "geekai/gpt-image-1"
LARGE: Final = "sandbox:picture-bytes=3000000"
each_prompt = pytest.mark.parametrize("prompt", ["a cat", LARGE, PATIENT])


def options(easel: Easel, token: str = TOKEN) -> dict[str, Any]:
    return {"base_url": f"{easel.url}/v1", "api_key": token}


# --- openai-python. ---


def create(client: openai.OpenAI, model: str, prompt: Any, **more: Any) -> Any:
    return client.responses.create(model=model, input=prompt, **more)


def events(client: openai.OpenAI, model: str, prompt: Any, **more: Any) -> Any:
    *_, last = client.responses.create(model=model, input=prompt, stream=True, **more)
    assert last.type == "response.completed", last
    return last.response


def helper(client: openai.OpenAI, model: str, prompt: Any, **more: Any) -> Any:
    with client.responses.stream(model=model, input=prompt, **more) as stream:
        return stream.get_final_response()


WAYS: Final[tuple[Way, ...]] = (create, events, helper)


def ask(way: Way, easel: Easel, model: str, prompt: Any, token: str = TOKEN, **more: Any) -> Any:
    retries = more.pop("max_retries", 2)
    with openai.OpenAI(**options(easel, token), max_retries=retries) as client:
        return way(client, model, prompt, **more)


def pictures(response: Response) -> list[bytes]:
    """The pictures of a response, each in a call of its own."""
    calls = [item for item in response.output if item.type == "image_generation_call"]
    return [base64.b64decode(call.result or "", validate=True) for call in calls]


@by(*WAYS)
@each_prompt
def test_openai_python_gives_the_very_picture_that_was_painted(
    easel: Easel, internet: Internet, way: Way, prompt: str
) -> None:
    response = ask(way, easel, MODEL, prompt)
    link, content = last_painted(internet)
    assert pictures(response) == [content]
    assert link in response.output_text
    assert response.status == "completed"


def test_openai_python_reads_the_same_picture_in_both_events(easel: Easel) -> None:
    with openai.OpenAI(**options(easel)) as client:
        found = list(client.responses.create(model=MODEL, input=LARGE, stream=True))
    (done,) = (
        event.item.result
        for event in found
        if event.type == "response.output_item.done" and event.item.type == "image_generation_call"
    )
    last = found[-1]
    assert last.type == "response.completed"
    (call, message) = last.response.output
    assert call.type == "image_generation_call"
    assert len(done or "") == 4_000_000
    assert (call.result, message.type) == (done, "message")


@by(*WAYS)
def test_openai_python_shapes_several_pictures_by_the_tool(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    tool = {"type": "image_generation", "size": "1024x1024", "quality": "high", "n": 2}
    found = pictures(ask(way, easel, GPT_IMAGE, marker, tools=[tool]))
    painted = {kept.content for kept in internet.sandbox.pictures.values()}
    assert len(found) == 2
    assert set(found) <= painted
    assert b'"quality": "high"' in internet.calls(marker)[0].body


@by(*WAYS)
def test_openai_python_edits_a_picture(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    url = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    parts = [
        {"type": "input_text", "text": marker},
        {"type": "input_image", "image_url": url, "detail": "auto"},
    ]
    given = [{"role": "user", "content": parts}]
    assert len(pictures(ask(way, easel, GPT_IMAGE, given))) == 1
    (call,) = internet.calls(marker)
    assert base64.b64encode(png()) in call.body


@by(*WAYS)
@each_scene
def test_openai_python_raises_its_own_errors_and_pays_no_second_time(
    deployments: dict[str, Easel], internet: Internet, marker: str, way: Way, scene: Scene
) -> None:
    with pytest.raises(OPENAI_ERRORS[scene.status]) as caught:
        ask(way, scene.easel(deployments), scene.model, scene.says(marker), scene.token)
    assert caught.value.status_code == scene.status
    assert caught.value.code == scene.code
    assert len(internet.calls(marker)) == scene.calls


def test_openai_python_asks_again_where_that_may_help(
    easel: Easel, internet: Internet, marker: str
) -> None:
    with pytest.raises(openai.RateLimitError):
        ask(create, easel, BUSY.model, BUSY.says(marker), max_retries=1)
    assert len(internet.calls(marker)) == BUSY.calls


@by(create, events)
def test_openai_python_reads_why_a_response_failed_late(easel: Easel, way: Way) -> None:
    if way is create:
        response = ask(create, easel, MODEL, LATE)
    else:
        with openai.OpenAI(**options(easel)) as client:
            *_, last = client.responses.create(model=MODEL, input=LATE, stream=True)
        assert last.type == "response.failed"
        response = last.response
    assert response.status == "failed"
    assert (response.error.code, response.error.message) == ("server_error", LATE_MESSAGE)
    assert response.easel["error"]["code"] == "upstream_too_slow"


async def _create(client: openai.AsyncOpenAI, prompt: str) -> Any:
    return await client.responses.create(model=MODEL, input=prompt)


async def _events(client: openai.AsyncOpenAI, prompt: str) -> Any:
    stream = await client.responses.create(model=MODEL, input=prompt, stream=True)
    return [event async for event in stream]


def test_openai_python_ends_the_calls_to_the_service_when_it_leaves(
    easel: Easel, internet: Internet, marker: str
) -> None:
    async def both() -> None:
        async with openai.AsyncOpenAI(**options(easel)) as client:
            prompt = f"sandbox:slow=4 {marker}"
            await leave([_create(client, prompt), _events(client, prompt)], internet, marker)

    asyncio.run(both())
    assert were_abandoned(internet, marker, 2)


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"store": True}, "store"),
        ({"background": True}, "background"),
    ],
)
def test_openai_python_hears_what_easel_cannot_remember(
    easel: Easel, internet: Internet, marker: str, more: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(create, easel, MODEL, marker, **more)
    assert caught.value.param == param
    assert internet.calls(marker) == []


@pytest.mark.parametrize("method", ["retrieve", "delete", "cancel", "input_items.list"])
def test_openai_python_is_told_that_no_response_is_kept(easel: Easel, method: str) -> None:
    with (
        openai.OpenAI(**options(easel)) as client,
        pytest.raises(openai.NotFoundError, match="Easel keeps no responses") as caught,
    ):
        attrgetter(method)(client.responses)("resp_1")
    assert caught.value.code == "path_not_found"


# --- openai-agents. ---


def painter(client: openai.AsyncOpenAI, model: str) -> Agent[None]:
    return Agent(
        name="Painter",
        instructions="You paint.",
        model=OpenAIResponsesModel(model=model, openai_client=client),
        tools=[ImageGenerationTool({"type": "image_generation", "size": "1024x1024"})],
    )


async def run(agent: Agent[None], given: Any) -> Any:
    return await Runner.run(agent, given, run_config=RunConfig(tracing_disabled=True))


async def run_streamed(agent: Agent[None], given: Any) -> Any:
    result = Runner.run_streamed(agent, given, run_config=RunConfig(tracing_disabled=True))
    async for _ in result.stream_events():
        pass
    return result


def with_agent(easel: Easel, model: str, doing: Callable[[Agent[None]], Any]) -> Any:
    async def asked() -> Any:
        async with openai.AsyncOpenAI(**options(easel)) as client:
            return await doing(painter(client, model))

    return asyncio.run(asked())


def painted_by(result: Any) -> list[bytes]:
    """The pictures in what an agent keeps of its last turn."""
    items = [item for response in result.raw_responses for item in response.output]
    calls = [item for item in items if item.type == "image_generation_call"]
    return [base64.b64decode(call.result, validate=True) for call in calls]


@by(run, run_streamed)
@each_prompt
def test_an_agent_has_the_very_picture_that_was_painted(
    easel: Easel, internet: Internet, way: Way, prompt: str
) -> None:
    result = with_agent(easel, GPT_IMAGE, lambda agent: way(agent, prompt))
    link, content = last_painted(internet)
    assert painted_by(result) == [content]
    assert link in result.final_output


@by(run, run_streamed)
def test_an_agent_goes_on_with_a_second_turn(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    async def talk(agent: Agent[None]) -> Any:
        first = await way(agent, "a cat")
        again = {"role": "user", "content": f"now a dog {marker}"}
        return await way(agent, [*first.to_input_list(), again])

    result = with_agent(easel, GPT_IMAGE, talk)
    assert painted_by(result) == [last_painted(internet)[1]]
    assert len(internet.calls(marker)) == 1


@by(run, run_streamed)
def test_an_agent_raises_why_nothing_was_painted(easel: Easel, way: Way) -> None:
    with pytest.raises(openai.BadRequestError, match="refuses to paint"):
        with_agent(easel, GPT_IMAGE, lambda agent: way(agent, "sandbox:refused"))


def test_an_agent_raises_a_late_error_of_a_stream(easel: Easel) -> None:
    with pytest.raises(ModelBehaviorError, match=LATE_MESSAGE):
        with_agent(easel, GPT_IMAGE, lambda agent: run_streamed(agent, LATE))


# --- LangChain. ---


def invoke(model: Any, prompt: Any) -> Any:
    return model.invoke(prompt)


def stream(model: Any, prompt: Any) -> Any:
    first, *rest = model.stream(prompt)
    return sum(rest, first)


def with_langchain(easel: Easel, doing: Callable[[Any], Any], model: str = MODEL) -> Any:
    with openai.DefaultHttpxClient() as http:
        chat = ChatOpenAI(
            base_url=f"{easel.url}/v1",
            api_key=SecretStr(TOKEN),
            model=model,
            use_responses_api=True,
            http_client=http,
        )
        return doing(chat.bind_tools([{"type": "image_generation"}]))


def drawn(message: Any) -> list[bytes]:
    calls = [block for block in message.content if block["type"] == "image_generation_call"]
    return [base64.b64decode(call["result"], validate=True) for call in calls]


@by(invoke, stream)
@each_prompt
def test_langchain_gives_the_very_picture_that_was_painted(
    easel: Easel, internet: Internet, way: Way, prompt: str
) -> None:
    message = with_langchain(easel, lambda model: way(model, prompt))
    link, content = last_painted(internet)
    assert drawn(message) == [content]
    assert link in message.text


@by(invoke, stream)
def test_langchain_goes_on_with_a_second_turn(
    easel: Easel, internet: Internet, marker: str, way: Way
) -> None:
    def talk(model: Any) -> Any:
        first = way(model, "a cat")
        return way(model, [HumanMessage("a cat"), first, HumanMessage(f"a dog {marker}")])

    assert len(drawn(with_langchain(easel, talk))) == 1
    (call,) = internet.calls(marker)
    assert b"a cat" not in call.body


@by(invoke, stream)
def test_langchain_raises_a_late_error(easel: Easel, way: Way) -> None:
    with pytest.raises(ValueError, match=LATE_MESSAGE):
        with_langchain(easel, lambda model: way(model, LATE))
