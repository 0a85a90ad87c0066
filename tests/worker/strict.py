"""Holds an answer against the types of `openai` and `google-genai`, and what Easel publishes.

In: a response, and the operation that it answers. Out: nothing; an AssertionError or a
ValidationError for a missing, null, mistyped or unknown field.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

import httpx
from google.genai import errors as google_errors
from google.genai import interactions
from google.genai import types as google
from google.genai._gaos.types.basemodel import UnrecognizedStr
from jsonschema import Draft202012Validator
from openai.types import (
    ImageEditCompletedEvent,
    ImageGenCompletedEvent,
    ImagesResponse,
)
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.shared import ErrorObject
from pydantic import BaseModel, RootModel

from tests.worker.reading import events
from tools.openapi.document import TARGET

DOCUMENT: Final[dict[str, Any]] = json.loads(TARGET.read_text(encoding="utf-8"))

# type of openai → fields that it has not, and that Easel's answers have all the same. The package
# lets them through; whoever does not know them is not hurt.
BESIDES: Final[dict[str, frozenset[str]]] = {
    # Clients of image.z.ai look there (docs/decisions/0002). `easel` is what is known of the
    # pictures, in every answer; in Gemini's it is a text, since its types refuse what is not
    # theirs.
    "ChatCompletion": frozenset({"candidates", "easel"}),
    "ChatCompletionChunk": frozenset({"candidates", "easel"}),
    # Where clients of OpenRouter's and LiteLLM's kind look.
    "ChatCompletionMessage": frozenset({"images"}),
    "ChoiceDelta": frozenset({"images"}),
    # Tasks, their errors and the filter are GeekAI's and BigModel's; `errors` is Easel's own
    # word for a partial failure, which would else be silent.
    "ImagesResponse": frozenset(
        {"errors", "task_id", "task_status", "error", "content_filter", "easel"}
    ),
    # The plain answer has it at each picture, and a stream has no other place.
    "ImageGenCompletedEvent": frozenset({"revised_prompt", "easel"}),
    "ImageEditCompletedEvent": frozenset({"revised_prompt", "easel"}),
    # `store` is in OpenAI's reference; that it is false says that nothing is kept.
    "Response": frozenset({"easel", "store"}),
    # Of an interaction and its errors they are told where Google has nothing for them.
    "Interaction": frozenset({"easel"}),
    "InteractionSseEventInteraction": frozenset({"easel"}),
    "Error": frozenset({"details"}),
    # google-genai for Python asks for OpenAI's path, so one object is both.
    "SyncPage[Model]": frozenset({"models"}),
    "Model": frozenset(
        {"name", "version", "displayName", "description", "supportedGenerationMethods"}
    ),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """An operation's types: of a plain answer, and of an event of a stream, or of each by its
    `type`. `done` is whether a stream ends with `[DONE]`.
    """

    path: str
    method: str
    plain: type[BaseModel]
    event: type[BaseModel] | Mapping[str, type[BaseModel]] | None = None
    done: bool = True

    def event_of(self, body: str) -> type[BaseModel] | None:
        """The type of an event."""
        if isinstance(self.event, Mapping):
            return self.event[json.loads(body)["type"]]
        return self.event

    @property
    def is_gemini(self) -> bool:
        return self.plain.__module__ == google.__name__

    @property
    def is_interaction(self) -> bool:
        return self.plain is interactions.Interaction


CHAT: Final = Kind("/v1/chat/completions", "post", ChatCompletion, ChatCompletionChunk)
IMAGES: Final = Kind("/v1/images/generations", "post", ImagesResponse, ImageGenCompletedEvent)
EDITS: Final = Kind("/v1/images/edits", "post", ImagesResponse, ImageEditCompletedEvent)
VARIATIONS: Final = Kind("/v1/images/variations", "post", ImagesResponse, ImageGenCompletedEvent)
TASK: Final = Kind("/v1/images/{task_id}", "get", ImagesResponse)
GEMINI: Final = Kind(
    "/v1beta/models/{model}:generateContent", "post", google.GenerateContentResponse
)
GEMINI_STREAM: Final = Kind(
    "/v1beta/models/{model}:streamGenerateContent",
    "post",
    google.GenerateContentResponse,
    google.GenerateContentResponse,
    done=False,
)
RESPONSES: Final = Kind(
    "/v1/responses",
    "post",
    Response,
    {
        get_args(event.model_fields["type"].annotation)[0]: event
        for event in get_args(get_args(ResponseStreamEvent)[0])
    },
    done=False,
)
INTERACTIONS: Final = Kind(
    "/v1beta/interactions",
    "post",
    interactions.Interaction,
    RootModel[interactions.InteractionSSEEvent],
)


def _besides(value: object, at: str = "") -> Iterator[str]:
    """Fields and words that a type has not, down to the last object."""
    if isinstance(value, UnrecognizedStr) or getattr(value, "is_unknown", False):
        # google-genai lets them through, for what Google may add.
        yield f"{at}{value!r}"
    elif isinstance(value, BaseModel):
        name = type(value).__name__
        for extra in value.model_extra or {}:
            if extra not in BESIDES.get(name, ()):
                yield f"{at}{name}.{extra}"
        for field in type(value).model_fields:
            # Without a warning of what is deprecated.
            yield from _besides(value.__dict__.get(field), f"{at}{name}.")
    elif isinstance(value, list):
        for item in value:
            yield from _besides(item, at)


def check_type(model: type[BaseModel], body: str) -> None:
    """A body is exactly what a package's type says, and what `BESIDES` lets it have."""
    found = model.model_validate_json(body, strict=True)
    assert list(_besides(found)) == []


