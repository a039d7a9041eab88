"""The two files that RAID's own board takes by pull request: predictions and who made them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

REQUIRED = ("date_released", "detector_name", "contact_info")
FIELDS = (
    *("date_released", "detector_name", "website", "paper_link", "huggingface_link"),
    *("github_link", "contact_info"),
)
"""Fields and their order in leaderboard/template-metadata.json of liamdugan/raid; its checks
(leaderboard/hydrate.py) demand the :data:`REQUIRED` ones and refuse names they do not know."""


def metadata_json() -> bytes:
    """``metadata.json`` to fill in: every field of RAID's template, empty.

    The date is YYYY-MM-DD; fields that are not :data:`REQUIRED` may stay empty.
    """
    return (json.dumps(dict.fromkeys(FIELDS, ""), indent=2) + "\n").encode()


def predictions_json(ids: Sequence[str], scores: NDArray[np.float64]) -> bytes:
    """``predictions.json``: a list of ``{"id", "score"}``, one row per line, in the task's order.

    Higher scores mean more likely machine-made, as RAID wants them; they read back to the bit.
    """
    rows = zip(ids, scores.tolist(), strict=True)
    lines = [json.dumps({"id": item, "score": value}, allow_nan=False) for item, value in rows]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()
