"""The bodies that Easel takes, read off the very models that it reads them with.

In: nothing but those models. Out: JSON Schemas by name. What a model does not say is added here and
nowhere else: fields that must not be blank, Gemini's second spelling, and the files of a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from easel.dialects.gemini import _Body as GeminiBody
from easel.dialects.gemini_interactions import _Body as InteractionBody
from easel.dialects.gemini_interactions import _ImageFormat as InteractionImageFormat
from easel.dialects.mcp_batch import MOST_MESSAGES
from easel.dialects.mcp_message import BATCH_VERSION
from easel.dialects.openai_chat import _Body as ChatBody
from easel.dialects.openai_images import _Body as ImagesBody
from easel.dialects.openai_responses import _Body as ResponseBody
from easel.dialects.responses_tool import BESIDE
from easel.dialects.responses_tool import _Fields as PictureFields
from easel.dialects.responses_tool import _Tool as PictureTool
from tools.openapi.schema import Schema, array, const, described, nullable, ref

_SHAPE: Final = {
    "size": "Pixels (`1024x1024`), a ratio (`16:9`), a resolution (`2K`), or `auto`.",
    "aspect_ratio": "Such as `16:9`.",
    "resolution": "`1K`, `2K` or `4K`.",
}

# field → words for people, wherever a model has it. What a service cannot honour is a 400.
_WORDS: Final = {
    **_SHAPE,
    "model": "One of `GET /v1/models`, or any of a service behind its name: `geekai/<model>`.",
    "messages": (
        "The last turn of the user is painted. Of the others only the picture before counts, where "
        "`edit_previous` says so."
    ),
    "content": "A text, or parts: `text`, and `image_url` for pictures to paint from.",
    "stream": "Answer as server-sent events.",
    "input": "A text, or items. The last turn of the user is painted; all else is discarded.",
    "instructions": "Discarded, but for telling what a client asks by itself.",
    "tools": "`image_generation` shapes the picture. Others are tolerated and never called.",
    "action": "`edit` needs a picture in the input, and `generate` refuses one.",
    "input_image_mask": "Where to paint, as `image_url`.",
    "previous_response_id": "Easel keeps no responses: refused unless the items come along.",
    "conversation": "Must be null.",
    "store": "Can only be false.",
    "modalities": 'With `"image"` the picture comes in `images[]` of the message.',
    "image_config": "A shape, as OpenRouter spells it.",
    "image_size": "`1K`, `2K` or `4K`.",
    "prompt": "What to paint; for an edit, what to change. A variation takes none.",
    "n": "How many pictures; in a chat it can only be 1.",
    "response_format": (
        "Of pictures: `url`, which is meant where nothing is said, or `b64_json`. "
        "Of a chat: with `json_schema` the smallest JSON that fits, and no picture; else ignored. "
        "Of Gemini: what it says of pictures is refused; `imageConfig` is the place."
    ),
    "chat_picture": (
        "How the picture comes; without it the deployment's `CHAT_PICTURE`. Of Gemini: with `link` "
        "`fileData` instead of `inlineData`; nothing else changes it."
    ),
    "progress": (
        "`reasoning`: a stream tells how long it has been painting, as `reasoning_content`. "
        "Without it the deployment's `PROGRESS`."
    ),
    "edit_previous": (
        "Whether a turn without a picture edits the picture before, with a model that edits in "
        "conversations; without it the deployment's `EDIT_PREVIOUS`."
    ),
    "stream_options": "`include_usage` adds a chunk with a usage of zeros.",
    "quality": (
        "What the model's service has, such as `high` or `hd`. Where a model has not these words, "
        "`auto` and `standard` mean its own default."
    ),
    "style": "Zhaotou: `vivid` or `natural`. Elsewhere `vivid` means the model's own default.",
    "style_preset": "GeekAI: for Stable Image.",
    "background": "GeekAI: for gpt-image-1. Elsewhere `auto` means the model's own default.",
    "output_format": "GeekAI: `png`, `jpg` or `webp`.",
    "negative_prompt": "GeekAI: what not to paint.",
    "strength": "GeekAI: from 0 to 1, how much of the picture stays.",
    "watermark": "Whether the picture is marked; image.z.ai, BigModel and GeekAI.",
    "watermark_enabled": "BigModel's name for `watermark`.",
    "user_id": "BigModel: who asks, for its abuse checks.",
    "retries": "GeekAI: how often it tries again.",
    "system_instruction": "Discarded, but for telling what a client asks by itself.",
    "image": "What to paint from: an address, a `data:` URL or base64, or several of them.",
    "mask": "Where to paint, as a picture.",
    "async": "Answer at once with a `task_id`, which `GET /v1/images/{task_id}` is asked with.",
    "user": "Accepted without effect.",
    "safety_identifier": "Accepted without effect.",
    "moderation": "Can only be `auto`.",
    "output_compression": "Can only be 100.",
    "partial_images": "Accepted; none are sent, since the final picture is done first.",
    "extra_body": "GeekAI: settings of single models; what is not listed here goes out as it is.",
    "output_mime_type": "GeekAI: `image/png`, `image/jpeg` or `image/webp`.",
    "image_output_options": "`mimeType` says the same as `outputMimeType`.",
    "response_mime_type": "An `image/…` says the same as `imageConfig.outputMimeType`.",
    "contents": (
        "The last turn of the user is painted. Of the others only the picture before counts, where "
        "`editPrevious` says so."
    ),
    "contents.parts": "Texts, and pictures to paint from.",
    "candidate_count": "Can only be 1.",
    "response_modalities": "Must hold `IMAGE` where it is given.",
}

# The same for the Interactions API alone.
_INTERACTION_WORDS: Final = {
    "input": (
        "A text, content (`text`, `image`), or steps. The last turn of the user is painted; all "
        "else is discarded."
    ),
    "background": "Can only be false: the picture comes with the answer.",
    "store": "Can only be false: Easel keeps no interactions.",
    "response_mime_type": "An `image/…` says the same as `mime_type` of `response_format`.",
    "mime_type": "GeekAI: `image/png`, `image/jpeg` or `image/webp`.",
    "delivery": "`inline`, or `uri` for the address of the picture.",
    "response_modalities": "Must hold `image` where it is given.",
    "tools": "Accepted without effect.",
    "labels": "Accepted without effect.",
    "safety_settings": "Accepted without effect.",
    "service_tier": "Accepted without effect.",
}

_NOT_BLANK: Final[Schema] = {"minLength": 1, "pattern": "\\S"}

_FILE: Final[Schema] = {"type": "string", "format": "binary"}

IMAGE_TYPES: Final = "image/png, image/jpeg, image/webp, image/gif, image/avif"


def _tidy(value: Any, says: Mapping[str, str], name: str = "") -> Any:
    """A schema without pydantic's titles and `null` defaults, with words for people."""
    if isinstance(value, list):
        return [_tidy(item, says) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: (
            {field: _tidy(schema, says, field) for field, schema in item.items()}
            if key == "properties"
            else _tidy(item, says)
        )
        for key, item in value.items()
        if key != "title" and not (key == "default" and item in (None, "", []))
    }
    words = says.get(to_snake(name))
    return described(kept, words) if words else kept


