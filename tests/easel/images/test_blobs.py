from __future__ import annotations

import pytest

from easel.errors import BodyTooLarge
from easel.images.blobs import NO_LONG_TEXTS, Blob, LongTexts, blob

TEXTS = ["a long text", "iVBORw0KGgo="]


def kept(number: int) -> Blob:
    return blob(TEXTS[number].encode())


LONG_TEXTS = LongTexts("mark:", TEXTS.__getitem__, kept, lambda: None)


def test_a_text_is_found_by_its_mark_and_another_stays() -> None:
    assert LONG_TEXTS.whole("mark:0") == "a long text"
    assert LONG_TEXTS.whole("a mark:0") == "a mark:0"
    assert (LONG_TEXTS.holds("mark:1"), LONG_TEXTS.holds("")) == (True, False)
    assert LONG_TEXTS.blob("mark:1") == blob(b"iVBORw0KGgo=")


def test_where_no_text_is_kept_none_stands_for_one() -> None:
    assert NO_LONG_TEXTS.whole("") == ""
    assert NO_LONG_TEXTS.whole("easel:0") == "easel:0"
    NO_LONG_TEXTS.close()
    for ask in (NO_LONG_TEXTS.read, NO_LONG_TEXTS.decode):
        with pytest.raises(LookupError):
            ask(0)


def test_a_blob_shows_nothing_and_begins_with_what_tells_its_type() -> None:
    content = b"secret" * 100
    assert "secret" not in repr(blob(content))
    assert blob(content).head == content[:64]


def test_a_text_that_was_not_kept_may_be_missed() -> None:
    def not_kept(number: int) -> str:
        raise BodyTooLarge(str(number))

    texts = LongTexts("mark:", not_kept, kept, lambda: None)
    assert [texts.glance(text) for text in ("mark:0", "a cat")] == ["", "a cat"]


def test_a_picture_in_a_long_text_is_a_long_text_by_itself() -> None:
    texts = LongTexts("mark:", str, lambda _: None, lambda: None, lambda number: number + 10)
    assert texts.last_picture("mark:2") == "mark:12"
    assert LongTexts("mark:", str, lambda _: None, lambda: None).last_picture("mark:2") is None
