"""What an update did to the likelihood of what people prefer, and of the rest.

Losses that reward a margin lower both at once where their gradients go together (arXiv 2410.13828):
the margin grows while the preferred answer becomes less likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.outcomes import Outcomes, Unknown
from harness.compare.sides import Side
from harness.tasks.arrow import as_numpy
from suites.preference.protocol import OF, PREFERRED

NAME = "likelihood"
DEFINITION = "the log-probability of what people prefer fell (the other way: rose)"
BOTH, APART = "the others fell too", "the others did not fall"

Reals = NDArray[np.float64]


def displaced(old: Side, new: Side) -> Sequence[Outcomes | Unknown]:
    """Items by the mean change of their preferred candidates, lost ones by that of the others.

    Items without another candidate than preferred ones are left out. The largest falls first.
    """
    before, after = _sums(old), _sums(new)
    of, preferred, clusters = old.column(OF), old.column(PREFERRED), old.clusters
    if before is None or after is None or of is None or preferred is None or clusters is None:
        return [Unknown(NAME, DEFINITION, "no predictions beside one of the records")]
    names, first, code = np.unique(
        np.asarray(of).astype(str), return_index=True, return_inverse=True
    )
    change, ours = after - before, np.asarray(preferred, dtype=bool)
    chosen, others = (_means(change, code, at, len(names)) for at in (ours, ~ours))
    kept = np.flatnonzero(~np.isnan(chosen) & ~np.isnan(others))
    fell = chosen[kept] < 0
    return [
        Outcomes(
            name=NAME,
            definition=DEFINITION,
            unit="items",
            ids=names[kept],
            clusters=np.asarray(clusters)[first[kept]],
            lost=fell,
            won=chosen[kept] > 0,
            severity=-chosen[kept],
            shown={"preferred": chosen[kept], "others": others[kept]},
            directions={BOTH: fell & (others[kept] < 0), APART: fell & (others[kept] >= 0)},
        )
    ]


def _sums(side: Side) -> Reals | None:
    table: Any = side.predictions()
    if table is None or "log_probability" not in table.column_names:
        return None
    return np.asarray(as_numpy(table["log_probability"]), dtype=np.float64)


def _means(values: Reals, code: NDArray[Any], at: NDArray[np.bool_], count: int) -> Reals:
    sums = np.bincount(code[at], values[at], minlength=count)
    sizes = np.bincount(code[at], minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / sizes, dtype=np.float64)
