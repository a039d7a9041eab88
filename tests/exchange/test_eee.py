"""Every Eval Ever: what goes out fits its own library, and comes back as it went."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.exchange.base import Run
from harness.exchange.claims import Claims
from harness.exchange.eee.reading import read as read_logs
from harness.exchange.evidence import item_table, side_of
from harness.exchange.formats import format_named
from harness.records.finding import read_records
from harness.records.record import Record, to_json
from tests.exchange.conftest import ROOT, Command

WHEEL = "every_eval_ever.validator.validation_core"
FIX = "pip install --no-deps --ignore-requires-python every_eval_ever==0.3.0"


def wrong_files(folder: Path) -> list[str]:
    """What the validator of the format's own package has against the files of a folder."""
    core = pytest.importorskip(WHEEL, reason=FIX)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    found = []
    for name in sorted(names):
        check = core.validate_aggregate if name.endswith(".json") else core.validate_instance_file
        report = check(
            folder / name,
            repo_path=name,
            available_files=names,
            read_repo_file=lambda other: (folder / other).read_text("utf-8"),
            run_semantic_checks=True,
        )
        found += [f"{name}: {one}" for one in (*report.errors, *report.warnings)]
    assert names
    return found


def test_every_record_of_the_repository_fits_the_schema(command: Command, tmp_path: Path) -> None:
    pytest.importorskip(WHEEL, reason=FIX)
    answer = command("export", "eee", ROOT / "submissions", "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    records = {to_json(record) for _, record in read_records([ROOT / "submissions"])}
    assert len(list((tmp_path / "out").rglob("*.json"))) == len(records)  # some in two revisions
    assert not wrong_files(tmp_path / "out")


def exported(command: Command, runs: Path, out: Path, *more: str) -> Path:
    answer = command("export", "eee", runs, "--out", out, *more)
    assert answer.code == 0, answer.err
    return out


def test_figures_and_items_of_all_suites_fit_the_schema(
    command: Command, runs: Path, tmp_path: Path
) -> None:
    out = exported(command, runs, tmp_path / "out", "--option", "relationship=first_party")
    assert not wrong_files(out)
    assert len(list(out.rglob("*_samples.jsonl"))) == len(list(out.rglob("*.json")))


def figure_of(record: Record) -> dict[tuple[str, str], tuple[Any, ...]]:
    found = {}
    for metric in record.metrics:
        low, high = metric.interval or (None, None)
        told = None if metric.basis is None or metric.interval is None else metric.basis.method
        found[record.task.id, metric.name] = (
            *(metric.value, low, high, told or "", metric.n, metric.unit, metric.higher_is_better),
            metric.reason or "",
        )
    return found


def figures_of(claims: Claims) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (one.task, one.metric): (
            *(one.value, one.low, one.high, one.method, one.n, one.unit, one.higher_is_better),
            one.remark,
        )
        for one in claims.figures
    }


def test_value_interval_n_method_and_items_come_back(
    command: Command, runs: Path, read: list[Run], tmp_path: Path
) -> None:
    claims = read_logs(exported(command, runs, tmp_path / "out"))
    wanted: dict[tuple[str, str], tuple[Any, ...]] = {}
    items: dict[tuple[str, str], dict[str, float]] = {}
    for one in read:
        wanted |= figure_of(one.record)
        values = item_table(side_of(one))
        assert values is not None
        for column in values.columns:
            pairs = zip(values.items, column.values, strict=True)
            own = {item: value for item, value in pairs if value is not None}
            items[one.record.task.id, column.metric] = own
    assert wanted
    got = figures_of(claims)
    assert {key: value for key, value in got.items() if wanted[key][0] is not None} == {
        key: value for key, value in wanted.items() if value[0] is not None
    }
    undefined = {key: (value[0], value[4], value[-1]) for key, value in wanted.items()}
    assert {key: (value[0], value[4], value[-1]) for key, value in got.items()} == undefined
    back = {(table.task, table.metric): table.values["org/one"] for table in claims.items}
    assert items
    assert {key: back[key] for key in items} == items


def test_scores_of_items_stand_for_figures_that_are_no_means(
    command: Command, runs: Path, tmp_path: Path
) -> None:
    claims = read_logs(exported(command, runs, tmp_path / "out"))
    scores = {table.task: table for table in claims.items if table.metric == "score"}
    texts, pictures = "detection/folder/texts.csv#score", "image-quality/folder/opinions#score"
    assert set(scores) == {texts, pictures}
    marks = [line.split(",") for line in (runs.parent / "marks.csv").read_text().split()[1:]]
    own = scores[texts].values["org/one"]
    assert own == pytest.approx({name: float(value) for name, value in marks})


