"""What Easel answers with when it has painted: exactly these fields, and no other.

Out: JSON Schemas by name. `tests/worker/test_schemas.py` holds the real Worker's answers against
them, and against the types of the packages `openai` and `google-genai`.
"""

from __future__ import annotations

from typing import Final

from tools.openapi.interactions import interaction_schemas
from tools.openapi.responses import response_schemas
from tools.openapi.schema import (
    BASE64,
    INTEGER,
    MIME_TYPE,
    STRING,
    Schema,
    array,
    closed,
    const,
    described,
    enum,
    nullable,
    ref,
)

_ZERO: Final = const(0)

_INLINE: Final = closed({"inlineData": closed({"mimeType": MIME_TYPE, "data": BASE64})})

_CANDIDATES: Final = described(
    array(
        closed({"content": closed({"parts": array(_INLINE, minItems=1)})}), minItems=1, maxItems=1
    ),
    "Gemini's form of the picture, in the picture format `candidates`.",
)

_CHAT_IMAGE: Final = closed(
    {"type": const("image_url"), "image_url": closed({"url": STRING}), "index": INTEGER}
)

_ROLE: Final = {"role": const("assistant")}
_TEXT: Final = {
    "content": described(
        STRING, "A markdown link, a markdown picture, what is missing, or a title."
    )
}
_IMAGES_FIELD: Final = {
    "images": described(
        array(_CHAT_IMAGE, minItems=1),
        "The pictures as `data:` addresses, in the picture format `images`.",
    )
}

_USAGE: Final = described(
    closed({"prompt_tokens": _ZERO, "completion_tokens": _ZERO, "total_tokens": _ZERO}),
    "Zeros: the services tell none.",
)


def _chat(kind: str, choices: Schema, required: Schema, optional: Schema) -> Schema:
    return closed(
        {
            "id": {"type": "string", "pattern": "^chatcmpl-[0-9a-f]{32}$"},
            "object": const(kind),
            "created": INTEGER,
            "model": described(STRING, "Spelled as asked."),
            "choices": choices,
            **required,
        },
        {"candidates": _CANDIDATES, "easel": ref("Easel"), **optional},
    )


_COMPLETION: Final = _chat(
    "chat.completion",
    array(
        closed(
            {
                "index": _ZERO,
                "message": closed({**_ROLE, **_TEXT}, _IMAGES_FIELD),
                "finish_reason": const("stop"),
            }
        ),
        minItems=1,
        maxItems=1,
    ),
    {"usage": _USAGE},
    {},
)

_CHUNK: Final = _chat(
    "chat.completion.chunk",
    described(
        array(
            closed(
                {
                    "index": _ZERO,
                    "delta": closed(_TEXT, {**_ROLE, **_IMAGES_FIELD}),
                    "finish_reason": nullable(const("stop")),
                }
            ),
            maxItems=1,
        ),
        "None in the chunk that tells the usage.",
    ),
    {},
    {"usage": _USAGE},
)


_IMAGE: Final = {
    **closed(
        {},
        {
            "url": described(STRING, "An address that expires, or a `data:` address."),
            "b64_json": BASE64,
            "revised_prompt": STRING,
        },
    ),
    "oneOf": [{"required": ["url"]}, {"required": ["b64_json"]}],
}

_PIXELS: Final = {"type": "string", "pattern": "^[1-9][0-9]*x[1-9][0-9]*$"}

_SIZE: Final = described(
    _PIXELS,
    "What was painted, where it is known and the same for all.",
)

_FILTER_NOTES: Final = described(
    array(closed({"role": STRING, "level": INTEGER}), minItems=1),
    "What BigModel's filter found: where, and how bad (0 is worst).",
)

_EASEL: Final = described(
    closed(
        {
            "pictures": array(
                closed(
                    {},
                    {
                        "size": described(_PIXELS, "What was painted."),
                        "revised_prompt": described(STRING, "What the service made of the prompt."),
                        "content_filter": _FILTER_NOTES,
                    },
                ),
                minItems=1,
            )
        }
    ),
    "What is known of each picture, in their order.",
)

_IMAGES: Final = closed(
    {"created": INTEGER, "data": array(ref("Image"))},
    {
        "size": _SIZE,
        "errors": described(
            array(ref("ErrorFields"), minItems=1),
            "Why pictures are missing beside those here, or that a service sent too many.",
        ),
        "task_id": described(STRING, "What to ask for the pictures with, later."),
        "task_status": enum("pending", "running", "succeed", "failed"),
        "content_filter": _FILTER_NOTES,
        "easel": ref("Easel"),
        "error": described(ref("ErrorFields"), "Why the task failed."),
    },
)

_EVENT_USAGE: Final = closed(
    {
        "input_tokens": _ZERO,
        "output_tokens": _ZERO,
        "total_tokens": _ZERO,
        "input_tokens_details": closed({"image_tokens": _ZERO, "text_tokens": _ZERO}),
    }
)

_IMAGE_EVENT: Final = closed(
    {
        "type": enum("image_generation.completed", "image_edit.completed"),
        "b64_json": BASE64,
        "created_at": INTEGER,
        "size": described(STRING, "Pixels, or `auto` where they are not known."),
        "quality": const("auto"),
        "background": const("auto"),
        "output_format": enum("jpeg", "png", "webp", "gif", "avif"),
        "usage": _EVENT_USAGE,
        "easel": ref("Easel"),
    },
    {"revised_prompt": STRING},
)

