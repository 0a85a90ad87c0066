"""The tools of MCP, as they are described to a model.

In: what a deployment paints with. Out: their names, schemas and words; the list of models as the
result of a tool. A test holds the schemas against the models that read the arguments.
Source: MCP, "Tools", revisions 2025-03-26 to 2026-07-28; JSON Schema 2020-12.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from easel.dialects.dialect import Catalogue, Painter
from easel.images.request import MAX_PICTURES

_Schema: TypeAlias = dict[str, Any]

GENERATE: Final = "generate_image"
EDIT: Final = "edit_image"
LIST_MODELS: Final = "list_models"

INSTRUCTIONS: Final = (
    "Easel paints pictures with image services. A picture takes 20 to 140 seconds and is paid for, "
    "so do not repeat a call whose picture has come. Show a picture to the user with the markdown "
    "link of the result."
)

_STRING: Final[_Schema] = {"type": "string"}
_INTEGER: Final[_Schema] = {"type": "integer"}
_TEXTS: Final[_Schema] = {"type": "array", "items": _STRING}


def _words(schema: _Schema, words: str) -> _Schema:
    return {**schema, "description": words}


def _object(fields: _Schema, *required: str) -> _Schema:
    return {
        "type": "object",
        "properties": fields,
        "required": list(required),
        "additionalProperties": False,
    }


_PICTURE: Final = (
    "an https address (that of an earlier result too), a data: URL, or base64 of a JPEG, PNG, "
    "WebP, GIF or AVIF"
)

_OPTIONS: Final[_Schema] = {
    "aspect_ratio": _words(_STRING, "Such as 16:9. Legal ones depend on the model."),
    "size": _words(
        _STRING,
        "Pixels (1024x1024). A model paints its legal size that is nearest, and the result tells "
        "which. Leave out what the model's resolution or aspect_ratio says.",
    ),
    "resolution": _words(
        {"type": "string", "enum": ["1K", "2K", "4K"]}, "For models that have one."
    ),
    "n": _words(
        {"type": "integer", "minimum": 1, "maximum": MAX_PICTURES},
        "How many pictures; one where it is left out. Each is paid for.",
    ),
    "quality": _words(_STRING, "A word of the model's service, such as hd or high."),
    "style": _words(_STRING, "A word of the model's service, such as vivid or natural."),
    "background": _words(_STRING, "Of gpt-image-1 at GeekAI: transparent, opaque or auto."),
    "output_format": _words(_STRING, "Of GeekAI: png, jpg or webp."),
    "negative_prompt": _words(_STRING, "Of GeekAI: what not to paint."),
    "watermark": _words({"type": "boolean"}, "Whether the service marks the picture."),
    "output": _words(
        {"type": "string", "enum": ["image", "link"]},
        "What the result has beside data and a link: image puts the picture into it, link does "
        "not, since a picture costs context. Left out: the picture, unless it is so large that "
        "assistants refuse the result.",
    ),
}


_NOTE: Final = _object({"code": _STRING, "message": _STRING}, "code", "message")

_PAINTED: Final = _object(
    {
        "model": _STRING,
        "pictures": {
            "type": "array",
            "items": _object(
                {
                    "url": _words(_STRING, "Where the picture is, where the service says it."),
                    "size": _words(_STRING, "Width and height in pixels, as painted."),
                    "revised_prompt": _words(_STRING, "What the service made of the prompt."),
                    "content_filter": {
                        "type": "array",
                        "items": _object({"role": _STRING, "level": _INTEGER}, "role", "level"),
                    },
                }
            ),
        },
        "notes": _words(
            {"type": "array", "items": _NOTE}, "Why pictures are missing, or links alone."
        ),
    },
    "model",
    "pictures",
)

_LISTED: Final = _object(
    {
        "default_model": _STRING,
        "services": {
            "type": "array",
            "items": _object(
                {
                    "name": _STRING,
                    "models": _TEXTS,
                    "guide": _words(_STRING, "What they paint and what is legal."),
                    "edits": _words(
                        {"type": "boolean"}, "Whether some of them paint from pictures."
                    ),
                },
                "name",
                "models",
                "guide",
                "edits",
            ),
        },
    },
    "default_model",
    "services",
)

# It asks a service, which knows nothing of this machine, and each call paints something new.
_PAINTS: Final = {
    "readOnlyHint": False,
    "destructiveHint": False,
    "idempotentHint": False,
    "openWorldHint": True,
}
_READS: Final = {"readOnlyHint": True, "openWorldHint": False}


def _tool(  # noqa: PLR0913, PLR0917 - the parts of a tool
    name: str, title: str, words: str, takes: _Schema, gives: _Schema, hints: _Schema
) -> _Schema:
    return {
        "name": name,
        "title": title,
        "description": words,
        "inputSchema": takes,
        "outputSchema": gives,
        "annotations": {"title": title, **hints},
    }


# More would cost every conversation context; `list_models` has them all.
_MOST_NAMED: Final = 8


def _guide(painter: Painter) -> str:
    few = len(painter.models) <= _MOST_NAMED
    names = f" ({', '.join(painter.models)})" if few else ""
    return f"- {painter.display_name}{names}: {painter.guide}"


def _models(catalogue: Catalogue, painters: list[Painter]) -> _Schema:
    usual = catalogue.default_model
    names = " or ".join(f"{painter.name}/…" for painter in painters)
    return _words(
        _STRING, f"One of {LIST_MODELS}, or a model behind its service: {names}. Default: {usual}."
    )


def tools(catalogue: Catalogue) -> list[_Schema]:
    """The tools of a deployment; `edit_image` is there where a service paints from pictures."""
    painters = list(catalogue.painters)
    editors = [painter for painter in painters if painter.edits]
    found = [
        _tool(
            GENERATE,
            "Generate image",
            "Paints pictures from a text, and returns them with links. It takes 20 to 140 seconds "
            "and is paid for. The model chooses the service:\n" + "\n".join(map(_guide, painters)),
            _object(
                {
                    "prompt": _words(_STRING, "What to paint, in any language."),
                    "model": _models(catalogue, painters),
                    **_OPTIONS,
                },
                "prompt",
            ),
            _PAINTED,
            _PAINTS,
        )
    ]
    if editors:
        found.append(
            _tool(
                EDIT,
                "Edit image",
                "Paints a new picture from pictures and an instruction. It takes 20 to 140 seconds "
                "and is paid for. Services that can:\n" + "\n".join(map(_guide, editors)),
                _object(
                    {
                        "prompt": _words(_STRING, "What to change, in any language."),
                        "image": _words(
                            {"anyOf": [_STRING, {**_TEXTS, "minItems": 1}]},
                            f"What to paint from: {_PICTURE}; or several of them.",
                        ),
                        "mask": _words(
                            _STRING, f"Where to paint, for services that take a mask: {_PICTURE}."
                        ),
                        "strength": _words(
                            {"type": "number", "minimum": 0, "maximum": 1},
                            "Of GeekAI: how much of the picture stays.",
                        ),
                        "model": _models(catalogue, editors),
                        **_OPTIONS,
                    },
                    "prompt",
                    "image",
                ),
                _PAINTED,
                _PAINTS,
            )
        )
    words = "The models that can be asked here, by service, and what is legal. It costs nothing."
    found.append(_tool(LIST_MODELS, "List models", words, _object({}), _LISTED, _READS))
    return found


def listed(catalogue: Catalogue) -> dict[str, object]:
    """The result of `list_models`."""
    services = [
        {
            "name": painter.name,
            "models": list(painter.models),
            "guide": painter.guide,
            "edits": painter.edits,
        }
        for painter in catalogue.painters
    ]
    lines = [
        f"{painter.name} ({painter.display_name}): {', '.join(painter.models)}. {painter.guide}"
        for painter in catalogue.painters
    ]
    text = "\n".join([f"Default: {catalogue.default_model}", *lines])
    return {
        "content": [{"type": "text", "text": text}],
        "structuredContent": {"default_model": catalogue.default_model, "services": services},
        "isError": False,
    }
