from __future__ import annotations

import pytest

from easel.dialects.openai_parts import holds_images, read_message, texts_of
from easel.errors import InvalidRequest
from easel.images.blobs import NO_LONG_TEXTS
from easel.images.request import InputImage

CAT = "https://h/cat.png"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": CAT}},
        {"type": "image_url", "image_url": CAT},
        {"type": "input_image", "image_url": CAT, "detail": "auto"},
        {"type": "image", "image": CAT},
    ],
)
def test_a_picture_is_read_in_each_spelling(part: dict[str, object]) -> None:
    said = read_message([{"type": "input_text", "text": "a cat"}, part], "m", NO_LONG_TEXTS)
    assert (said.text, said.images) == ("a cat", (InputImage("m[1]", CAT),))
    assert holds_images([part])
    assert texts_of([part, "so"]) == ["so"]


def test_a_file_of_openais_is_refused_by_its_name() -> None:
    part = {"type": "input_image", "file_id": "file-1", "image_url": None}
    with pytest.raises(InvalidRequest) as caught:
        read_message([part], "input[0].content", NO_LONG_TEXTS)
    assert caught.value.param == "input[0].content[0].file_id"
    assert caught.value.code == "unsupported_input"
    assert "Send the picture itself as image_url." in caught.value.message


def test_what_is_no_picture_and_no_text_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="image_url or input_image"):
        read_message([{"type": "input_file", "file_data": "data:,"}], "m", NO_LONG_TEXTS)
    with pytest.raises(InvalidRequest, match="must be a URL"):
        read_message([{"type": "input_image"}], "m", NO_LONG_TEXTS)
