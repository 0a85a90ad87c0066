"""What is asked of an image service, and what comes back.

In: values that a dialect has decoded or an upstream has received. Out: the two frozen values that
stand between dialects and upstreams, and the MIME type of a picture's first bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from easel.size import Ratio, Resolution


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One picture to paint. The prompt is the caller's own and stays out of every repr."""

    prompt: str = field(repr=False)
    ratio: Ratio
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a painted picture lies.

    `url` may be presigned: whoever has it has the picture, so it stays out of every repr.
    `allow_http` is true only where the service itself is reached by http (the sandbox).
    """

    url: str = field(repr=False)
    allow_http: bool = False


# As many first bytes as `mime_type` looks at: an AVIF names its compatible brands after byte 16.
SNIFFED_BYTES: Final = 64

_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})


def _is_avif(first_bytes: bytes) -> bool:
    """ISO/IEC 14496-12 `ftyp` box: length, "ftyp", major brand, version, compatible brands."""
    if first_bytes[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(first_bytes[:4], "big"), len(first_bytes))
    brands = {first_bytes[8:12]} | {first_bytes[at : at + 4] for at in range(16, end, 4)}
    return not brands.isdisjoint(_AVIF_BRANDS)


def mime_type(first_bytes: bytes) -> str | None:
    """The MIME type that a picture's first bytes say, or None when they are no picture.

    image.z.ai serves JPEG under `.png` names (seen 2026-11), so names and headers say nothing.
    Source: the WHATWG MIME Sniffing Standard, "matching an image type pattern".
    """
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
