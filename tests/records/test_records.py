from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from harness.errors import InvalidError
from harness.records import record as records
from harness.records.migrations import MIGRATIONS, SCHEMA_VERSION
from harness.records.record import parse_record, read_record, to_json
from harness.records.reference import described, render, sections

ROOT = Path(__file__).resolve().parents[2]


def example() -> dict[str, Any]:
    metric = {
        "name": "nDCG@10",
        "value": 0.5,
        "unit": "",
        "interval": [0.4, 0.6],
        "n": 3,
        "higher_is_better": True,
        "reason": None,
        "basis": {"method": "t-logit", "units": 3, "rough": "3 units, fit from 20 on"},
        "column": "nDCG@10",
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "task": {
            "id": "reranking/folder/x",
            "suite": "reranking",
            "version": "1",
            "fingerprint": "0" * 64,
            "groups": 3,
            "items": 30,
            "limit": None,
            "on_error": "error",
            "primary_metric": "nDCG@10",
            "beside": [],
            "title": "x",
            "description": "y",
            "source": "folder",
            "revision": "–",
            "licence": "unknown",
            "citation": "none",
            "caveats": [],
            "notes": {},
            "origin": {},
            "members": None,
        },
        "model": {
            "name": "m",
            "revision": None,
            "adapter": "python",
            "checkpoint": "m.py",
            "options": {},
            "dtype": "float32",
            "trust_remote_code": False,
            "fingerprint": "1" * 64,
            "details": {},
            "capability": "score_pairs",
            "scores_compare_across_queries": True,
            "direction": "higher",
        },
        "metrics": [metric],
        "first_stage": None,
        "intervals": {
            "method": "percentile bootstrap",
            "level": 0.95,
            "replicates": 100,
            "seed": 0,
            "clusters": 3,
        },
        "part": None,
        "files": [],
        "predictions": {"file": "predictions.parquet", "sha256": "2" * 64, "rows": 30},
        "groups": None,
        "run": None,
        "environment": {
            "python": "3.11",
            "platform": "Linux",
            "marginbench": "0",
            "packages": {},
            "git": None,
        },
        "created": "2026-01-01T00:00:00+00:00",
    }


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    record = parse_record(json.dumps(example()), where="x")
    path = tmp_path / "record.json"
    path.write_text(to_json(record), encoding="utf-8")
    assert read_record(path) == record
    assert to_json(read_record(path)) == to_json(record)
    assert record.primary.value == 0.5


def damage(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for key in parents:
            data = data[int(key)] if isinstance(data, list) else data[key]
        data[int(last) if isinstance(data, list) else last] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (damage("surprise", 1), "surprise"),
        (damage("task.surprise", 1), "task.surprise"),
        (damage("task.groups", "3"), "task.groups"),
        (damage("task.groups", -1), "task.groups"),
        (damage("metrics.0.value", "N/A"), "metrics.0.value"),
        (damage("metrics.0.interval", [0.1]), "metrics.0.interval"),
        (damage("metrics.0.basis", {}), "metrics.0.basis.method"),
        (damage("metrics.0.basis", "t"), "metrics.0.basis"),
        (damage("metrics.0.basis.units", -1), "metrics.0.basis.units"),
        (damage("metrics.0.basis.units", 2.5), "metrics.0.basis.units"),
        (damage("metrics.0.basis.rough", True), "metrics.0.basis.rough"),
        (damage("metrics.0.basis.level", 0.9), "metrics.0.basis.level"),
        (damage("metrics.0.column", 1), "metrics.0.column"),
        (damage("model", None), "model"),
        (damage("schema_version", SCHEMA_VERSION + 1), "newer"),
        (damage("schema_version", None), "no schema_version"),
        (damage("schema_version", True), "no schema_version"),
        (damage("schema_version", 0), "never published"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_with_the_field(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    data = example()
    change(data)
    with pytest.raises(InvalidError, match=message) as caught:
        parse_record(json.dumps(data), where="the/file.json")
    assert str(caught.value).startswith("the/file.json: ")


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 2}', '{"value": NaN}', '{"value": -Infinity}', "[1]", "{", '"text"', ""],
)
def test_json_that_is_not_strict_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parse_record(text, where="x")


def test_nan_cannot_be_put_into_a_record() -> None:
    with pytest.raises(ValueError, match="finite"):
        records.MetricValue(
            name="x",
            value=float("nan"),
            unit="",
            interval=None,
            n=1,
            higher_is_better=True,
            reason=None,
            basis=None,
            column=None,
        )


def test_an_older_record_is_migrated_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two invented older schemas: 0 called the model "system", -1 had no created date as well.
    def from_zero(data: dict[str, Any]) -> dict[str, Any]:
        return {**{k: v for k, v in data.items() if k != "system"}, "model": data["system"],
                "schema_version": 1}  # fmt: skip

    def from_minus_one(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "created": "unknown", "schema_version": 0}

    monkeypatch.setitem(MIGRATIONS, 0, from_zero)
    monkeypatch.setitem(MIGRATIONS, -1, from_minus_one)
    data = example()
    data["system"] = data.pop("model")
    del data["created"]
    data["checks"] = None  # the only part of a suite that the first schema had
    for place, later in (
        (data, ["part", "files"]), (data["system"], ["direction"]),
        (data["metrics"][0], ["unit", "basis", "column"]),
        (data["task"], ["origin", "on_error", "beside"]),
    ):  # fmt: skip
        for name in later:
            del place[name]
    data["schema_version"] = -1
    record = parse_record(json.dumps(data), where="x")
    assert record.model.name == "m"
    assert record.created == "unknown"


def test_every_field_of_every_part_is_documented() -> None:
    def parts(model: type[BaseModel]) -> set[type[BaseModel]]:
        found = {model}
        for field in model.model_fields.values():
            stack = [field.annotation]
            while stack:
                annotation = stack.pop()
                stack.extend(getattr(annotation, "__args__", ()))
                if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                    found |= parts(annotation)
        return found

    model = described(builtin=True)
    shown = sections(model)
    assert parts(model) == set(shown.values())
    assert {"FlipsPart", "RerankingPart", "OpinionPart", "TransferCell"} <= set(shown)
    for part in shown.values():
        for name, field in part.model_fields.items():
            assert field.description, f"{part.__name__}.{name}"


def test_the_reference_page_is_the_schema() -> None:
    page = ROOT / "docs" / "record-reference.md"
    assert page.read_text(encoding="utf-8") == render()


def test_a_record_of_version_1_is_migrated() -> None:
    old = example()
    old["schema_version"] = 1
    old["checks"] = None
    del old["part"], old["files"]
    for late in ("unit", "basis", "column"):
        del old["metrics"][0][late]
    del old["task"]["on_error"], old["task"]["beside"], old["task"]["origin"]
    del old["model"]["direction"]
    new = example()
    new["metrics"][0] |= {"basis": None, "column": None}
    assert parse_record(json.dumps(old), where="old") == parse_record(json.dumps(new), where="new")
