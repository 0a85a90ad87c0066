"""The format of a picture, where an API asks for it by its MIME type.

In: the fields that may ask. Out: the images API's word for it, and the field that asked;
`InvalidRequest` for what is none, and where two of them differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from easel.errors import InvalidRequest

_FORMATS: Final = {"image/png": "png", "image/jpeg": "jpeg", "image/webp": "webp"}


def read_output_format(asked: Mapping[str, str | None]) -> tuple[str | None, str]:
    """The format that `asked` asks for, and the first field that says so; `asked` is field → type.

    (None, "") where no field says anything. Raises InvalidRequest.
    """
    given = {name: mime_type for name, mime_type in asked.items() if mime_type}
    if not given:
        return None, ""
    name = next(iter(given))
    if any(mime_type not in _FORMATS for mime_type in given.values()):
        raise InvalidRequest(f"{name}: must be one of {', '.join(_FORMATS)}.", param=name)
    if len(set(given.values())) > 1:
        raise InvalidRequest(f"{name}: contradicts {', '.join([*given][1:])}.", param=name)
    return _FORMATS[given[name]], name
