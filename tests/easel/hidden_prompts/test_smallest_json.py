from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.hidden_prompts.smallest_json import smallest_json


def smallest(schema: dict[str, Any]) -> Any:
    return json.loads(smallest_json(schema, "A cat"))


def field(schema: Any, name: str = "x") -> Any:
    """The value of the one required property that has this schema."""
    return smallest({"type": "object", "properties": {name: schema}, "required": [name]})[name]


FIELDS: list[tuple[Any, Any]] = [
    ({"type": "string"}, ""),
    ({"type": "string", "minLength": 2}, "A cat"),
    ({"type": "string", "minLength": 7}, "A cat.."),
    ({"type": "string", "minLength": "many"}, ""),
    ({"type": "array"}, []),
    ({"type": "array", "items": {"type": "string"}}, []),
    ({"type": "array", "items": {"type": "string"}, "minItems": 2}, ["", ""]),
    ({"type": "array", "minItems": -1}, []),
    ({"type": "integer"}, 0),
    ({"type": "integer", "minimum": 3}, 3),
    ({"type": "number", "minimum": -2.5}, -2.5),
    ({"type": "number", "maximum": -2}, -2),
    ({"type": "number", "maximum": 2}, 0),
    ({"type": "number", "minimum": "low"}, 0),
    ({"type": "boolean"}, False),
    ({"type": "null"}, None),
    ({"type": ["string", "null"]}, ""),
    ({"type": []}, None),
    ({"type": "object"}, {}),
    ({"type": "object", "properties": {"y": {"type": "string"}}}, {}),
    ({"properties": {"y": {"const": 1}}, "required": ["y"]}, {"y": 1}),
    ({"enum": ["b", "a"]}, "b"),
    ({"enum": [], "type": "integer"}, 0),
    ({"const": [1]}, [1]),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 0),
    ({"oneOf": [{"type": "boolean"}]}, False),
    ({"allOf": [{"type": "array"}]}, []),
    ({"anyOf": [], "type": "string"}, ""),
    ({"anyOf": "x", "type": "string"}, ""),
    ({"$ref": "https://elsewhere.example/x", "type": "string"}, ""),
    ({"$ref": "#/$defs/Nobody"}, None),
    ({"$ref": "#/type/of/nothing"}, None),
    ({"$ref": 7}, None),
    ({}, None),
    (True, None),
    ("nonsense", None),
]


@pytest.mark.parametrize(("schema", "value"), FIELDS)
def test_a_field_gets_the_smallest_value_that_fits(schema: Any, value: Any) -> None:
    assert field(schema) == value


@pytest.mark.parametrize("name", ["title", "name", "chatTitle", "topic_name", "Title"])
def test_a_field_that_is_called_a_title_gets_one(name: str) -> None:
    assert field({"type": "string"}, name) == "A cat"


def test_a_title_in_the_midst_of_others_gets_one_too() -> None:
    titles = {"type": "array", "minItems": 1, "items": {"type": "string"}}
    assert field(titles, "title") == ["A cat"]


def test_only_what_is_required_is_there() -> None:
    properties = {"a": {"type": "string"}, "b": {"type": "string"}}
    assert smallest({"type": "object", "properties": properties, "required": ["b"]}) == {"b": ""}
    assert smallest({"type": "object", "properties": properties}) == {}


def test_a_definition_is_followed() -> None:
    schema = {
        "$ref": "#/$defs/Answer",
        "$defs": {
            "Answer": {
                "type": "object",
                "properties": {"n": {"$ref": "#/$defs/N"}},
                "required": ["n"],
            },
            "N": {"type": "integer", "minimum": 1},
        },
    }
    assert smallest(schema) == {"n": 1}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": "array"},
        {"type": "thing"},
        {"$ref": "#"},
        {"const": 1},
        {"properties": 1, "required": 2},
        {"type": "object", "required": [1, None, {}]},
        {"const": {"x": float("nan")}},
        {"const": {"x": {1, 2}}},
        {"enum": [None]},
    ],
    ids=str,
)
def test_what_is_no_schema_of_an_object_gets_an_empty_one(schema: dict[str, Any]) -> None:
    assert smallest_json(schema, "A cat") == "{}"


