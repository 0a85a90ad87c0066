"""A second turn in words, with clients that keep the conversation themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import openai
import pytest
from google import genai
from google.genai import types
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.worker.clients.scenes import EDITING_MODELS, last_painted
from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.test_previous import EDITED, md5, painted_from

# The picture's own address, or the picture itself.
WAYS: Final = ("candidates", "images", "link", "markdown")

each_model = pytest.mark.parametrize("model", EDITING_MODELS)


@pytest.fixture(autouse=True, scope="module")
def no_tracing() -> Iterator[None]:
    """Whoever develops with LangSmith has it switched on for all programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANGSMITH_TRACING", "false")
        patch.setenv("LANGCHAIN_TRACING_V2", "false")
        yield


def check_edited(internet: Internet, marker: str, first: tuple[str, bytes]) -> None:
    """The second call paints from what was painted first: from its link, or from itself."""
    link, content = first
    _, call = internet.calls(marker)
    found = painted_from(call)
    if isinstance(found, str):
        assert link in found
    else:
        assert md5(found) == hashlib.md5(content, usedforsecurity=False).hexdigest()


@each_model
@pytest.mark.parametrize("way", WAYS)
def test_openai_python_edits_what_it_was_answered(
    unchanged: Easel, internet: Internet, marker: str, model: str, way: str
) -> None:
    with openai.OpenAI(base_url=f"{unchanged.url}/v1", api_key=TOKEN) as client:
        messages: list[Any] = [{"role": "user", "content": f"a cat, {marker}"}]

        def turn() -> Any:
            completion: Any = client.chat.completions.create(
                model=model, messages=messages, extra_body={"chat_picture": way}
            )
            messages.append(completion.choices[0].message)
            return messages[-1].content

        assert EDITED not in turn()
        first = last_painted(internet)
        messages.append({"role": "user", "content": f"make it red, {marker}"})
        assert EDITED in turn()
    check_edited(internet, marker, first)


def test_openai_python_may_paint_anew(unchanged: Easel, internet: Internet, marker: str) -> None:
    with openai.OpenAI(base_url=f"{unchanged.url}/v1", api_key=TOKEN) as client:
        messages: list[Any] = [{"role": "user", "content": "a cat"}]
        asked: Any = {"model": EDITING_MODELS[0], "extra_body": {"edit_previous": False}}
        first = client.chat.completions.create(messages=messages, **asked)
        messages += [first.choices[0].message, {"role": "user", "content": marker}]
        second = client.chat.completions.create(messages=messages, **asked)
    assert EDITED not in str(second.choices[0].message.content)
    (call,) = internet.calls(marker)
    assert painted_from(call) is None


@each_model
@pytest.mark.parametrize("way", ["candidates", "link", "markdown"])
@pytest.mark.parametrize("streams", [False, True])
def test_langchain_edits_what_it_was_answered(
    unchanged: Easel, internet: Internet, marker: str, model: str, way: str, *, streams: bool
) -> None:
    chat = ChatOpenAI(
        base_url=f"{unchanged.url}/v1",
        api_key=SecretStr(TOKEN),
        model=model,
        extra_body={"chat_picture": way},
        streaming=streams,
    )
    messages: list[BaseMessage] = [HumanMessage(f"a cat, {marker}")]
    messages.append(chat.invoke(messages))
    first = last_painted(internet)
    messages.append(HumanMessage(f"make it red, {marker}"))
    assert EDITED in str(chat.invoke(messages).content)
    check_edited(internet, marker, first)


@each_model
@pytest.mark.parametrize("streams", [False, True])
def test_google_genai_edits_what_it_was_answered(
    unchanged: Easel, internet: Internet, marker: str, model: str, *, streams: bool
) -> None:
    options = types.HttpOptions(base_url=unchanged.url)
    with genai.Client(api_key=TOKEN, vertexai=False, http_options=options) as client:
        chat = client.chats.create(model=model)

        def turn(prompt: str) -> list[types.Part]:
            if streams:
                (answer,) = chat.send_message_stream(prompt)
            else:
                answer = chat.send_message(prompt)
            return answer.parts or []

        assert len(turn(f"a cat, {marker}")) == 1
        first = last_painted(internet)
        picture, told = turn(f"make it red, {marker}")
        assert picture.inline_data is not None
        assert EDITED in str(told.text)
        # A third turn sends the words back too.
        assert len(turn(f"and small, {marker}")) == 2
    _, second, third = internet.calls(marker)
    assert md5(painted_from(second)) == hashlib.md5(first[1], usedforsecurity=False).hexdigest()
    assert isinstance(painted_from(third), bytes)


def test_google_genai_may_paint_anew(unchanged: Easel, internet: Internet, marker: str) -> None:
    options = types.HttpOptions(base_url=unchanged.url, extra_body={"editPrevious": False})
    with genai.Client(api_key=TOKEN, vertexai=False, http_options=options) as client:
        chat = client.chats.create(model=EDITING_MODELS[1])
        chat.send_message("a cat")
        assert len(chat.send_message(marker).parts or []) == 1
    (call,) = internet.calls(marker)
    assert painted_from(call) is None


def _said(text: str) -> dict[str, Any]:
    return {"type": "user_input", "content": [{"type": "text", "text": text}]}


@each_model
@pytest.mark.parametrize("streams", [False, True])
def test_interactions_of_google_genai_edit_what_they_were_answered(
    unchanged: Easel, internet: Internet, marker: str, model: str, *, streams: bool
) -> None:
    options = types.HttpOptions(base_url=unchanged.url)
    with genai.Client(api_key=TOKEN, vertexai=False, http_options=options) as client:
        steps: list[Any] = [_said(f"a cat, {marker}")]
        first: Any = client.interactions.create(model=model, input=steps)
        painted = last_painted(internet)
        steps += [step.model_dump(exclude_none=True) for step in first.steps]
        steps.append(_said(f"make it red, {marker}"))
        second: Any = client.interactions.create(model=model, input=steps, stream=streams)
        told = [event.model_dump_json() for event in second] if streams else [str(second.steps)]
    assert EDITED in "".join(told)
    check_edited(internet, marker, painted)
