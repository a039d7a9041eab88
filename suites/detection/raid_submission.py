"""Predictions as RAID's own board takes them by pull request."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def predictions_json(ids: Sequence[str], scores: NDArray[np.float64]) -> bytes:
    """``predictions.json``: a list of ``{"id", "score"}``, one row per line, in the task's order.

    Higher scores mean more likely machine-made, as RAID wants them; they read back to the bit.
    """
    rows = zip(ids, scores.tolist(), strict=True)
    lines = [json.dumps({"id": item, "score": value}, allow_nan=False) for item, value in rows]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()
