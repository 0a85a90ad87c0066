"""Everything that services do wrong, in one table."""

from __future__ import annotations

from typing import Final

from tests.torture import base64_faults, body_faults, connection_faults
from tests.torture.faults import PICTURE, Fault

FAULTS: Final = (
    Fault("none", PICTURE, quick=True),
    Fault(
        "none, and four pictures",
        PICTURE,
        pictures=4,
        languages=("images",),
        quick=True,
    ),
    *connection_faults.FAULTS,
    *body_faults.FAULTS,
    *base64_faults.FAULTS,
)
