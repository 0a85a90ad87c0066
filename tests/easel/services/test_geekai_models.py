from __future__ import annotations

import pytest

from easel.services.geekai_models import SEQUENCE, family_of


@pytest.mark.parametrize(
    ("model", "quality", "extra"),
    [
        ("gpt-image-1", "high", "background"),
        ("GPT-Image-3", "auto", None),
        ("Kling-v2", "pro", None),
        ("doubao-seedream-4-0", None, "sequential_image_generation"),
        ("stable-image-core", None, "style_preset"),
    ],
)
def test_a_model_belongs_to_the_family_of_its_name(
    model: str, quality: str | None, extra: str | None
) -> None:
    family = family_of(model)
    assert quality is None or quality in (family.qualities or ())
    assert extra is None or extra in family.extras


def test_a_name_that_nobody_knows_may_be_told_everything() -> None:
    family = family_of("some-new-model")
    assert (family.qualities, family.auto_size) == (None, True)
    assert family.extras == {"background", "style_preset"} | SEQUENCE


@pytest.mark.parametrize(
    ("models", "edits"),
    [
        ("nano-banana Nano-Banana-2 gemini-2.5-flash-image gemini-3-pro-image-preview", True),
        ("gpt-image-1 gpt-image-1-mini gpt-image-2 gpt-4o-image chatgpt-image-latest", True),
        ("flux-kontext-max flux.1-kontext-pro", True),
        ("doubao-seedream-4.0 doubao-seedream-4-0-250828 seedream-4.5 seedream-5-0", True),
        ("doubao-seedream-3.0 seedream flux-2 dall-e-3 imagen-4 kling-v2 cogview-4", False),
        ("wanx2.1 jimeng stable-image-core midjourney gemini-3-pro some-new-model", False),
    ],
)
def test_the_table_says_which_models_edit_in_conversations(models: str, *, edits: bool) -> None:
    for model in models.split():
        assert family_of(model).edits is edits, model


def test_of_a_model_that_edits_and_is_in_no_table_nothing_else_is_known() -> None:
    assert family_of("flux-kontext-max").qualities is None
