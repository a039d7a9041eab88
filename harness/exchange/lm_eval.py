"""lm-eval: samples of documents as ``marginbench audit`` reads them, and figures of ``results_*``.

``results_TIME.json`` has ``results``: task -> ``METRIC,FILTER`` with its ``_stderr``, and beside it
``n-samples`` and ``higher_is_better`` by task.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.compare.boards.board import Asked, OtherBoard
from harness.compare.boards.finding import files_below
from harness.compare.boards.samples import PATTERNS, samples_boards
from harness.errors import UsageError
from harness.exchange.base import Format
from harness.exchange.claims import Claims, Figure, Items, check_once
from harness.exchange.fields import At, read_json
from harness.registry import Lazy

FORMAT = Format(title="results and samples of lm-eval", read=Lazy("harness.exchange.lm_eval:read"))
RESULTS = ("results_*.json", "results.json")


def read(path: Path) -> Claims:
    """What lies in a folder of lm-eval, or in one file of results or of samples.

    Of several metrics of a document the first is taken, and the others are named. Raises as
    ``audit`` does.
    """
    one = not path.is_dir()
    results = [path] if one and path.name.startswith("results") else []
    samples = one and not results
    if not one:
        results = files_below(path, RESULTS)
        samples = bool(files_below(path, PATTERNS))
    if not results and not samples:
        raise UsageError(f"no results_*.json or samples_*.jsonl at or below {path}")
    figures = [figure for file in results for figure in _figures(file)]
    check_once(figures, str(path))
    boards: tuple[OtherBoard, ...] = ()
    if samples:  # values are taken as they are: which end is better changes none
        _, boards = samples_boards(path, replace(Asked(), higher_is_better=True))
    notes = [f"{board.title}: {note}" for board in boards for note in board.notes[1:]]
    notes += [note for board in boards for note in _unvalued(board)]
    return Claims("results of lm-eval", figures, tuple(map(_items, boards)), notes=notes)


def _items(board: OtherBoard) -> Items:
    values = {
        system: {
            item: float(value)
            for item, value in zip(board.items, row, strict=True)
            if not math.isnan(value)
        }
        for system, row in zip(board.systems, board.values, strict=True)
    }
    return Items(board.title, board.metric.partition(",")[0], values)


def _unvalued(board: OtherBoard) -> Iterator[str]:
    """What is not among the items: documents whose value is null or NaN, or that are not there."""
    for system, row in zip(board.systems, board.values, strict=True):
        lost = sum(map(math.isnan, row))
        if lost:
            yield (
                f"{board.title}: {lost:,} of {len(board.items):,} documents have no value of "
                f"{board.metric.partition(',')[0]} by {system}, and are left out"
            )


def _figures(file: Path) -> Iterator[Figure]:
    log = read_json(file)
    system = log.words("model_name") or file.resolve().parent.name
    version, date = log.words("lm_eval_version"), log.maybe("date")
    for task, found in log.need("results").items():
        if not any("," in name for name, _ in found.items()):
            continue  # a group that only has a name
        for name, value in found.items():
            metric, comma, rule = name.partition(",")
            if comma and not metric.endswith("_stderr"):
                yield Figure(
                    system=system,
                    task=task,
                    metric=metric if rule == "none" else name,
                    value=value.number(),
                    n=_count(log, task),
                    higher_is_better=_better(log, task, metric),
                    source=f"lm-eval {version}".strip(),
                    date="" if date is None else str(date.value)[:40],
                    remark=_error(found, metric, rule),
                )


def _count(log: At, task: str) -> int | None:
    told = log.maybe("n-samples")
    own = None if told is None else told.maybe(task)
    count = None if own is None else own.maybe("effective")
    return None if count is None else count.whole()


def _better(log: At, task: str, metric: str) -> bool | None:
    told = log.maybe("higher_is_better")
    own = None if told is None else told.maybe(task)
    end = None if own is None else own.maybe(metric)
    return None if end is None else end.truth()


def _error(found: At, metric: str, rule: str) -> str:
    """The standard error in words; lm-eval writes ``"N/A"`` where it has none."""
    error = found.maybe(f"{metric}_stderr,{rule}")
    if error is None or isinstance(error.value, str):
        return ""
    return f"standard error {error.number():.6g}"
