"""What an invariance row says, in words that the terminal and the site share."""

from __future__ import annotations

from typing import NamedTuple

from harness.records.invariance import Invariance, Moved
from harness.records.run_info import RunInfo

HALF = ("float16", "bfloat16")
"""Number formats in which sums of other batches round to other numbers."""

THINGS = {
    "top 10": ("top ten", "top tens"),
    "rank": ("rank", "ranks"),
    "class": ("class", "classes"),
    "nearest neighbour": ("nearest neighbour", "nearest neighbours"),
}


class Line(NamedTuple):
    """What was done, and what it moved. ``key`` is the same for every run, whatever was done."""

    key: str
    title: str
    said: str

    @property
    def whole(self) -> str:
        """``batch 1 against 32: no rank of 32 changes``."""
        return f"{self.title}: {self.said}" if self.title else self.said


def lines_of(run: RunInfo, dtype: str | None) -> list[Line]:
    """All that a run's invariance row says; one line with the reason where there is none."""
    found = run.invariance
    if found is None:
        return [Line("invariance", "", _unmeasured(run.invariance_reason))]
    half = f", in {dtype}, which rounds by batch" if dtype in HALF else ""
    lines = [
        _line("batch", _batch_title(found), found, found.batch, found.batch_reason, half),
        _line("order", _order_title(found), found, found.order, found.order_reason),
    ]
    if found.repeat is not None:
        lines.append(_line("repeat", "asked again in the same way", found, found.repeat))
    return lines


def unsteady(found: Invariance | None) -> str:
    """What changes an answer of a model, in a few words; ``""`` where nothing was found to."""
    if found is None:
        return ""
    ways = ((_batch_title(found), found.batch), (_order_title(found), found.order))
    said = [f"{title}, {_changes(found, pair)}" for title, pair in ways if pair and _moves(pair)]
    if not said:
        return ""
    chance = "; asked again in the same way it changes too" if _moves(found.repeat) else ""
    return "; ".join(said) + chance


def _unmeasured(why: str | None) -> str:
    return f"not measured: {why or 'no reason is given'}"


def _moves(pair: Moved | None) -> bool:
    return pair is not None and bool(pair.changed or pair.first_changed or pair.one_sided)


def _batch_title(found: Invariance) -> str:
    return "batch 1" if found.batch_size is None else f"batch 1 against {found.batch_size}"


def _order_title(found: Invariance) -> str:
    return f"{'candidates' if found.turned == 'candidates' else 'batches'} reversed"


def _line(
    key: str,
    title: str,
    found: Invariance,
    pair: Moved | None,
    why: str | None = None,
    more: str = "",
) -> Line:
    if pair is None:
        return Line(f"invariance, {key}", title, _unmeasured(why))
    further = [] if pair.difference is None else [_largest(pair.difference, found.measured)]
    if pair.tau is not None:
        further.append(f"Kendall tau {_tau(pair.tau)}")
    said = f" ({', '.join(further)})" if further else ""
    return Line(f"invariance, {key}", title, _changes(found, pair) + said + more)


def _changes(found: Invariance, pair: Moved) -> str:
    one, many = THINGS[found.judged]
    noun = "list" if found.lists is not None else "item"
    said = ""
    if found.lists is not None and (pair.changed or pair.first_changed):
        said = f"{_count(pair.first_changed, pair.n)} first documents and "
    if pair.changed is None:
        said = f"{pair.n} {noun}{'s' * (pair.n > 1)} compared"
    elif not pair.changed:
        said = f"no {one} of {pair.n} changes"
    else:
        said += f"{_count(pair.changed, pair.n)} {many} change"
    if pair.one_sided:
        said += f", {pair.one_sided} further have an answer in one way alone"
    return said


def _count(share: float | None, n: int) -> str:
    return f"{round((share or 0) * n)} of {n}"


def _largest(value: float, measured: str) -> str:
    if measured == "place":
        return f"largest move {value:,.0f} place{'s' * (value != 1)}"
    shown = f"{value:.2g}" if value < 1000 else f"{value:,.0f}"
    return f"largest {measured}{'' if measured == '1 - cosine' else ' difference'} {shown}"


def _tau(value: float) -> str:
    """Three digits, and never 1.000 for what is less."""
    if value in (1, -1):
        return f"{value:.0f}"
    shown = f"{value:.3f}"
    return "0.999" if shown == "1.000" else "-0.999" if shown == "-1.000" else shown
