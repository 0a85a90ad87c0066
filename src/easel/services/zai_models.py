"""Model ids in which size is a part of the name: `gemini-3-image-2k-16-9`.

In: the `model` a caller wrote. Out: what it stands for, or `ModelNotFound` with the legal form.
Source: image.z.ai document (2026-01), "模型 ID 规范".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from easel.errors import ModelNotFound
from easel.images.size import Ratio, Resolution

_FAMILY: Final = "gemini-3-image"

_RESOLUTIONS: Final = (Resolution.ONE_K, Resolution.TWO_K)

# In the order of the document's list, which is also the order of the model list.
RATIOS: Final = (
    Ratio(1, 1),
    Ratio(3, 4),
    Ratio(4, 3),
    Ratio(16, 9),
    Ratio(9, 16),
    Ratio(21, 9),
    Ratio(9, 21),
)

DEFAULT_RATIO: Final = Ratio(21, 9)


@dataclass(frozen=True, slots=True)
class ModelId:
    """What a model id stands for. `ratio` is None where the id names none."""

    resolution: Resolution
    ratio: Ratio | None


def _legal_ids() -> dict[str, ModelId]:
    legal: dict[str, ModelId] = {}
    for resolution in _RESOLUTIONS:
        bare = f"{_FAMILY}-{resolution.lower()}"
        legal[bare] = ModelId(resolution, None)
        for ratio in RATIOS:
            legal[f"{bare}-{ratio.width}-{ratio.height}"] = ModelId(resolution, ratio)
    return legal


_LEGAL_IDS: Final = _legal_ids()

# Every id there is, in the document's order: 2 resolutions × (bare + 7 ratios).
MODEL_IDS: Final = tuple(_LEGAL_IDS)

LEGAL_FORM: Final = (
    f"{_FAMILY}-{{{','.join(resolution.lower() for resolution in _RESOLUTIONS)}}}"
    f"[-{{{','.join(f'{ratio.width}-{ratio.height}' for ratio in RATIOS)}}}]"
    f" (without a ratio the picture is {DEFAULT_RATIO})"
)


def parse_model_id(model: str) -> ModelId:
    """What a model id stands for, in upper or lower case.

    Raises ModelNotFound for every id that is not one of `MODEL_IDS`.
    """
    # casefold() would let in letters that only fold to ASCII, such as the Kelvin sign.
    found = _LEGAL_IDS.get(model.lower()) if model.isascii() else None
    if found is None:
        raise ModelNotFound(f"There is no such model. Legal ids are {LEGAL_FORM}.", param="model")
    return found
