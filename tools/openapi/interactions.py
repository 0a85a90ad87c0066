"""What Easel answers at the paths of Gemini's Interactions API: exactly these fields, and no other.

Out: JSON Schemas by name, and the payloads of a stream's events.
"""

from __future__ import annotations

from typing import Final

from tools.openapi.schema import (
    BASE64,
    MIME_TYPE,
    STRING,
    Schema,
    array,
    closed,
    const,
    described,
    ref,
)

_ZERO: Final = const(0)
_STAMP: Final = {
    "id": described(STRING, "Nothing can be asked with it: Easel keeps no interactions."),
    "model": described(STRING, "Spelled as asked."),
    "created": {"type": "string", "format": "date-time"},
    "updated": {"type": "string", "format": "date-time"},
}
_USAGE: Final = described(
    closed({"total_input_tokens": _ZERO, "total_output_tokens": _ZERO, "total_tokens": _ZERO}),
    "Zeros: the services tell none.",
)
_EASEL: Final = {"easel": ref("Easel")}
_OBJECT: Final = {"object": const("interaction")}

_CONTENT: Final = {
    "anyOf": [
        closed({"type": const("image"), "mime_type": MIME_TYPE, "data": BASE64}),
        described(
            closed({"type": const("image"), "uri": STRING}),
            "Where `delivery` is `uri`.",
        ),
        described(closed({"type": const("text"), "text": STRING}), "What is missing, or a title."),
    ]
}


def _steps(content: Schema) -> Schema:
    step = closed({"type": const("model_output"), "content": array(content, minItems=1)})
    return array(step, minItems=1, maxItems=1)


_ERROR_FIELDS: Final = closed(
    {
        "code": described(STRING, "One of Google's words."),
        "message": STRING,
        "details": array(
            closed(
                {
                    "@type": const("type.googleapis.com/google.rpc.ErrorInfo"),
                    "reason": described(STRING, "Easel's own code."),
                    "domain": const("easel"),
                    "metadata": described(
                        closed({}, {"param": STRING, "status": STRING}),
                        "The field at fault, and the status elsewhere if it is another.",
                    ),
                }
            ),
            minItems=1,
            maxItems=1,
        ),
    }
)

_FAILED: Final = closed(
    {
        **_STAMP,
        "status": const("failed"),
        "errors": array(ref("InteractionErrorFields"), minItems=1, maxItems=1),
        "steps": described(
            _steps(closed({"type": const("text"), "text": STRING})),
            "The same for clients that look at nothing else, the status being 200.",
        ),
        "usage": _USAGE,
    }
)


def _event(kind: str, members: Schema) -> Schema:
    return closed({"event_type": const(kind), **members})


_AT_WORK: Final = const("in_progress")
_INDEX: Final = {"index": _ZERO}

EVENTS: Final[dict[str, Schema]] = {
    "interaction.created": _event(
        "interaction.created", {"interaction": closed({**_STAMP, **_OBJECT, "status": _AT_WORK})}
    ),
    "interaction.status_update": _event(
        "interaction.status_update", {"interaction_id": STRING, "status": _AT_WORK}
    ),
    "step.start": _event("step.start", {**_INDEX, "step": closed({"type": const("model_output")})}),
    "step.delta": _event("step.delta", {**_INDEX, "delta": _CONTENT}),
    "step.stop": _event("step.stop", _INDEX),
    "interaction.completed": _event(
        "interaction.completed",
        {
            "interaction": closed(
                {**_STAMP, **_OBJECT, "status": const("completed"), "usage": _USAGE}, _EASEL
            )
        },
    ),
    "error": _event("error", {"error": ref("InteractionErrorFields")}),
}

EVENT_NAMES: Final = (*EVENTS, "done")


def interaction_schemas() -> dict[str, Schema]:
    """All schemas of these answers, by name."""
    return {
        "Interaction": closed(
            {**_STAMP, "status": const("completed"), "steps": _steps(_CONTENT), "usage": _USAGE},
            _EASEL,
        ),
        "FailedInteraction": _FAILED,
        "InteractionEvent": {"anyOf": list(EVENTS.values())},
        "InteractionErrorFields": _ERROR_FIELDS,
        "GeminiInteractionsError": closed({"error": ref("InteractionErrorFields")}),
    }
