"""The document that Easel publishes is what its code says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator

from easel import errors
from easel.dialects.gemini_interactions_errors import CODES, GEMINI_INTERACTIONS
from easel.errors import EaselError
from easel.routing import OPERATIONS
from tools.openapi.document import TARGET, document, text
from tools.openapi.errors import ERRORS, INTERACTIONS_ERRORS
from tools.openapi.operations import WORDS
from tools.runtime.workerd import PROJECT

DOCUMENT = document()


def references(value: Any) -> Iterator[str]:
    """All references in a part of the document."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_what_is_served_is_what_the_code_says() -> None:
    assert TARGET.read_text("utf-8") == text(), "run `make openapi`"


def test_its_paths_and_methods_are_those_of_the_routing() -> None:
    served = {(path, method.upper()) for path, of in DOCUMENT["paths"].items() for method in of}
    assert {(re.sub(r"\{\w+\}", "{}", path), method) for path, method in served} == {
        (operation.path, operation.method) for operation in OPERATIONS
    }
    assert len(served) == len(OPERATIONS)
    assert WORDS.keys() == {operation.name for operation in OPERATIONS}


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(DOCUMENT).validate()
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_it_names_no_host() -> None:
    assert DOCUMENT["servers"] == [{"url": "/"}]


def test_every_operation_has_an_id_of_its_own() -> None:
    found = [
        operation["operationId"] for of in DOCUMENT["paths"].values() for operation in of.values()
    ]
    assert len(found) == len(set(found))


def test_every_component_is_used_and_every_reference_leads_somewhere() -> None:
    components = {
        f"#/components/{kind}/{name}"
        for kind, named in DOCUMENT["components"].items()
        for name in named
        if kind != "securitySchemes"
    }
    assert set(references(DOCUMENT)) == components


def test_the_examples_are_what_the_schemas_say() -> None:
    count = 0
    for of in DOCUMENT["paths"].values():
        for operation in of.values():
            for body in operation.get("requestBody", {}).get("content", {}).values():
                schema = {**body["schema"], "components": DOCUMENT["components"]}
                for example in body.get("examples", {}).values():
                    Draft202012Validator(schema).validate(example["value"])
                    count += 1
    assert count >= 8


def kinds(of: type[EaselError]) -> Iterator[type[EaselError]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_its_statuses_and_codes_are_those_of_the_errors() -> None:
    named = {
        (kind.status, kind.code) for kind in kinds(EaselError) if kind.__module__ == errors.__name__
    }
    assert {status for status, _ in named} == set(ERRORS)
    for status, code in named:
        assert code in ERRORS[status][1]
    written = {
        code
        for path in (PROJECT / "src").rglob("*.py")
        for code in re.findall(r'\bcode="(\w+)"', path.read_text("utf-8"))
    }
    assert written | {code for _, code in named} == {
        code for _, codes in ERRORS.values() for code in codes
    }


def test_the_statuses_of_the_interactions_api_are_those_that_its_errors_are_sent_with() -> None:
    sent = {
        (GEMINI_INTERACTIONS.status(kind("why")), kind.code)
        for kind in kinds(EaselError)
        if kind.__module__ == errors.__name__ and kind is not errors.MethodNotAllowed
    }
    for sent_with, code in sent:
        assert code in INTERACTIONS_ERRORS[sent_with][1]
    assert {sent_with for sent_with, _ in sent} | {405} == set(INTERACTIONS_ERRORS) == set(CODES)


def test_its_codes_are_those_of_the_page_on_errors() -> None:
    page = (PROJECT / "docs" / "errors.md").read_text("utf-8")
    told = [
        (int(status), code)
        for status, codes in re.findall(r"^\| (\d{3}) \| (`[^|]*`) \|", page, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", codes)
    ]
    assert sorted(told) == sorted(
        (status, code) for status, (_, codes) in ERRORS.items() for code in codes
    )


@pytest.mark.parametrize("form", ["EditForm", "VariationForm"])
def test_a_form_has_every_field_that_json_has_but_null(form: str) -> None:
    schemas = DOCUMENT["components"]["schemas"]
    fields = set(schemas["ImagesRequest"]["properties"])
    missing = {"input_fidelity"} | ({"prompt"} if form == "VariationForm" else set())
    assert set(schemas[form]["properties"]) == fields - missing | {"image[]"}
    assert "null" not in json.dumps(schemas[form])
