from __future__ import annotations

import io
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from easel.images.size import Size
from easel.images.sniffing import SNIFFED_BYTES, mime_type, pixel_size

SIZE = Size(33, 17)

# name → (format, mode, what Pillow is told)
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "jpeg": ("JPEG", "RGB", {}),
    "grey jpeg": ("JPEG", "L", {}),
    "progressive jpeg": ("JPEG", "RGB", {"progressive": True}),
    "jpeg behind a profile": ("JPEG", "RGB", {"icc_profile": bytes(9000)}),
    "jpeg behind a huge profile": ("JPEG", "RGB", {"icc_profile": bytes(200_000)}),
    "jpeg behind exif": ("JPEG", "RGB", {"exif": b"Exif\0\0" + bytes(60_000)}),
    "png": ("PNG", "RGB", {}),
    "png with alpha": ("PNG", "RGBA", {}),
    "gif": ("GIF", "RGB", {}),
    "lossy webp": ("WEBP", "RGB", {}),
    "lossless webp": ("WEBP", "RGB", {"lossless": True}),
    "lossless webp with alpha": ("WEBP", "RGBA", {"lossless": True}),
    "extended webp": ("WEBP", "RGB", {"icc_profile": bytes(100)}),
    "webp with alpha": ("WEBP", "RGBA", {}),
    "avif": ("AVIF", "RGB", {}),
    "avif with alpha": ("AVIF", "RGBA", {}),
}
LATE = ("jpeg behind a huge profile", "jpeg behind exif")


@cache
def encoded(kind: str, size: Size = SIZE) -> bytes:
    image_format, mode, told = KINDS[kind]
    out = io.BytesIO()
    picture = Image.new(mode, (size.width, size.height), 77)
    if mode == "RGBA":
        picture.putpixel((0, 0), (1, 2, 3, 4))
    picture.save(out, image_format, **told)
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_bytes_of_a_real_picture_say_its_type(kind: str) -> None:
    image_format, _, _ = KINDS[kind]
    assert mime_type(encoded(kind)[:64]) == f"image/{image_format.lower()}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [SIZE, Size(17, 33), Size(1, 1), Size(300, 258)])
def test_a_real_picture_says_its_size(kind: str, size: Size) -> None:
    assert pixel_size(encoded(kind, size)) == size


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in LATE])
def test_the_bytes_that_are_looked_at_reach_the_size(kind: str) -> None:
    assert pixel_size(encoded(kind)[:SNIFFED_BYTES]) == SIZE


@pytest.mark.parametrize("kind", LATE)
def test_a_size_behind_what_is_looked_at_is_not_known(kind: str) -> None:
    first_bytes = encoded(kind)[:SNIFFED_BYTES]
    assert (mime_type(first_bytes), pixel_size(first_bytes)) == ("image/jpeg", None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_cut_off_says_its_size_or_nothing(kind: str) -> None:
    picture = encoded(kind)
    sizes = [pixel_size(picture[:end]) for end in range(min(len(picture), 800))]
    known = sizes.count(SIZE)
    assert sizes == [None] * (len(sizes) - known) + [SIZE] * known


@given(st.sampled_from(sorted(KINDS)), st.integers(0, SNIFFED_BYTES))
def test_a_picture_that_is_cut_off_anywhere_breaks_nothing(kind: str, end: int) -> None:
    assert pixel_size(encoded(kind)[:end]) in (None, SIZE)


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 700), st.binary(max_size=40))
def test_a_picture_that_is_spoilt_has_no_size_without_pixels(
    kind: str, at: int, spoilt: bytes
) -> None:
    picture = encoded(kind)[:SNIFFED_BYTES]
    size = pixel_size(picture[:at] + spoilt + picture[at + len(spoilt) :])
    assert size is None or min(size.width, size.height) > 0


def test_fill_bytes_between_the_segments_of_a_jpeg_do_not_hide_its_size() -> None:
    # ITU-T T.81, B.1.1.2: any marker may be preceded by any number of bytes FF.
    picture = encoded("jpeg")
    assert pixel_size(picture[:2] + b"\xff\xff\xff" + picture[2:]) == SIZE


def test_a_jpeg_that_ends_before_its_frame_has_no_size() -> None:
    assert pixel_size(b"\xff\xd8\xff\xe0\x00\x04\x00\x00" + bytes(20)) is None


def test_an_avif_without_a_size_has_none() -> None:
    assert pixel_size(ftyp(b"avif") + bytes(40)) is None


def test_a_picture_without_pixels_has_no_size() -> None:
    assert pixel_size(b"GIF89a\x00\x00\x07\x00") is None


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


@given(st.binary(max_size=200))
def test_no_bytes_break_the_sniffing(first_bytes: bytes) -> None:
    found = mime_type(first_bytes)
    assert found in {
        None, "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif",
    }  # fmt: skip
    assert found is not None or pixel_size(first_bytes) is None
