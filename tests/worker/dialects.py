"""The dialects that clients speak, as tests speak them: one row each.

In: what to paint. Out: a request, and what a client reads from its answer.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from PIL import Image

from easel.routing import OPERATIONS, find_service
from tests.worker.conftest import TOKEN
from tests.worker.reading import events


def png(size: tuple[int, int] = (64, 64)) -> bytes:
    """A small picture to paint from."""
    out = io.BytesIO()
    Image.new("RGB", size, "orange").save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Ask:
    """What a test asks for."""

    model: str
    prompt: str
    stream: bool = False
    n: int = 1
    source: bytes | None = None
    token: str = TOKEN
    links: bool = False


def _only(events: list[dict[str, Any]]) -> dict[str, Any]:
    (event,) = events
    return event


def _own_status(status: int, code: str) -> int:
    del code
    return status


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a dialect asks, where its pictures are, and how it tells an error (status, code).

    `operations` are those that it asks, by the names of `easel.routing.OPERATIONS`. `status` reads
    how a request ended, where that is not told by the status of HTTP. `keep_alive` is what may come
    before a stream's one event.
    """

    name: str
    operations: tuple[str, ...]
    request: Callable[[str, Ask], httpx.Request]
    pictures: Callable[[dict[str, Any]], list[bytes]]
    error: Callable[[dict[str, Any]], tuple[int | None, str]]
    last_event: str | None
    # What the events of a stream come to.
    whole: Callable[[list[dict[str, Any]]], dict[str, Any]] = _only
    # Whether a stream tells that it has begun as soon as its headers leave.
    has_prelude: bool = False
    # That with which an error of a status and a code is sent.
    status: Callable[[int, str], int] = _own_status
    # What may come before a stream's own events.
    keep_alive: re.Pattern[bytes] = re.compile(rb"\n*")

    def answer(self, response: httpx.Response, *, stream: bool) -> dict[str, Any]:
        """The one object of an answer, be it streamed or not."""
        if not stream or not response.headers["content-type"].startswith("text/event-stream"):
            plain: dict[str, Any] = response.json()
            return plain
        found = events(self.keep_alive.sub(b"", response.content, count=1))
        if self.last_event is not None:
            assert found.pop() == self.last_event
        return self.whole([json.loads(data) for data in found])


# Where an operation has two paths, the last one.
_PATHS: Final = {operation.name: operation.path for operation in OPERATIONS}


def _post(url: str, body: object, headers: Mapping[str, str]) -> httpx.Request:
    return httpx.Request("POST", url, json=body, headers=headers)


def _data_url(source: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(source).decode()}"


def _linked(ask: Ask) -> dict[str, object]:
    """Easel's own field, where a dialect has no other for links."""
    return {"chat_picture": "link"} if ask.links else {}


def _chat(url: str, ask: Ask) -> httpx.Request:
    parts: list[dict[str, object]] = [{"type": "text", "text": ask.prompt}]
    if ask.source is not None:
        parts.append({"type": "image_url", "image_url": {"url": _data_url(ask.source)}})
    message = {"role": "user", "content": parts}
    body = {"model": ask.model, "messages": [message], "stream": ask.stream, **_linked(ask)}
    headers = {"authorization": f"Bearer {ask.token}"}
    return _post(url + _PATHS["chat"], body, headers)


def _images(url: str, ask: Ask) -> httpx.Request:
    fields = {
        "model": ask.model,
        "prompt": ask.prompt,
        "n": ask.n,
        "response_format": "url" if ask.links else "b64_json",
        "stream": ask.stream,
    }
    headers = {"authorization": f"Bearer {ask.token}"}
    if ask.source is None:
        return _post(url + _PATHS["generations"], fields, headers)
    texts = {name: json.dumps(value).strip('"') for name, value in fields.items()}
    texts["prompt"] = ask.prompt
    files = {"image": ("cat.png", ask.source, "image/png")}
    return httpx.Request("POST", url + _PATHS["edits"], data=texts, files=files, headers=headers)


def _gemini(url: str, ask: Ask) -> httpx.Request:
    parts: list[dict[str, object]] = [{"text": ask.prompt}]
    if ask.source is not None:
        data = base64.b64encode(ask.source).decode()
        parts.append({"inlineData": {"mimeType": "image/png", "data": data}})
    body = {"contents": [{"role": "user", "parts": parts}], **_linked(ask)}
    path = f"{_PATHS['gemini_stream']}?alt=sse" if ask.stream else _PATHS["gemini"]
    headers = {"x-goog-api-key": ask.token}
    return _post(url + path.format(ask.model), body, headers)


def _interactions(url: str, ask: Ask) -> httpx.Request:
    contents: list[dict[str, object]] = [{"type": "text", "text": ask.prompt}]
    if ask.source is not None:
        data = base64.b64encode(ask.source).decode()
        contents.append({"type": "image", "mime_type": "image/png", "data": data})
    steps = [{"type": "user_input", "content": contents}]
    body: dict[str, object] = {"model": ask.model, "input": steps, "stream": ask.stream}
    if ask.links:
        body["response_format"] = {"type": "image", "delivery": "uri"}
    return _post(url + _PATHS["interactions"], body, {"x-goog-api-key": ask.token})


