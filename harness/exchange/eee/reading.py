"""Aggregates of Every Eval Ever, whoever wrote them, as figures; their samples as values of items.

Read is what the schema requires and what tells of uncertainty. A file of samples is one beside its
aggregate, under the aggregate's own name: what an aggregate says of its path is never followed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.compare.boards.finding import files_below
from harness.errors import InvalidError, UsageError
from harness.exchange.claims import Claims, Figure, Gathering, check_once
from harness.exchange.eee import SAMPLES
from harness.exchange.eee.writing import UNDEFINED
from harness.exchange.fields import At, read_json
from harness.files import sha256_file
from harness.strict_json import load_strict
from harness.tasks.reading.content import text_lines

KNOWN = ("0.3",)
OURS = "marginbench"


def read(path: Path) -> Claims:
    """The figures and items of an aggregate, or of all aggregates below a folder.

    Raises :class:`UsageError` where there is none, :class:`InvalidError` in one line for one that
    is damaged or does not fit its samples.
    """
    files = files_below(path, ["*.json"]) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"{path} holds no aggregate: no .json at or below it")
    logs = [(file, read_json(file)) for file in files]
    for _, log in logs:
        _check_version(log)
    told = [list(_figures(log)) for _, log in logs]
    figures: list[Figure] = []
    found, notes = Gathering(), list[str]()
    for (file, log), own in zip(logs, _distinct(files, told), strict=True):
        figures += own
        notes += _samples(file, log, own, found)
    check_once(figures, str(path))
    return Claims("aggregates of Every Eval Ever", figures, found.items(), notes=notes)


def _distinct(files: Sequence[Path], told: Sequence[list[Figure]]) -> list[list[Figure]]:
    """Figures of files that are about one model on one task: each has its file's name as well."""
    pairs = [{(one.system, one.task) for one in own} for own in told]
    counts = Counter(pair for own in pairs for pair in own)
    found = []
    for file, own, ours in zip(files, told, pairs, strict=True):
        if any(counts[pair] > 1 for pair in ours):
            own = [replace(one, system=f"{one.system}@{file.stem[:8]}") for one in own]
        found.append(own)
    return found


def _check_version(log: At) -> None:
    said = log.need("schema_version").text()
    if not said.startswith(KNOWN):
        raise log.wrong(f"schema version {said[:20]!r}, of which 0.3 is read")


def _figures(log: At) -> Iterator[Figure]:
    model = log.need("model_info")
    library = log.need("eval_library").need("name").text()
    ours = library == OURS
    system = (model.need("name") if ours else model.need("id")).text()
    source = log.need("source_metadata")
    run = source.need("source_type").text() == "evaluation_run"
    shared = {
        "system": system,
        "stated_by": "run" if run else "card",
        "source": source.words("source_name") or source.need("source_organization_name").text(),
        "date": log.words("evaluation_timestamp"),
    }
    task = ""
    for result in log.need("evaluation_results").list():
        one = _figure(result, shared)
        task = one.task
        yield one
    details = source.maybe("additional_details")
    lost = None if details is None or not ours else details.maybe(UNDEFINED)
    if lost is not None:
        yield from _undefined(lost, task, shared)


def _figure(result: At, shared: dict[str, Any]) -> Figure:
    config, details = result.need("metric_config"), result.need("score_details")
    lower = config.need("lower_is_better").truth()
    more = config.maybe("additional_details")
    neither = more is not None and "direction" in more.object()
    unit = config.words("metric_unit")
    said = details.maybe("details")
    return Figure(
        **shared,
        task=result.need("evaluation_name").text(),
        metric=_name(config, result),
        value=details.need("score").number(),
        unit="" if unit == "proportion" else unit,
        higher_is_better=None if neither else not lower,
        remark="" if said is None else said.words("reason"),
        **_uncertainty(details.maybe("uncertainty")),
    )


def _name(config: At, result: At) -> str:
    named = (config.words("metric_name"), config.words("metric_id"))
    return next(filter(None, (*named, result.words("evaluation_result_id"))), "score")


def _uncertainty(found: At | None) -> dict[str, Any]:
    if found is None:
        return {}
    count, interval = found.maybe("num_samples"), found.maybe("confidence_interval")
    told: dict[str, Any] = {} if count is None else {"n": count.whole()}
    if interval is None:
        return told
    low, high = interval.need("lower").number(), interval.need("upper").number()
    if low > high:
        raise interval.wrong(f"the lower end {low:g} is above the upper one {high:g}")
    level = interval.maybe("confidence_level")
    return {
        **told,
        "low": low,
        "high": high,
        "level": None if level is None else level.number(),
        "method": interval.words("method"),
    }


def _undefined(lost: At, task: str, shared: dict[str, Any]) -> Iterator[Figure]:
    try:
        told = At(load_strict(lost.text().encode()), lost.file, lost.place)
    except ValueError as error:
        raise lost.wrong(f"not strict JSON ({str(error)[:100]})") from None
    for metric, one in told.items():
        reason = one.words("reason")
        n = one.need("n").whole()
        yield Figure(**shared, task=task, metric=metric, value=None, n=n, remark=reason)


def _samples(file: Path, log: At, own: list[Figure], found: Gathering) -> list[str]:
    """Take in the rows beside an aggregate; what was not read is said."""
    told = log.maybe("detailed_evaluation_results")
    if told is None:
        return []
    beside = file.with_name(file.stem + SAMPLES)
    if not beside.is_file():
        return [f"{file.name}: its file of samples, {beside.name}, is not beside it"]
    digest, method = told.words("checksum"), told.words("hash_algorithm")
    if digest and method == "sha256" and sha256_file(beside) != digest:
        raise InvalidError(
            f"{beside} is not the file that {file.name} tells of: its sha256 differs"
        )
    rows = _rows(beside, log, own, found)
    count = told.maybe("total_rows")
    if count is not None and count.whole() != rows:
        raise InvalidError(f"{beside} has {rows:,} rows, of {count.whole():,} in {file.name}")
    return []


def _rows(path: Path, log: At, own: list[Figure], found: Gathering) -> int:
    ids = log.need("evaluation_id").text(), log.need("model_info").need("id").text()
    metrics = _metrics(log)
    system, rows = (own[0].system if own else ids[1]), 0
    for number, line in text_lines(path):
        where = f"{path}:{number}"
        try:
            row = At(load_strict(line.encode()), where)
        except ValueError as error:
            raise InvalidError(f"{where}: not strict JSON ({str(error)[:200]})") from None
        if (row.need("evaluation_id").text(), row.need("model_id").text()) != ids:
            raise row.wrong("it belongs to another evaluation or model")
        task = row.need("evaluation_name").text()
        metric = _metric(row.words("evaluation_result_id"), task, metrics)
        item = row.need("sample_id").text()
        value = row.need("evaluation").need("score").number()
        found.add(task, metric, system, item, value, where)
        rows += 1
    return rows


def _metrics(log: At) -> dict[tuple[str, str], str]:
    """The evaluation and the id of a result -> the name that its figure has here."""
    return {
        (result.need("evaluation_name").text(), result.words("evaluation_result_id")): _name(
            result.need("metric_config"), result
        )
        for result in log.need("evaluation_results").list()
    }


def _metric(result: str, task: str, metrics: dict[tuple[str, str], str]) -> str:
    """The metric that a row is of; ``score`` where it is of no figure, or may be of several."""
    if (task, result) in metrics and result:
        return metrics[task, result]
    own = {name for (evaluation, _), name in metrics.items() if evaluation == task}
    return next(iter(own)) if not result and len(own) == 1 else result or "score"
