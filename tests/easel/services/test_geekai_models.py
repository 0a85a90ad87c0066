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