def test_a_schema_that_needs_itself_comes_to_an_end() -> None:
    names = [f"n{at}" for at in range(20)]
    node = {
        "type": "object",
        "properties": {name: {"$ref": "#"} for name in names},
        "required": names,
    }
    assert len(smallest_json(node, "A cat")) < 50_000


def test_a_list_of_lists_of_lists_comes_to_an_end() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(30):
        schema = {"type": "array", "minItems": 10**12, "items": schema}
    schema = {"type": "object", "properties": {"x": schema}, "required": ["x"]}
    assert len(smallest_json(schema, "A cat")) < 2_000_000


def test_half_a_character_in_a_schema_breaks_nothing() -> None:
    assert smallest_json({"type": "object", "required": ["\ud83d"]}, "A cat").encode()


LEAVES = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.builds(lambda least: {"type": "string", "minLength": least}, st.integers(0, 9)),
    st.builds(lambda least: {"type": "integer", "minimum": least}, st.integers()),
    st.builds(lambda most: {"type": "number", "maximum": most}, st.integers()),
    st.builds(lambda values: {"enum": values}, st.lists(st.text(), min_size=1, unique=True)),
    st.builds(lambda value: {"const": value}, st.text() | st.integers()),
)


def objects(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda properties, optional: {
            "type": "object",
            "properties": properties,
            "required": sorted(set(properties) - optional),
            "additionalProperties": False,
        },
        st.dictionaries(st.sampled_from(["title", "a", "b", "c"]), children, max_size=3),
        st.sets(st.sampled_from(["a", "b"])),
    )


SCHEMAS = st.recursive(
    LEAVES,
    lambda children: st.one_of(
        objects(children),
        st.builds(
            lambda items, least: {"type": "array", "items": items, "minItems": least},
            children,
            st.integers(0, 2),
        ),
        st.builds(lambda choices: {"anyOf": choices}, st.lists(children, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@given(objects(SCHEMAS))
def test_the_smallest_json_of_any_ordinary_schema_fits_it(schema: dict[str, Any]) -> None:
    jsonschema.validate(smallest(schema), schema, jsonschema.Draft202012Validator)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)
WORDS = ["type", "properties", "required", "items", "enum", "const", "anyOf", "$ref", "minItems"]


@given(
    st.dictionaries(st.sampled_from(WORDS), ANYTHING | st.sampled_from(["object", "array", "#"]))
)
def test_nonsense_gets_an_object_all_the_same(schema: dict[str, Any]) -> None:
    assert isinstance(smallest(schema), dict)


MARK = "easel:a-mark:"
LONG = "a long text " * 500


def whole(text: str) -> str:
    return LONG if text.startswith(MARK) else text


@pytest.mark.parametrize(
    "schema",
    [
        {"required": [f"{MARK}0"], "properties": {f"{MARK}1": {"type": "integer"}}},
        {"required": ["x"], "properties": {"x": {"const": f"{MARK}0"}}},
        {"required": ["x"], "properties": {"x": {"enum": [f"{MARK}0", "y"]}}},
        {"required": ["x"], "properties": {"x": {"const": [{f"{MARK}0": [f"{MARK}1"]}]}}},
    ],
)
def test_what_stands_for_a_long_text_never_shows(schema: dict[str, Any]) -> None:
    answer = smallest_json({"type": "object", **schema}, "A cat", whole)
    assert MARK not in answer
    assert LONG in answer


@pytest.mark.parametrize(
    "repeated",
    [
        {"const": "x" * 100_000},
        {"const": [0] * 100_000},
        {"const": {str(at): 0 for at in range(100_000)}},
        {"const": {"x" * 100_000: 0}},
        {"enum": [["x" * 1000] * 100]},
        {"required": ["x" * 100_000]},
        {"required": [str(at).rjust(1000) for at in range(500)]},
    ],
)
def test_what_a_schema_says_again_and_again_comes_to_an_end(repeated: dict[str, Any]) -> None:
    schema = {
        "required": ["x"],
        "properties": {
            "x": {
                "type": "array",
                "minItems": 500,
                "items": {"type": "object", **repeated},
            }
        },
    }
    looked: list[str] = []

    def look(text: str) -> str:
        looked.append(text)
        return text

    assert len(smallest_json({"type": "object", **schema}, "A cat", look)) < 1_000_000
    assert sum(map(len, looked)) < 200_000
