"""What an update did to the likelihood of what people prefer, and of the rest.

Losses that reward a margin lower both at once where their gradients go together (arXiv 2410.13828):
the margin grows while the preferred answer becomes less likely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.outcomes import Outcomes, Unknown
from harness.compare.sides import Side
from harness.tasks.arrow import as_numpy
from suites.preference.protocol import OF, PREFERRED

NAME, QUADRANTS, TOGETHER = "likelihood", "quadrants", "synchrony"
DEFINITION = "the log-probability of what people prefer fell (the other way: rose)"
BOTH, APART = "the others fell too", "the others did not fall"
WANTED = "what people prefer did not become less likely and the rest did (the other way: that)"
NEITHER_FELL, BOTH_FELL, ALONE_FELL = "neither fell", "both fell", "the preferred alone fell"
SYNCHRONY = "what people prefer and the rest moved apart (the other way: that)"

DEFINITIONS = {NAME: DEFINITION, QUADRANTS: WANTED, TOGETHER: SYNCHRONY}

Reals = NDArray[np.float64]
Mask = NDArray[np.bool_]


def displaced(old: Side, new: Side) -> Sequence[Outcomes | Unknown]:
    """Items by the mean change of their preferred candidates, and by that of the others.

    Three rates with intervals: displacement (the preferred ones fell), the share that is not in the
    wanted one of four quadrants, by the other three, and synchrony (both fell, or neither). Items
    without another candidate than preferred ones are left out. The largest falls first.
    """
    before, after = _sums(old), _sums(new)
    of, preferred, clusters = old.column(OF), old.column(PREFERRED), old.clusters
    if before is None or after is None or of is None or preferred is None or clusters is None:
        lost = "no predictions beside one of the records"
        return [Unknown(name, said, lost) for name, said in DEFINITIONS.items()]
    names, first, code = np.unique(
        np.asarray(of).astype(str), return_index=True, return_inverse=True
    )
    change, ours = after - before, np.asarray(preferred, dtype=bool)
    chosen, others = (_means(change, code, at, len(names)) for at in (ours, ~ours))
    kept = np.flatnonzero(~np.isnan(chosen) & ~np.isnan(others))
    ours, rest = chosen[kept], others[kept]
    fell, with_it = ours < 0, rest < 0
    split: Mapping[str, tuple[Mask, Mask, Mapping[str, Mask]]] = {
        NAME: (fell, ours > 0, {BOTH: with_it, APART: ~with_it}),
        QUADRANTS: (
            fell | ~with_it,
            ~fell & with_it,
            {
                NEITHER_FELL: ~fell & ~with_it,
                BOTH_FELL: fell & with_it,
                ALONE_FELL: fell & ~with_it,
            },
        ),
        TOGETHER: (fell == with_it, fell != with_it, {NEITHER_FELL: ~fell, BOTH_FELL: fell}),
    }
    return [
        Outcomes(
            name=name,
            definition=DEFINITIONS[name],
            unit="items",
            ids=names[kept],
            clusters=np.asarray(clusters)[first[kept]],
            lost=lost,
            won=won,
            severity=-ours,
            shown={"preferred": ours, "others": rest},
            directions={kind: lost & mask for kind, mask in kinds.items()},
        )
        for name, (lost, won, kinds) in split.items()
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
