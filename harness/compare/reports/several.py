"""Several candidates written down: a table with one column each, then the report of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as Xml

from harness.compare.comparison import Comparison, TaskComparison
from harness.compare.deltas import Delta
from harness.compare.reports.json import VERSION, to_dict
from harness.compare.reports.junit import document, refused_into, suites_into
from harness.compare.reports.markdown import CUT, MOST_BYTES, escaped, table_of, to_markdown
from harness.compare.reports.slices import LISTED
from harness.compare.reports.text import number, signed, summary_line
from harness.compare.several import Candidate, Several
from harness.compare.slices import Slice, Slices
from harness.metrics.cards import asides

NOT_THERE = "–"
FINE = "fine"


@dataclass(frozen=True, slots=True)
class Overview:
    """A table with a column for each candidate; ``of_task`` where it is of a task as a whole."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    below: Sequence[str] = ()
    of_task: bool = False


def summary(found: Several) -> str:
    """The outcome as a whole, and that of each. It is "fine" only where each of them is."""
    words = [_word(one) for one in found.candidates]
    head = {0: FINE, 1: "WORSE", 3: "INCOMPLETE"}[found.exit_code]
    if head == FINE and any(word != FINE for word in words):
        head = "CANNOT TELL"
    told = zip(found.candidates, words, strict=True)
    return head + " – " + "; ".join(f"{one.name}: {word}" for one, word in told)


def _word(one: Candidate) -> str:
    """The first word of what is said of a candidate."""
    return "INCOMPLETE" if one.found is None else summary_line(one.found).partition(" – ")[0]


def overviews(found: Several, most: int = LISTED) -> list[Overview]:
    """Each task in a table: metrics that decide, what flipped, the word; then its slices."""
    tables = []
    for task in _tasks(found):
        rows = _rows(found, task)
        header = ("", "baseline", *(one.name for one in found.candidates))
        tables.append(Overview(task, header, rows, of_task=True))
        tables += _by_slices(found, task, most)
    return tables


def _tasks(found: Several) -> list[str]:
    named = (task for _, one in found.compared for task in _all_tasks(one))
    return list(dict.fromkeys(named))


def _all_tasks(one: Comparison) -> list[str]:
    return [*(task.task for task in one.tasks), *one.missing]


def _of(one: Candidate, task: str) -> TaskComparison | None:
    if one.found is None:
        return None
    return next((made for made in one.found.tasks if made.task == task), None)


def _rows(found: Several, task: str) -> list[tuple[str, ...]]:
    made = [_of(one, task) for one in found.candidates]
    there = [one for one in made if one is not None]
    rows: list[tuple[str, ...]] = []
    for metric in dict.fromkeys(d.name for one in there for d in one.deltas if d.decides):
        cells = [_cell(one, metric) for one in made]
        first = next(d for one in there if (d := _delta(one, metric)) is not None)
        name = f"* {metric}" + asides(first.higher_is_better, first.unit)
        rows.append((name, number(first.baseline), *cells))
    rows += _flips(made)
    words = [_task_word(one, candidate, task) for one, candidate in zip(made, found.candidates,
                                                                       strict=True)]  # fmt: skip
    return [*rows, ("verdict", "", *words)]


def _delta(task: TaskComparison | None, metric: str) -> Delta | None:
    return None if task is None else next((d for d in task.deltas if d.name == metric), None)


def _cell(task: TaskComparison | None, metric: str) -> str:
    row = _delta(task, metric)
    if row is None or task is None:
        return NOT_THERE
    return f"{number(row.candidate)} ({signed(row.difference)}) {task.judged[metric].word}"


def _flips(made: Sequence[TaskComparison | None]) -> list[tuple[str, ...]]:
    flips = [one.flips[0] if one is not None and one.flips else None for one in made]
    first = next((one for one in flips if one is not None and one.nfr is not None), None)
    if first is None:
        return []
    cells = [
        NOT_THERE if one is None or one.nfr is None else f"{one.nfr:.2%} ({one.lost:,} {one.unit})"
        for one in flips
    ]
    return [(f"flips by {first.name}", "", *cells)]


