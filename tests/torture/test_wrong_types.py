"""Bodies in which one value, wherever it stands, is another: every API answers it as its own error.

Each life goes up to its first call, on CPython; no answer may be a defect of Easel's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from easel.effects import ReadJson, Unseal
from easel.images.blobs import NO_LONG_TEXTS
from easel.life import Reply
from easel.outcomes import Failed, JsonBody
from tests.easel.life import Played, deployment, head, play
from tests.easel.mcp_messages import ACCEPT, call, message, modern, modern_headers
from tests.torture.figures import Figures

_PNG: Final = "iVBORw0KGgoAAAANSUhEUg=="
_DATA: Final = f"data:image/png;base64,{_PNG}"
_LINK: Final = "https://easel.example/pictures/" + "A" * 40

_ARGUMENTS: Final = {
    "prompt": "a cat",
    "model": "geekai/gpt-image-1",
    "n": 1,
    "aspect_ratio": "1:1",
    "output_format": "png",
    "watermark": True,
    "output": "image",
}
_EDIT: Final = {**_ARGUMENTS, "image": [_DATA, _LINK], "mask": _DATA, "strength": 0.5}

_RESPONSE: Final = {
    "model": "geekai/gpt-image-1",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "a cat"}]},
        {"type": "image_generation_call", "id": "ig_1", "result": _PNG},
        {"role": "assistant", "content": [{"type": "output_text", "text": f"![a]({_LINK})"}]},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "make it red"},
                {"type": "input_image", "image_url": _DATA},
            ],
        },
    ],
    "instructions": "paint",
    "tools": [
        {
            "type": "image_generation",
            "action": "edit",
            "size": "1024x1024",
            "quality": "high",
            "output_compression": 100,
            "input_image_mask": {"image_url": _DATA},
            "extra_body": {"a": [1]},
        },
        {"type": "function", "name": "f"},
    ],
    "text": {"format": {"type": "text"}},
    "previous_response_id": None,
    "store": False,
    "chat_picture": "link",
}
_INTERACTION: Final = {
    "model": "geekai/gpt-image-1",
    "input": [
        {"type": "user_input", "content": [{"type": "text", "text": "a cat"}]},
        {"type": "model_output", "content": [{"type": "image", "data": _PNG}]},
        {"role": "model", "content": f"![a]({_LINK})"},
        {
            "type": "user_input",
            "content": [{"type": "text", "text": "red"}, {"type": "image", "uri": _LINK}],
        },
    ],
    "system_instruction": "paint",
    "generation_config": {"image_config": {"aspect_ratio": "1:1"}, "candidate_count": 1},
    "response_format": [{"type": "image", "mime_type": "image/png", "delivery": "uri"}],
    "response_modalities": ["image"],
    "background": False,
    "agent": None,
}

_JSON: Final = {"content-type": "application/json", "accept": ACCEPT}

# What is asked, where, and with which headers.
_SEEDS: Final[dict[str, tuple[str, Mapping[str, str], Any]]] = {
    "a response": ("/v1/responses", {}, _RESPONSE),
    "an interaction": ("/v1beta/interactions", {}, _INTERACTION),
    "a tool of MCP": ("/mcp/geekai", _JSON, call("generate_image", "token", **_ARGUMENTS)),
    "an edit of MCP": ("/mcp/geekai", _JSON, call("edit_image", **_EDIT)),
    "the envelope of MCP": (
        "/mcp/geekai",
        {**_JSON, **modern_headers("tools/call", "list_models")},
        modern("tools/call", name="list_models", arguments={}),
    ),
    # The same without the headers that repeat it.
    "an envelope alone": ("/mcp/geekai", _JSON, modern("tools/list")),
    "a handshake": (
        "/mcp/geekai",
        _JSON,
        message("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}}),
    ),
    "a batch": (
        "/mcp/geekai",
        _JSON,
        [call("generate_image", **_ARGUMENTS), message("tools/list"), {"jsonrpc": "2.0"}],
    ),
}

# As they stand in a body.
_OTHERS: Final = (
    *("null", "true", "0", "-1", "1.5", "1e999", "-1e999", "NaN", "9" * 400),
    *('""', '" "', r'"\u0000"', '"https://[::1"', '"data:"', '"data:text/html;base64,PGI+"'),
    *(f'"{_LINK}"', '"' + "x" * 3000 + '"'),
    *("[]", "{}", "[null]", "[[]]", "[{}]", '["x"]', '{"a": 1}', '{"type": []}'),
    *('{"type": "image"}', '{"role": ["user"], "content": {}}', '{"url": {}}'),
)

_STANDS_IN: Final = "what stands in"


def _with_another(value: Any, stands_in: object) -> Iterator[Any]:
    """The value with `stands_in` in place of each of its parts, and of all of it."""
    yield stands_in
    if isinstance(value, dict):
        for name, part in value.items():
            for changed in _with_another(part, stands_in):
                yield {**value, name: changed}
    elif isinstance(value, list):
        for at, part in enumerate(value):
            for changed in _with_another(part, stands_in):
                yield [*value[:at], changed, *value[at + 1 :]]


def _lived(path: str, headers: Mapping[str, str], body: bytes) -> Played:
    life = play(
        head("POST", path, headers),
        deployment(variables={"LINK_SECRET": "a-secret-that-links-are-sealed-with"}),
    )
    assert life.jobs(ReadJson)
    life.tell(JsonBody(body, NO_LONG_TEXTS))
    while life.jobs(Unseal):
        life.tell(Failed("NotSealed"))
    return life


@pytest.mark.parametrize("seed", _SEEDS)
def test_no_value_of_another_type_is_a_defect(seed: str, figures: Figures) -> None:
    path, headers, value = _SEEDS[seed]
    count = 0
    for changed in _with_another(value, _STANDS_IN):
        text = json.dumps(changed)
        for other in _OTHERS:
            body = text.replace(f'"{_STANDS_IN}"', other).encode()
            end, count = _lived(path, headers, body).end, count + 1
            if isinstance(end, Reply):
                assert end.exception is None, body
                assert end.status < 500, body
    figures.count("Fuzzing", "values of another type", count)
    assert count > len(_OTHERS)
