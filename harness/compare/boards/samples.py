"""lm-eval's files of samples: ``samples_TASK_TIME.jsonl``, a folder for each model.

A line is one document with ``doc_id``, ``target`` and a key for each metric. Each task is a board.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.compare.boards.answers import constant_lines, word_of
from harness.compare.boards.board import (
    Asked,
    Gathered,
    Line,
    OtherBoard,
    board_of,
    number_or_nan,
    scale_of,
)
from harness.compare.boards.finding import files_below, place_of
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.tasks.reading.json_text import objects
from harness.tasks.tables import stem

PATTERNS = ("samples_*.jsonl", "samples_*.jsonl.*")
_TIME = re.compile(r"_\d{4}-\d{2}-\d{2}T[0-9.:-]+$")
_NO_METRIC = {"doc_id", "doc_hash", "prompt_hash", "target_hash", "doc", "target", "filter"}
HIGHER = frozenset(
    {
        *("acc", "acc_norm", "acc_mutual_info", "acc_bytes", "exact_match", "f1", "em", "mcc"),
        *("bleu", "rouge1", "rouge2", "rougeL", "pass@1", "pass_at_1", "mc1", "mc2"),
        *("prompt_level_strict_acc", "prompt_level_loose_acc", "math_verify"),
    }
)
"""Metrics of lm-eval of which higher is better; of any other the direction is asked."""

RIGHT_OR_WRONG = frozenset({"acc", "exact_match", "em", "mc1"})


@dataclass(slots=True)
class _Task:
    """Samples of one task from all systems."""

    metric: str
    others: tuple[str, ...]
    found: Gathered = field(default_factory=Gathered)
    hashes: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)


def samples_boards(path: Path, asked: Asked) -> tuple[str, tuple[OtherBoard, ...]]:
    """What a folder of samples, or one such file, was taken for, and a board for each task."""
    folder = path if path.is_dir() else path.parent
    files = files_below(path, PATTERNS) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"no samples_*.jsonl below {path}")
    tasks: dict[str, _Task] = {}
    for file in files:
        name = _TIME.sub("", stem(file)).removeprefix("samples_")
        _read(file, place_of(file, folder) or _alone(file, files), name, tasks, asked)
    boards = tuple(_board(name, task, asked) for name, task in tasks.items())
    metrics = sorted({task.metric for task in tasks.values()})
    return f"samples of lm-eval, {' and '.join(metrics)} by document", boards


def _alone(file: Path, files: Sequence[Path]) -> str:
    """The name of a system whose files lie in no folder of its own."""
    return file.resolve().parent.name or "system"


def _read(file: Path, system: str, name: str, tasks: dict[str, _Task], asked: Asked) -> None:
    for number, row in objects(file):
        where = f"{file}:{number}"
        if "doc_id" not in row:
            raise InvalidError(f"{where}: no doc_id")
        if name not in tasks:
            metric, others = _metric(row, asked, where)
            tasks[name] = _Task(metric, others)
        task, item = tasks[name], word_of(row["doc_id"])
        metric, _, filtered = task.metric.partition(",")
        if filtered and row.get("filter", filtered) != filtered:
            continue
        if not filtered and item in task.found.rows.get(system, {}) and row.get("filter"):
            raise UsageError(
                f"{where}: documents stand there once for each filter, such as {row['filter']!r}",
                fix=f"Choose one: --metric {metric},{row['filter']}",
            )
        task.found.add(system, item, _number(row.get(metric), metric, where), where)
        _same_document(task, item, row, where)


def _same_document(task: _Task, item: str, row: Mapping[str, Any], where: str) -> None:
    digest = row.get("doc_hash")
    if isinstance(digest, str) and task.hashes.setdefault(item, digest) != digest:
        raise InvalidError(f"{where}: doc_id {item} is another document than in files before")
    target = row.get("target")
    if isinstance(target, str | int) and len(str(target)) <= 80:
        task.targets.setdefault(item, word_of(target))


def _metric(row: Mapping[str, Any], asked: Asked, where: str) -> tuple[str, tuple[str, ...]]:
    """The metric that counts, and the others that are there."""
    there = list(_metrics(row))
    if asked.metric:
        if asked.metric.partition(",")[0] not in there:
            raise UsageError(
                f"{where}: no metric {asked.metric!r}", fix=did_you_mean(asked.metric, there)
            )
        return asked.metric, ()
    if not there:
        raise UsageError(f"{where}: no metric is a number here", fix="Name it: --metric NAME")
    return there[0], tuple(there[1:])


def _metrics(row: Mapping[str, Any]) -> Iterator[str]:
    listed = row.get("metrics")
    if isinstance(listed, list):
        yield from (name for name in listed if isinstance(name, str) and name in row)
        return
    for name, value in row.items():
        if name not in _NO_METRIC and isinstance(value, bool | int | float):
            yield name


def _number(value: Any, metric: str, where: str) -> float:
    if value is None:
        return math.nan
    found = number_or_nan(value)
    if isinstance(value, float) or not math.isnan(found):
        return found
    raise InvalidError(
        f"{where}: {metric} is no number of one document ({str(value)[:40]})",
        fix="Choose another with --metric NAME",
    )


def _board(name: str, task: _Task, asked: Asked) -> OtherBoard:
    own = task.metric.partition(",")[0]
    known = asked.higher_is_better is None and own in HIGHER
    limits, unit, said = scale_of(task.found.values(), asked)
    notes = [said]
    if task.others:
        notes.append(f"Other metrics there, not shown: {', '.join(task.others)}.")
    lines, shares = _lines(task, own)
    return board_of(
        task.found,
        {
            "title": name,
            "metric": task.metric,
            "item": "document",
            "higher_is_better": True if known else asked.better_end(repr(own)),
            "limits": limits,
            "unit": unit,
            "lines": lines,
            "notes": (*notes, *shares),
        },
    )


def _lines(task: _Task, metric: str) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    items = list(task.found.items)
    if metric not in RIGHT_OR_WRONG or any(item not in task.targets for item in items):
        return (), ()
    return constant_lines([task.targets[item] for item in items])
