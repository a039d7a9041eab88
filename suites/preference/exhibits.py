"""What preferences show beside their figures: blind rows, ties, subsets, and the worst items."""

from __future__ import annotations

from collections.abc import Sequence

from harness.compare.sides import Side
from harness.exhibits import (
    Axis,
    Cell,
    Dot,
    Dots,
    DotSeries,
    Exhibit,
    Figure,
    Remark,
    Shown,
    Table,
)
from suites.preference.protocol import PICKED, RIGHT, STRICT
from suites.preference.published import pin_of
from suites.preference.record import PreferencePart
from suites.showing import MOST_ITEMS, Told, counted, first, grouped, number, told

Runs = Sequence[Told[PreferencePart]]


def exhibits(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    """Blind rows beside the models, what equal scores can make of the figures, subsets."""
    known = told(shown, PreferencePart)
    if not known:
        return ()
    scored = [run for run in known if run.part.verdicts is None]
    judged = [run for run in known if run.part.verdicts is not None]
    return (
        *_remarks(known),
        *_person(known),
        *_blind(known),
        *(_ties(scored) if scored else ()),
        *(_verdicts(judged) if judged else ()),
        *_subsets(known),
    )


def _remarks(known: Runs) -> list[Remark]:
    said = []
    primary = known[0].side.record.task.primary_metric
    best = known[0].part.best_blind(primary)
    metrics = (run.side.record.metric(primary) for run in known)
    values = [one.value for one in metrics if one is not None and one.value is not None]
    if best is not None and values and max(values) <= best[1]:
        said.append(
            Remark(
                f"No model beats the blind row “{best[0]}”, which looks at no prompt: "
                f"{primary} {best[1]:.3f}.",
                warning=True,
            )
        )
    for run in known:
        if run.part.unanswered and run.part.verdicts is not None:
            count = counted(run.part.unanswered, "answer is", "answers are")
            said.append(Remark(f"{run.name}: {count} no verdict, and wrong.", True))
        elif run.part.unanswered:
            count = counted(run.part.unanswered, "candidate has", "candidates have")
            said.append(Remark(f"{run.name}: {count} no score, and lost every pair.", True))
    return said


def _person(known: Runs) -> list[Remark]:
    """What one person reaches on a published set, where somebody counted it."""
    pin = pin_of(known[0].side.record.task.id)
    one = None if pin is None else pin.person
    if one is None:
        return []
    said = f"One person agrees with the others by {one.metric} {one.value:.3f} ({one.source})."
    return [Remark(said)]


def _blind(known: Runs) -> list[Table]:
    """Blind rows of the first run (those of the others are the same), under the metrics shown."""
    part, record = known[0].part, known[0].side.record
    names = [metric.name for metric in record.metrics]
    units = {metric.name: metric.unit for metric in record.metrics}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            row.name,
            *(Figure(row.values.get(name), unit=units[name]) for name in names),
        )
        for row in part.blind
    )
    return [
        Table(
            "Rows that look at no prompt",
            ("Row", *names),
            rows,
            note="constant: one score for all. order: as the file has them. longer, shorter: by "
            "characters. always ...: one verdict for all. random: the expected value of chance.",
        )
    ]


def _ties(known: Runs) -> list[Table]:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            run.name,
            run.part.pairs,
            run.part.tied_pairs,
            run.part.tied_items,
            run.part.distinct_scores,
            run.part.unanswered,
            run.part.people_tied,
            run.part.undecided_items,
        )
        for run in known
    )
    columns = (
        *("System", "Pairs", "Pairs with equal scores", "Items without one best candidate"),
        *("Distinct scores", "Candidates without a score", "Pairs that people tied"),
        "Items in which people told nothing apart",
    )
    return [Table("Counted while scoring", columns, rows)]


def _verdicts(known: Runs) -> list[Table]:
    rows = grouped(
        (row.people, run.name, *row.counts)
        for run in known
        for row in run.part.verdicts or ()
        if any(row.counts)
    )
    columns = ("People", "System", "A", "B", "Tie", "Both bad", "Unparsed")
    return [Table("Verdicts, by what people said of the pair as it was shown", columns, rows)]


def _subsets(known: Runs) -> list[Exhibit]:
    if not any(run.part.subsets for run in known):
        return []
    primary = known[0].side.record.task.primary_metric
    rows = grouped(
        (
            row.subset,
            run.name,
            row.items,
            Figure(row.value, row.interval),
            Figure(row.blind),
            Figure(row.chance),
        )
        for run in known
        for row in run.part.subsets
    )
    series = tuple(
        DotSeries(
            run.name,
            tuple(Dot("subset", row.subset, Figure(row.value, row.interval))
                  for row in run.part.subsets),
        )
        for run in known
    )  # fmt: skip
    columns = ("Subset", "System", "Items", primary, "Best blind row", "Chance")
    return [
        Dots(f"{primary} by subset", series, Axis(primary)),
        Table(f"{primary} by subset, beside blind rows", columns, rows),
    ]


def worst(side: Side) -> tuple[Table, ...]:
    """Items whose best candidate is none that people chose, those with most pairs lost first.

    Raises :class:`InvalidError` when the table is not the one that the record tells of.
    """
    right, pairs = side.numbers(RIGHT), side.numbers(STRICT)
    picked, ids = side.column(PICKED), side.ids
    if right is None or pairs is None or picked is None or ids is None:
        return ()
    lost = [place for place in first(pairs, len(pairs)) if right[place] == 0]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (str(ids[place]), str(picked[place]) or None, Figure(number(pairs[place])))
        for place in lost[:MOST_ITEMS]
    )
    if not rows:
        return ()
    columns = ("Item", "Picked", STRICT)
    return (Table("Items decided against people", columns, rows, of=len(lost)),)
