"""Records of older schemas brought up to the present one, in memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from harness.environment import upgrade
from harness.errors import InvalidError
from harness.records.invariance import NOT_YET

SCHEMA_VERSION = 7

PARTS_OF_3 = ("checks", "detection", "opinion", "consistency", "flips")
"""Fields that were null but for one: the part of the task's suite."""

UNITS_OF_3 = {
    "RMSE[logistic4]": "opinion score",
    "RMSE*": "opinion score",
    "NFR[relative]": "times",
}
"""The metrics of schema 3 that are no fractions."""

NEITHER_OF_3 = re.compile(r"AUROC\(length\)|Judged(?:@\d+)?")
"""Those that have no better end, though schema 3 could not say so and called higher better."""


FLOOR_OF_4, BESIDE_IT = "floor", "far_range"
"""A field of one suite's part, which schema 5 no longer has, and one that tells that part."""

ADDED_BY_7 = ("invariance", "invariance_reason")
"""Fields of a run that schema 7 added."""


def _from_1(data: dict[str, Any]) -> dict[str, Any]:
    """Version 2 added the parts of single-item suites, side files and the model's direction."""
    task, model = data.get("task"), data.get("model")
    _refuse_early(1, data, "detection", "opinion", "files")
    _refuse_early(1, task, "on_error")
    _refuse_early(1, model, "direction")
    return {
        **data,
        "schema_version": 2,
        "task": {**task, "on_error": "error"} if isinstance(task, dict) else task,
        "model": {**model, "direction": "higher"} if isinstance(model, dict) else model,
        "detection": None,
        "opinion": None,
        "files": [],
    }


def _from_2(data: dict[str, Any]) -> dict[str, Any]:
    """Version 3 added the parts of consistency and flips, and metrics shown beside the first."""
    task = data.get("task")
    _refuse_early(2, data, "consistency", "flips")
    _refuse_early(2, task, "beside")
    return {
        **data,
        "schema_version": 3,
        "task": {**task, "beside": []} if isinstance(task, dict) else task,
        "consistency": None,
        "flips": None,
    }


def _from_3(data: dict[str, Any]) -> dict[str, Any]:
    """Version 4 has one field for the part of whatever suite, and names each value's unit.

    A metric may have no better end.
    """
    lost = [name for name in PARTS_OF_3 if name not in data]
    given = [name for name in PARTS_OF_3 if data.get(name) is not None]
    if lost:
        raise ValueError(f"{lost[0]}: a record of schema 3 has this field")
    if len(given) > 1:
        raise ValueError(f"{given[1]}: there is {given[0]} too, and a record has one such part")
    if "part" in data:
        raise ValueError("part: a record of schema 3 has no such field")
    stage = data.get("first_stage")
    if isinstance(stage, dict):
        stage = {**stage, "metrics": _metrics_of_3(stage.get("metrics"))}
    return {
        **{name: value for name, value in data.items() if name not in PARTS_OF_3},
        "schema_version": 4,
        "part": data[given[0]] if given else None,
        "metrics": _metrics_of_3(data.get("metrics")),
        "first_stage": stage,
    }


def _from_4(data: dict[str, Any]) -> dict[str, Any]:
    """Version 5 tells of each interval what it rests on; those before were all percentiles.

    It tells, too, where the data were had from. A simulated floor of variances over classes, which
    was too low, is gone.
    """
    task = data.get("task")
    if isinstance(task, dict):
        if "origin" in task:
            raise ValueError("origin: a record of schema 4 has no such field")
        task = {**task, "origin": {}}
    stage = data.get("first_stage")
    if isinstance(stage, dict):
        stage = {
            **stage,
            "metrics": _with(stage.get("metrics"), basis=None, column=None),
            "differences": _with(stage.get("differences"), basis=None, p=None),
        }
    return {
        **data,
        "schema_version": 5,
        "task": task,
        "part": _part_of_4(data.get("part")),
        "metrics": _with(data.get("metrics"), basis=None, column=None),
        "first_stage": stage,
    }


def _from_5(data: dict[str, Any]) -> dict[str, Any]:
    """Version 6 tells what it cost to ask a model; nobody had asked one before."""
    run = data.get("run")
    if isinstance(run, dict):
        if "effort" in run:
            raise ValueError("effort: a record of schema 5 has no such field")
        run = {**run, "effort": None}
    return {**data, "schema_version": 6, "run": run}


def _from_6(data: dict[str, Any]) -> dict[str, Any]:
    """Version 7 tells whether a model's answers hold in other batches and another order, and what
    was asked of a server over HTTP; nobody had asked one before."""
    run = data.get("run")
    if isinstance(run, dict):
        early = next((name for name in ADDED_BY_7 if name in run), None)
        if early is not None:
            raise ValueError(f"{early}: a record of schema 6 has no such field")
        run = {**run, "invariance": None, "invariance_reason": NOT_YET}
        effort = run.get("effort")
        if isinstance(effort, dict):
            if "requests" in effort:
                raise ValueError("requests: a record of schema 6 has no such field")
            run["effort"] = {**effort, "requests": None}
    return {**data, "schema_version": 7, "run": run}


def _refuse_early(version: int, held: Any, *names: str) -> None:
    """No field that came later stands in an older record: it would be written over unseen."""
    early = next((name for name in names if isinstance(held, dict) and name in held), None)
    if early is not None:
        raise ValueError(f"{early}: a record of schema {version} has no such field")


def _part_of_4(part: Any) -> Any:
    if not isinstance(part, dict) or BESIDE_IT not in part:
        return part
    return {name: value for name, value in part.items() if name != FLOOR_OF_4}


def _with(rows: Any, **fields: None) -> Any:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return rows  # it is refused for that
    early = next((name for name in fields if any(name in row for row in rows)), None)
    if early is not None:
        raise ValueError(f"{early}: a record of schema 4 has no such field")
    return [{**row, **fields} for row in rows]


def _metrics_of_3(metrics: Any) -> Any:
    if not isinstance(metrics, list) or not all(isinstance(metric, dict) for metric in metrics):
        return metrics  # it is refused for that
    if any("unit" in metric for metric in metrics):
        raise ValueError("metrics: a record of schema 3 has no units")
    return [_metric_of_3(metric, str(metric.get("name"))) for metric in metrics]


def _metric_of_3(metric: dict[str, Any], name: str) -> dict[str, Any]:
    made = {**metric, "unit": UNITS_OF_3.get(name, "")}
    if metric.get("higher_is_better") is True and NEITHER_OF_3.fullmatch(name):
        made["higher_is_better"] = None
    return made


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _from_1,
    2: _from_2,
    3: _from_3,
    4: _from_4,
    5: _from_5,
    6: _from_6,
}
"""Schema version -> function that turns a record of that version into the next one."""


def migrate(data: Any, where: str) -> dict[str, Any]:
    """A record's JSON as of the present schema; the very same object when it is of that.

    Raises :class:`InvalidError` when it is no record, or one of a newer schema.
    """
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise InvalidError(f"{where}: no schema_version, so this is not a record")
    if version > SCHEMA_VERSION:
        raise InvalidError(
            f"{where}: schema {version} is newer than {SCHEMA_VERSION}, the newest known here",
            fix=upgrade(),
        )
    while version < SCHEMA_VERSION:
        if version not in MIGRATIONS:
            raise InvalidError(f"{where}: schema {version} was never published")
        try:
            data = MIGRATIONS[version](data)
        except ValueError as error:
            raise InvalidError(f"{where}: {error}") from error
        version = data["schema_version"]
    result: dict[str, Any] = data
    return result
