"""What Easel answers in OpenAI's Responses API: a response, and the events of a stream.

Out: JSON Schemas by name, exactly these fields and no other, as in `answers`.
"""

from __future__ import annotations

from typing import Final

from tools.openapi.schema import (
    INTEGER,
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
_NULL: Final[Schema] = {"type": "null"}
_BASE64: Final = {"type": "string", "contentEncoding": "base64"}
_NO_LOGPROBS: Final = array({}, maxItems=0)

_ID: Final = "_[0-9a-f]{32}"
_CALL_ID: Final = {"type": "string", "pattern": f"^ig{_ID}_[0-9]+$"}
_MESSAGE_ID: Final = {"type": "string", "pattern": f"^msg{_ID}$"}

_PART: Final = closed(
    {
        "type": const("output_text"),
        "annotations": array({}, maxItems=0),
        "logprobs": _NO_LOGPROBS,
        "text": described(STRING, "Markdown links to the pictures, what is missing, or a title."),
    }
)

_MESSAGE: Final = closed(
    {
        "id": _MESSAGE_ID,
        "type": const("message"),
        "status": enum("in_progress", "completed"),
        "role": const("assistant"),
        "content": array(_PART, maxItems=1),
    }
)

_NOT_REPEATED: Final = closed(
    {
        "type": const("server_error"),
        "code": const("picture_not_repeated"),
        "message": STRING,
        "param": _NULL,
    }
)

_CALL: Final = closed(
    {
        "id": _CALL_ID,
        "type": const("image_generation_call"),
        "status": enum("in_progress", "completed", "failed"),
        "result": described(
            nullable(_BASE64), "The picture; null where it is not there yet, or not repeated."
        ),
    },
    {
        "output_format": enum("png", "webp", "jpeg", "gif"),
        "size": described(STRING, "What was painted, in pixels."),
        "revised_prompt": described(STRING, "What the service made of the prompt."),
        "error": described(
            _NOT_REPEATED, "Only in `response.completed`: the picture is in the events before."
        ),
    },
)

_USAGE: Final = described(
    closed(
        {
            "input_tokens": _ZERO,
            "input_tokens_details": closed({"cached_tokens": _ZERO, "cache_write_tokens": _ZERO}),
            "output_tokens": _ZERO,
            "output_tokens_details": closed({"reasoning_tokens": _ZERO}),
            "total_tokens": _ZERO,
        }
    ),
    "Zeros: the services tell none.",
)

_ERROR: Final = closed(
    {
        "message": STRING,
        "type": STRING,
        "param": nullable(STRING),
        "code": described(
            enum(
                "server_error",
                "rate_limit_exceeded",
                "invalid_prompt",
                "image_content_policy_violation",
            ),
            "One of OpenAI's. Easel's own is in `easel`.",
        ),
    }
)

_FAILED: Final = described(
    closed({"error": ref("ErrorFields")}), "Why there is no picture, with Easel's own code."
)

_RESPONSE: Final = closed(
    {
        "id": {"type": "string", "pattern": f"^resp{_ID}$"},
        "object": const("response"),
        "created_at": INTEGER,
        "status": enum("in_progress", "completed", "failed"),
        "error": nullable(_ERROR),
        "model": described(STRING, "Spelled as asked."),
        "background": {"const": False},
        "incomplete_details": _NULL,
        "instructions": _NULL,
        "metadata": closed({}),
        "parallel_tool_calls": {"const": True},
        "previous_response_id": _NULL,
        "store": described({"const": False}, "Easel keeps no responses."),
        "temperature": _NULL,
        "text": closed({"format": closed({"type": const("text")})}),
        "tool_choice": const("auto"),
        "tools": array(closed({"type": const("image_generation")}), minItems=1, maxItems=1),
        "top_p": _NULL,
        "output": described(
            array({"anyOf": [_CALL, _MESSAGE]}),
            "A call for each picture, then a message with their links.",
        ),
        "usage": nullable(_USAGE),
    },
    {"easel": {"anyOf": [ref("Easel"), _FAILED]}},
)

_OF_CALL: Final = {"output_index": INTEGER, "item_id": _CALL_ID}
_OF_PART: Final = {"item_id": _MESSAGE_ID, "output_index": INTEGER, "content_index": _ZERO}
_ITEM: Final = {"output_index": INTEGER, "item": {"anyOf": [_CALL, _MESSAGE]}}
_LIFE: Final = {"response": ref("Response")}

# The fields of events beside their type and number, by what the type ends with.
_EVENTS: Final[dict[str, Schema]] = {
    "created": _LIFE,
    "in_progress": _LIFE,
    "output_item.added": _ITEM,
    "image_generation_call.in_progress": _OF_CALL,
    "image_generation_call.generating": _OF_CALL,
    "image_generation_call.completed": _OF_CALL,
    "output_item.done": _ITEM,
    "content_part.added": {**_OF_PART, "part": _PART},
    "output_text.delta": {**_OF_PART, "delta": STRING, "logprobs": _NO_LOGPROBS},
    "output_text.done": {**_OF_PART, "text": STRING, "logprobs": _NO_LOGPROBS},
    "content_part.done": {**_OF_PART, "part": _PART},
    "completed": _LIFE,
    "failed": _LIFE,
}

EVENT_NAMES: Final = tuple(f"response.{name}" for name in _EVENTS)


def response_schemas() -> dict[str, Schema]:
    """The schemas of a response and its events, by name."""
    events = [
        closed({"type": const(f"response.{name}"), "sequence_number": INTEGER, **fields})
        for name, fields in _EVENTS.items()
    ]
    return {"Response": _RESPONSE, "ResponseEvent": {"anyOf": events}}
