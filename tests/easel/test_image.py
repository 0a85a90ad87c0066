from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from easel.image import SNIFFED_BYTES, ImageRequest, Picture, mime_type
from easel.size import Ratio, Resolution


def encoded(image_format: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, image_format)
    return out.getvalue()


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_the_first_bytes_of_a_real_picture_say_its_type(image_format: str) -> None:
    assert mime_type(encoded(image_format)[:SNIFFED_BYTES]) == f"image/{image_format.lower()}"


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body + b"avif"


@pytest.mark.parametrize(
    ("first_bytes", "expected"),
    [
        (ftyp(b"mif1", b"miaf", b"avif"), "image/avif"),
        (ftyp(b"avis"), "image/avif"),
        (ftyp(b"heic", b"mif1"), None),  # the "avif" behind the box is no brand
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"GIF88a", None),
        (b"<svg xmlns=", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_what_looks_nearly_like_a_picture(first_bytes: bytes, expected: str | None) -> None:
    assert mime_type(first_bytes) == expected


@given(st.binary(max_size=SNIFFED_BYTES))
def test_no_bytes_break_the_sniffing(first_bytes: bytes) -> None:
    assert mime_type(first_bytes) in {
        None, "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif",
    }  # fmt: skip


def test_neither_prompt_nor_presigned_address_shows_in_a_repr() -> None:
    request = ImageRequest("a secret wish", Ratio(1, 1), Resolution.ONE_K)
    picture = Picture("https://host/p.png?Signature=secret")
    assert "secret" not in repr(request) + repr(picture)
