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
from harness.records.bars import BLIND, TO_BEAT, control_of
from suites.preference.data import NOBODY
from suites.preference.exhibits_beside import difficulty, margins, places, reliability, styles
from suites.preference.exhibits_generators import two_generators
from suites.preference.protocol import PERSON, PICKED, RIGHT, STRICT
from suites.preference.published import pin_of
from suites.preference.record import PreferencePart
from suites.preference.tied import ITEM_FIGURES
from suites.showing import MOST_ITEMS, Told, counted, first, grouped, number, told

Runs = Sequence[Told[PreferencePart]]


def exhibits(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    """Blind rows beside the models, what equal scores can make of the figures, subsets."""
    known = told(shown, PreferencePart)
    if not known:
        return ()
    if known[0].part.signal == NOBODY:
        return (*two_generators(known), *margins(known))
    scored = [run for run in known if run.part.verdicts is None]
    judged = [run for run in known if run.part.verdicts is not None]
    return (
        *_remarks(known),
        *_person(known),
        *_blind(known),
        *(_ties(scored) if scored else ()),
        *(_verdicts(judged) if judged else ()),
        *places(judged),
        *margins(scored),
        *difficulty(scored),
        *reliability(scored),
        *styles(scored),
        *_subsets(known),
    )


def _remarks(known: Runs) -> list[Remark]:
    said = [*_beaten(known), *_one_person(known)]
    for run in known:
        if run.part.unanswered and run.part.verdicts is not None:
            count = counted(run.part.unanswered, "answer is", "answers are")
            said.append(Remark(f"{run.name}: {count} no verdict, and wrong.", True))
        elif run.part.unanswered:
            count = counted(run.part.unanswered, "candidate has", "candidates have")
            said.append(Remark(f"{run.name}: {count} no score, and lost every pair.", True))
    return said


def _beaten(known: Runs) -> list[Remark]:
    """Runs of models that look at no prompt; and that no other model beats the best blind row."""
    primary = known[0].side.record.task.primary_metric
    lines: list[tuple[str, float]] = []
    models: list[float] = []
    said = []
    for run in known:
        metric, control = run.side.record.metric(primary), control_of(run.side.record.model.details)
        if control == BLIND:
            said.append(Remark(f"{run.name} is a blind row: it is shown no prompt."))
        if metric is None or metric.value is None:
            continue
        if not control:
            models.append(metric.value)
        elif control in TO_BEAT:
            lines.append((run.name, metric.value))
    own = known[0].part.best_blind(primary)
    best = max([*lines, *([own] if own else [])], key=lambda one: one[1], default=None)
    if best is not None and models and max(models) <= best[1]:
        text = f"No model beats the blind row “{best[0]}”, which looks at no prompt: "
        said.append(Remark(f"{text}{primary} {best[1]:.3f}.", warning=True))
    return said


def _one_person(known: Runs) -> list[Remark]:
    """How often one person says what people say, where the data tell."""
    for run in known:
        value, items = run.side.mean(PERSON)
        if value is not None:
            return [Remark(f"One person says of {value:.3f} of pairs what counts as people’s word "
                           f"({counted(items, 'item', 'items')} tell): a line to read "
                           "accuracy by, and no model need reach it.")]  # fmt: skip
    return []


def _person(known: Runs) -> list[Remark]:
    """What one person reaches on a published set, where somebody counted it."""
    pin = pin_of(known[0].side.record.task.id)
    one = None if pin is None else pin.person
    if one is None:
        return []
    said = f"One person agrees with the others by {one.metric} {one.value:.3f} ({one.source})."
    return [Remark(said)]


def _blind(known: Runs) -> list[Table]:
    """Blind rows of the first run (those of the others are the same), under metrics they have."""
    part, record = known[0].part, known[0].side.record
    names = [metric.name for metric in record.metrics
             if any(row.values.get(metric.name) is not None for row in part.blind)]  # fmt: skip
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
    primary = _of_subsets(known[0])
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


def _of_subsets(run: Told[PreferencePart]) -> str:
    """The metric that subsets are told by: the primary one, or the first that items have."""
    names = [metric.name for metric in run.side.record.metrics]
    primary = run.side.record.task.primary_metric
    if run.part.verdicts is not None:
        return primary
    return next((name for name in names if name in ITEM_FIGURES), primary)


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