def test_equal_runs_give_equal_bytes(read: list[Run]) -> None:
    writer = format_named("eee", writes=True).write
    assert writer is not None
    first = writer(read, {"developer": "data"})
    time.sleep(0.01)
    assert first == writer(read, {"developer": "data"})
    assert all(file.path.startswith("data/marginbench/data-/one/") for file in first.files)


def test_what_was_exported_can_be_audited_and_scored(
    command: Command, runs: Path, tmp_path: Path
) -> None:
    out = exported(command, runs, tmp_path / "out")
    assert command("import", "eee", out, "--out", tmp_path / "in").code == 0
    assert [path.name for path in (tmp_path / "in" / "right").iterdir()] == [
        "flips.results.old.accuracy"  # of a negative flip 1 says the opposite
    ]
    right = tmp_path / "in" / "right" / "flips.results.old.accuracy" / "org.one.jsonl"
    answer = command(
        *("score", "--task", "flips/results", "--data", right, "--predictions", right),
        *("--model-name", "same", "--out", tmp_path / "again"),
    )
    assert answer.code == 0, answer.err
    (run,) = read_records([tmp_path / "again"])
    accuracy = run[1].metric("accuracy")
    assert accuracy is not None
    assert accuracy.value == pytest.approx(30 / 40)  # results() in conftest


# A converter of the package itself makes a file, and it is read here.


def lm_eval_log(folder: Path) -> tuple[Path, Path]:
    """The output of lm-eval as its converter reads it; made up, in lm-eval's layout."""
    stamp = "2026-01-02T03-04-05.678901"
    samples = folder / f"samples_tiny_{stamp}.jsonl"
    rows = [
        {"doc_id": i, "doc": {"q": f"question {i}"}, "target": str(i % 2),
         "arguments": {"gen_args_0": {"arg_0": f"question {i}"}}, "resps": [["x"]],
         "filtered_resps": ["x"], "filter": "none", "metrics": ["acc"], "acc": float(i % 3 > 0),
         "doc_hash": "a", "prompt_hash": "b", "target_hash": "c"}
        for i in range(9)
    ]  # fmt: skip
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / f"results_{stamp}.json", samples


def test_samples_that_its_own_converter_wrote_are_read(tmp_path: Path) -> None:
    pytest.importorskip(WHEEL, reason=FIX)
    from every_eval_ever.converters.lm_eval.instance_level_adapter import (
        LMEvalInstanceLevelAdapter,
    )

    _, samples = lm_eval_log(tmp_path)
    adapter, name = LMEvalInstanceLevelAdapter(), "b1f5a3a0-0000-4000-8000-000000000001"
    about = adapter.transform_and_save(
        samples, "run", "org/m", "tiny", tmp_path / "out", name, "c", "org"
    )
    log = aggregate(about.model_dump(mode="json"))
    (tmp_path / "out" / f"{name}.json").write_text(json.dumps(log))
    claims = read_logs(tmp_path / "out")
    assert [(one.system, one.task, one.metric, one.value) for one in claims.figures] == [
        ("org/m", "tiny", "acc", 6 / 9)
    ]
    (items,) = claims.items
    assert items.values == {"org/m": {str(i): float(i % 3 > 0) for i in range(9)}}


def aggregate(samples: dict[str, Any] | None = None) -> dict[str, Any]:
    """A small aggregate as another tool would write it."""
    details = {"deployment_type": "unknown", "model_availability": "unknown"}
    data = {"dataset_name": "tiny", "source_type": "hf_dataset"}
    uncertainty = {
        "num_samples": 9,
        "confidence_interval": {"lower": 0.3, "upper": 0.9, "confidence_level": 0.95},
    }
    return {
        "schema_version": "0.3.0",
        "evaluation_id": "run",
        "retrieved_timestamp": "1",
        "source_metadata": {
            "source_type": "evaluation_run",
            "source_organization_name": "org",
            "evaluator_relationship": "other",
        },
        "eval_library": {"name": "lm_eval", "version": "1"},
        "model_info": {"name": "m", "id": "org/m", "additional_details": details},
        "evaluation_results": [
            {
                "evaluation_name": "tiny",
                "source_data": data,
                "metric_config": {"metric_name": "acc", "lower_is_better": False},
                "score_details": {"score": 6 / 9, "uncertainty": uncertainty},
            }
        ],
        **({} if samples is None else {"detailed_evaluation_results": samples}),
    }


