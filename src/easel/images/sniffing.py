"""What a picture's first bytes say: its MIME type, and its size in pixels.

In: first bytes. Out: what they say, or None. Nothing raises. image.z.ai serves JPEG under `.png`
names (seen 2026-11), so names and headers say nothing.
Sources: the WHATWG MIME Sniffing Standard; ITU-T T.81 B.2.2 (JPEG), RFC 2083 (PNG), GIF89a, the
WebP container specification, ISO/IEC 14496-12 and 23008-12 (AVIF).
"""

from __future__ import annotations

from typing import Final

from easel.images.size import Size

# Enough for the size in a JPEG after an ordinary colour profile, and cheap to hand to Python.
SNIFFED_BYTES: Final = 16 * 1024

_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})

# Start-of-frame markers; C4, C8 and CC in their midst are something else.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _is_avif(first_bytes: bytes) -> bool:
    """A `ftyp` box: length, "ftyp", major brand, version, compatible brands."""
    if first_bytes[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(first_bytes[:4], "big"), len(first_bytes), 256)
    brands = {first_bytes[8:12]} | {first_bytes[at : at + 4] for at in range(16, end, 4)}
    return not brands.isdisjoint(_AVIF_BRANDS)


def mime_type(first_bytes: bytes) -> str | None:
    """The MIME type, or None for what is no picture. 64 bytes are enough."""
    if first_bytes.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if first_bytes.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if first_bytes.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if first_bytes[:4] == b"RIFF" and first_bytes[8:14] == b"WEBPVP":
        return "image/webp"
    if _is_avif(first_bytes):
        return "image/avif"
    return None


def pixel_size(first_bytes: bytes) -> Size | None:
    """Width and height, or None where the first bytes do not reach that far."""
    reader = _READERS.get(mime_type(first_bytes) or "")
    width, height = reader(first_bytes) if reader else (0, 0)
    return Size(width, height) if width and height else None


def _number(data: bytes, order: str, at: int, length: int) -> int:
    part = data[at : at + length]
    little = order == "little"
    return int.from_bytes(part, "little" if little else "big") if len(part) == length else 0


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == 0xFF:  # A fill byte (T.81, B.1.1.2).
            at += 1
            continue
        if data[at + 1] in _FRAMES:
            return _number(data, "big", at + 7, 2), _number(data, "big", at + 5, 2)
        at += 2 + _number(data, "big", at + 2, 2)
    return 0, 0


def _png(data: bytes) -> tuple[int, int]:
    return _number(data, "big", 16, 4), _number(data, "big", 20, 4)


def _gif(data: bytes) -> tuple[int, int]:
    return _number(data, "little", 6, 2), _number(data, "little", 8, 2)


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if len(data) < (25 if kind == b"VP8L" else 30):
        return 0, 0
    if kind == b"VP8X":
        return _number(data, "little", 24, 3) + 1, _number(data, "little", 27, 3) + 1
    if kind == b"VP8L":
        bits = _number(data, "little", 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return _number(data, "little", 26, 2) & 0x3FFF, _number(data, "little", 28, 2) & 0x3FFF


def _avif(data: bytes) -> tuple[int, int]:
    """The first `ispe` box; the first item of a file is the picture itself."""
    at = data.find(b"ispe")
    return (_number(data, "big", at + 8, 4), _number(data, "big", at + 12, 4)) if at > 0 else (0, 0)


_READERS: Final = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/avif": _avif,
}