def _task_word(made: TaskComparison | None, one: Candidate, task: str) -> str:
    if made is not None:
        return made.verdict.value
    if one.found is None:
        return "not compared"
    return "missing" if task in one.found.missing else NOT_THERE


def _by_slices(found: Several, task: str, most: int) -> list[Overview]:
    made = [_of(one, task) for one in found.candidates]
    slices = [{} if one is None else {s.column: s for s in one.slices} for one in made]
    tables = []
    for column in dict.fromkeys(name for some in slices for name in some):
        own = [some.get(column) for some in slices]
        metrics = dict.fromkeys(m for one in own if one is not None for m in one.metrics)
        tables += [_slice_table(found, task, column, own, metric, most) for metric in metrics]
    return tables


def _slice_table(
    found: Several,
    task: str,
    column: str,
    made: Sequence[Slices | None],
    metric: str,
    most: int,
) -> Overview:
    """Slices by the largest loss of any candidate."""
    values: dict[str, list[float]] = {}
    for one in made:
        for piece, row in [] if one is None else one.worst_first(metric):
            values.setdefault(piece.value, []).append(row.gain if row.gain is not None else 0.0)
    order = sorted(values, key=lambda value: min(values[value]))
    rows = [_slice_row(value, metric, made) for value in order[:most]]
    rest = len(order) - len(rows)
    return Overview(
        f"{task}: {metric} by {column}, worst first",
        ("slice", "n", "baseline", *(one.name for one in found.candidates)),
        rows,
        [f"and {rest:,} more: the JSON report holds them"] if rest else [],
    )


def _slice_row(value: str, metric: str, made: Sequence[Slices | None]) -> tuple[str, ...]:
    pieces = [_piece(one, value) for one in made]
    told = [None if piece is None else piece.delta(metric) for piece in pieces]
    first = next(row for row in told if row is not None)
    cells = [
        NOT_THERE
        if row is None or piece is None
        else f"{signed(row.difference)} {piece.judged[metric].word}"
        for piece, row in zip(pieces, told, strict=True)
    ]
    return (value, f"{first.n:,}", number(first.baseline), *cells)


def _piece(slices: Slices | None, value: str) -> Slice | None:
    return None if slices is None else next((s for s in slices.slices if s.value == value), None)


def several_json(found: Several) -> str:
    """Strict JSON: the exit code of all, and for each candidate what one comparison has."""
    made = {
        "version": VERSION,
        "exit_code": found.exit_code,
        "candidates": [_candidate(one) for one in found.candidates],
    }
    return json.dumps(made, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _candidate(one: Candidate) -> dict[str, Any]:
    head = {"name": one.name, "where": one.where, "refused": one.refused}
    return {**head, **({"exit_code": 3} if one.found is None else to_dict(one.found))}


def several_markdown(found: Several, *, most_bytes: int = MOST_BYTES) -> str:
    """The tables, then the report of each candidate, cut so that all have room."""
    parts = [f"## MarginBench: {escaped(summary(found))}\n"]
    for table in overviews(found):
        parts.append(f"\n### {escaped(table.title)}\n\n{table_of(table.header, table.rows)}\n")
        parts += [f"\n{escaped(line)}\n" for line in table.below]
    for one in found.candidates:
        if one.refused is not None:
            parts.append(f"\n**{escaped(one.name)} was not compared**: {escaped(one.refused)}\n")
    text = "".join(parts)
    if len(text.encode()) > most_bytes // 2:
        kept = text.encode()[: most_bytes // 2].decode(errors="ignore").rpartition("\n")[0]
        text = kept + CUT
    room = (most_bytes - len(text.encode())) // max(1, len(found.compared))
    for one, made in found.compared:
        head = f"\n---\n\n**{escaped(one.name)}**, {escaped(one.where)}\n\n"
        text += head + to_markdown(made, most_bytes=room - len(head.encode()))
    return text


def several_junit(found: Several) -> str:
    """An XML document with a suite for each task of each candidate."""
    root = Xml.Element("testsuites", name="marginbench compare")
    for one, made in found.compared:
        suites_into(root, made, f"{one.name}: ")
    for one in found.candidates:
        if one.refused is not None:
            refused_into(root, one.name, "complete", one.refused)
    return document(root, summary(found))
