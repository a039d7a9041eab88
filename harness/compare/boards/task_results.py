"""mteb's results: a file for each model and task, with figures of whole tasks and nothing below.

The layout is ``MODEL/REVISION/TASK.json``, each ``{"task_name", "scores": {split: [{"hf_subset",
"main_score", ...}]}}`` (embeddings-benchmark/results). A task counts by the mean of its subsets.
mteb also writes all tasks of a model, or of several models, into one file (``ModelResult`` and
``BenchmarkResults`` of mteb 2): ``{"model_name", "model_revision", "task_results": [...]}`` and
``{"model_results": [...]}``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.compare.boards.board import (
    Asked,
    Gathered,
    OtherBoard,
    board_of,
    named,
    number_or_nan,
    scale_of,
)
from harness.compare.boards.finding import files_below, place_of
from harness.errors import InvalidError, UsageError
from harness.tasks.reading.json_text import read_document
from harness.tasks.tables import stem

LARGEST = 64 * 1024**2
MAIN = "main_score"
CAVEAT = (
    "An item is a whole task here, as these files say nothing of single queries or texts. So what "
    "is shown is how sure the order is among tasks like these, if they were drawn by chance, which "
    "a benchmark’s tasks are not; how sure each task’s own figure is stays unknown."
)


def is_task_result(found: Any) -> bool:
    """Whether a JSON value is the result of one model on one task."""
    return (
        isinstance(found, dict) and isinstance(found.get("scores"), dict) and "task_name" in found
    )


def holds_task_results(found: Any) -> bool:
    """Whether a JSON value is such a result, or holds those of a model or of several."""
    return is_task_result(found) or bool(_models(found))


def task_results_board(folder: Path, asked: Asked) -> tuple[str, OtherBoard]:
    """What a folder of task results, or one file of them, holds.

    Raises one line for what is none.
    """
    files = files_below(folder, ["*.json"]) if folder.is_dir() else [folder]
    files = [path for path in files if path.stat().st_size <= LARGEST]
    found, splits, skipped = Gathered(), Counter[str](), 0
    documents = [(path, read_document(path)) for path in files]
    places = system_names(folder, [path for path, one in documents if is_task_result(one)])
    named_by = _model_names([model for _, one in documents for model in _models(one)])
    for path, document in documents:
        if is_task_result(document):
            results = [(places[path.parent], document)]
        else:
            results = [
                (named_by[_identity(model)], result)
                for model in _models(document)
                for result in model["task_results"]
                if is_task_result(result)
            ]
        skipped += not results
        for name, result in results:
            split, value = _value(result, asked.metric or MAIN, path)
            splits[split] += 1
            found.add(name, str(result["task_name"]), value, str(path))
    if not found.rows:
        raise UsageError(f"no result of a task below {folder}")
    metric = asked.metric or MAIN
    known = metric == MAIN and asked.higher_is_better is None
    higher = True if known else asked.better_end(repr(metric))
    limits, unit, said = scale_of(found.values(), asked)
    notes = [said, f"Splits: {named([f'{name} ({n:,})' for name, n in splits.most_common()])}."]
    if skipped:
        notes.append(f"{skipped:,} other JSON files were not read.")
    board = board_of(
        found,
        {
            "title": folder.resolve().name if folder.is_dir() else stem(folder),
            "metric": f"mean {metric}",
            "item": "task",
            "higher_is_better": higher,
            "limits": limits,
            "unit": unit,
            "notes": tuple(notes),
            "caveats": (CAVEAT,),
        },
    )
    end = "higher is better, as mteb has it of main scores" if known else "the end as was said"
    return f"results of mteb, {metric} by task, {end}", board


def _models(found: Any) -> list[Mapping[str, Any]]:
    """The models in a file of a model, or of several, each with a list of its results."""
    several = found.get("model_results") if isinstance(found, dict) else None
    return [
        one
        for one in (several if isinstance(several, list) else [found])
        if isinstance(one, dict)
        and isinstance(one.get("task_results"), list)
        and isinstance(one.get("model_name"), str)
    ]


def _identity(model: Mapping[str, Any]) -> tuple[str, str]:
    return model["model_name"], str(model.get("model_revision") or "")


def _model_names(models: Sequence[Mapping[str, Any]]) -> Mapping[tuple[str, str], str]:
    """The name of each of them, with its revision where there are several of one model."""
    known = list(dict.fromkeys(map(_identity, models)))
    many = Counter(name for name, _ in known)
    return {(n, r): f"{n}@{r[:8]}" if many[n] > 1 and r else n for n, r in known}


def system_names(folder: Path, files: Sequence[Path]) -> Mapping[Path, str]:
    """The name of each folder of results: the model's, with the revision where it has several."""
    places = {path.parent: place_of(path, folder) for path in files}
    models = Counter(place.rpartition("/")[0] for place in places.values())
    named_by = {}
    for where, place in places.items():
        model, _, revision = place.rpartition("/")
        name = model.replace("__", "/") if model else place or folder.resolve().name
        name = f"{name}@{revision[:8]}" if model and models[model] > 1 else name
        named_by[where] = name
    twice = [name for name, n in Counter(named_by.values()).items() if n > 1]
    if twice:
        return {where: place or folder.resolve().name for where, place in places.items()}
    return named_by


def _value(result: Mapping[str, Any], metric: str, path: Path) -> tuple[str, float]:
    """The split that counts and the mean of its subsets; NaN where the metric is not there."""
    scores = {name: rows for name, rows in result["scores"].items() if isinstance(rows, list)}
    if not scores:
        raise InvalidError(f"{path}: no scores")
    split = "test" if "test" in scores else next(iter(scores))
    values = []
    for row in scores[split]:
        value = number_or_nan(row.get(metric) if isinstance(row, dict) else None)
        if math.isfinite(value):
            values.append(value)
    if not values:
        return split, math.nan
    return split, math.fsum(values) / len(values)
