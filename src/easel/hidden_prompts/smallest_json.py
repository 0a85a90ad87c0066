"""The smallest JSON that fits a JSON schema.

In: a schema, as a client sends one in `response_format`. Out: JSON with what is required and no
more; `{}` for what is no schema of an object. Nothing raises, however large, circular or absurd
the schema is: it stops at `_MAX_VALUES`, `_MAX_CHARACTERS` and `_MAX_DEPTH`, with nulls for the
rest. `pattern`, `format`, `multipleOf`, the exclusive limits and all of `allOf` but its first are
not supported, nor what is said of a property whose name has thousands of characters: no client is
known to ask for them in what is answered here.
Source: JSON Schema 2020-12, of which OpenAI's structured outputs are a part (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

# Far above what any client asks for; a schema of references to references could ask for 10^9.
_MAX_VALUES: Final = 500
_MAX_DEPTH: Final = 12
# Of its names and of what it says the value is; one such could be asked for again and again.
_MAX_CHARACTERS: Final = 64 * 1024

_TITLES: Final = ("title", "name")


@dataclass(slots=True)
class _Filling:
    """What counts all over a schema. `values` and `characters` are how many are still allowed."""

    root: Mapping[str, Any]
    title: str
    whole: Callable[[str], str]
    values: int = _MAX_VALUES
    characters: int = _MAX_CHARACTERS

    def allows(self, characters: int) -> bool:
        """Whether so many more are allowed; they are spent by then."""
        self.characters -= characters
        return self.characters >= 0

    def text(self, text: str) -> str | None:
        """A text of the schema as it was sent, or None where no more is allowed."""
        whole = self.whole(text) if self.characters >= 0 else ""
        return whole if self.allows(len(whole)) else None


def smallest_json(
    schema: Mapping[str, object], title: str, whole: Callable[[str], str] = str
) -> str:
    """The smallest object that fits; `title` goes into a field of that name.

    `whole` gives a name or a value of the schema as it was sent.
    """
    try:
        value = _value(schema, "", 0, _Filling(schema, title, whole))
        # In ASCII: a name or a `const` of the schema may hold half a character.
        return json.dumps(value if isinstance(value, dict) else {}, allow_nan=False)
    except (TypeError, ValueError, RecursionError):  # A `const` that no JSON can hold.
        return "{}"


def _pointed_at(reference: object, root: Mapping[str, Any]) -> Any:
    """What a `$ref` within the document names, `#/$defs/Name`; None for any other."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    found: Any = root
    for step in reference.split("/")[1:]:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _instead(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """The schema that this one only points at, or None."""
    if "$ref" in schema:
        return _pointed_at(schema["$ref"], root)
    for choice in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(choice), list) and schema[choice]:
            return schema[choice][0]
    return None


def _kind(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list) and kind:
        kind = kind[0]
    return kind or ("object" if "properties" in schema else None)


def _value(schema: object, name: str, depth: int, filling: _Filling) -> Any:
    """The smallest value of a schema; `name` is the property that it is for."""
    filling.values -= 1
    if filling.values < 0 or depth > _MAX_DEPTH or not isinstance(schema, Mapping):
        return None
    if "const" in schema:
        return _own_value(schema["const"], filling)
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return _own_value(schema["enum"][0], filling)
    if (instead := _instead(schema, filling.root)) is not None:
        return _value(instead, name, depth + 1, filling)
    match _kind(schema):
        case "object":
            return _object(schema, depth, filling)
        case "array":
            least = min(_whole(schema.get("minItems")), _MAX_VALUES)
            return [_value(schema.get("items"), name, depth + 1, filling) for _ in range(least)]
        case "string":
            return _text(schema, name, filling.title)
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return False
    return None


def _own_value(value: Any, filling: _Filling) -> Any:
    """A value that the schema itself holds."""
    if isinstance(value, str):
        return filling.text(value)
    if isinstance(value, list) and filling.allows(len(value)):
        return [_own_value(item, filling) for item in value]
    if isinstance(value, dict) and filling.allows(len(value)):
        return {filling.text(name): _own_value(item, filling) for name, item in value.items()}
    return None if isinstance(value, list | dict) else value


def _object(schema: Mapping[str, Any], depth: int, filling: _Filling) -> dict[str, Any]:
    properties, required = schema.get("properties"), schema.get("required")
    known = properties if isinstance(properties, Mapping) else {}
    names = required if isinstance(required, list) else []
    filled: dict[str, Any] = {}
    for name in names[:_MAX_VALUES]:
        if isinstance(name, str) and (whole := filling.text(name)) is not None:
            filled[whole] = _value(known.get(name), whole, depth + 1, filling)
    return filled


def _text(schema: Mapping[str, Any], name: str, title: str) -> str:
    least = min(_whole(schema.get("minLength")), _MAX_VALUES)
    text = title if least or name.lower().endswith(_TITLES) else ""
    return text.ljust(least, ".")


def _number(schema: Mapping[str, Any]) -> int | float:
    minimum, maximum = schema.get("minimum"), schema.get("maximum")
    if isinstance(minimum, int | float):
        return minimum
    return maximum if isinstance(maximum, int | float) and maximum < 0 else 0


def _whole(number: object) -> int:
    return number if isinstance(number, int) and number > 0 else 0
