"""What flips show beside their figures: the table behind the rates, and the items that flipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.exhibits import Axis, Cell, Exhibit, Figure, Remark, Shown, Table, Trade, Traded
from suites.flips.bar import reference_name
from suites.flips.protocol import REFERENCE
from suites.flips.record import FlipsPart, FlipTable
from suites.showing import (
    MOST_ITEMS,
    P,
    Reals,
    Told,
    alike,
    counted,
    first,
    grouped,
    number,
    numbers,
    share,
    slice_name,
    told,
)

MOST_FLIPPED = 20
"""Flipped items listed of a run."""

FLIP = "A negative flip is an item that was right before and is wrong now."
NO_REFERENCE = "There is no reference: flips show when two runs are compared."
OLD_CLASSES = "Flips are counted on items of classes that the reference knows."

Runs = Sequence[Told[FlipsPart]]


def exhibits(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    """What was counted, flips against gains, the table behind the rates, the surest new errors.

    Raises :class:`InvalidError` when a table beside a record is not the one it tells of.
    """
    known = told(shown, FlipsPart)
    if not known:
        return ()
    return (
        *_remarks(known),
        *_references(known),
        *_trade(known),
        *_cells(known),
        *(
            table
            for run in known
            for table in _flipped(run.side, f"{run.name}: items that the reference had right")
        ),
    )


def worst(side: Side) -> tuple[Table, ...]:
    """Items that the reference had right and the model wrong, then all its wrong answers.

    Raises :class:`InvalidError` when the table is not the one that the record tells of.
    """
    answers = _Answers.read(side)
    if answers is None:
        return ()
    return (
        *_flipped(side, "Right in the reference and wrong now"),
        *answers.listed("Wrong answers", answers.wrong, MOST_ITEMS),
    )


def _remarks(known: Runs) -> list[Remark]:
    said = [Remark(FLIP)]
    for of, bare in alike(known, lambda part: part.reference is None):
        said += [Remark(f"{of}{NO_REFERENCE}")] * bare
    for of, scope in alike(known, lambda part: part.scope):
        said += [Remark(f"{of}{OLD_CLASSES}")] * (scope == "old classes")
    for run in known:
        if run.part.other:
            answers = counted(run.part.other, "answer is", "answers are")
            said.append(Remark(f"{run.name}: {answers} no class of the task, and wrong.", True))
    return said


def _references(known: Runs) -> list[Table]:
    rows = tuple(
        (
            run.name,
            Figure(run.part.accuracy),
            reference_name(run.part.reference),
            Figure(run.part.reference_accuracy),
            run.part.scope,
        )
        for run in known
        if run.part.reference is not None
    )
    columns = ("System", "Accuracy", "Reference", "Accuracy of the reference", "Flips counted on")
    return [Table("What flips are counted against", columns, rows)] if rows else []


def _trade(known: Runs) -> list[Trade]:
    points = [point for run in known if (point := _traded(run)) is not None]
    if not points:
        return []
    return [
        Trade(
            title="Negative flips against gains",
            points=tuple(points),
            x=Axis("Gains: wrong before, right now"),
            y=Axis("Negative flips: right before, wrong now"),
            note="Shares of the items that flips are counted on. Where the two are equal, accuracy "
            "on these items stays the same; it rises where gains are larger.",
        )
    ]


def _traded(run: Told[FlipsPart]) -> Traded | None:
    table = next((table for table in run.part.tables if not table.slice), None)
    if table is None:
        return None
    gains, losses = share(table.wrong_right, table.n), share(table.right_wrong, table.n)
    if gains is None or losses is None:
        return None
    return Traded(run.name, gains, losses, table.nfr_interval)


def _cells(known: Runs) -> list[Table]:
    rows = grouped(_cell_row(run.name, table) for run in known for table in run.part.tables)
    if not rows:
        return []
    return [
        Table(
            title="Items by what the reference and the system got right",
            columns=(
                *("Slice", "System", "Items", "Right, right", "Right, wrong", "Wrong, right"),
                *("Wrong, wrong", "NFR", "McNemar p"),
            ),
            rows=rows,
            note="What the reference got stands first. McNemar’s p is about the net change alone; "
            "where items share sources, it is by random signs of whole sources.",
        )
    ]


def _cell_row(system: str, table: FlipTable) -> tuple[Cell, ...]:
    return (
        slice_name(table.slice),
        system,
        table.n,
        table.right_right,
        table.right_wrong,
        table.wrong_right,
        table.wrong_wrong,
        Figure(table.nfr, table.nfr_interval),
        Figure(table.mcnemar_p, unit=P),
    )


def _flipped(side: Side, title: str) -> tuple[Table, ...]:
    answers = _Answers.read(side)
    if answers is None or answers.reference is None:
        return ()
    return answers.listed(title, answers.wrong & (answers.reference == answers.label), MOST_FLIPPED)


@dataclass(frozen=True, slots=True)
class _Answers:
    """The columns of a run's table; ``sure`` is NaN where a confidence is unknown."""

    ids: NDArray[Any]
    label: NDArray[Any]
    answer: NDArray[Any]
    reference: NDArray[Any] | None
    sure: Reals

    @classmethod
    def read(cls, side: Side) -> _Answers | None:
        """From the table beside a record, ``None`` where it is not there."""
        ids, label, answer = side.ids, side.column("label"), side.column("prediction")
        if ids is None or label is None or answer is None:
            return None
        sure = numbers(side.column("confidence"))
        unknown = np.full(len(ids), np.nan)
        return cls(ids, label, answer, side.column(REFERENCE), unknown if sure is None else sure)

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Items whose answer is not the label."""
        return np.asarray(self.answer != self.label, dtype=bool)

    def listed(self, title: str, chosen: NDArray[np.bool_], most: int) -> tuple[Table, ...]:
        """The surest of the chosen items, those of unknown confidence last; none without any."""
        places = np.flatnonzero(chosen)
        sure = self.sure[places]
        order = first(np.where(np.isnan(sure), np.inf, -sure), most)
        known = bool(np.isfinite(sure).any())
        rows = tuple(
            (
                str(self.ids[i]),
                str(self.label[i]),
                str(self.answer[i]) or None,
                *([Figure(number(self.sure[i]))] if known else []),
            )
            for i in places[order]
        )
        if not rows:
            return ()
        said = f"{title}, the surest first" if known else title
        columns = ("Item", "Label", "Answer now", *(["Confidence"] if known else []))
        return (Table(said, columns, rows, of=len(places)),)
