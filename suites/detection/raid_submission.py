"""Predictions as RAID's own board takes them by pull request."""

from __future__ import annotations

import json
from collections.abc import Sequence

from harness.capabilities import Floats


def predictions_json(ids: Sequence[str], scores: Floats) -> bytes:
    """``predictions.json``: a list of ``{"id", "score"}``, one row per line, in the task's order.

    Scores are written so that float32 reads back to the bit.
    """
    rows = zip(ids, scores.tolist(), strict=True)
    lines = [json.dumps({"id": item, "score": value}, allow_nan=False) for item, value in rows]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()
