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
from suites.preference.protocol import PERSON, PICKED, RIGHT, STRICT, sliced
from suites.preference.published import pin_of
from suites.preference.record import PreferencePart
from suites.showing import MOST_ITEMS, Told, counted, first, grouped, number, told

Runs = Sequence[Told[PreferencePart]]

BLIND_ROWS = {
    "constant": "constant: one score for all.",
    "order": "order: as the file has them.",
    "longer": "longer, shorter: by characters.",
    "always": "always ...: one verdict for all.",
    "random": "random: the expected value of chance.",
}
"""How a blind row's name begins -> what it is."""

EVERY = ("System", "Pairs", "Pairs with equal scores", "Distinct scores")
"""Columns that are shown whatever they hold."""


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
    """Blind rows of the first run (those of the others are the same), under metrics that they have.

    Only what stands there is explained.
    """
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
            note=" ".join(
                said
                for begin, said in BLIND_ROWS.items()
                if any(row.name.startswith(begin) for row in part.blind)
            ),
        )
    ]


def _ties(known: Runs) -> list[Table]:
    """Counts of each run; columns of nothing but zeros are left out, but for equal scores."""
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
    kept = [place for place in range(len(columns))
            if columns[place] in EVERY or any(row[place] for row in rows)]  # fmt: skip
    return [
        Table(
            "Counted while scoring",
            tuple(columns[place] for place in kept),
            tuple(tuple(row[place] for place in kept) for row in rows),
        )
    ]


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
    metric = sliced(one.name for one in known[0].side.record.metrics)
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
    columns = ("Subset", "System", "Items", metric, "Best blind row", "Chance")
    return [
        *_lost_subsets(known, metric),
        Dots(f"{metric} by subset", series, Axis(metric)),
        Table(f"{metric} by subset, beside blind rows", columns, rows),
    ]


def _lost_subsets(known: Runs, metric: str) -> list[Remark]:
    """Subsets in which no model is above the best row that looks at no prompt."""
    best: dict[str, float] = {}
    blind: dict[str, float] = {}
    for run in known:
        models = not control_of(run.side.record.model.details)
        for row in run.part.subsets if models else ():
            if row.value is not None and row.blind is not None:
                best[row.subset] = max(row.value, best.get(row.subset, row.value))
                blind[row.subset] = row.blind
    lost = [f"{name} {value:.3f}" for name, value in blind.items() if best[name] <= value]
    if not lost:
        return []
    subsets = f"{len(lost)} of {len(blind)} subsets"
    said = f"In {subsets} no model beats the best row that looks at no prompt, by {metric}: "
    rest = f" and {len(lost) - MOST_ITEMS} more" if len(lost) > MOST_ITEMS else ""
    return [Remark(f"{said}{', '.join(lost[:MOST_ITEMS])}{rest}.", warning=True)]


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
