"""The tests that ask every dialect leave none out."""

from __future__ import annotations

from easel.dialects.dialect import MessageOperation, PaintOperation
from easel.routing import OPERATIONS
from tests.worker.dialects import DIALECTS


def test_every_operation_that_paints_is_asked_of_every_service() -> None:
    asked = {name for dialect in DIALECTS for name in dialect.operations}
    kinds = PaintOperation | MessageOperation
    paints = {each.name for each in OPERATIONS if isinstance(each, kinds)}
    # Two services alone have variations, which `test_images.py` asks for.
    assert asked == paints - {"variations"}
