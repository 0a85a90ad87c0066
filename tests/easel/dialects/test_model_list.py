from __future__ import annotations

import json

import pytest
from openai.types import Model

from easel.dialects import model_list
from easel.dialects.dialect import AnswerOperation, Question
from easel.errors import InvalidRequest

MODELS = [("gemini-3-image-1k", "zai"), ("geekai/gpt-image-1", "geekai")]

OPENAI = {
    "id": "gemini-3-image-1k",
    "object": "model",
    "created": 1769418844,
    "owned_by": "zai",
}
# Google's API reference, "Models": the fields that both google-genai libraries read.
GEMINI = {
    "name": "models/gemini-3-image-1k",
    "version": "1",
    "displayName": "gemini-3-image-1k",
    "description": "Pictures by zai",
    "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
}


def test_openais_path_answers_one_object_that_is_both_lists() -> None:
    listed = json.loads(model_list.openai_list(iter(MODELS)))
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["gemini-3-image-1k", "geekai/gpt-image-1"]
    assert [model["name"] for model in listed["models"]] == [
        "models/gemini-3-image-1k",
        "models/geekai/gpt-image-1",
    ]
    assert (listed["data"][0], listed["models"][0]) == (OPENAI, GEMINI)


def test_a_listed_model_is_what_openais_own_library_takes_for_one() -> None:
    for document in json.loads(model_list.openai_list(MODELS))["data"]:
        model = Model.model_validate(document, strict=True)
        assert model.model_dump(exclude_unset=True) == document


def test_a_single_model_is_that_of_either_list() -> None:
    document = json.loads(model_list.openai_model("gemini-3-image-1k", "zai"))
    assert document == OPENAI | GEMINI
    assert Model.model_validate(document, strict=True).owned_by == "zai"


def test_geminis_path_answers_geminis_list_alone() -> None:
    listed = json.loads(model_list.gemini_list(MODELS[:1]))
    assert listed == {"models": [GEMINI]}


def names(body: bytes) -> list[str]:
    return [model["name"] for model in json.loads(body)["models"]]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
def test_the_pages_of_geminis_list_hold_every_model_once(size: int) -> None:
    models = [(f"model-{number}", "zai") for number in range(4)]
    found, token = [], ""
    while True:
        query = f"pageSize={size}&pageToken={token}&key=x" if token else f"pageSize={size}"
        page = model_list.read_page(query)
        body = model_list.gemini_list(models, page)
        both = json.loads(model_list.openai_list(models, page))
        assert len(both.pop("data")) == 4
        assert json.loads(body) == {name: both[name] for name in both if name != "object"}
        assert 0 < len(names(body)) <= size
        found += names(body)
        token = json.loads(body).get("nextPageToken", "")
        if not token:
            break
    assert found == [f"models/{model}" for model, _ in models]


@pytest.mark.parametrize("query", ["", "key=x", "pageSize=0", "pageSize=1000", "pageToken="])
def test_without_a_size_the_list_is_one_page(query: str) -> None:
    assert json.loads(model_list.gemini_list(MODELS, model_list.read_page(query))) == json.loads(
        model_list.gemini_list(MODELS)
    )


def test_a_page_after_the_last_is_empty() -> None:
    page = model_list.read_page("pageToken=999999&pageSize=1")
    assert json.loads(model_list.gemini_list(MODELS, page)) == {"models": []}


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("pageSize=-1", "pageSize"),
        ("pageSize=ten", "pageSize"),
        ("pageSize=", "pageSize"),
        ("pageSize=1.5", "pageSize"),
        ("pageSize=%D9%A1", "pageSize"),
        ("pageToken=abc", "pageToken"),
        (f"pageToken={'9' * 5000}", "pageToken"),
    ],
)
def test_a_page_that_there_is_not_is_refused_by_its_field(query: str, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        model_list.read_page(query)
    assert caught.value.param == param


def test_geminis_single_model_is_that_of_its_list() -> None:
    document = json.loads(model_list.gemini_model("gemini-3-image-1k", "zai"))
    assert document == GEMINI


def test_a_list_without_models_is_still_a_list() -> None:
    assert json.loads(model_list.openai_list([])) == {"object": "list", "data": [], "models": []}
    assert json.loads(model_list.gemini_list([])) == {"models": []}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model_list", model_list.openai_list(MODELS, model_list.Page(0, 1))),
        ("model", model_list.openai_model(*MODELS[1])),
        ("gemini_model_list", model_list.gemini_list(MODELS, model_list.Page(0, 1))),
        ("gemini_model", model_list.gemini_model(*MODELS[1])),
    ],
)
def test_each_operation_answers_for_the_models_of_the_deployment(
    name: str, expected: bytes
) -> None:
    (operation,) = [each for each in model_list.OPERATIONS if each.name == name]
    assert isinstance(operation, AnswerOperation)
    assert operation.answer(Question("pageSize=1", lambda: MODELS, lambda: MODELS[1])) == expected
