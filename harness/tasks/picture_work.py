"""Pictures whose size says little of the work that they make, found before they are decoded.

A strip of one pixel by 60,000 becomes gigabytes where a model asks for a shorter side of 224. A
JPEG is drawn again with every scan, and a scan that changes nothing takes a few bytes.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_RATIO = 1000
"""Times that one side may be the other."""

MOST_DRAWN = 4_000_000_000
"""Pixels of all scans of a JPEG: at Pillow's limit of size those of 44, where 10 are usual."""

MOST_STORED = 400_000_000
"""Bytes of all values that are decoded: of RGB up to Pillow's limit of size, with 16 bits each 66
megapixels, where cameras have up to 61."""

MOST_PIECES = 300_000
"""Strips or tiles of a TIFF: a strip for each of 65,000 rows, in four planes, are fewer."""

_PIECES = (273, 324)
"""Tags of the places of strips, and of tiles."""

_LAYOUTS = {
    42: ("I", 4, (2, "H2xI4x")),
    43: ("Q", 8, (8, "H2xQ8x")),
}
"""TIFF and BigTIFF: how the place of its list is written, and where; what stands before the list's
entries, and an entry of it: tag, type, count, value."""

_MOST_LISTED = 20 << 16

_SCAN = b"\xff\xda"


def check_work(image: Image, path: Path) -> None:
    """Raise :class:`ValueError` for a picture that is opened, and not yet decoded."""
    shorter, longer = sorted(image.size)
    if longer > MOST_RATIO * shorter:
        raise ValueError(
            f"of its {image.width:,} x {image.height:,} pixels one side is more than "
            f"{MOST_RATIO:,} times the other"
        )
    stored_as = str(getattr(image, "tile", ())[:1])
    deep = any(word in stored_as for word in (";16", "I;", "F;")) or image.mode in (
        "I",
        "F",
    )
    stored = shorter * longer * len(image.getbands()) * (2 if deep else 1)
    if stored > MOST_STORED:
        raise ValueError(
            f"its {image.width:,} x {image.height:,} pixels are {stored:,} bytes, more than "
            f"{MOST_STORED:,}"
        )
    if image.format not in ("JPEG", "MPO"):
        return
    scans = path.read_bytes().count(_SCAN)  # behind 0xff within a scan stands another byte
    if scans * shorter * longer > MOST_DRAWN:
        raise ValueError(f"a JPEG of {image.width:,} x {image.height:,} pixels in {scans:,} scans")


def check_pieces(path: Path) -> None:
    """Raise :class:`ValueError` for a TIFF of so many strips that to list them takes minutes.

    To be asked before it is opened, as that lists them. What is no TIFF passes.
    """
    with path.open("rb") as file:
        head = file.read(16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        layout = _LAYOUTS.get(max(head[2:4], default=0))  # Pillow takes either order of the two
        if order is None or layout is None or len(head) < 16:
            return
        where, first, (start, entry) = layout
        file.seek(min(struct.unpack_from(order + where, head, first)[0], path.stat().st_size))
        listed = file.read(_MOST_LISTED)[start:]
    one = struct.Struct(order + entry)
    for tag, count in one.iter_unpack(listed[: len(listed) // one.size * one.size]):
        if tag in _PIECES and count > MOST_PIECES:
            raise ValueError(f"a TIFF of {count:,} strips or tiles")
