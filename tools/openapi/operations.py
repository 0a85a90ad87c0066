"""What can be asked of each endpoint, and what it answers.

Out: an Operation Object for each `Endpoint`. Which paths lead to it stands in `easel.routing`.
"""

from __future__ import annotations

from typing import Final

from easel.routing import Endpoint
from tools.openapi.errors import ALWAYS, ANSWER_HEADERS, NAMING, PAINTING, errors_of
from tools.openapi.requests import IMAGE_TYPES
from tools.openapi.schema import STRING, Schema, array, closed, const, described, enum, ref

# Where a token may stand. One is enough; README.md says which one counts where there are several.
_TOKENS: Final[dict[str, Schema]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The image service's token."},
    "xApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "api-key"},
    "googleApiKey": {"type": "apiKey", "in": "header", "name": "x-goog-api-key"},
    "geekaiApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "GeekAI-API-Key",
        "description": "For models of GeekAI alone.",
    },
}
_QUERY_KEY: Final = {"queryKey": {"type": "apiKey", "in": "query", "name": "key"}}

SECURITY_SCHEMES: Final[dict[str, Schema]] = {**_TOKENS, **_QUERY_KEY}

_ANY_TOKEN: Final[list[Schema]] = [{name: []} for name in _TOKENS]
_ANY_KEY: Final[list[Schema]] = [{name: []} for name in SECURITY_SCHEMES]

_WHITE_SPACE: Final = (
    "White space may stand before it, while the picture is painted. A failure that comes after the "
    "headers is an error under this status."
)


# What an event without a name is called (WHATWG HTML, 9.2.6).
_UNNAMED: Final = const("message")


def _json(*schemas: Schema) -> Schema:
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
    return {"application/json": {"schema": schema}}


def _events(words: str, *payloads: Schema, done: bool = True, names: Schema = _UNNAMED) -> Schema:
    """Server-sent events. Before OpenAPI 3.2 the schema of a stream is that of each event in it."""
    data: Schema = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"anyOf": list(payloads)},
    }
    if done:
        data = {"anyOf": [const("[DONE]"), data]}
    event = described(closed({"data": data}, {"event": names}), words)
    return {"text/event-stream": {"schema": event}}


def _answer(words: str, content: Schema) -> Schema:
    return {"description": words, "headers": ANSWER_HEADERS, "content": content}


def _operation(
    tag: str, name: str, summary: str, *, answer: Schema, statuses: tuple[int, ...], **more: object
) -> Schema:
    spelled = {"gemini": "Gemini", "models": "Either"}.get(tag, "OpenAI")
    return {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        **more,
        "responses": {"200": answer, **errors_of(spelled, statuses)},
    }


def _body(media_type: str, schema: str, **more: object) -> Schema:
    return {"required": True, "content": {media_type: {"schema": ref(schema), **more}}}


def _example(summary: str, value: object) -> Schema:
    return {"summary": summary, "value": value}


_NAME: Final = {"type": "string", "minLength": 1, "pattern": "^[^:]+$"}

_MODEL: Final = {
    "name": "model",
    "in": "path",
    "required": True,
    "description": "A model, as `GET /v1/models` has it or with a service in front.",
    "schema": _NAME,
    "examples": {
        "listed": _example("One of the list", "glm-image"),
        "named": _example("One of a service", "geekai/nano-banana"),
    },
}

_TASK: Final = {
    "name": "task_id",
    "in": "path",
    "required": True,
    "description": "The `task_id` of an answer.",
    "schema": _NAME,
}

_ALT: Final = {
    "name": "alt",
    "in": "query",
    "description": "`sse` for server-sent events; an array otherwise.",
    "schema": STRING,
    "examples": {"events": _example("Server-sent events", "sse")},
}


_PAGE: Final = [
    {
        "name": "pageSize",
        "in": "query",
        "description": "How many models of `models` at the most; all where it is 0 or left out.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 999999},
    },
    {
        "name": "pageToken",
        "in": "query",
        "description": "The `nextPageToken` of the page before.",
        "schema": {"type": "string", "pattern": "^[0-9]{0,6}$"},
    },
]


def _chat_example(**more: object) -> Schema:
    message = {"role": "user", "content": "一只可爱的橘猫在阳光下打盹"}
    return {"model": "gemini-3-image-1k-4-3", "messages": [message], **more}


_CHAT_EXAMPLES: Final = {
    "plain": _example("One picture", _chat_example()),
    "stream": _example("The same, as a stream", _chat_example(stream=True)),
    "images": _example("The picture in images[]", _chat_example(modalities=["image", "text"])),
}

_GENERATION_EXAMPLES: Final = {
    "address": _example(
        "The address of a picture",
        {"model": "glm-image", "prompt": "a lighthouse at dusk", "size": "1728x960"},
    ),
    "pictures": _example(
        "Two pictures themselves",
        {"model": "flux-2.0", "prompt": "a cat", "n": 2, "response_format": "b64_json"},
    ),
    "stream": _example(
        "A stream", {"model": "gemini-3-image-1k", "prompt": "a cat", "stream": True}
    ),
    "task": _example(
        "A task, to be asked for later", {"model": "glm-image", "prompt": "a cat", "async": True}
    ),
}

_GEMINI_EXAMPLES: Final = {
    "text": _example(
        "A picture from a text",
        {
            "contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
            "generationConfig": {"responseModalities": ["IMAGE"]},
        },
    ),
}

_FILES: Final = {
    "encoding": {name: {"contentType": IMAGE_TYPES} for name in ("image", "image[]", "mask")}
}

