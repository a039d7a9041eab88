"""Greys of more than eight bits, and of floats, as eight bits: one rule for each mode of Pillow.

``I;16`` and ``I`` (whole numbers): 0 is black, 2^b - 1 white, in between v 255 / (2^b - 1),
rounded. The bits b are those that are told, else those that the file says (BitsPerSample of TIFF,
sBIT of PNG), else 16. Twelve bits in a 16-bit file that says nothing would come out near black:
a picture with no value above 4,095 is a failure until its bits are told, as it may also be a dark
one of 16.
``F`` (floats): 0 is black; white is 1 where no value is above it, else 255. Values below 0, above
255 or not finite are a failure: nothing says what they mean.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

BITS = "marginbench_bits"
"""Key of a picture's ``info`` for the bits of its values."""

TWELVE = 2**12 - 1
SIXTEEN = 16
_BITS_PER_SAMPLE = 258
_PNG_HEAD = 8


def eight_bits(image: Image) -> Image:
    """A picture of mode ``I``, ``I;16`` or ``F`` as mode ``L`` by the rule of this module.

    Raises :class:`ValueError` in one line where the rule has no answer.
    """
    import numpy as np
    from PIL.Image import fromarray

    values = np.asarray(image, dtype=np.float64)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if image.mode == "F":
        white = _white_of_floats(low, high)
    else:
        white = _white_of_whole(low, high, int(image.info.get(BITS, 0)))
    found = fromarray(np.rint(values * (255 / white)).astype(np.uint8))
    found.info.update(image.info)
    return found


def _white_of_floats(low: float, high: float) -> float:
    if not (low >= 0 and high <= 255):
        raise ValueError(
            f"float values from {low:g} to {high:g} are neither within 0 to 1 nor 0 to 255"
        )
    return 1.0 if high <= 1 else 255.0


def _white_of_whole(low: float, high: float, bits: int) -> int:
    if not bits and 0 < high <= TWELVE:
        raise ValueError(
            f"a 16-bit file with no value above {high:.0f}: of 12 bits, or dark? Say so by "
            "--bits 12 or --bits 16"
        )
    white = 2 ** (bits or SIXTEEN) - 1
    if low < 0 or high > white:
        raise ValueError(f"values from {low:.0f} to {high:.0f} are not of {bits or SIXTEEN} bits")
    return int(white)


def declared_bits(image: Image) -> int:
    """Bits of a value as an opened file declares them, where they are 9 to 16; else 0."""
    if not image.mode.startswith("I"):
        return 0
    tags = getattr(image, "tag_v2", None)
    if tags is not None:
        return _whole(tags.get(_BITS_PER_SAMPLE, 0))
    if image.format == "PNG":
        return _png_bits(str(getattr(image, "filename", "")))
    return SIXTEEN if image.format in ("PPM", "JPEG2000") else 0  # which Pillow scales to 16 itself


def _whole(bits: object) -> int:
    first = bits[0] if isinstance(bits, tuple) and bits else bits
    return first if isinstance(first, int) and 8 < first < SIXTEEN else 0


def _png_bits(name: str) -> int:
    """The chunk sBIT of a PNG file, which tells the significant bits of each value."""
    if not name:
        return 0
    with Path(name).open("rb") as file:
        file.seek(_PNG_HEAD)
        while len(head := file.read(8)) == 8 and head[4:] not in (b"IDAT", b"IEND"):
            length = int.from_bytes(head[:4], "big")
            if head[4:] == b"sBIT":
                content = file.read(1)
                return content[0] if content and 8 < content[0] <= SIXTEEN else 0
            file.seek(length + 4, 1)
    return 0
