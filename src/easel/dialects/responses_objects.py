"""The objects of OpenAI's Responses API, as JSON in pieces, between which base64 goes.

In: what is known of an answer and its pictures. Out: texts of JSON on one line. Nothing raises.
Source: OpenAI's API reference, "Responses", and the types of openai 3.52, read 2026-11.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from easel.dialects.encoder import Opened, Stamp, easel_member
from easel.dialects.openai_errors import error_fields
from easel.errors import EaselError, InvalidRequest
from easel.images.result import ImageResult

# Zeros: the services tell no usage, and clients read the fields unasked.
NO_USAGE: Final = json.dumps(
    {
        "input_tokens": 0,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 0,
    }
)

# What a response tells of its request. Clients in strict languages need the members, which older
# references call required; Easel echoes no prompt and keeps no answer.
_SAME: Final = json.dumps(
    {
        "background": False,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "store": False,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [{"type": "image_generation"}],
        "top_p": None,
    }
)[1:-1]

# The API's words for a format. It has none for AVIF.
_FORMATS: Final = {f"image/{name}": name for name in ("png", "webp", "jpeg", "gif")}


@dataclass(frozen=True, slots=True)
class ResponseObject:
    """One response; `model` is spelled as asked."""

    model: str
    stamp: Stamp

    @property
    def message_id(self) -> str:
        return f"msg_{self.stamp.id}"

    def call_id(self, index: int) -> str:
        """The id of the call that painted a picture; `index` counts from 0."""
        return f"ig_{self.stamp.id}_{index}"

    def start(self, status: str, error: str = "null") -> str:
        """Up to the first item of its output."""
        return (
            f'{{"id": "resp_{self.stamp.id}", "object": "response", '
            f'"created_at": {self.stamp.created}, "status": "{status}", "error": {error}, '
            f'"model": {json.dumps(self.model)}, {_SAME}, "output": ['
        )

    def begun(self) -> str:
        """All of it while it is being made."""
        return self.start("in_progress") + '], "usage": null}'

    def end(self, result: ImageResult | None) -> str:
        """What follows the last item."""
        known = easel_member(result.pictures) if result else ""
        return f'], "usage": {NO_USAGE}{known}}}'

    def failed(self, error: EaselError, output: str = "") -> str:
        """All of it where nothing was painted."""
        told = json.dumps(error_fields(error))
        start = self.start("failed", json.dumps(_response_error(error)))
        return f'{start}{output}], "usage": null, "easel": {{"error": {told}}}}}'

    def call(self, index: int, status: str, rest: str = "") -> str:
        """A call without a picture: it is not there yet, or cannot be written."""
        start = f'{{"id": "{self.call_id(index)}", "type": "image_generation_call"'
        return f'{start}, "status": "{status}", "result": null{rest}}}'

    def call_around(self, index: int, opened: Opened) -> tuple[str, str]:
        """A call with its picture: what comes before and after the base64."""
        head = (
            f'{{"id": "{self.call_id(index)}", "type": "image_generation_call", '
            f'"status": "completed"{_format(opened)}, "result": "'
        )
        return head, f'"{_facts(opened)}}}'

    def message(self, text: str | None) -> str:
        """The message beside the pictures; None while it is being made."""
        content = "" if text is None else part(text)
        status = "in_progress" if text is None else "completed"
        return (
            f'{{"id": "{self.message_id}", "type": "message", "status": "{status}", '
            f'"role": "assistant", "content": [{content}]}}'
        )


def part(text: str) -> str:
    """The one part of a message."""
    return (
        f'{{"type": "output_text", "annotations": [], "logprobs": [], "text": {json.dumps(text)}}}'
    )


# Whichever service says so.
_CONTENT_POLICY: Final = "content_policy_violation"

# What stands in a call whose picture was in the stream before, and is written only there.
NOT_REPEATED: Final = ', "error": ' + json.dumps(
    {
        "type": "server_error",
        "code": "picture_not_repeated",
        "message": (
            "The picture is in response.output_item.done of this stream. It is too large to be "
            "sent twice. Ask without stream to have it here."
        ),
        "param": None,
    }
)


def _format(opened: Opened) -> str:
    found = _FORMATS.get(opened.mime_type)
    return f', "output_format": "{found}"' if found else ""


def _facts(opened: Opened) -> str:
    size = f', "size": "{opened.size}"' if opened.size else ""
    revised = opened.picture.revised_prompt
    return size + (f', "revised_prompt": {json.dumps(revised)}' if revised else "")


def _response_error(error: EaselError) -> dict[str, str | None]:
    """An error of a response, whose codes are a closed list: Easel's own stands in `easel`."""
    return {**error_fields(error), "code": _code(error)}


def _code(error: EaselError) -> str:
    if error.code == _CONTENT_POLICY:
        return "image_content_policy_violation"
    if error.status == 429:
        return "rate_limit_exceeded"
    return "invalid_prompt" if error.kind == InvalidRequest.kind else "server_error"
