"""Reading the bodies of requests, whatever the dialect.

In: JSON, or the parts of a form. Out: a validated model; `InvalidRequest` for the first error, with
its field as a path and in words that hold nothing of the body itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from easel.errors import BodyTooLarge, CallerError, InvalidRequest, Overloaded, RequestTooSlow
from easel.foreign_json import NotReadable, parse_json
from easel.images.blobs import NO_LONG_TEXTS, Blob, LongTexts


class BodyModel(BaseModel):
    """A part of a body. Unknown fields are tolerated unless a model says otherwise."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a multipart form: a text, or a file's content."""

    name: str
    text: str | None = field(default=None, repr=False)
    content: Blob | None = field(default=None, repr=False)


# What a chat says, without its pictures: more than any model would read.
MAX_TEXT_BYTES: Final = 4 * 1024 * 1024

# Tools and answers are described by schemas, which nest three levels for one of what they describe.
MAX_DEPTH: Final = 100

_LONGEST_NAME: Final = 200

_Model = TypeVar("_Model", bound=BodyModel)

# What pydantic says of Python's types, in the words of JSON.
_IN_JSON: Final = {
    "model_type": "Input should be an object",
    "dict_type": "Input should be an object",
    "list_type": "Input should be a valid array",
    "none_required": "Input should be null",
}

# What a field that may have one of several types is not.
_TYPES: Final = {
    "string_type": "a string",
    "list_type": "an array",
    "model_type": "an object",
    "dict_type": "an object",
}

# What pydantic adds to a path where a field may have one of several types.
_TYPE_STEPS = ("str", "list[any]", "list[str]", "int", "bool", "float")


def _path(location: Sequence[int | str], long_texts: LongTexts) -> str:
    """`("messages", 1, "content", "str")` as `messages[1].content`."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not path or step not in _TYPE_STEPS:
            # A name may be the caller's own, and as long as the body.
            name = long_texts.glance(step)[:_LONGEST_NAME]
            path += f".{name}" if path else name
    return path[:_LONGEST_NAME]


def _invalid(
    error: ValidationError, *at: int | str, long_texts: LongTexts = NO_LONG_TEXTS
) -> InvalidRequest:
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    found = _nearest(errors)
    param = _path((*at, *found["loc"]), long_texts)
    if found["type"] == "extra_forbidden":
        return InvalidRequest(
            f"{param}: unknown field. Remove it.", param=param, code="unknown_parameter"
        )
    several = [each for each in errors if _one_of_several(each, found)]
    why = _IN_JSON.get(found["type"], found["msg"])
    if len(several) > 1 and all(each["type"] in _TYPES for each in several):
        why = f"must be {' or '.join(_TYPES[each['type']] for each in several)}"
    return InvalidRequest(f"{param or 'The body'}: {why}.", param=param or None)


def _one_of_several(error: ErrorDetails, other: ErrorDetails) -> bool:
    """Whether two errors are of one field that may have one of several types."""
    *field, step = error["loc"] or ("",)
    return step in _TYPE_STEPS and field == list(other["loc"][:-1])


def _nearest(errors: Sequence[ErrorDetails]) -> ErrorDetails:
    """The first error; where it says that a field has another type, what is wrong inside that."""
    first = errors[0]
    if _one_of_several(first, first):
        *field, _ = first["loc"]
        inside = [each for each in errors if list(each["loc"][: len(field)]) == field]
        return max(inside, key=lambda each: len(each["loc"]))
    return first


def read_json(
    model: type[_Model], body: bytes, *at: str, long_texts: LongTexts = NO_LONG_TEXTS
) -> _Model:
    """A JSON body, or the one that `at` names; types are taken strictly. Raises InvalidRequest."""
    try:
        value = parse_json(body, max_bytes=MAX_TEXT_BYTES, max_depth=MAX_DEPTH)
    except NotReadable as error:
        what, param = (at[0], at[0]) if at else ("The body", None)
        raise InvalidRequest(f"{what} {error}.", code="invalid_json", param=param) from None
    return read_value(model, value, *at, long_texts=long_texts)


def read_value(
    model: type[_Model], value: object, *at: int | str, long_texts: LongTexts = NO_LONG_TEXTS
) -> _Model:
    """A part of a body, at the place that `at` names. Raises InvalidRequest."""
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        raise _invalid(error, *at, long_texts=long_texts) from None


def read_part(
    model: type[_Model], value: object, *at: int | str, long_texts: LongTexts = NO_LONG_TEXTS
) -> _Model:
    """The part of a body that stands at a path, which was read as it is. Raises InvalidRequest."""
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        raise _invalid(error, *at, long_texts=long_texts) from None


def read_texts(model: type[_Model], texts: Mapping[str, object]) -> _Model:
    """The texts of a form; numbers and booleans are read from text. Raises InvalidRequest."""
    try:
        return model.model_validate(texts)
    except ValidationError as error:
        raise _invalid(error) from None


# What a chat of a thousand turns has, with the schemas of a hundred tools. Each value costs some
# microseconds to look at, and no other request is served meanwhile.
MAX_VALUES: Final = 50_000

# All the fields that there are, with sixteen pictures; every part costs some microseconds too.
MAX_PARTS: Final = 64


# What an error of the platform means, by its name; `limit` is how many bytes a body may have.
_ERRORS: Final[dict[str, Callable[[int], CallerError]]] = {
    "TooLarge": lambda limit: BodyTooLarge(
        f"The request is larger than {limit} bytes. Send smaller pictures; in a chat, delete "
        "earlier ones or start a new chat."
    ),
    "TooMuchText": lambda _: BodyTooLarge(
        f"This chat has more than {MAX_TEXT_BYTES} bytes of text. Start a new chat."
    ),
    "TooManyValues": lambda _: BodyTooLarge(
        f"The body has more than {MAX_VALUES} values. If it is a chat, start a new one."
    ),
    "TooDeep": lambda _: InvalidRequest(
        f"The body is nested deeper than {MAX_DEPTH} levels.", code="invalid_json"
    ),
    "NotKept": lambda _: BodyTooLarge(
        "The last message is too large. Send fewer or smaller pictures."
    ),
    "TooManyParts": lambda _: InvalidRequest(
        f"The form has more than {MAX_PARTS} parts.", code="invalid_form"
    ),
    "SyntaxError": lambda _: InvalidRequest("The body is not valid JSON.", code="invalid_json"),
    "TypeError": lambda _: InvalidRequest(
        "The body is not a complete form. Send multipart/form-data.", code="invalid_form"
    ),
    "TimeoutError": lambda _: RequestTooSlow("The request body stopped arriving."),
    "NoRoom": lambda _: Overloaded(
        "Easel's memory is full of other uploads. Try again in a few seconds."
    ),
}


def body_error(error_name: str, limit: int) -> CallerError:
    """What a body that could not be read means, by the name of the platform's error.

    `limit` is how many bytes it may have.
    """
    make = _ERRORS.get(error_name)
    if make is None:
        return InvalidRequest("The request body ended early.", code="incomplete_body")
    return make(limit)
