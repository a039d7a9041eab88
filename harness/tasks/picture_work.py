"""Pictures whose size says little of the work that they make, found before they are decoded.

A strip of one pixel by 60,000 becomes gigabytes where a model asks for a shorter side of 224. A
JPEG is drawn again with every scan, and a scan that changes nothing takes a few bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_RATIO = 1000
"""Times that one side may be the other."""

MOST_DRAWN = 4_000_000_000
"""Pixels of all scans of a JPEG: at Pillow's limit of size those of 44, where 10 are usual."""

_SCAN = b"\xff\xda"


def check_work(image: Image, path: Path) -> None:
    """Raise :class:`ValueError` for a picture that is opened, and not yet decoded."""
    shorter, longer = sorted(image.size)
    if longer > MOST_RATIO * shorter:
        raise ValueError(
            f"of its {image.width:,} x {image.height:,} pixels one side is more than "
            f"{MOST_RATIO:,} times the other"
        )
    if image.format not in ("JPEG", "MPO"):
        return
    scans = path.read_bytes().count(_SCAN)  # behind 0xff within a scan stands another byte
    if scans * shorter * longer > MOST_DRAWN:
        raise ValueError(f"a JPEG of {image.width:,} x {image.height:,} pixels in {scans:,} scans")
