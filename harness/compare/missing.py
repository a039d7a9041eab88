"""What was not checked, and what to type: evidence that is missing never passes for no loss.

A metric that decides needs its difference paired item by item, and its values to follow from what
lies beside the records. Where either is not so the task is incomplete, for whatever reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.compare.deltas import UNPAIRED, Delta
from harness.compare.derived import OTHER_INTERVAL, TOO_MANY, Underived
from harness.compare.sides import NOWHERE, Side
from harness.compare.verdicts import Judged, Verdict
from harness.metrics.intervals.base import SAME_FILE
from harness.runs.folder import MANIFEST_FILE

BASELINE, CANDIDATE = "baseline", "candidate"


class Gap(str):
    """Why a task is incomplete, and what to type. ``reason`` alone names no folder, for pages."""

    reason: str

    def __new__(cls, reason: str, fix: str = "") -> Gap:
        """Both as one text."""
        made = super().__new__(cls, f"{reason}. {fix}" if fix else reason)
        made.reason = reason
        return made


@dataclass(frozen=True, slots=True)
class Checked:
    """One side with what is known of its evidence.

    ``absent`` are files that its record names and that do not lie beside it, ``underived`` the
    figures that do not follow from those that do.
    """

    role: str
    side: Side
    absent: Sequence[str] = ()
    underived: Sequence[Underived] = ()


def unchecked_metrics(
    rows: Sequence[Delta], judged: Mapping[str, Judged], old: Checked, new: Checked
) -> list[str]:
    """A line for every metric that decides and was not checked, and one where none decides."""
    gaps = _on_one_side(old, new)
    deciding = [row for row in rows if row.decides and row.higher_is_better is not None]
    for row in deciding:
        proven = judged[row.name].verdict is Verdict.WORSE
        said = None if proven else _unchecked(row, old, new)
        gaps += [said] if said else []
    if not gaps and not deciding:
        gaps.append("nothing was checked: no metric that decides is defined on both sides")
    return gaps


def without_answers(new: Checked) -> list[str]:
    """A run whose answers are gone: what its tables say follows from nothing that is there.

    A baseline may be committed without them, and says so in its index.
    """
    lost = [name for name in new.absent if _is_predictions(new.side, name)]
    return [
        Gap(
            f"{name} does not lie beside the candidate's record, which was made of it",
            "Put it back, or evaluate again",
        )
        for name in lost
        if new.side.folder != NOWHERE
    ]


def unsettled(rows: Sequence[Delta]) -> str | None:
    """A note on metrics that a budget of all metrics holds, and that nothing could be said of."""
    names = [
        row.name
        for row in rows
        if not row.decides and row.higher_is_better is not None and row.interval is None
    ]
    return (
        f"not held to the budget, without a paired interval: {', '.join(names)}" if names else None
    )


def unknown_figures(old: Checked, new: Checked) -> list[str]:
    """Notes on figures that do not follow from what lies beside a record, and decide nothing."""
    task = old.side.record.task
    notes = []
    for known, said in ((True, "held to bounds alone"), (False, "not checked at all")):
        found: dict[str, str] = {}
        for one in (*old.underived, *new.underived):
            decides = one.metric in (task.primary_metric, *task.beside)
            if (
                one.roughly == known
                and not decides
                and one.reason not in (OTHER_INTERVAL, TOO_MANY)
            ):
                found.setdefault(one.metric, one.reason)
        for reason in dict.fromkeys(found.values()):
            named = ", ".join(name for name, why in found.items() if why == reason)
            notes.append(f"{said}: {named} ({reason})")
    return notes


def _on_one_side(old: Checked, new: Checked) -> list[str]:
    """Metrics that decide for the candidate's record, and that the baseline's does not have."""
    task = new.side.record.task
    return [
        Gap(
            f"the baseline lacks the metric {name}, by which the candidate is judged",
            again(old.side),
        )
        for name in dict.fromkeys((task.primary_metric, *task.beside))
        if old.side.record.metric(name) is None
    ]


def _unchecked(row: Delta, old: Checked, new: Checked) -> Gap | None:
    if row.difference is None:
        return Gap(f"{row.name} is undefined on one side: {row.reason}")
    if row.interval is None:
        why, fix = _why(row, old, new)
        return Gap(f"{row.name} was not compared: {why}", fix)
    if row.method == SAME_FILE.name:
        return None
    for one in (old, new):
        found = next((u for u in one.underived if u.metric == row.name and not u.roughly), None)
        if found is not None:
            said = f"{row.name} of the {one.role} was not checked: {found.reason}"
            return Gap(said, again(one.side))
    return None


def _why(row: Delta, old: Checked, new: Checked) -> tuple[str, str]:
    """Why a difference has no paired interval, and what to type."""
    for one in (old, new):
        record = one.side.record
        if record.task.members is not None:
            continue
        if record.groups is None and not record.files:
            return f"the {one.role}'s record stands alone, without tables", again(one.side)
        tables = [name for name in one.absent if not _is_predictions(one.side, name)]
        if tables:
            do, them = ("does", "it") if len(tables) == 1 else ("do", "them")
            put = f"Put {them} into {one.side.folder} (git add --force, git lfs pull), or type: "
            said = f"{', '.join(tables)} {do} not lie beside the {one.role}'s record"
            return said, put + _again(one.side)
    if row.reason and row.reason != UNPAIRED:
        return row.reason, ""
    return _other(row, old.side, new.side)


def _other(row: Delta, old: Side, new: Side) -> tuple[str, str]:
    drawn = [side.record.intervals for side in (old, new)]
    if drawn[0] != drawn[1] and all(row.name in side.replicates for side in (old, new)):
        said = " and ".join(
            f"{one.replicates:,} replicates of {one.clusters:,} clusters from seed {one.seed}"
            for one in drawn
        )
        return f"the two were drawn unlike: {said}", again(new)
    lacking = [
        role for role, side in ((BASELINE, old), (CANDIDATE, new)) if not _kept(side, row.name)
    ]
    if lacking:
        who = "neither side keeps" if len(lacking) > 1 else f"the {lacking[0]} does not keep"
        fix = f"Newer versions may keep them: {_again(old if lacking[0] == BASELINE else new)}"
        return f"{who} values of it item by item, or without each unit, to be paired", fix
    said = "its values on either side are of other items, in another number, or of unknown sources"
    return said, again(new)


def _kept(side: Side, name: str) -> bool:
    if name in side.replicates or name in side.jackknife:
        return True
    return side.numbers(_column(side, name)) is not None


def _column(side: Side, name: str) -> str:
    metric = side.record.metric(name)
    return (metric.column if metric else None) or name


def _is_predictions(side: Side, name: str) -> bool:
    return side.record.predictions is not None and side.record.predictions.file == name


def again(side: Side) -> str:
    """What to type to have a side with all its tables."""
    return f"Type: {_again(side)}"


def _again(side: Side) -> str:
    if side.folder == NOWHERE:
        return "marginbench compare BASELINE CANDIDATE, with the folders of both runs"
    if (side.folder / MANIFEST_FILE).is_file():
        return f"marginbench score {side.folder}"
    return f"marginbench baseline update RUN --to {side.folder.parent}"