_LINKED: Final = described(
    closed({"fileData": closed({"fileUri": STRING})}), "The picture, where links were asked for."
)

_GEMINI_PARTS: Final = array(
    {"anyOf": [_INLINE, _LINKED, described(closed({"text": STRING}), "What is missing.")]},
    minItems=1,
)

_TEXT_OF_PICTURES: Final = described(
    {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": closed({"easel": ref("Easel")}),
    },
    "What is known of the pictures, as JSON: the same in both places, of which clients read one.",
)

_GEMINI: Final = closed(
    {
        "candidates": array(
            closed(
                {
                    "content": closed({"role": const("model"), "parts": _GEMINI_PARTS}),
                    "finishReason": const("STOP"),
                    "index": _ZERO,
                },
                {"finishMessage": _TEXT_OF_PICTURES},
            ),
            minItems=1,
            maxItems=1,
        ),
        "usageMetadata": closed(
            {"promptTokenCount": _ZERO, "candidatesTokenCount": _ZERO, "totalTokenCount": _ZERO}
        ),
        "modelVersion": described(STRING, "The model, spelled as asked."),
        "responseId": STRING,
    },
    {"modelStatus": closed({"message": _TEXT_OF_PICTURES})},
)

# For who has a key of the deployment.
_ABOUT: Final = {
    "sandbox": const(True),
    "services": array(STRING),
    "links": closed(
        {
            "level": {"type": "integer", "minimum": 1, "maximum": 3},
            "store": enum("none", "bound", "not_a_store"),
        },
        {"days": {"type": "number"}},
    ),
}

_OPENAI_MODEL: Final = {
    "id": STRING,
    "object": const("model"),
    "created": INTEGER,
    "owned_by": described(STRING, "The service."),
}

_GEMINI_MODEL: Final = {
    "name": {"type": "string", "pattern": "^models/"},
    "version": STRING,
    "displayName": STRING,
    "description": STRING,
    "supportedGenerationMethods": array(
        enum("generateContent", "streamGenerateContent", "countTokens")
    ),
}

_NEXT_PAGE: Final = {
    "nextPageToken": described(STRING, "The `pageToken` of what follows in `models`.")
}

_ERROR_FIELDS: Final = closed(
    {
        "message": STRING,
        "type": STRING,
        "param": described(nullable(STRING), "The field at fault, as a path."),
        "code": STRING,
    }
)

_GEMINI_ERROR: Final = {
    "error": closed(
        {
            "code": described(INTEGER, "The HTTP status."),
            "message": STRING,
            "status": STRING,
            "details": array(
                closed(
                    {
                        "@type": const("type.googleapis.com/google.rpc.ErrorInfo"),
                        "reason": described(STRING, "Easel's own code."),
                        "domain": const("easel"),
                        "metadata": closed({}, {"param": STRING}),
                    }
                ),
                minItems=1,
                maxItems=1,
            ),
        }
    )
}

_NO_PICTURE: Final = {
    "candidates": described(
        array(
            closed(
                {
                    "content": closed(
                        {
                            "role": const("model"),
                            "parts": array(closed({"text": STRING}), minItems=1, maxItems=1),
                        }
                    ),
                    "finishReason": const("OTHER"),
                    "index": _ZERO,
                }
            ),
            minItems=1,
            maxItems=1,
        ),
        "The same for clients that look at nothing else, the status being 200.",
    )
}


_RPC: Final = {"jsonrpc": const("2.0")}
_IDENTITY: Final = {"anyOf": [INTEGER, STRING]}


def answer_schemas() -> dict[str, Schema]:
    """All schemas of answers, by name."""
    return {
        "ChatCompletion": _COMPLETION,
        "ChatCompletionChunk": _CHUNK,
        "Easel": _EASEL,
        "Image": _IMAGE,
        "ImagesResponse": _IMAGES,
        "ImageEvent": _IMAGE_EVENT,
        "GenerateContentResponse": _GEMINI,
        "OpenAIModel": closed({**_OPENAI_MODEL, **_GEMINI_MODEL}),
        "GeminiModel": closed(_GEMINI_MODEL),
        "OpenAIModelList": closed(
            {
                "object": const("list"),
                "data": array(closed(_OPENAI_MODEL)),
                "models": array(ref("GeminiModel")),
            },
            _NEXT_PAGE,
        ),
        "GeminiModelList": closed({"models": array(ref("GeminiModel"))}, _NEXT_PAGE),
        "CountTokensResponse": closed({"totalTokens": _ZERO}),
        "ErrorFields": _ERROR_FIELDS,
        "OpenAIError": closed({"error": ref("ErrorFields")}),
        "GeminiError": closed(_GEMINI_ERROR),
        "LateGeminiError": closed({**_GEMINI_ERROR, **_NO_PICTURE}),
        "MCPResult": closed({**_RPC, "id": _IDENTITY, "result": {"type": "object"}}),
        "MCPProgress": closed(
            {
                **_RPC,
                "method": const("notifications/progress"),
                "params": closed(
                    {"progressToken": _IDENTITY, "progress": INTEGER, "message": STRING}
                ),
            }
        ),
        "MCPError": closed(
            {
                **_RPC,
                "id": nullable(_IDENTITY),
                "error": closed({"code": INTEGER, "message": STRING}, {"data": {"type": "object"}}),
            }
        ),
        "Health": closed({"status": const("ok"), "version": STRING}, _ABOUT),
        **response_schemas(),
        **interaction_schemas(),
    }
