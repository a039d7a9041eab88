"""Records of schema 3, as they were published, as records of the present schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InvalidError
from harness.records.migrations import PARTS_OF_3, SCHEMA_VERSION
from harness.records.record import parse_record, read_record, to_json
from harness.submission.recompute.differences import differences
from tests.records.test_records import damage, example

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = sorted((ROOT / "tests" / "records" / "schema3").glob("*.json"))
"""The records of the embedded baseline as they were published before schema 4."""

COMMITTED = sorted([*PUBLISHED, *ROOT.glob("submissions/*/*/records/*.json"),
                    *ROOT.glob(".github/baseline/*/record.json")])  # fmt: skip


UNITS = {"RMSE[logistic4]": "opinion score", "RMSE*": "opinion score", "NFR[relative]": "times"}


def test_there_are_committed_records() -> None:
    assert len(COMMITTED) >= 20
    assert len(PUBLISHED) == 5


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_committed_record_keeps_every_value(path: Path) -> None:
    before = path.read_bytes()
    old = json.loads(before)
    record = read_record(path)
    new = json.loads(to_json(record))
    assert path.read_bytes() == before
    assert new.pop("schema_version") == SCHEMA_VERSION
    version = old.pop("schema_version")
    if version < 6 and old["run"] is not None:
        assert new["run"].pop("effort") is None
    if version < 5:
        assert new["task"].pop("origin") == {}
        assert [(m.pop("basis"), m.pop("column")) for m in metrics_of(new)] == [
            (None, None) for _ in metrics_of(old)
        ]
        assert [(d.pop("basis"), d.pop("p")) for d in differences_of(new)] == [
            (None, None) for _ in differences_of(old)
        ]
    if version == 3:
        units = [metric.pop("unit") for metric in metrics_of(new)]
        names = [metric["name"] for metric in metrics_of(old)]
        assert units == [UNITS.get(name, "") for name in names]
        for then, now in zip(metrics_of(old), metrics_of(new), strict=True):
            if then["name"] == "AUROC(length)" or then["name"].startswith("Judged"):
                assert (then.pop("higher_is_better"), now.pop("higher_is_better")) == (True, None)
        parts = [old.pop(name) for name in PARTS_OF_3]
        suite = old["task"]["suite"]
        assert [known(part, suite) for part in parts if part is not None] == [
            known(new.pop("part"), suite)
        ]
    assert new == old
    again = parse_record(to_json(record), where="again")
    assert again == record
    assert list(differences(record, again)) == []


GONE = {"consistency": ("floor",)}
"""Fields of parts that were given up."""

UNKNOWN = (("basis", None), ("unranked_items", 0), ("tie_range", None))
"""Fields of parts that older records do not have, with what is read in their place."""


def known(part: Any, suite: str) -> Any:
    """A part without what its suite gave up, and without what is unknown of older records."""
    if isinstance(part, dict):
        return {
            name: known(value, suite)
            for name, value in part.items()
            if name not in GONE.get(suite, ()) and (name, value) not in UNKNOWN
        }
    return [known(value, suite) for value in part] if isinstance(part, list) else part


def differences_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (data["first_stage"] or {"differences": []})["differences"]
    return found


def metrics_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [*data["metrics"], *(data["first_stage"] or {"metrics": []})["metrics"]]


@pytest.fixture
def old() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((PUBLISHED[0].parent / "flips.digits.json").read_text())
    assert data["schema_version"] == 3
    return data


def remove(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda data: data.pop(name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (remove("checks"), "checks: a record of schema 3 has this field"),
        (remove("flips"), "flips: a record of schema 3 has this field"),
        (damage("detection", {}), "flips: there is detection too"),
        (damage("part", {}), "part: a record of schema 3 has no such field"),
        (damage("metrics.0.unit", ""), "metrics: a record of schema 3 has no units"),
        (damage("flips.tables.0.n", -1), "part.tables.0.n: "),
        (damage("flips.surprise", 1), "part.surprise: "),
        (damage("surprise", 1), "surprise: "),
        (damage("metrics", None), "metrics: "),
        (damage("metrics", [1]), "metrics.0: "),
        (damage("first_stage", 3), "first_stage: "),
        (damage("flips", [1]), "part: "),
        (damage("task.suite", "detection"), r"part\.\w+: "),
        (damage("task.suite", ["detection"]), "task.suite: "),
        (damage("task", None), "task: "),
        (damage("model.details", {"a": "\ud800"}), "not strict JSON"),
    ],
)
def test_what_was_refused_is_refused_still(
    old: dict[str, Any], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    change(old)
    with pytest.raises(InvalidError, match=f"^here: {said}"):
        parse_record(json.dumps(old), where="here")


def test_depth_is_bounded(old: dict[str, Any]) -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    old["model"]["details"] = {"deep": deep}
    with pytest.raises(InvalidError, match=r"^here: "):
        parse_record(json.dumps(old), where="here")


@pytest.fixture
def staged() -> dict[str, Any]:
    """A record of schema 4 with a first stage."""
    data = example()
    data["schema_version"] = 4
    del data["task"]["origin"]
    for late in ("basis", "column"):
        del data["metrics"][0][late]
    difference = {"name": "nDCG@10", "value": 0.1, "interval": [0.0, 0.2], "n": 3, "wins": 2,
                  "losses": 1, "ties": 0, "reason": None}  # fmt: skip
    data["first_stage"] = {
        "name": "bm25",
        "depth": 10,
        "parameters": {},
        "metrics": [dict(data["metrics"][0], value=0.4)],
        "differences": [difference],
    }
    return data


def test_a_record_of_schema_4_says_nothing_of_what_its_intervals_rest_on(
    staged: dict[str, Any],
) -> None:
    record = parse_record(json.dumps(staged), where="here")
    stage = record.first_stage
    assert stage is not None
    for metric in (*record.metrics, *stage.metrics):
        assert (metric.basis, metric.column) == (None, None)
    assert [(d.basis, d.p) for d in stage.differences] == [(None, None)]
    assert record.metrics[0].interval == (0.4, 0.6)
    assert stage.differences[0].interval == (0.0, 0.2)


@pytest.mark.parametrize("effort", [None, {"calls": 1}])
def test_a_record_of_schema_5_had_asked_nobody(effort: object) -> None:
    data = example() | {"schema_version": 5, "run": {"effort": effort}}
    with pytest.raises(InvalidError, match="effort: a record of schema 5 has no such field"):
        parse_record(json.dumps(data), where="here")


def test_a_record_of_schema_6_had_asked_no_server() -> None:
    asked = {"calls": 3, "prompt_tokens": 5, "completion_tokens": 2, "repairs": 0}
    effort = {**asked, "groups_repaired": 0}
    run = json.loads((ROOT / ".github/baseline").glob("*/record.json").__next__().read_text())[
        "run"
    ]
    data = example() | {"schema_version": 6, "run": {**run, "effort": effort}}
    record = parse_record(json.dumps(data), where="here")
    assert record.run is not None
    assert record.run.effort is not None
    assert json.loads(record.run.effort.model_dump_json()) == {**effort, "requests": None}
    data["run"]["effort"]["requests"] = None
    with pytest.raises(InvalidError, match="requests: a record of schema 6 has no such field"):
        parse_record(json.dumps(data), where="here")


BASIS = {"method": "t", "units": 3, "rough": None}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (damage("metrics.0.basis", BASIS), "basis: a record of schema 4 has no such field"),
        (damage("metrics.0.basis", None), "basis: a record of schema 4 has no such field"),
        (damage("metrics.0.column", "AP"), "column: a record of schema 4 has no such field"),
        (
            damage("first_stage.metrics.0.basis", BASIS),
            "basis: a record of schema 4 has no such field",
        ),
        (
            damage("first_stage.differences.0.p", 0.5),
            "p: a record of schema 4 has no such field",
        ),
        (
            damage("first_stage.differences.0.basis", None),
            "basis: a record of schema 4 has no such field",
        ),
        (damage("metrics", None), "metrics: "),
        (damage("metrics", {"basis": 1}), "metrics: "),
        (damage("metrics", "basis"), "metrics: "),
        (damage("metrics", [1]), "metrics.0: "),
        (damage("metrics.0", [["basis", 1]]), "metrics.0: "),
        (damage("first_stage", [1]), "first_stage: "),
        (damage("first_stage.metrics", 3), "first_stage.metrics: "),
        (damage("first_stage.differences", {}), "first_stage.differences: "),
        (damage("first_stage.differences", [None]), "first_stage.differences.0: "),
        (damage("metrics.0.rough", "x"), "metrics.0.rough: "),
    ],
)
def test_what_schema_4_has_not_is_refused(
    staged: dict[str, Any], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    change(staged)
    with pytest.raises(InvalidError, match=f"^here: {said}"):
        parse_record(json.dumps(staged), where="here")
