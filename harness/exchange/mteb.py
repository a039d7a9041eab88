"""mteb's ``TaskResult``: ``MODEL/REVISION/TASK.json`` with figures by split and subset.

Read is any task's file (mteb 1.11 and later); written are rankings, whose metrics mteb has under
names of its own. A task goes out under our id and never under mteb's name: the lists, the ties and
the queries are ours, so the figure is none of mteb's.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.compare.boards.board import named
from harness.compare.boards.finding import files_below
from harness.compare.boards.task_results import MAIN, is_task_result, system_names
from harness.errors import UsageError
from harness.exchange.base import File, Format, Run, Told, Written
from harness.exchange.claims import Claims, Figure, check_once
from harness.exchange.fields import LARGEST, At
from harness.exchange.words import commit_of
from harness.records.record import MetricValue, Record
from harness.registry import Lazy
from harness.runs.folder import slug
from harness.tasks.reading.json_text import read_document

FORMAT = Format(
    title="mteb's results of tasks",
    write=Lazy("harness.exchange.mteb:write"),
    read=Lazy("harness.exchange.mteb:read"),
    options={"language": "language and script of the task, such as eng-Latn"},
)
UNKNOWN = "und-Zzzz"
"""Of no stated language: mteb leaves a figure out of its means where the list is empty."""

_LANGUAGE = re.compile(r"[a-z]{3}-[A-Z][a-z]{3}")
NAMES = {"nDCG": "ndcg_at", "AP": "map_at", "RR": "mrr_at", "R": "recall_at", "P": "precision_at"}
"""Our metric with a cut-off -> mteb's (its RetrievalEvaluator, from pytrec_eval)."""

_CUT = re.compile(r"([A-Za-z]+)@(\d+)")
_BESIDE = frozenset({"hf_subset", "languages", "mteb_version"})


def their_name(metric: str) -> str:
    """``ndcg_at_10`` for ``nDCG@10``; ``""`` for a metric that mteb does not have."""
    found = _CUT.fullmatch(metric)
    return f"{NAMES[found[1]]}_{found[2]}" if found and found[1] in NAMES else ""


def write(runs: Sequence[Run], told: Told) -> Written:
    """A file for each ranking; what is none is named in a note."""
    language = told.get("language", UNKNOWN)
    if not _LANGUAGE.fullmatch(language):
        raise UsageError(f"--option language={language[:40]}: it is one such as eng-Latn")
    files, left = [], []
    for record in (run.record for run in runs):
        if not their_name(record.task.primary_metric) or record.primary.value is None:
            left.append(record.task.id)
            continue
        place = f"{slug(record.model.name.replace('/', '__'))}/{_revision(record)}"
        data = json.dumps(_result(record, language), indent=2, allow_nan=False) + "\n"
        files.append(File(f"{place}/{slug(record.task.id)}.json", data.encode()))
    notes = [f"left out {named(left)}: no ranking with a metric of mteb's"] if left else []
    return Written(files, notes)


def _revision(record: Record) -> str:
    return slug(record.model.revision or record.model.fingerprint[:12])


def _result(record: Record, language: str) -> dict[str, Any]:
    scores: dict[str, Any] = {"hf_subset": "default", "languages": [language]}
    for metric in record.metrics:
        if their_name(metric.name) and metric.value is not None:
            scores |= _scores(their_name(metric.name), metric)
    scores |= _scores(MAIN, record.primary)
    return {
        "dataset_revision": commit_of(record) or record.task.revision,
        "task_name": slug(record.task.id),
        "mteb_version": None,
        "scores": {"test": [scores]},
        "evaluation_time": None if record.run is None else record.run.wall_seconds,
        "kg_co2_emissions": None,
        "date": record.created,
    }


def _scores(name: str, metric: MetricValue) -> dict[str, Any]:
    """A figure, and its interval and n beside it, for which mteb has no place of its own."""
    found: dict[str, Any] = {name: metric.value}
    if metric.interval is not None:
        low, high = metric.interval
        found |= {f"{name}_interval_low": low, f"{name}_interval_high": high}
    return {**found, f"{name}_n": metric.n}


def read(path: Path) -> Claims:
    """The figures of one file, or of all results below a folder.

    Raises :class:`UsageError` where there is none, :class:`InvalidError` in one line for a main
    score that is no number.
    """
    files = files_below(path, ["*.json"]) if path.is_dir() else [path]
    names = system_names(path if path.is_dir() else path.parent, files)
    figures, skipped, undefined = list[Figure](), 0, 0
    for file in files:
        if file.stat().st_size > LARGEST:
            raise UsageError(f"{file} holds more than {LARGEST // 1024**2} MiB")
        found = read_document(file)
        if not is_task_result(found):
            skipped += 1
            continue
        for one in _figures(At(found, str(file)), names[file.parent]):
            undefined += one.value is None
            figures.append(one)
    if not figures:
        raise UsageError(f"no result of a task at or below {path}")
    check_once(figures, str(path))
    notes = [f"{skipped:,} other JSON files were not read"] * bool(skipped)
    notes += [f"{undefined:,} figures have no value (NaN)"] * bool(undefined)
    return Claims("results of mteb, each a claim: nothing is kept of items", figures, notes=notes)


def _figures(result: At, system: str) -> Iterator[Figure]:
    task = result.need("task_name").text()
    version, revision = result.words("mteb_version"), result.words("dataset_revision")
    date = result.maybe("date")
    shared: Mapping[str, Any] = {
        "system": system,
        "source": f"mteb {version}" if version else "mteb",
        "date": "" if date is None else str(date.value)[:40],
        "remark": f"data {revision[:12]}" if revision else "",
    }
    for split, rows in result.need("scores").items():
        seen: set[str] = set()
        for row in rows.list():
            subset = row.need("hf_subset").text()
            if subset in seen:
                raise row.wrong(f"subset {subset[:60]!r} stands twice")
            seen.add(subset)
            row.need(MAIN).number()
            yield from _of_row(row, ":".join([task, split, subset]), shared)


def _of_row(row: At, task: str, shared: Mapping[str, Any]) -> Iterator[Figure]:
    for name, found in row.items():
        value = found.value
        if name in _BESIDE or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        known = isinstance(value, int) or math.isfinite(value)
        yield Figure(
            **shared,
            task=task,
            metric=name,
            value=found.number() if known else None,
            higher_is_better=True if name == MAIN else None,
        )