def _interaction(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What a client makes of the events of a stream: the object of a plain answer."""
    kinds = [each["event_type"] for each in events]
    start = ["interaction.created", "interaction.status_update"]
    if kinds == [*start, "error"]:
        return events[-1]
    deltas = [each for each in events if each["event_type"] == "step.delta"]
    between = ["step.start", *["step.delta"] * len(deltas), "step.stop"]
    assert kinds == [*start, *between, "interaction.completed"]
    contents = [each["delta"] for each in deltas]
    completed: dict[str, Any] = events[-1]["interaction"]
    return {**completed, "steps": [{"type": "model_output", "content": contents}]}


def _content(answer: dict[str, Any]) -> list[bytes]:
    (step,) = answer["steps"]
    return [base64.b64decode(each["data"], validate=True) for each in step["content"]]


def _interaction_error(answer: dict[str, Any]) -> tuple[int | None, str]:
    error = answer["error"] if "error" in answer else _only(answer["errors"])
    return None, error["details"][0]["reason"]


def _not_asked_again(status: int, code: str) -> int:
    """Its clients ask again on these statuses, also where it is of no use."""
    if code == "insufficient_quota":
        return 402
    return 424 if status in (409, 500, 502, 504) else status


def mcp_call(identity: object, tool: str, arguments: object, token: object = None) -> object:
    """A message that calls a tool, as the revisions with a handshake have it."""
    meta = {} if token is None else {"_meta": {"progressToken": token}}
    params = {"name": tool, "arguments": arguments, **meta}
    return {"jsonrpc": "2.0", "id": identity, "method": "tools/call", "params": params}


def _mcp(url: str, ask: Ask) -> httpx.Request:
    service, _ = find_service(ask.model)
    arguments: dict[str, object] = {
        "model": ask.model,
        "prompt": ask.prompt,
        "n": ask.n,
        "output": "link" if ask.links else "image",
    }
    if ask.source is not None:
        arguments["image"] = _data_url(ask.source)
    tool = "generate_image" if ask.source is None else "edit_image"
    body = mcp_call(1, tool, arguments, "a token" if ask.stream else None)
    headers = {
        "authorization": f"Bearer {ask.token}",
        "accept": "application/json, text/event-stream",
    }
    return _post(url + _PATHS["mcp"].format(service.name), body, headers)


def _result_images(answer: dict[str, Any]) -> list[bytes]:
    content = answer["result"]["content"]
    images = [part["data"] for part in content if part["type"] == "image"]
    return [base64.b64decode(data, validate=True) for data in images]


def _tool_error(answer: dict[str, Any]) -> tuple[int | None, str]:
    if "error" in answer:
        return None, answer["error"]["data"]["code"]
    # The status there is that of the tool, and not of the answer.
    return None, answer["result"]["_meta"]["easel/error"]["code"]


def _in_the_result(status: int, code: str) -> int:
    """A tool that fails tells its status in the result."""
    del code
    return status if status == 401 else 200


_PROGRESS: Final = re.compile(rb'(data: \{[^\n]*"notifications/progress"[^\n]*\n\n)*')


def _inline(answer: dict[str, Any]) -> list[bytes]:
    parts = answer["candidates"][0]["content"]["parts"]
    return [base64.b64decode(part["inlineData"]["data"], validate=True) for part in parts]


def _b64_json(answer: dict[str, Any]) -> list[bytes]:
    items = answer.get("data", [answer])
    return [base64.b64decode(item["b64_json"], validate=True) for item in items]


def _responses(url: str, ask: Ask) -> httpx.Request:
    parts: list[dict[str, object]] = [{"type": "input_text", "text": ask.prompt}]
    if ask.source is not None:
        parts.append({"type": "input_image", "image_url": _data_url(ask.source)})
    body = {
        "model": ask.model,
        "input": [{"role": "user", "content": parts}],
        "tools": [{"type": "image_generation", "n": ask.n}],
        "stream": ask.stream,
        **_linked(ask),
    }
    headers = {"authorization": f"Bearer {ask.token}"}
    return _post(url + _PATHS["responses"], body, headers)


def _results(answer: dict[str, Any]) -> list[bytes]:
    calls = [item for item in answer["output"] if item["type"] == "image_generation_call"]
    return [base64.b64decode(call["result"], validate=True) for call in calls]


def _last_response(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The response of the last event, which has all that the events before it have told, but for
    pictures that it says are not repeated.
    """
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    last: dict[str, Any] = events[-1]["response"]
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    if events[-1]["type"] != "response.completed":
        return last
    for item, whole in zip(last["output"], done, strict=True):
        assert item == whole or item["error"]["code"] == "picture_not_repeated"
    return {**last, "output": done}


def _responses_error(answer: dict[str, Any]) -> tuple[int | None, str]:
    # A response that failed has OpenAI's code, and Easel's own beside it.
    return None, answer.get("easel", answer)["error"]["code"]


def _openai_error(answer: dict[str, Any]) -> tuple[int | None, str]:
    return None, answer["error"]["code"]


def _gemini_error(answer: dict[str, Any]) -> tuple[int | None, str]:
    return answer["error"]["code"], answer["error"]["details"][0]["reason"]


DIALECTS: Final = (
    Dialect("chat", ("chat",), _chat, _inline, _openai_error, "[DONE]"),
    Dialect("images", ("generations", "edits"), _images, _b64_json, _openai_error, "[DONE]"),
    Dialect("gemini", ("gemini", "gemini_stream"), _gemini, _inline, _gemini_error, None),
    Dialect(
        "responses",
        ("responses",),
        _responses,
        _results,
        _responses_error,
        None,
        _last_response,
        has_prelude=True,
    ),
    Dialect(
        "interactions",
        ("interactions",),
        _interactions,
        _content,
        _interaction_error,
        "[DONE]",
        _interaction,
        has_prelude=True,
        status=_not_asked_again,
    ),
    Dialect(
        "mcp",
        ("mcp",),
        _mcp,
        _result_images,
        _tool_error,
        None,
        status=_in_the_result,
        keep_alive=_PROGRESS,
    ),
)
