from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.errors import ModelNotFound
from easel.images.size import Ratio, Resolution
from easel.services.zai_models import DEFAULT_RATIO, LEGAL_FORM, MODEL_IDS, ModelId, parse_model_id

# Written out from the two tables of the image.z.ai document, not computed.
DOCUMENT = {
    "gemini-3-image-1k": ("1K", "21:9"),
    "gemini-3-image-1k-1-1": ("1K", "1:1"),
    "gemini-3-image-1k-3-4": ("1K", "3:4"),
    "gemini-3-image-1k-4-3": ("1K", "4:3"),
    "gemini-3-image-1k-16-9": ("1K", "16:9"),
    "gemini-3-image-1k-9-16": ("1K", "9:16"),
    "gemini-3-image-1k-21-9": ("1K", "21:9"),
    "gemini-3-image-1k-9-21": ("1K", "9:21"),
    "gemini-3-image-2k": ("2K", "21:9"),
    "gemini-3-image-2k-1-1": ("2K", "1:1"),
    "gemini-3-image-2k-3-4": ("2K", "3:4"),
    "gemini-3-image-2k-4-3": ("2K", "4:3"),
    "gemini-3-image-2k-16-9": ("2K", "16:9"),
    "gemini-3-image-2k-9-16": ("2K", "9:16"),
    "gemini-3-image-2k-21-9": ("2K", "21:9"),
    "gemini-3-image-2k-9-21": ("2K", "9:21"),
}


def test_the_list_is_the_documents() -> None:
    assert list(DOCUMENT) == list(MODEL_IDS)


@pytest.mark.parametrize("model", DOCUMENT)
@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
def test_every_id_of_the_document_parses_in_any_case(model: str, spell: object) -> None:
    assert callable(spell)
    parsed = parse_model_id(spell(model))
    assert (str(parsed.resolution), str(parsed.ratio or DEFAULT_RATIO)) == DOCUMENT[model]


@pytest.mark.parametrize(
    "model",
    [
        "",
        "gemini-3-image",
        "gemini-3-image-",
        "gemini-3-image-4k",
        "gemini-3-image-1k-",
        "gemini-3-image-1k-1",
        "gemini-3-image-1k-2-3",
        "gemini-3-image-1k-16:9",
        "gemini-3-image-1k-16-9-",
        "gemini-3-image-1k-1-1-1",
        "gemini-3-image-1\u212a-1-1",  # the Kelvin sign folds to k
        " gemini-3-image-1k",
        "gemini-3-image-1k\n",
        "gpt-image-1",
    ],
)
def test_any_other_id_is_not_found_and_the_legal_form_is_told(model: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        parse_model_id(model)
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")
    assert caught.value.param == "model"
    assert LEGAL_FORM in caught.value.message


def test_the_legal_form_is_spelled_as_the_documents_do() -> None:
    assert LEGAL_FORM == (
        "gemini-3-image-{1k,2k}[-{1-1,3-4,4-3,16-9,9-16,21-9,9-21}] "
        "(without a ratio the picture is 21:9)"
    )


@st.composite
def near_misses(draw: st.DrawFn) -> str:
    """Ids with one character put in, taken out or changed."""
    model = draw(st.sampled_from(MODEL_IDS))
    at = draw(st.integers(0, len(model)))
    put = draw(st.text(st.sampled_from("-0123456789:gk. \n"), max_size=2))
    cut = draw(st.integers(0, 2))
    return model[:at] + put + model[at + cut :]


@given(st.one_of(near_misses(), st.text()))
def test_an_id_parses_exactly_when_the_list_has_it(model: str) -> None:
    try:
        parsed: ModelId | None = parse_model_id(model)
    except ModelNotFound:
        parsed = None
    assert (parsed is not None) == (model.isascii() and model.lower() in DOCUMENT)


def test_a_thousand_ids_that_are_none_are_not_found() -> None:
    ratios = [f"{width}-{height}" for width in range(1, 26) for height in range(1, 21)]
    models = [f"gemini-3-image-{size}-{ratio}" for size in ("1k", "2k") for ratio in ratios]
    wrong = [model for model in models if model not in DOCUMENT]
    assert len(wrong) >= 980
    wrong += [f"gemini-3-image-{number}k" for number in range(3, 40)]
    for model in wrong:
        with pytest.raises(ModelNotFound):
            parse_model_id(model)


def test_ratio_and_resolution_print_as_the_service_spells_them() -> None:
    assert (str(Ratio(16, 9)), str(Resolution.TWO_K)) == ("16:9", "2K")
