from __future__ import annotations

import json
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, Field

from easel.dialects.body import BodyModel, FormField, body_error, read_json, read_texts
from easel.errors import InvalidRequest
from easel.images.blobs import blob


class Part(BodyModel):
    text: str


class Body(BodyModel):
    name: str
    n: Annotated[int, Field(ge=1, le=10)] | None = None
    strength: float | None = None
    stream: bool | None = None
    kind: Literal["url", "b64_json"] | None = None
    image: str | list[str] | None = None
    parts: list[Part] = []
    asynchronous: Annotated[bool | None, Field(alias="async")] = None


class Strict(Body):
    model_config = ConfigDict(extra="forbid")


def refusal(body: bytes, model: type[Body] = Body) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        read_json(model, body)
    assert caught.value.status == 400
    return caught.value


def test_a_json_body_is_read() -> None:
    body = b'{"name": "x", "n": 3, "strength": 1, "image": ["a"], "async": true, "odd": 1}'
    read = read_json(Body, body)
    assert (read.name, read.n, read.strength, read.image) == ("x", 3, 1.0, ["a"])
    assert read.asynchronous is True


def test_the_texts_of_a_form_are_read_as_numbers_and_booleans() -> None:
    texts = {"name": "x", "n": "3", "strength": "0.5", "stream": "true", "async": "false"}
    read = read_texts(Body, texts)
    assert (read.name, read.n, read.strength) == ("x", 3, 0.5)
    assert (read.stream, read.asynchronous) == (True, False)


@pytest.mark.parametrize(
    ("body", "code", "param", "told"),
    [
        (b"", "invalid_json", None, "not JSON"),
        (b"{", "invalid_json", None, "line 1 column 1"),
        (b'{"name": "secret" "n": 1}', "invalid_json", None, "line 1 column 19"),
        (b"\xff\xfe", "invalid_json", None, "not JSON"),
        (b"[]", "invalid_request", None, "The body: Input should be an object"),
        (b"{}", "invalid_request", "name", "name: Field required."),
        (b'{"name": 7}', "invalid_request", "name", "valid string"),
        (b'{"name": "x", "n": "3"}', "invalid_request", "n", "valid integer"),
        (b'{"name": "x", "n": 0}', "invalid_request", "n", "greater than or equal to 1"),
        (b'{"name": "x", "n": 11}', "invalid_request", "n", "less than or equal to 10"),
        (b'{"name": "x", "stream": "secret"}', "invalid_request", "stream", "boolean"),
        (b'{"name": "x", "kind": "secret"}', "invalid_request", "kind", "'url' or 'b64_json'"),
        (b'{"name": "x", "parts": [{"text": "a"}, {}]}', "invalid_request", "parts[1].text",
         "parts[1].text: Field required."),
        (b'{"name": "x", "image": ["a", 1]}', "invalid_request", "image[1]", "valid string"),
        (b'{"name": "x", "image": 1}', "invalid_request", "image", "must be a string or an array."),
        (b'{"name": "x", "async": 1}', "invalid_request", "async", "boolean"),
    ],
)  # fmt: skip
def test_the_first_fault_is_told_by_its_field_and_without_the_body(
    body: bytes, code: str, param: str | None, told: str
) -> None:
    error = refusal(body)
    assert (error.code, error.param, told in error.message) == (code, param, True), error.message
    assert "secret" not in error.message


@pytest.mark.parametrize("name", ["odd", "secret.path", "str", "int", "list[str]", "bool"])
def test_an_unknown_field_is_told_by_its_name_where_it_is_not_tolerated(name: str) -> None:
    error = refusal(json.dumps({"name": "x", name: 1}).encode(), Strict)
    expected = (name, "unknown_parameter", f"{name}: unknown field. Remove it.")
    assert (error.param, error.code, error.message) == expected


def test_the_texts_of_a_form_fail_by_their_field_and_without_their_text() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_texts(Strict, {"name": "x", "n": "secret"})
    assert caught.value.param == "n"
    assert "secret" not in caught.value.message
    with pytest.raises(InvalidRequest) as caught:
        read_texts(Strict, {"name": "x", "odd": "secret"})
    assert (caught.value.param, caught.value.code) == ("odd", "unknown_parameter")
    assert "secret" not in caught.value.message


def test_the_cause_of_a_refusal_is_not_carried_along() -> None:
    error = refusal(b'{"name": "x", "n": "secret"}')
    assert error.__cause__ is None
    assert error.__suppress_context__


@given(st.binary())
def test_no_bytes_break_the_reading(body: bytes) -> None:
    assert refusal(body).code in ("invalid_json", "invalid_request")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["name", *Body.model_fields]), JSON))
def test_no_json_breaks_the_reading(body: dict[str, object]) -> None:
    try:
        read = read_json(Body, json.dumps(body).encode())
    except InvalidRequest:
        return
    assert read.name == body["name"]


def test_what_a_form_holds_does_not_show_in_a_repr() -> None:
    fields = [FormField("prompt", "secret"), FormField("image", content=blob(b"secret"))]
    assert "secret" not in repr(fields)


@pytest.mark.parametrize(
    ("error_name", "status", "code"),
    [
        ("TooLarge", 413, "request_too_large"),
        ("TooMuchText", 413, "request_too_large"),
        ("NotKept", 413, "request_too_large"),
        ("TooManyValues", 413, "request_too_large"),
        ("TooDeep", 400, "invalid_json"),
        ("TooManyParts", 400, "invalid_form"),
        ("NoRoom", 429, "overloaded"),
        ("TimeoutError", 408, "request_timeout"),
        ("SyntaxError", 400, "invalid_json"),
        ("TypeError", 400, "invalid_form"),
        ("AbortError", 400, "incomplete_body"),
        ("", 400, "incomplete_body"),
    ],
)
def test_a_body_that_could_not_be_read_is_told_by_why(
    error_name: str, status: int, code: str
) -> None:
    error = body_error(error_name, 1000)
    assert (error.status, error.code) == (status, code)
    assert ("1000" in error.message) == (error_name == "TooLarge")