def _named(
    name: str, model: type[BaseModel], says: Mapping[str, str] = _WORDS
) -> dict[str, Schema]:
    """A model as `name`, and the models inside it as `name` and their own."""
    schema = model.model_json_schema(ref_template=f"#/components/schemas/{name}{{model}}")
    inner = schema.pop("$defs", {})
    found = {name: schema, **{f"{name}{part}": inner[part] for part in inner}}
    return {key.replace("_", ""): _tidy(_plain_refs(schema), says) for key, schema in found.items()}


def _plain_refs(value: Any) -> Any:
    """References without the underscores of private names."""
    if isinstance(value, list):
        return [_plain_refs(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item.replace("_", "") if key == "$ref" else _plain_refs(item)
        for key, item in value.items()
    }


def _also_in_snake_case(schema: Schema) -> Schema:
    """Gemini's fields in both spellings, where the second would else be illegal.

    Elsewhere it is one of the fields that are not listed, and legal as those are.
    """
    fields: Schema = schema["properties"]
    required = [name for name in schema.get("required", ()) if to_snake(name) != name]
    both = required if schema.get("additionalProperties", True) else fields
    second = {
        to_snake(name): described(fields[name], f"The same as `{name}`.")
        for name in both
        if to_snake(name) != name
    }
    schema = {**schema, "properties": {**fields, **second}}
    if required:
        (name,) = schema.pop("required")
        schema["anyOf"] = [{"required": [name]}, {"required": [to_snake(name)]}]
    return schema


def _form(fields: Schema, *, prompt: bool) -> Schema:
    """The images API's fields as those of a form: texts, and files.

    A form knows no null; a picture may also be a text, as in JSON.
    """
    kept: Schema = {}
    for name, schema in fields.items():
        options = [each for each in schema.get("anyOf", [schema]) if each != {"type": "null"}]
        if options == [{"type": "null"}] or schema.get("type") == "null":
            continue
        words = {"description": schema["description"]} if "description" in schema else {}
        kept[name] = {**options[0], **words}
    images = described(array(_FILE, minItems=1), "Files, or what the JSON field may hold.")
    kept["image"] = images
    kept["image[]"] = described(images, "The same as `image`.")
    kept["mask"] = described(_FILE, _WORDS["mask"])
    if prompt:
        kept["prompt"] = {**kept["prompt"], **_NOT_BLANK}
    return {
        "type": "object",
        "properties": kept,
        "required": ["prompt"] if prompt else [],
        "anyOf": [{"required": ["image"]}, {"required": ["image[]"]}],
        "additionalProperties": False,
    }


def _response_schemas() -> dict[str, Schema]:
    """A request to the Responses API: fields of a picture stand in its tool, and most beside it."""
    found = _named("ResponseRequest", ResponseBody) | _named("ResponseTool", PictureTool)
    fields = _named("ResponsePicture", PictureFields)
    beside = fields.pop("ResponsePicture")["properties"]
    own = found["ResponseRequest"]["properties"]
    for name in sorted(BESIDE):
        own.setdefault(name, beside[name])
    other = {"type": "object", "properties": {"type": {"not": {"const": "image_generation"}}}}
    tool = {"anyOf": [{"$ref": "#/components/schemas/ResponseTool"}, other]}
    own["tools"] = described({"anyOf": [array(tool), {"type": "null"}]}, _WORDS["tools"])
    shown = found["ResponseTool"]["properties"]
    for name in ("image", "mask"):
        # They are refused by name: the input has pictures, and `input_image_mask` the mask.
        shown.pop(name)
    shown["type"] = {"const": "image_generation"}
    return found | fields


def _interaction() -> dict[str, Schema]:
    """What is asked of a picture stands in a field that may also speak of texts."""
    says = {**_WORDS, **_INTERACTION_WORDS}
    found = _named("InteractionRequest", InteractionBody, says)
    image = ref("InteractionImageFormat")
    found["InteractionRequest"]["properties"]["response_format"] = described(
        nullable({"anyOf": [image, array({"anyOf": [image, {"type": "object"}]})]}),
        "What picture is wanted; formats of texts may stand beside it.",
    )
    return {**found, **_named("InteractionImageFormat", InteractionImageFormat, says)}


# What is inside a message is a matter of its method and revision.
_MCP_MESSAGE: Final[Schema] = {
    "type": "object",
    "properties": {
        "jsonrpc": const("2.0"),
        "id": described(
            {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 200}]},
            "Left out in a notification.",
        ),
        "method": {"type": "string"},
        "params": nullable({"type": "object"}),
    },
    "required": ["jsonrpc", "method"],
}


_MCP_BATCH: Final = described(
    # What is no message is told in its place, and stops no other.
    array({}, minItems=1, maxItems=MOST_MESSAGES),
    f"A batch of messages, which only revision {BATCH_VERSION} has.",
)


def request_schemas() -> dict[str, Schema]:
    """All schemas of requests, by name."""
    chat = _named("ChatRequest", ChatBody)
    images = _named("ImagesRequest", ImagesBody)
    gemini = _named("GeminiRequest", GeminiBody)
    fields = images["ImagesRequest"]["properties"]
    edits, variations = _form(fields, prompt=True), _form(fields, prompt=False)
    del variations["required"], variations["properties"]["prompt"]
    fields["prompt"] |= _NOT_BLANK
    images["ImagesRequest"]["required"] = ["prompt"]
    body = gemini["GeminiRequest"]
    body["description"] = "Every field may also be spelled in snake_case."
    return {
        **chat,
        **images,
        **_response_schemas(),
        "EditForm": edits,
        "VariationForm": variations,
        "McpMessage": _MCP_MESSAGE,
        "McpBody": {"anyOf": [ref("McpMessage"), _MCP_BATCH]},
        **{name: _also_in_snake_case(schema) for name, schema in gemini.items()},
        **_interaction(),
    }
