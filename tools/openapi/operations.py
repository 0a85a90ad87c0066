"""What can be asked of each operation, and what it answers.

In: an `Operation`. Out: its Operation Object. What the value itself says is read off it: the
dialect of its errors, who may ask, what its path names, and whether it has a body. The rest stands
here, by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from easel.dialects.dialect import (
    Auth,
    Body,
    Dialect,
    Operation,
    PaintOperation,
    TaskOperation,
)
from easel.dialects.mcp_message import VERSIONS
from easel.services.table import SERVICES
from tools.openapi import interactions, responses
from tools.openapi.errors import (
    ALWAYS,
    ANSWER_HEADERS,
    INTERACTING,
    MCP_STATUSES,
    NAMING,
    PAINTING,
    errors_of,
)
from tools.openapi.requests import IMAGE_TYPES
from tools.openapi.schema import STRING, Schema, array, closed, const, described, enum, ref

# Where a token may stand. One is enough; docs/clients.md says which one counts of several.
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

_WHITE_SPACE: Final = (
    "White space may stand before it, while the picture is painted. An error that comes after the "
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

_PICTURE_ID: Final = {
    "name": "picture_id",
    "in": "path",
    "required": True,
    "description": "The end of a link of Easel's own.",
    "schema": _NAME,
}

_PICTURE: Final[Schema] = {
    f"image/{kind}": {"schema": {"type": "string", "format": "binary"}}
    for kind in ("jpeg", "png", "webp", "gif", "avif")
}

_ALT: Final = {
    "name": "alt",
    "in": "query",
    "description": "`sse` for server-sent events; an array otherwise.",
    "schema": STRING,
    "examples": {"events": _example("Server-sent events", "sse")},
}


_SERVICE: Final = {
    "name": "service",
    "in": "path",
    "required": True,
    "description": "The image service whose token is sent, and which alone paints.",
    "schema": enum(*SERVICES),
}

_MCP_HEADERS: Final = [
    {
        "name": "MCP-Protocol-Version",
        "in": "header",
        "description": "The revision of the message, after `initialize`.",
        "schema": enum(*VERSIONS),
    },
    {
        "name": "Mcp-Method",
        "in": "header",
        "description": "The method of the body; 2026-07-28 wants it.",
        "schema": STRING,
    },
    {
        "name": "Mcp-Name",
        "in": "header",
        "description": "The tool that is called; 2026-07-28 wants it.",
        "schema": STRING,
    },
]

_MCP_ANSWER: Final = [ref("MCPResult"), ref("MCPError")]

_MCP_EXAMPLES: Final = {
    "tools": _example("The tools", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
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

_RESPONSE_EXAMPLES: Final = {
    "plain": _example("One picture", {"model": "gemini-3-image-1k", "input": "a cat"}),
    "stream": _example(
        "A wide one, as a stream",
        {
            "model": "glm-image",
            "input": "a lighthouse at dusk",
            "tools": [{"type": "image_generation", "size": "1728x960"}],
            "stream": True,
        },
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

_INTERACTION_EXAMPLES: Final = {
    "text": _example("A picture from a text", {"model": "gemini-3-image-1k", "input": "a cat"}),
    "shape": _example(
        "Another shape, as a stream",
        {
            "model": "geekai/nano-banana",
            "input": "a cat",
            "response_format": {"type": "image", "aspect_ratio": "16:9", "image_size": "2K"},
            "stream": True,
        },
    ),
}

_ANY_ID: Final = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "Any: there is none to be found.",
    "schema": _NAME,
}

_FILES: Final = {
    "encoding": {name: {"contentType": IMAGE_TYPES} for name in ("image", "image[]", "mask")}
}

_OPENAI_ERROR: Final = ref("OpenAIError")
_GEMINI_ERROR: Final = ref("GeminiError")
_IMAGES: Final = {
    **_json(ref("ImagesResponse"), _OPENAI_ERROR),
    **_events(
        "One for each picture or error, then `[DONE]`.",
        ref("ImageEvent"),
        _OPENAI_ERROR,
        names=enum("message", "image_generation.completed", "image_edit.completed"),
    ),
}
_GENERATED: Final = ref("GenerateContentResponse")


@dataclass(frozen=True, slots=True)
class Words:
    """What an Operation Object says that the operation itself does not.

    `identity` is its `operationId`; `others` are answers that are neither 200 nor an error.
    """

    tag: str
    identity: str
    summary: str
    answer: Schema
    statuses: tuple[int, ...]
    parameters: Sequence[Schema] = ()
    body: Schema = field(default_factory=dict)
    others: Schema = field(default_factory=dict)
    status: int = 200


def _images(identity: str, summary: str, body: Schema) -> Words:
    answer = _answer(f"The pictures, and why others are missing. {_WHITE_SPACE}", _IMAGES)
    return Words("images", identity, summary, answer, PAINTING, body=body)


def _gemini(identity: str, summary: str, content: Schema, *parameters: Schema) -> Words:
    answer = _answer(f"The picture. {_WHITE_SPACE}", content)
    body = _body("application/json", "GeminiRequest", examples=_GEMINI_EXAMPLES)
    return Words("gemini", identity, summary, answer, PAINTING, (_MODEL, *parameters), body)


def _document(tag: str, identity: str, summary: str, content: Schema) -> Words:
    return Words(tag, identity, summary, _answer(summary, content), ALWAYS)


def _model_list(tag: str, identity: str, summary: str, schema: str) -> Words:
    answer = _answer(summary, _json(ref(schema)))
    return Words(tag, identity, summary, answer, (400, 401, *ALWAYS), _PAGE)


def _model(tag: str, identity: str, schema: str) -> Words:
    answer = _answer("The model.", _json(ref(schema)))
    return Words(tag, identity, "One model", answer, (401, *NAMING), (_MODEL,))


def _no_interaction(identity: str, summary: str) -> Words:
    answer = _answer("Never: Easel keeps no interactions.", _json({}))
    return Words("gemini", identity, summary, answer, (401, 404, 405, 424), (_ANY_ID,))


def _no_response(identity: str, summary: str) -> Words:
    answer = _answer("Never: Easel keeps no responses.", _json({}))
    return Words("responses", identity, summary, answer, (401, 404, 405, 500), (_ANY_ID,))


# by the operation's name
WORDS: Final[dict[str, Words]] = {
    "chat": Words(
        "chat",
        "createChatCompletion",
        "A picture, as the answer to a chat",
        _answer(
            f"The picture. {_WHITE_SPACE}",
            {
                **_json(ref("ChatCompletion"), _OPENAI_ERROR),
                **_events("One, then `[DONE]`.", ref("ChatCompletionChunk"), _OPENAI_ERROR),
            },
        ),
        PAINTING,
        body=_body("application/json", "ChatRequest", examples=_CHAT_EXAMPLES),
    ),
    "responses": Words(
        "responses",
        "createResponse",
        "A picture, as the answer of a model with the tool `image_generation`",
        _answer(
            f"The picture. {_WHITE_SPACE}",
            {
                **_json(ref("Response")),
                **_events(
                    "No `[DONE]` follows the last.",
                    ref("ResponseEvent"),
                    done=False,
                    names=enum(*responses.EVENT_NAMES),
                ),
            },
        ),
        PAINTING,
        body=_body("application/json", "ResponseRequest", examples=_RESPONSE_EXAMPLES),
    ),
    "response": _no_response("getResponse", "Not served: nothing is kept"),
    "response_delete": _no_response("deleteResponse", "Not served: nothing is kept"),
    "response_cancel": _no_response("cancelResponse", "Not served: nothing goes on"),
    "response_items": _no_response("listInputItems", "Not served: nothing is kept"),
    "generations": _images(
        "createImage",
        "Pictures from a text, or from pictures in `image`",
        _body("application/json", "ImagesRequest", examples=_GENERATION_EXAMPLES),
    ),
    "edits": _images(
        "createImageEdit",
        "Pictures from pictures and a text",
        _body("multipart/form-data", "EditForm", **_FILES),
    ),
    "variations": _images(
        "createImageVariation",
        "Pictures from a picture alone",
        _body("multipart/form-data", "VariationForm", **_FILES),
    ),
    "task": Words(
        "images",
        "getImageTask",
        "The pictures of a task, or how far it is",
        _answer(
            f"The pictures, or `task_status`. {_WHITE_SPACE}",
            _json(ref("ImagesResponse"), _OPENAI_ERROR),
        ),
        PAINTING,
        (_TASK,),
    ),
    "gemini": _gemini(
        "generateContent", "A picture, in one object", _json(_GENERATED, ref("LateGeminiError"))
    ),
    "gemini_stream": _gemini(
        "streamGenerateContent",
        "A picture, as a stream",
        {
            **_json(array({"anyOf": [_GENERATED, _GEMINI_ERROR]}, minItems=1, maxItems=1)),
            **_events("One, and no `[DONE]`.", _GENERATED, _GEMINI_ERROR, done=False),
        },
        _ALT,
    ),
    "interactions": Words(
        "gemini",
        "createInteraction",
        "A picture, as an interaction",
        _answer(
            f"The picture. {_WHITE_SPACE}",
            {
                **_json(ref("Interaction"), ref("FailedInteraction")),
                **_events(
                    "Google's events, with the picture in `step.delta`, then `[DONE]`.",
                    ref("InteractionEvent"),
                    names=enum(*interactions.EVENT_NAMES),
                ),
            },
        ),
        INTERACTING,
        body=_body("application/json", "InteractionRequest", examples=_INTERACTION_EXAMPLES),
    ),
    "interaction": _no_interaction("getInteraction", "Not served: nothing is kept"),
    "interaction_cancel": _no_interaction("cancelInteraction", "Not served: nothing goes on"),
    "interaction_delete": _no_interaction("deleteInteraction", "Not served: nothing is kept"),
    "count_tokens": Words(
        "gemini",
        "countTokens",
        "How many tokens a request has: none, since the services count none",
        _answer("Zero.", _json(ref("CountTokensResponse"))),
        (401, *NAMING),
        (_MODEL,),
        # Whatever it is, it is not looked at.
        {"content": {"application/json": {"schema": {}, "examples": _GEMINI_EXAMPLES}}},
    ),
    "mcp": Words(
        "mcp",
        "callMcp",
        "A message of the Model Context Protocol",
        _answer(
            f"The answer to a message; what a tool does not achieve is in its result. "
            f"{_WHITE_SPACE}",
            {
                **_json(*_MCP_ANSWER, array({"anyOf": _MCP_ANSWER}, minItems=1)),
                **_events(
                    "Progress, then the answer; in a batch one for each message.",
                    ref("MCPProgress"),
                    *_MCP_ANSWER,
                    done=False,
                ),
            },
        ),
        MCP_STATUSES,
        (_SERVICE, *_MCP_HEADERS),
        _body("application/json", "McpBody", examples=_MCP_EXAMPLES),
        {"202": {"description": "A notification was taken.", "headers": ANSWER_HEADERS}},
    ),
    "model_list": _model_list(
        "models", "listModels", "The models, in both forms", "OpenAIModelList"
    ),
    "model": _model("models", "getModel", "OpenAIModel"),
    "gemini_model_list": _model_list(
        "gemini", "listGeminiModels", "The models in Gemini's form", "GeminiModelList"
    ),
    "gemini_model": _model("gemini", "getGeminiModel", "GeminiModel"),
    "picture": Words(
        "pictures",
        "getPicture",
        "The picture behind a link of Easel's own",
        _answer("The picture.", _PICTURE),
        (*NAMING, 502, 504),
        (_PICTURE_ID,),
        others={
            "206": _answer("The part that `Range` asks for.", _PICTURE),
            "304": {"description": "`If-None-Match` has its `ETag`.", "headers": ANSWER_HEADERS},
            "416": {"description": "The picture has no such bytes.", "headers": ANSWER_HEADERS},
        },
    ),
    "delete_picture": Words(
        "pictures",
        "deletePicture",
        "Deletes a picture that is stored, with a key of the deployment",
        {"description": "It is deleted.", "headers": ANSWER_HEADERS},
        (401, 403, *NAMING, 502),
        (_PICTURE_ID,),
        status=204,
    ),
    "health": _document("easel", "getHealth", "Whether Easel answers", _json(ref("Health"))),
    "openapi": _document(
        "easel", "getOpenAPI", "This document", _json({"type": "object", "required": ["openapi"]})
    ),
}


_MEDIA_TYPES: Final = {Body.JSON: "application/json", Body.FORM: "multipart/form-data"}


def _without_words(operation: Operation) -> Words:
    """What can be told of an operation that has no words here yet."""
    paints = isinstance(operation, PaintOperation | TaskOperation)
    parameters = (_named(operation),) if "{}" in operation.path else ()
    media_type = _MEDIA_TYPES.get(operation.body)
    return Words(
        operation.dialect.name,
        operation.name,
        operation.name,
        _answer("The answer.", _json({})),
        PAINTING if paints else (400, 401, *NAMING),
        parameters,
        {"required": True, "content": {media_type: {"schema": {}}}} if media_type else {},
    )


def _named(operation: Operation) -> Schema:
    return {**_TASK, "description": "A task."} if isinstance(operation, TaskOperation) else _MODEL


def _security(operation: Operation) -> list[Schema]:
    """Where a token may stand, and whether there must be one."""
    if operation.auth is Auth.NONE:
        return []
    schemes = SECURITY_SCHEMES if operation.dialect.query_key else _TOKENS
    given: list[Schema] = [{name: []} for name in schemes]
    # What a personal proxy alone wants a key for.
    return [{}, *given] if operation.auth is Auth.KEY else given


def words_of(operation: Operation) -> Words:
    """What stands here of an operation, or what can be told of it anyway."""
    return WORDS.get(operation.name) or _without_words(operation)


def operation_object(operation: Operation, dialects: Sequence[Dialect]) -> Schema:
    """What the document says of an operation. Its errors are told in one of `dialects`."""
    words = words_of(operation)
    named = "{}" in operation.path
    parameters = [each for each in words.parameters if named or each["in"] != "path"]
    return {
        "operationId": words.identity,
        "tags": [words.tag],
        "summary": words.summary,
        "security": _security(operation),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": words.body} if words.body else {}),
        "responses": {
            str(words.status): words.answer,
            **words.others,
            **errors_of(dialects, words.statuses),
        },
    }
