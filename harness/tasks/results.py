"""Results that say of each item only whether it was right: lm-eval samples, inspect logs, tables.

- lm-evaluation-harness: ``samples_TASK_TIME.jsonl``, one line per document: ``doc_id``, and a
  column for each metric (``acc``, ``exact_match``, ...); ``filter`` where answers were filtered.
- inspect: a log of version 2, ``.json`` or ``.eval`` (a zip of ``samples/*.json``): ``id``,
  ``epoch`` and ``scores``, in which ``C`` is right and ``I`` and ``N`` are wrong.
- NeMo Evaluator: ``results.jsonl``, a line per problem and repeat: ``problem_idx``, ``repeat`` and
  ``reward``, of which 1 is right and 0 is wrong.
- Every Eval Ever: ``UUID_samples.jsonl``, one line per item and figure: ``sample_id`` and
  ``evaluation`` with ``is_correct``.
- a table (CSV, JSON Lines, Parquet) with an id and one column of 0 and 1, true and false.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import InvalidError, first_ids
from harness.fingerprint import digest
from harness.tasks.reading.archives import documents
from harness.tasks.reading.json_text import read_document
from harness.tasks.tables import ending, read_table

RIGHT, WRONG = "right", "wrong"
"""The two classes of an item, of which the first is always the true one."""

DOCUMENTS = "documents"
"""Where the origin of a task keeps what :func:`documents_of` tells of its data."""

IDS = ("doc_id", "id", "item", "sample_id", "task_id", "question_id")
METRICS = ("acc", "exact_match", "correct", "is_correct", "right", "passed", "pass@1", "acc_norm")
"""Names that columns may have, the first one that is there being taken."""

ANSWERS = frozenset({"prediction", "predicted", "label_predicted", "answer", "label"})
"""Columns of a file that holds answers, or their truth, and not whether they are right."""

NEMO = frozenset({"problem_idx", "repeat", "reward"})
SAMPLES = frozenset({"sample_id", "evaluation", "evaluation_id"})
"""Columns of files that NeMo Evaluator and Every Eval Ever write."""

T = TypeVar("T")

_LETTERS = {"C": RIGHT, "I": WRONG, "N": WRONG, "correct": RIGHT, "incorrect": WRONG}
_WORDS = {"1": RIGHT, "1.0": RIGHT, "true": RIGHT, "0": WRONG, "0.0": WRONG, "false": WRONG}


def read_results(path: Path) -> dict[str, str] | None:
    """Item id -> ``right`` or ``wrong``; ``None`` for a file that holds no such results.

    Raises :class:`InvalidError` in one line for a score that is neither, an item that stands twice,
    and a file that is damaged.
    """
    if path.suffix == ".eval":
        samples = (sample for _, sample in documents(path, "samples/"))
        return _unique(_inspect(samples, path), path)
    if path.suffix == ".json":
        log = read_document(path)
        if isinstance(log, dict) and isinstance(log.get("samples"), list):
            return _unique(_inspect(log["samples"], path), path)
    if not ending(path):
        return None
    first = next(read_table(path), None)
    if first is not None and first.values.keys() >= NEMO:
        return _unique(nemo_rows(path, _said), path)
    if first is not None and first.values.keys() >= SAMPLES:
        return _unique(_samples(path), path)
    columns = None if first is None else _columns(first.values)
    return None if columns is None else _unique(_table(path, *columns), path)


def documents_of(path: Path, items: Collection[str]) -> list[str]:
    """Digests of the names of ``items``, and of which document each is by lm-eval's samples.

    Empty where a line has no ``doc_hash``, or the file is none of samples.
    """
    if not ending(path) or path.suffix == ".eval":
        return []
    found = {}
    for row in read_table(path):
        told = row.values.get("doc_hash")
        if "doc_id" not in row.values or not isinstance(told, str):
            return []
        found[str(row.values["doc_id"])] = told
    names = sorted(items)
    return [digest(names), digest([found.get(name, "") for name in names])]


def _columns(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """The columns of ids and of results; none where a class is predicted."""
    lower = {name.lower(): name for name in row}
    if ANSWERS & lower.keys():
        return None
    item = next((lower[name] for name in IDS if name in lower), None)
    metric = next((lower[name] for name in METRICS if name in lower), None)
    return None if item is None or metric is None else (item, metric)


def _table(path: Path, item: str, metric: str) -> Iterator[tuple[str, str]]:
    filters: dict[str, None] = {}
    for row in read_table(path):
        filters[str(row.values.get("filter", ""))] = None
        if len(filters) > 1:
            raise InvalidError(
                f"{path} holds the results of {len(filters)} filters: {first_ids(list(filters))}",
                fix="Keep the lines of one of them",
            )
        if item not in row.values or metric not in row.values:
            raise InvalidError(f"{row.where}: {item} or {metric} is missing")
        yield str(row.values[item]), _said(row.values[metric], f"{row.where}: {metric}")


def nemo_rows(path: Path, said: Callable[[Any, str], T]) -> Iterator[tuple[str, T]]:
    """Item and what ``said`` makes of the reward of every line of NeMo Evaluator's results.

    Repeats of a problem are items of their own where there are several.
    """
    rows = list(read_table(path))
    several = len({str(row.values.get("repeat")) for row in rows}) > 1
    for row in rows:
        if not row.values.keys() >= NEMO:
            raise InvalidError(f"{row.where}: problem_idx, repeat or reward is missing")
        item = str(row.values["problem_idx"])
        name = f"{item} / {row.values['repeat']}" if several else item
        yield name, said(row.values["reward"], f"{row.where}: reward")


def _samples(path: Path) -> Iterator[tuple[str, str]]:
    """Rows of one figure of Every Eval Ever; of several, which is meant is open."""
    figures: dict[str, None] = {}
    for row in read_table(path):
        figures[str(row.values.get("evaluation_result_id"))] = None
        if len(figures) > 1:
            raise InvalidError(
                f"{path} holds the items of {len(figures)} figures: {first_ids(list(figures))}",
                fix="marginbench import eee gives each its own table below right/",
            )
        told = row.values.get("evaluation")
        if "sample_id" not in row.values or not isinstance(told, dict):
            raise InvalidError(f"{row.where}: sample_id or evaluation is missing")
        yield (
            str(row.values["sample_id"]),
            _said(told.get("is_correct"), f"{row.where}: is_correct"),
        )


def inspect_samples(path: Path) -> list[Any]:
    """The samples of an inspect log, ``.json`` or ``.eval``; empty where it has none."""
    if path.suffix == ".eval":
        return [sample for _, sample in documents(path, "samples/")]
    log = read_document(path)
    found = log.get("samples") if isinstance(log, dict) else None
    return found if isinstance(found, list) else []


def inspect_rows(samples: Iterable[Any], path: Path) -> Iterator[tuple[str, str, Any, str]]:
    """Item, scorer, value and place of every sample, by the first scorer of the first sample.

    Raises :class:`InvalidError` for a sample that this scorer says nothing of.
    """
    found, scorer = list(samples), ""
    several = len({sample.get("epoch") for sample in found if isinstance(sample, dict)}) > 1
    for number, sample in enumerate(found, 1):
        where = f"{path}, sample {number}"
        if not isinstance(sample, dict) or "id" not in sample:
            raise InvalidError(f"{where}: it has no id")
        name = f"{sample['id']} / {sample.get('epoch')}" if several else str(sample["id"])
        scores = sample.get("scores")
        if not isinstance(scores, dict) or not scores:
            raise InvalidError(f"{where}: it has no score", fix="Finish the evaluation first")
        scorer = scorer or next(iter(scores))
        if scorer not in scores:
            raise InvalidError(
                f"{where}: no score by {scorer!r}, as samples before it have",
                fix="Give the samples of one scorer",
            )
        score = scores[scorer]
        value = score.get("value") if isinstance(score, dict) else score
        yield name, scorer, value, f"{where}: {scorer}"


def _inspect(samples: Iterable[Any], path: Path) -> Iterator[tuple[str, str]]:
    for name, _, value, where in inspect_rows(samples, path):
        yield name, _said(value, where)


def _said(value: Any, where: str) -> str:
    """``right`` or ``wrong`` for a value that is one of the two."""
    found = _LETTERS.get(value) if isinstance(value, str) else None
    found = found or _WORDS.get(str(value).strip().lower())
    if found is None:
        raise InvalidError(
            f"{where} is {str(value)[:40]!r}, neither right nor wrong",
            fix="Results are 0 or 1, true or false, C or I",
        )
    return found


def _unique(rows: Iterable[tuple[str, str]], path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    twice = []
    for item, said in rows:
        if item in found:
            twice.append(item)
        found[item] = said
    if twice:
        raise InvalidError(f"{path}: {len(twice)} items stand twice: {first_ids(twice)}")
    if not found:
        raise InvalidError(f"{path} holds no results")
    return found
