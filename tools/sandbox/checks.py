"""How strict a service is: what a request must be to be painted, and what is wrong with it if not.

In: a request, and a table with a rule for each field that the service's document has. Out: the
fields. `Unfit` for anything that the document does not allow.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tools.sandbox.faults import Fault, Faults, faults_in

# Any other token is as good as the next.
REJECTED_TOKEN: Final = "invalid"


class Unfit(Exception):
    """A request that Easel should not have sent.

    `field` is the header or field that is wrong, `answer` the name of the recorded answer to it.
    """

    def __init__(self, field: str, message: str, answer: str = "invalid") -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field may hold, and how to say it."""

    holds: Callable[[Any], bool]
    expected: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form."""

    filename: str
    content: bytes


def one_of(*words: str) -> Rule:
    """Exactly one of these."""
    return Rule(lambda value: value in words, f"one of {', '.join(words)}")


def whole(least: int, most: int | None = None) -> Rule:
    """A whole number within limits; `true` is none."""
    limit = "or more" if most is None else f"to {most}"
    return Rule(
        lambda value: type(value) is int and least <= value <= (value if most is None else most),
        f"a whole number, {least} {limit}",
    )


def is_picture(content: bytes) -> bool:
    """Whether it opens."""
    try:
        Image.open(io.BytesIO(content)).load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


TEXT: Final = Rule(lambda value: isinstance(value, str) and bool(value.strip()), "a text")
BOOLEAN: Final = Rule(lambda value: isinstance(value, bool), "true or false")
PICTURE_FILE: Final = Rule(
    lambda value: isinstance(value, Upload) and is_picture(value.content),
    "a file that opens as a picture",
)


def check_fields(
    body: Mapping[str, object], rules: Mapping[str, Rule], required: Collection[str]
) -> None:
    """Raises Unfit for the first field that is missing, unknown, or not as its rule says."""
    for field in required:
        if field not in body:
            raise Unfit(field, "is required")
    for field, value in body.items():
        if field not in rules:
            raise Unfit(field, f"is not in the document, which has {', '.join(rules)}")
        if not rules[field].holds(value):
            raise Unfit(field, f"expected {rules[field].expected}")


def check_headers(request: Request, *others: str) -> None:
    """Raises Unfit for what belongs to image.z.ai, and for `others`."""
    for header in ("cookie", "origin", "referer", *others):
        if header in request.headers:
            raise Unfit(f"header {header}", "not expected")


def bearer(request: Request) -> str | None:
    """The token of the Authorization header; None without one, and for one that is rejected."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" and token not in ("", REJECTED_TOKEN) else None


def _expect_media_type(request: Request, media_type: str) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip() != media_type:
        raise Unfit("header content-type", f"expected {media_type}")


async def read_json(
    request: Request, rules: Mapping[str, Rule], required: Collection[str]
) -> dict[str, Any]:
    """The fields of a JSON body. Raises Unfit."""
    _expect_media_type(request, "application/json")
    try:
        body = await request.json()
    except ValueError:
        raise Unfit("body", "expected JSON") from None
    if not isinstance(body, dict):
        raise Unfit("body", "expected an object")
    check_fields(body, rules, required)
    return body


async def read_form(
    request: Request, rules: Mapping[str, Rule], required: Collection[str]
) -> dict[str, Any]:
    """The fields of a multipart body: each a text or an `Upload`. Raises Unfit."""
    _expect_media_type(request, "multipart/form-data")
    body: dict[str, str | Upload] = {}
    try:
        async with request.form() as form:
            for name, value in form.multi_items():
                if name in body:
                    raise Unfit(name, "expected once")
                body[name] = (
                    Upload(value.filename or "", await value.read())
                    if isinstance(value, UploadFile)
                    else value
                )
    except HTTPException as error:
        raise Unfit("body", f"expected a form: {error.detail}") from None
    check_fields(body, rules, required)
    return body


def read_faults(prompt: str, possible: Collection[Fault]) -> Faults:
    """The faults that a prompt asks for. Raises Unfit for one that this service does not have."""
    try:
        faults = faults_in(prompt)
    except ValueError as error:
        raise Unfit("prompt", str(error)) from None
    for fault in faults:
        if fault not in possible:
            raise Unfit("prompt", f"the sandbox has no {fault} for this request")
    return faults
