"""Pictures behind links of Easel's own: `GET` and `DELETE /pictures/{id}`."""

from __future__ import annotations

from typing import Final

from easel.dialects.dialect import Auth, Operation, PictureOperation
from easel.dialects.openai_errors import OPENAI

OPERATIONS: Final[tuple[Operation, ...]] = (
    PictureOperation(
        name="picture", method="GET", path="/pictures/{}", dialect=OPENAI, auth=Auth.NONE
    ),
    PictureOperation(name="delete_picture", method="DELETE", path="/pictures/{}", dialect=OPENAI),
)
