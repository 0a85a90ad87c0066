"""Words of JSON Schema, as a few functions.

In: schemas. Out: schemas that are put together. Nothing raises.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

Schema: TypeAlias = dict[str, Any]

STRING: Final[Schema] = {"type": "string"}
INTEGER: Final[Schema] = {"type": "integer"}
BASE64: Final[Schema] = {"type": "string", "contentEncoding": "base64"}


def ref(name: str) -> Schema:
    """A schema of the document, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def const(value: str | int) -> Schema:
    """One value. With its type, which tools that know no `const` can use."""
    return {"type": "string" if isinstance(value, str) else "integer", "const": value}


def enum(*values: str) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(values)}


def nullable(schema: Schema) -> Schema:
    """What may also be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def array(items: Schema, **limits: int) -> Schema:
    """A list."""
    return {"type": "array", "items": items, **limits}


def closed(required: Schema, optional: Schema | None = None) -> Schema:
    """An object with these fields and no other."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def described(schema: Schema, text: str) -> Schema:
    """A schema with words for people."""
    return {**schema, "description": text}


# What Easel tells by the first bytes of a picture.
MIME_TYPE: Final = enum("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