def check_error(body: str, status: int | None, *, gemini: bool) -> None:
    """An error as both packages read it; `status` is None where it came after the headers."""
    answer = json.loads(body)
    assert set(answer) == {"error"}
    if not gemini:
        check_type(ErrorObject, json.dumps(answer["error"]))
        assert set(answer["error"]) == {"message", "type", "param", "code"}
        return
    # google-genai ships no type for it, but a class that reads it.
    error = google_errors.APIError(status or 0, answer)
    assert error.code == answer["error"]["code"]
    assert isinstance(error.status, str)
    assert isinstance(error.message, str)


def check_interaction_error(body: str) -> None:
    """An error of the Interactions API, whose code is a word."""
    answer = json.loads(body)
    assert set(answer) == {"error"}
    check_type(interactions.Error, json.dumps(answer["error"]))
    assert set(answer["error"]) == {"code", "message", "details"}


def conform(instance: object, schema: dict[str, Any]) -> None:
    """A value is what the published document says of it."""
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(instance)


def _documented(kind: Kind, response: httpx.Response) -> dict[str, Any]:
    """What the document says of this status of this operation, after its headers were looked at."""
    responses = DOCUMENT["paths"][kind.path][kind.method]["responses"]
    found: dict[str, Any] = responses[str(response.status_code)]
    if "$ref" in found:
        found = DOCUMENT["components"]["responses"][found["$ref"].rpartition("/")[2]]
    for name, reference in found["headers"].items():
        header = DOCUMENT["components"]["headers"][reference["$ref"].rpartition("/")[2]]
        given = response.headers.get(name)
        assert given is not None or not header.get("required"), name
        if given is not None:
            conform(
                int(given) if header["schema"]["type"] == "integer" else given, header["schema"]
            )
    media_type = response.headers["content-type"].partition(";")[0]
    schema: dict[str, Any] = found["content"][media_type]["schema"]
    return schema


def check(kind: Kind, response: httpx.Response) -> None:
    """The whole answer, be it plain or a stream, a success or an error."""
    schema = _documented(kind, response)
    status = response.status_code if response.status_code != 200 else None
    streamed = response.headers["content-type"].startswith("text/event-stream")
    if streamed:
        found = events(response.content)
        if kind.done:
            assert found.pop() == "[DONE]"
        assert found
        event = schema["properties"]["data"]
        (payload,) = [each for each in event.get("anyOf", [event]) if "contentSchema" in each]
        for data in found:
            conform({"data": data}, schema)
            conform(json.loads(data), payload["contentSchema"])
    else:
        answer = response.json()
        conform(answer, schema)
        found = (
            [json.dumps(each) for each in answer] if isinstance(answer, list) else [response.text]
        )
    for body in found:
        answer = json.loads(body)
        model = kind.event_of(body) if streamed else kind.plain
        assert model is not None
        if set(answer) == {"error", "candidates"}:
            # Told late, under 200, and once more for clients that look at candidates alone.
            check_type(model, json.dumps({"candidates": answer.pop("candidates")}))
        if set(answer) == {"error"} and kind.is_interaction:
            check_interaction_error(body)
        elif set(answer) == {"error"}:
            check_error(json.dumps(answer), status, gemini=kind.is_gemini)
        else:
            assert response.status_code == 200
            # The model is the caller's own word, and none of Google's list.
            named = kind.is_interaction and "model" in answer
            known = {"model": "gemini-2.5-flash-image"} if named else {}
            check_type(model, json.dumps({**answer, **known}) if known else body)