Damage = Callable[[str], str]
DAMAGED: dict[str, tuple[Damage, str]] = {
    "cut": (lambda text: text[: len(text) // 2], "not strict JSON"),
    "no JSON": (lambda text: "<html>", "not strict JSON"),
    "empty": (lambda text: "", "not strict JSON"),
    "NaN": (lambda text: text.replace(repr(6 / 9), "NaN"), "not strict JSON"),
    "huge": (lambda text: text.replace(repr(6 / 9), "1e999"), "not strict JSON"),
    "digits": (lambda text: text.replace(repr(6 / 9), "1" * 5000), "not strict JSON"),
    "deep": (lambda text: "[" * 100_000, "not strict JSON"),
    "key twice": (lambda text: text.replace('"evaluation_id"', '"schema_version"'), "stands twice"),
    "a list": (lambda text: f"[{text}]", "not an object"),
    "text for a number": (lambda text: text.replace(repr(6 / 9), '"high"'), "score_details.score"),
    "truth for a number": (lambda text: text.replace(repr(6 / 9), "true"), "not a number"),
    "null score": (lambda text: text.replace(repr(6 / 9), "null"), "no score"),
    "ends": (lambda text: text.replace("0.3,", "0.95,"), "above the upper"),
    "version": (lambda text: text.replace("0.3.0", "9.9.9"), "schema version '9.9.9'"),
    "results": (lambda text: text.replace('"tiny"', "7"), "not a text"),
    "half a sign": (lambda text: text.replace('"org/m"', '"\\ud800"'), "lone surrogate"),
    "count": (lambda text: text.replace('"num_samples": 9', '"num_samples": -9'), "from 0 up"),
}


@pytest.mark.parametrize("name", list(DAMAGED))
def test_a_damaged_aggregate_is_one_line(command: Command, tmp_path: Path, name: str) -> None:
    change, said = DAMAGED[name]
    path = tmp_path / "log.json"
    path.write_text(change(json.dumps(aggregate())))
    answer = command("import", "eee", path, "--out", tmp_path / "out")
    assert (answer.code, len(answer.err.splitlines())) == (1, 1), answer.err
    assert said in answer.err
    assert not (tmp_path / "out").exists()


def rewritten(out: Path, change: Damage) -> None:
    """Change the samples of a run, and the aggregate's digest with them."""
    import hashlib

    path = next(path for path in sorted(out.rglob("*.jsonl")) if "nDCG" in path.read_text())
    path.write_text(change(path.read_text()))
    log = path.with_name(path.name.replace("_samples.jsonl", ".json"))
    told = json.loads(log.read_text())
    told["detailed_evaluation_results"]["checksum"] = hashlib.sha256(path.read_bytes()).hexdigest()
    log.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[: text.rindex("\n", 0, -1) + 1], "rows, of"),
        (lambda text: text + text.splitlines()[-1] + "\n", "has a second value"),
        (lambda text: text.replace('"org/one"', '"org/two"', 1), "another evaluation or model"),
        (lambda text: text.replace('{"score": ', '{"score": NaN, "s": ', 1), "NaN is not JSON"),
        (lambda text: text[:-300] + "\n", "not strict JSON"),
        (lambda text: text.replace('"sample_id"', '"sample"', 1), "no sample_id"),
        (lambda text: "[]\n" + text, "not an object"),
    ],
)
def test_damaged_samples_are_one_line(
    command: Command, runs: Path, tmp_path: Path, change: Damage, said: str
) -> None:
    rewritten(exported(command, runs, tmp_path / "out"), change)
    answer = command("import", "eee", tmp_path / "out", "--out", tmp_path / "in")
    assert (answer.code, len(answer.err.splitlines())) == (1, 1), answer.err
    assert said in answer.err


def test_samples_that_changed_since_are_refused(
    command: Command, runs: Path, tmp_path: Path
) -> None:
    out = exported(command, runs, tmp_path / "out")
    next(out.rglob("*.jsonl")).write_text("{}\n")
    answer = command("import", "eee", out, "--out", tmp_path / "in")
    assert answer.code == 1
    assert "its sha256 differs" in answer.err
