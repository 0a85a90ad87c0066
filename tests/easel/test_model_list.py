from __future__ import annotations

import json

from openai.types import Model

from easel import model_list

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
    "supportedGenerationMethods": ["generateContent", "streamGenerateContent"],
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


def test_geminis_single_model_is_that_of_its_list() -> None:
    document = json.loads(model_list.gemini_model("gemini-3-image-1k", "zai"))
    assert document == GEMINI


def test_a_list_without_models_is_still_a_list() -> None:
    assert json.loads(model_list.openai_list([])) == {"object": "list", "data": [], "models": []}
    assert json.loads(model_list.gemini_list([])) == {"models": []}
