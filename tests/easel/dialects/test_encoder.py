from __future__ import annotations

import json

from easel.dialects.encoder import Opened, easel_member, easel_member_of
from easel.images.result import FilterNote, Picture
from easel.images.size import Size


def test_each_picture_has_an_item_with_what_is_known_of_it() -> None:
    known = Picture(
        size=Size(1728, 960),
        revised_prompt="a ginger cat",
        content_filter=(FilterNote("user", 3), FilterNote("assistant", 2)),
    )
    assert json.loads(f"{{{easel_member([known, Picture()])[2:]}}}") == {
        "easel": {
            "pictures": [
                {
                    "size": "1728x960",
                    "revised_prompt": "a ginger cat",
                    "content_filter": [
                        {"role": "user", "level": 3},
                        {"role": "assistant", "level": 2},
                    ],
                },
                {},
            ]
        }
    }


def test_where_there_is_no_picture_nothing_is_told() -> None:
    assert easel_member([]) == ""


def test_the_size_of_a_picture_that_was_opened_is_what_its_own_bytes_say() -> None:
    opened = Opened(Picture(size=Size(1, 2)), "image/png", Size(3, 4))
    assert easel_member_of(opened) == ', "easel": {"pictures": [{"size": "3x4"}]}'
