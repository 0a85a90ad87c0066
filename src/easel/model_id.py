"""Model ids in which size is a part of the name: `gemini-3-image-2k-16-9`.

In: the `model` a caller wrote. Out: what it stands for, or `ModelNotFound` with the legal form.
Source: seed 000, "模型 ID 规范".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from easel.errors import ModelNotFound
from easel.size import ZAI_DEFAULT_RATIO, ZAI_RATIOS, Ratio, Resolution

_FAMILY: Final = "gemini-3-image"


@dataclass(frozen=True, slots=True)
class ModelId:
    """What a model id stands for. `ratio` is the default one where the id names none."""

    resolution: Resolution
    ratio: Ratio


def _legal_ids() -> dict[str, ModelId]:
    legal: dict[str, ModelId] = {}
    for resolution in Resolution:
        bare = f"{_FAMILY}-{resolution.lower()}"
        legal[bare] = ModelId(resolution, ZAI_DEFAULT_RATIO)
        for ratio in ZAI_RATIOS:
            legal[f"{bare}-{ratio.width}-{ratio.height}"] = ModelId(resolution, ratio)
    return legal


_LEGAL_IDS: Final = _legal_ids()

# Every id there is, in the order of the seed: 2 resolutions × (bare + 7 ratios).
MODEL_IDS: Final = tuple(_LEGAL_IDS)

LEGAL_FORM: Final = (
    f"{_FAMILY}-{{{','.join(resolution.lower() for resolution in Resolution)}}}"
    f"[-{{{','.join(f'{ratio.width}-{ratio.height}' for ratio in ZAI_RATIOS)}}}]"
)


def parse_model_id(model: str) -> ModelId:
    """What a model id stands for, in upper or lower case.

    Raises ModelNotFound for every id that is not one of `MODEL_IDS`.
    """
    # casefold() would let in letters that only fold to ASCII, such as the Kelvin sign.
    found = _LEGAL_IDS.get(model.lower()) if model.isascii() else None
    if found is None:
        raise ModelNotFound(
            f"There is no such model. Legal ids are {LEGAL_FORM}; without a ratio the picture "
            f"is {ZAI_DEFAULT_RATIO}.",
            param="model",
        )
    return found
