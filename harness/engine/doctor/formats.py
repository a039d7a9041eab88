"""What number format scores were made in, as far as the scores themselves tell."""

from __future__ import annotations

import numpy as np

from harness.engine.doctor.maps import FEWEST, Lists


def narrow_format(lists: Lists) -> str | None:
    """``bfloat16`` or ``float16`` where every score is a number of that format, else ``None``.

    A few whole numbers are numbers of any format and tell nothing.
    """
    flat = np.unique(np.concatenate([np.zeros(0), *lists])).astype(np.float32)
    if len(flat) < FEWEST or np.array_equal(flat, np.rint(flat)):
        return None
    if not (flat.view(np.uint32) & np.uint32(0xFFFF)).any():
        return "bfloat16"
    with np.errstate(over="ignore"):
        return (
            "float16" if np.array_equal(flat.astype(np.float16).astype(np.float32), flat) else None
        )
