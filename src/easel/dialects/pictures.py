"""Pictures behind links of Easel's own: `GET /pictures/{id}`."""

from __future__ import annotations

from typing import Final

from easel.dialects.dialect import Auth, Operation, PictureOperation
from easel.dialects.openai_errors import OPENAI

OPERATIONS: Final[tuple[Operation, ...]] = (
    PictureOperation(
        name="picture", method="GET", path="/pictures/{}", dialect=OPENAI, auth=Auth.NONE
    ),
)