_OPENAI_ERROR: Final = ref("OpenAIError")
_GEMINI_ERROR: Final = ref("GeminiError")
_IMAGES: Final = {
    **_json(ref("ImagesResponse"), _OPENAI_ERROR),
    **_events(
        "One a picture or failure, then `[DONE]`.",
        ref("ImageEvent"),
        _OPENAI_ERROR,
        names=enum("message", "image_generation.completed", "image_edit.completed"),
    ),
}
_GENERATED: Final = ref("GenerateContentResponse")


def _images(name: str, summary: str, body: Schema) -> Schema:
    return _operation(
        "images",
        name,
        summary,
        answer=_answer(f"The pictures, and why others are missing. {_WHITE_SPACE}", _IMAGES),
        statuses=PAINTING,
        security=_ANY_TOKEN,
        requestBody=body,
    )


def _gemini(name: str, summary: str, content: Schema, parameters: list[Schema]) -> Schema:
    return _operation(
        "gemini",
        name,
        summary,
        answer=_answer(f"The picture. {_WHITE_SPACE}", content),
        statuses=PAINTING,
        security=_ANY_KEY,
        parameters=parameters,
        requestBody=_body("application/json", "GeminiRequest", examples=_GEMINI_EXAMPLES),
    )


def _document(tag: str, name: str, summary: str, content: Schema) -> Schema:
    answer = _answer(summary, content)
    return _operation(tag, name, summary, answer=answer, statuses=ALWAYS, security=[])


def _by_proxies(tag: str) -> list[Schema]:
    """The security of what a personal proxy alone wants a key for."""
    return [{}, *(_ANY_KEY if tag == "gemini" else _ANY_TOKEN)]


def _model_list(tag: str, name: str, summary: str, schema: str) -> Schema:
    return _operation(
        tag,
        name,
        summary,
        answer=_answer(summary, _json(ref(schema))),
        statuses=(400, 401, *ALWAYS),
        security=_by_proxies(tag),
        parameters=_PAGE,
    )


def _model(tag: str, name: str, schema: str) -> Schema:
    return _operation(
        tag,
        name,
        "One model",
        answer=_answer("The model.", _json(ref(schema))),
        statuses=(401, *NAMING),
        security=_by_proxies(tag),
        parameters=[_MODEL],
    )


OPERATIONS: Final[dict[Endpoint, Schema]] = {
    Endpoint.CHAT: _operation(
        "chat",
        "createChatCompletion",
        "A picture, as the answer to a chat",
        answer=_answer(
            f"The picture. {_WHITE_SPACE}",
            {
                **_json(ref("ChatCompletion"), _OPENAI_ERROR),
                **_events("One, then `[DONE]`.", ref("ChatCompletionChunk"), _OPENAI_ERROR),
            },
        ),
        statuses=PAINTING,
        security=_ANY_TOKEN,
        requestBody=_body("application/json", "ChatRequest", examples=_CHAT_EXAMPLES),
    ),
    Endpoint.GENERATIONS: _images(
        "createImage",
        "Pictures from a text, or from pictures in `image`",
        _body("application/json", "ImagesRequest", examples=_GENERATION_EXAMPLES),
    ),
    Endpoint.EDITS: _images(
        "createImageEdit",
        "Pictures from pictures and a text",
        _body("multipart/form-data", "EditForm", **_FILES),
    ),
    Endpoint.VARIATIONS: _images(
        "createImageVariation",
        "Pictures from a picture alone",
        _body("multipart/form-data", "VariationForm", **_FILES),
    ),
    Endpoint.TASK: _operation(
        "images",
        "getImageTask",
        "The pictures of a task, or how far it is",
        answer=_answer(
            f"The pictures, or `task_status`. {_WHITE_SPACE}",
            _json(ref("ImagesResponse"), _OPENAI_ERROR),
        ),
        statuses=PAINTING,
        security=_ANY_TOKEN,
        parameters=[_TASK],
    ),
    Endpoint.GEMINI: _gemini(
        "generateContent",
        "A picture, in one object",
        _json(_GENERATED, ref("LateGeminiError")),
        [_MODEL],
    ),
    Endpoint.GEMINI_STREAM: _gemini(
        "streamGenerateContent",
        "A picture, as a stream",
        {
            **_json(array({"anyOf": [_GENERATED, _GEMINI_ERROR]}, minItems=1, maxItems=1)),
            **_events("One, and no `[DONE]`.", _GENERATED, _GEMINI_ERROR, done=False),
        },
        [_MODEL, _ALT],
    ),
    Endpoint.COUNT_TOKENS: _operation(
        "gemini",
        "countTokens",
        "How many tokens a request has: none, since the services count none",
        answer=_answer("Zero.", _json(ref("CountTokensResponse"))),
        statuses=(401, *NAMING),
        security=_ANY_KEY,
        parameters=[_MODEL],
        # Whatever it is, it is not looked at.
        requestBody={"content": {"application/json": {"schema": {}, "examples": _GEMINI_EXAMPLES}}},
    ),
    Endpoint.MODEL_LIST: _model_list(
        "models", "listModels", "The models, in both forms", "OpenAIModelList"
    ),
    Endpoint.MODEL: _model("models", "getModel", "OpenAIModel"),
    Endpoint.GEMINI_MODEL_LIST: _model_list(
        "gemini", "listGeminiModels", "The models in Gemini's form", "GeminiModelList"
    ),
    Endpoint.GEMINI_MODEL: _model("gemini", "getGeminiModel", "GeminiModel"),
    Endpoint.HEALTH: _document("easel", "getHealth", "Whether Easel answers", _json(ref("Health"))),
    Endpoint.OPENAPI: _document(
        "easel", "getOpenAPI", "This document", _json({"type": "object", "required": ["openapi"]})
    ),
}
