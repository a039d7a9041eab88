"""Answers held against labels: right or wrong, with what each constant answer would have got.

The best constant answer is a line that no system is ahead of which is not told apart from it: it
looks at no item. It is chosen with the labels at hand, so it is the hardest of its kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.compare.boards.board import (
    CONSTANT,
    MOST_CELLS,
    MOST_SYSTEMS,
    Line,
    OtherBoard,
    counted,
    named,
)
from harness.errors import InvalidError, UsageError
from harness.tasks.reading.verdicts import BAD, FIRST, SECOND, TIE, verdict_of
from harness.tasks.reading.verdicts import VOTES as ARENA
from harness.tasks.tables import Row

SPOKEN = {FIRST: "[[A>B]]", SECOND: "[[B>A]]", TIE: "[[A=B=Good]]", BAD: "[[A=B=Bad]]"}
VOTES = {vote: SPOKEN[verdict] for vote, verdict in ARENA.items()}
"""What a vote of GenAI-Bench is in the words of its judges."""

MOST_CONSTANTS = 20
"""Labels of more kinds than that are no choice among a few answers."""


@dataclass(slots=True)
class Answers:
    """Labels and answers by item as they come in; ``mapped`` are pairs of a label and its answer.

    ``sure`` says that whoever is here answers; else only who ever gives a label does.
    """

    mapped: Sequence[tuple[str, str]] = ()
    labels: dict[str, str] = field(default_factory=dict)
    given: dict[str, dict[str, str]] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)
    unlabelled: set[str] = field(default_factory=set)
    sure: bool = False
    cells: int = 0

    def label(self, item: str, value: Any, where: str) -> None:
        """The label of an item. Raises :class:`InvalidError` for a second one that differs."""
        word = word_of(value)
        if not word:
            self.unlabelled.add(item)
        elif self.labels.setdefault(item, word) != word:
            raise InvalidError(f"{where}: {item[:80]!r} has two labels")

    def answer(self, system: str, item: str, value: Any, where: str) -> None:
        """What a system said; nothing where it said nothing."""
        own = self.given.setdefault(system, {})
        if item in own:
            raise InvalidError(f"{where}: {system[:80]!r} has a second answer to {item[:80]!r}")
        own[item] = word_of(value)
        self.cells += 1
        if self.cells > MOST_CELLS:
            raise UsageError(f"{where}: more than {MOST_CELLS:,} answers")


def word_of(value: Any) -> str:
    """An answer as it is compared: numbers by value, everything else as the text that it is."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def nested_column(row: Row) -> str:
    """The one column whose cells hold an answer or value for each system, ``""`` for none."""
    found = [name for name, value in row.values.items() if isinstance(value, dict)]
    return found[0] if len(found) == 1 else ""


def answers_board(found: Answers, *, title: str, metric: str = "") -> OtherBoard:
    """Whether answers agree with labels, as a board with the best constant answer as its line.

    An answer that is missing is wrong, which is said; an item without a label is left out. Raises
    :class:`UsageError` where no answer is ever a label.
    """
    items = [item for item in found.labels if item not in found.unlabelled]
    if not items:
        raise UsageError(f"{title}: no item has a label")
    right, said = _expected(found, items)
    known = set(right)
    systems = [name for name, own in found.given.items() if found.sure or known & set(own.values())]
    aside = [name for name in found.given if name not in systems]
    if not any(known & set(found.given[name].values()) for name in systems):
        raise _nothing_common(found, known, title)
    if len(systems) > MOST_SYSTEMS:
        raise UsageError(f"{title}: more than {MOST_SYSTEMS:,} systems")
    spoken = _spoken if not found.mapped and set(found.labels.values()) <= set(VOTES) else str
    own = [[spoken(found.given[name].get(item, "")) for item in items] for name in systems]
    values = np.array(
        [[float(a == r) for a, r in zip(row, right, strict=True)] for row in own], dtype=np.float64
    )
    notes = [said, _strange(own, known)] if said else [_strange(own, known)]
    if found.unlabelled:
        notes.append(f"Left out: {counted(len(found.unlabelled), 'item')} without a label.")
    if aside:
        notes.append(f"Not read: {named([repr(name) for name in aside])}, which hold no answers.")
    lines, shares = constant_lines(right)
    return OtherBoard(
        title=title,
        metric=metric or "agreement",
        item="item",
        systems=tuple(systems),
        items=tuple(items),
        values=values,
        higher_is_better=True,
        clusters=tuple(found.clusters[item] for item in items) if found.clusters else None,
        lines=lines,
        notes=(*filter(None, notes), *shares),
    )


def constant_lines(right: Sequence[str]) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """The best constant answer as a line, and a sentence on what each of them gets.

    None of both where labels are of too many kinds to be a choice.
    """
    counts = Counter(right).most_common()
    if len(counts) > MOST_CONSTANTS or len(right) < 2 * len(counts):
        return (), ()
    best = counts[0][0]
    values = np.array([float(label == best) for label in right], dtype=np.float64)
    shares = [f"{label[:40]} {100 * count / len(right):.1f}" for label, count in counts]
    said = f"One answer to all items gets (in points): {named(shares, most=6)}."
    return (Line(CONSTANT, f"the constant answer {best[:40]}", values),), (said,)


def _expected(found: Answers, items: Sequence[str]) -> tuple[list[str], str]:
    """What a right answer is, item by item, and a sentence where labels were translated."""
    words = set(found.labels.values())
    table = dict(found.mapped)
    if table:
        stray = sorted(set(table) - words)
        if stray:
            raise UsageError(
                f"--label-map: no label is {stray[0]!r}; labels: {named(sorted(words))}"
            )
    elif words <= set(VOTES):
        table = VOTES
    if not table:
        return [found.labels[item] for item in items], ""
    said = ", ".join(f"{label} is {answer}" for label, answer in table.items() if label in words)
    return [table.get(found.labels[item], found.labels[item]) for item in items], (
        f"Labels in the words of the answers: {said}."
    )


def _spoken(answer: str) -> str:
    """A verdict in the words of GenAI-Bench's judges, whichever it is in; all else as it is."""
    return SPOKEN.get(verdict_of(answer), answer)


def _strange(own: Sequence[Sequence[str]], known: set[str]) -> str:
    """A sentence on answers that are missing or are no label at all."""
    silent = sum(not answer for row in own for answer in row)
    odd = sum(bool(answer) and answer not in known for row in own for answer in row)
    if not silent and not odd:
        return ""
    parts = [counted(silent, "missing answer")] * bool(silent)
    parts += [counted(odd, "answer") + " that no label is"] * bool(odd)
    return f"Counted as wrong: {' and '.join(parts)}."


def _nothing_common(found: Answers, known: set[str], title: str) -> UsageError:
    given = sorted({word for own in found.given.values() for word in own.values() if word})
    return UsageError(
        f"{title}: no answer is ever a label; labels: {named(sorted(known))}; "
        f"answers: {named(given)}",
        fix="Say what a label is in the words of the answers: --label-map LABEL=ANSWER",
    )
