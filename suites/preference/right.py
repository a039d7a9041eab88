"""What a model of preferences got right: the best candidate of an item is one that people chose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.compare.outcomes import Outcomes, Unknown
from harness.compare.sides import Side
from suites.preference.data import NOBODY
from suites.preference.displaced import displaced
from suites.preference.protocol import PICKED, PREFERRED, RIGHT, STRICT
from suites.preference.record import PreferencePart

NAME = "choice"
VERDICT = "verdict"
VERDICT_RULE = "the verdict is what people said, in every order in which the two are shown"
APART = "difference"
APART_RULE = "the two answers, which nobody judged, have different scores"
DEFINITION = "the highest score of the item is a chosen candidate's, and no other has it"


def pairs(old: Side, new: Side) -> Sequence[Outcomes | Unknown]:
    """Items by whether the best candidate is one that people prefer to others; none beside it.

    Of a ranking the chosen candidates are those in first place, of votes those with most. Items in
    which people told nothing apart are left out. A verdict is right where it is what people said,
    in every order; two generators' answers have at least to be told apart. Worst first: those of
    whose pairs most are lost.
    """
    part = new.record.part
    judged = isinstance(part, PreferencePart) and part.verdicts is not None
    name, definition = (VERDICT, VERDICT_RULE) if judged else (NAME, DEFINITION)
    if isinstance(part, PreferencePart) and part.signal == NOBODY:
        name, definition = APART, APART_RULE
    before, after = old.numbers(RIGHT), new.numbers(RIGHT)
    if before is None or after is None or old.ids is None:
        return [Unknown(name, definition, "no groups.parquet beside one of the records")]
    kept = np.flatnonzero(~np.isnan(before) & ~np.isnan(after) & _once(old, judged))
    was, now = before[kept] == 1, after[kept] == 1
    picks = [side.column(PICKED) for side in (old, new)]
    shown: dict[str, Any] = {}
    changed = None
    if all(pick is not None for pick in picks):
        first, second = (_short(old.ids, pick)[kept] for pick in picks)
        shown, changed = {"picked before": first, "picked now": second}, first != second
    clusters: Any = old.clusters
    further = displaced(old, new) if new.column(PREFERRED) is not None else []
    return [
        Outcomes(
            name=name,
            definition=definition,
            unit="items",
            ids=np.asarray(old.ids)[kept],
            clusters=np.asarray(clusters)[kept],
            lost=was & ~now,
            won=~was & now,
            severity=_lost_pairs(old, new, kept),
            right=(was, now),
            changed=changed,
            shown=shown,
        ),
        *further,
    ]


def _short(ids: Any, picked: Any) -> np.ndarray[Any, np.dtype[np.str_]]:
    """Candidates without the item's id before their own: it stands beside them."""
    pairs = zip(ids, picked, strict=True)
    return np.array([str(one or "").removeprefix(f"{item}/") for item, one in pairs], dtype=np.str_)


def _once(side: Side, judged: bool) -> Any:
    """Which rows count: of a pair that is shown in both orders, the first of them."""
    order = side.column("order") if judged else None
    return True if order is None else np.asarray(order) == "AB"


def _lost_pairs(old: Side, new: Side, kept: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    before, after = old.numbers(STRICT), new.numbers(STRICT)
    if before is None or after is None:
        return np.zeros(len(kept))
    return np.asarray(np.nan_to_num(before[kept] - after[kept]), dtype=np.float64)
