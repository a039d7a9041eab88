"""Records as aggregates of Every Eval Ever, with a row for each metric and item beside them."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from harness.compare.boards.board import named
from harness.compare.sides import Side
from harness.errors import UsageError
from harness.exchange.base import File, Run, Told, Written
from harness.exchange.eee import SAMPLES, SCHEMA_VERSION
from harness.exchange.eee.samples import sample_lines
from harness.exchange.evidence import side_of
from harness.exchange.words import repository_of
from harness.records.record import MetricValue, Record, to_json
from harness.registry import card_of
from harness.runs.folder import slug

COLLECTION = "marginbench"
RELATIONSHIPS = ("first_party", "third_party", "collaborative", "other")
AVAILABLE = ("open_weights", "closed_weights", "unknown")
UNDEFINED = "undefined metrics"
"""Key of what has no value, for which the schema has no place: a score is a number there."""


def write(runs: Sequence[Run], told: Told) -> Written:
    """An aggregate for each run, and its items where they lie beside it."""
    _check(told)
    files: list[File] = []
    without: dict[str, list[str]] = {}
    for run in runs:
        side = side_of(run)
        base = f"data/{COLLECTION}/{_place(run.record, told)}/{file_id(run.record)}"
        about = _aggregate(side, told)
        rows = list(sample_lines(side, about)) if about["evaluation_results"] else []
        if rows:
            data = "".join(rows).encode()
            about["detailed_evaluation_results"] = {
                "format": "jsonl",
                "file_path": base + SAMPLES,
                "hash_algorithm": "sha256",
                "checksum": hashlib.sha256(data).hexdigest(),
                "total_rows": len(rows),
            }
            files.append(File(base + SAMPLES, data))
        else:
            without.setdefault(_why_none(side), []).append(run.record.task.id)
        files.append(File(base + ".json", _json(about)))
    notes = [f"figures alone of {named(tasks)}: {why}" for why, tasks in without.items()]
    return Written(files, notes)


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _check(told: Told) -> None:
    for key, known in (("relationship", RELATIONSHIPS), ("availability", AVAILABLE)):
        if told.get(key, known[0]) not in known:
            raise UsageError(f"--option {key}={told[key]}: it is one of {', '.join(known)}")


def file_id(record: Record) -> str:
    """A UUID of version 4 by its form, made of the record: the same record has the same."""
    return str(uuid.UUID(bytes=hashlib.sha256(to_json(record).encode()).digest()[:16], version=4))


def model_id(record: Record, told: Told) -> str:
    """``DEVELOPER/MODEL``, in letters that a path may have."""
    developer, _, name = record.model.name.rpartition("/")
    developer = told.get("developer") or developer or "unstated"
    return f"{_part(developer)}/{_part(name or record.model.name)}"


def _part(name: str) -> str:
    """A name as part of a path: no sign that a file system refuses, and not ``data``."""
    cleaned = re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-. ")[:80] or "unnamed"
    return f"{cleaned}-" if cleaned.lower() in ("data", "unknown") else cleaned


def _place(record: Record, told: Told) -> str:
    return model_id(record, told)


def stamp(created: str) -> str:
    """ISO time as seconds since 1970, in which the schema has its own time."""
    return repr(datetime.fromisoformat(created).timestamp())


def _aggregate(side: Side, told: Told) -> dict[str, Any]:
    record = side.record
    name = model_id(record, told)
    time = stamp(record.created)
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": f"{slug(record.task.id)}/{name}/{time}",
        "evaluation_timestamp": record.created,
        "retrieved_timestamp": time,
        "source_metadata": {
            "source_name": "MarginBench",
            "source_type": "evaluation_run",
            "source_organization_name": told.get("organization", "not stated"),
            "evaluator_relationship": told.get("relationship", "other"),
            "additional_details": _lost(record),
        },
        "eval_library": {
            "name": "marginbench",
            "version": record.environment.marginbench,
            "additional_details": {
                "python": record.environment.python,
                "platform": record.environment.platform,
                "packages": _text(record.environment.packages),
            },
        },
        "model_info": _model(record, name, told),
        "evaluation_results": [
            _result(record, metric) for metric in record.metrics if metric.value is not None
        ],
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, allow_nan=False)


def _lost(record: Record) -> dict[str, str]:
    undefined = {m.name: {"n": m.n, "reason": m.reason} for m in record.metrics if m.value is None}
    evidence = {} if record.predictions is None else {"predictions": record.predictions.sha256}
    return {
        "record_schema": str(record.schema_version),
        "intervals": _text(record.intervals.model_dump()),
        **({UNDEFINED: _text(undefined)} if undefined else {}),
        **{f"sha256 of {name}": digest for name, digest in evidence.items()},
    }


def _model(record: Record, name: str, told: Told) -> dict[str, Any]:
    model = record.model
    effort = None if record.run is None else record.run.effort
    here = record.run is not None and (effort is None or effort.requests is None)
    details = {
        "deployment_type": "self_deployed" if here else "unknown",
        "model_availability": told.get("availability", "unknown"),
        "adapter": model.adapter,
        "checkpoint": model.checkpoint,
        "options": _text(model.options),
        "dtype": model.dtype,
        "revision": model.revision,
        "fingerprint": model.fingerprint,
        "direction": model.direction,
    }
    return {
        "name": model.name,
        "id": name,
        "developer": name.partition("/")[0],
        "additional_details": {key: value for key, value in details.items() if value is not None},
    }


def _result(record: Record, metric: MetricValue) -> dict[str, Any]:
    return {
        "evaluation_result_id": metric.name,
        "evaluation_name": record.task.id,
        "source_data": _source(record),
        "evaluation_timestamp": record.created,
        "metric_config": _config(record, metric),
        "score_details": {
            "score": metric.value,
            "details": _details(record, metric),
            "uncertainty": _uncertainty(record, metric),
        },
    }


def _source(record: Record) -> dict[str, Any]:
    task = record.task
    details = {
        "source": task.source,
        "revision": task.revision,
        "licence": task.licence,
        "citation": task.citation,
        "protocol_version": task.version,
        "fingerprint": task.fingerprint,
        "groups": str(task.groups),
        "items": str(task.items),
        **({} if task.limit is None else {"limit": str(task.limit)}),
    }
    hub = repository_of(record)
    if hub:
        where: dict[str, Any] = {"source_type": "hf_dataset", "hf_repo": hub}
    elif task.source.startswith("https://") and " " not in task.source:
        where = {"source_type": "url", "url": [task.source]}
    else:
        where = {"source_type": "other"}
    return {"dataset_name": task.title, **where, "additional_details": details}


def _config(record: Record, metric: MetricValue) -> dict[str, Any]:
    card = card_of(record.task.suite, metric.name)
    config: dict[str, Any] = {
        "metric_name": metric.name,
        "metric_unit": metric.unit or "proportion",
        "lower_is_better": metric.higher_is_better is False,
    }
    if card is not None:
        config["evaluation_description"] = card.long_name
        config["score_type"] = "continuous"
        config["min_score"] = "-Infinity" if card.low is None else card.low
        config["max_score"] = "Infinity" if card.high is None else card.high
    if metric.higher_is_better is None:  # the schema knows two directions alone
        config["additional_details"] = {"direction": "neither end is better"}
    return config


def _details(record: Record, metric: MetricValue) -> dict[str, str]:
    basis = metric.basis
    found = {
        "n": str(metric.n),
        "primary": "true" if metric.name == record.task.primary_metric else "false",
        "units": None if basis is None else str(basis.units),
        "rough": None if basis is None else basis.rough,
        "reason": metric.reason,
    }
    return {key: value for key, value in found.items() if value is not None}


def _uncertainty(record: Record, metric: MetricValue) -> dict[str, Any]:
    found: dict[str, Any] = {"num_samples": metric.n}
    if metric.interval is not None:
        low, high = metric.interval
        method = None if metric.basis is None else metric.basis.method
        found["confidence_interval"] = {
            "lower": low,
            "upper": high,
            "confidence_level": record.intervals.level,
            **({} if method is None else {"method": method}),
        }
        if method is not None and "bootstrap" in method:
            found["num_bootstrap_samples"] = record.intervals.replicates
    return found


def _why_none(side: Side) -> str:
    if side.groups is None:
        return "values of items do not lie beside the record, as in the folder of a run"
    return "no figure is a mean over items, and the model gave none a score"
