"""The rows of ``raid_size.py`` and a digest of cells; both sides import it, so NumPy alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

AXES = ("domain", "attack", "model", "decoding", "repetition_penalty")


def rows() -> tuple[dict[str, Any], Any]:
    """Columns of strings and invented scores: 8 domains, 12 attacks, 34 settings and humans."""
    settings = [(f"open{i}", d, r) for i in range(6) for d in ("greedy", "sampling") for r in "ny"]
    settings += [(f"closed{i}", d, "n") for i in range(5) for d in ("greedy", "sampling")]
    settings.append(("human", "none", "none"))
    attacks = ["none", *(f"attack{i}" for i in range(11))]
    keys = [(f"domain{d}", a, *s) for d in range(8) for a in attacks for s in settings]
    table = np.repeat(np.array(keys), 200, axis=0)
    columns = {name: table[:, i] for i, name in enumerate(AXES)}
    random = np.random.default_rng(20261124)
    scores = random.normal(size=len(table)) + 1.5 * (columns["model"] != "human")
    return columns, np.round(scores, 9)


def digest(cells: Iterable[tuple[Any, ...]]) -> str:
    """Digest of (slice, AUROC to 11 digits, counts) tuples in any order.

    The two sides have different versions of NumPy, which add up long arrays in different orders:
    AUROCs differ by up to 3e-16 here. Counts must be the same.
    """
    cells = [(*cell[:5], f"{cell[5]:.11g}", *cell[6:]) for cell in cells]
    return hashlib.sha256("\n".join(sorted(map(repr, cells))).encode()).hexdigest()[:16]
