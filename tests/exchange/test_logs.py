"""Logs of lm-eval, inspect and NeMo Evaluator, in the layout that their writers give them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.exchange.inspect_log import read as read_inspect
from harness.exchange.lm_eval import read as read_lm_eval
from harness.exchange.nemo import read as read_nemo
from harness.records.finding import read_records
from tests.exchange.conftest import Command

STAMP = "2026-01-02T03-04-05.678901"


def lm_eval(folder: Path, model: str, right: list[int]) -> Path:
    """As lm_eval 0.4.13 writes it (lm_eval/loggers/evaluation_tracker.py)."""
    place = folder / model
    place.mkdir(parents=True)
    rows = [
        {"doc_id": i, "doc": {}, "target": str(i % 2), "arguments": {}, "resps": [["x"]],
         "filtered_resps": ["x"], "filter": "none", "metrics": ["acc", "acc_norm"],
         "acc": float(value), "acc_norm": 1.0, "doc_hash": f"{i}"}
        for i, value in enumerate(right)
    ]  # fmt: skip
    samples = place / f"samples_arc_{STAMP}.jsonl"
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    own = {"alias": "arc", "acc,none": sum(right) / len(right), "acc_stderr,none": 0.0125,
           "acc_norm,none": 1.0, "acc_norm_stderr,none": "N/A"}  # fmt: skip
    log = {
        "results": {"arc": own, "group": {"alias": "group"}},
        "higher_is_better": {"arc": {"acc": True, "acc_norm": True}},
        "n-samples": {"arc": {"original": len(right), "effective": len(right)}},
        "model_name": model, "lm_eval_version": "0.4.13", "date": 1767323045.6,
    }  # fmt: skip
    (place / f"results_{STAMP}.json").write_text(json.dumps(log))
    return place


OLD, NEW = [1, 1, 0, 1, 0, 1, 1, 1], [1, 0, 1, 1, 0, 1, 1, 0]


def test_figures_and_documents_of_lm_eval(tmp_path: Path) -> None:
    lm_eval(tmp_path, "old", OLD)
    lm_eval(tmp_path, "new", NEW)
    claims = read_lm_eval(tmp_path)
    told = {(one.system, one.metric): (one.value, one.n, one.remark) for one in claims.figures}
    assert told["old", "acc"] == (6 / 8, 8, "standard error 0.0125")
    assert told["new", "acc_norm"] == (1.0, 8, "")
    (items,) = claims.items
    assert items.values["new"] == {str(i): float(value) for i, value in enumerate(NEW)}
    assert any("acc_norm" in note for note in claims.notes)


@pytest.mark.parametrize("nothing", [float("nan"), None])
def test_documents_without_a_value_are_counted(tmp_path: Path, nothing: float | None) -> None:
    """lm-eval writes NaN where a metric has none: left out, and never without a word."""
    samples = next(lm_eval(tmp_path, "old", OLD).glob("samples*"))
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    for row in rows[:3]:
        row["acc"] = nothing
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    lm_eval(tmp_path, "new", NEW)
    claims = read_lm_eval(tmp_path)
    (items,) = claims.items
    assert set(items.values["old"]) == {str(i) for i in range(3, 8)}
    said = [note for note in claims.notes if "have no value" in note]
    assert said == ["arc: 3 of 8 documents have no value of acc by old, and are left out"]


def test_flips_are_not_counted_between_other_documents(command: Command, tmp_path: Path) -> None:
    """A later version of a task may hold other documents under the same ids."""
    old, new, task = tmp_path / "old.jsonl", tmp_path / "new.jsonl", "flips/results"
    for path, model, right in ((old, "a", OLD), (new, "b", NEW)):
        path.write_text(next(lm_eval(tmp_path, model, right).glob("samples*")).read_text())
    words = ["score", "--task", task, "--data", str(old), "--predictions", str(new)]
    words += ["--model-name", "new", "--out", str(tmp_path / "runs")]
    assert command(*words).code == 0
    new.write_text(new.read_text().replace('"doc_hash": "3"', '"doc_hash": "4"'))
    refused = command(*words)
    assert refused.code == 1
    assert "under one doc_id there are other documents" in refused.err
    new.write_text(new.read_text().replace("doc_hash", "hash"))
    assert command(*words).code == 0, "who tells nothing of documents is believed"


def compared(command: Command, old: Path, new: Path, out: Path) -> Any:
    for name, path in (("old", old), ("new", new)):
        answer = command(
            *("score", "--task", "flips/results", "--data", old, "--predictions", path),
            *("--model-name", name, "--out", out),
        )
        assert answer.code == 0, answer.err
    return {record.model.name: record for _, record in read_records([out])}


def test_what_was_imported_is_audited_and_its_flips_are_counted(
    command: Command, tmp_path: Path
) -> None:
    lm_eval(tmp_path / "logs", "old", OLD)
    lm_eval(tmp_path / "logs", "new", NEW)
    out = tmp_path / "in"
    answer = command("import", "lm-eval", tmp_path / "logs", "--out", out)
    assert answer.code == 0, answer.err
    audited = command("audit", out / "items" / "arc.acc.jsonl", "--higher-is-better")
    assert "old" in audited.out
    assert audited.code == 0
    right = out / "right" / "arc.acc"
    records = compared(command, right / "old.jsonl", right / "new.jsonl", tmp_path / "runs")
    assert records["new"].metric("NFR").value == 2 / 8  # documents 1 and 7
    assert records["new"].metric("PFR").value == 1 / 8


def nemo(folder: Path, model: str, rewards: list[float], repeats: int = 1) -> Path:
    """As NeMo Evaluator 0.5 writes it (src/nemo_evaluator/engine/artifacts.py at 716aee9)."""
    place = folder / model
    place.mkdir(parents=True)
    rows = [
        {"problem_idx": i // repeats, "repeat": i % repeats, "reward": reward, "response": "x"}
        for i, reward in enumerate(rewards)
    ]
    (place / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    scores = {
        "mean_reward": {"value": sum(rewards) / len(rewards), "ci_lower": 0.25, "ci_upper": 0.9},
        "pass@1": 0.5,
        "by_category": {"easy": 1.0},
    }
    own = {"name": "gsm8k", "samples": len(rewards) // repeats, "repeats": repeats,
           "scores": scores}  # fmt: skip
    bundle = {
        "run_id": "eval-20260102T030405Z-gsm8k", "config_hash": "sha256:0", "sdk_version": "0.5.0",
        "timestamp": "2026-01-02T03:04:05+00:00", "config": {"model": model},
        "benchmark": own, "n_results": len(rows),
    }  # fmt: skip
    (place / "eval-20260102T030405Z-gsm8k.json").write_text(json.dumps(bundle))
    return place


def test_a_bundle_of_nemo(command: Command, tmp_path: Path) -> None:
    old, new = nemo(tmp_path, "old", list(map(float, OLD))), nemo(tmp_path, "new", NEW, repeats=2)
    claims = read_nemo(tmp_path)
    told = {(one.system, one.metric): (one.value, one.low, one.high) for one in claims.figures}
    assert told["old", "mean_reward"] == (6 / 8, 0.25, 0.9)
    assert told["new", "pass@1"] == (0.5, None, None)
    (items,) = claims.items
    assert items.values["old"]["7"] == 1.0
    assert items.values["new"]["0 / 1"] == float(NEW[1])
    again = nemo(tmp_path / "again", "new", NEW)
    rows = (old / "results.jsonl", again / "results.jsonl")
    records = compared(command, *rows, tmp_path / "runs")
    assert records["new"].metric("NFR").value == 2 / 8
    assert new.is_dir()


def inspect(path: Path, values: list[Any], **more: Any) -> Path:
    """As inspect_ai writes version 2, whole (``.json``) or in parts (``.eval``); made up."""
    samples = [
        {"id": i, "epoch": 1, "input": "x", "target": "y",
         "scores": {"match": {"value": value, "answer": "z"}}}
        for i, value in enumerate(values)
    ]  # fmt: skip
    scores = [{"name": "match", "scorer": "match", "scored_samples": len(values),
               "metrics": {"accuracy": {"name": "accuracy", "value": 0.75}}}]  # fmt: skip
    log = {
        "version": 2, "status": "success", "results": {"scores": scores},
        "eval": {"task": "arc", "model": "org/m", "created": "2026-01-02T03:04:05+00:00"}, **more,
    }  # fmt: skip
    if path.suffix == ".json":
        path.write_text(json.dumps({**log, "samples": samples}))
        return path
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.json", json.dumps(log))
        for sample in samples:
            archive.writestr(f"samples/{sample['id']}_epoch_1.json", json.dumps(sample))
    return path


@pytest.mark.parametrize("name", ["log.json", "log.eval"])
def test_a_log_of_inspect(tmp_path: Path, name: str) -> None:
    claims = read_inspect(inspect(tmp_path / name, ["C", "I", "N", "P"]))
    (figure,) = claims.figures
    assert (figure.system, figure.task, figure.metric) == ("org/m", "arc", "match/accuracy")
    assert (figure.value, figure.n) == (0.75, 4)
    (items,) = claims.items
    assert items.metric == "accuracy"
    assert items.values == {"org/m": {"0": 1.0, "1": 0.0, "2": 0.0, "3": 0.5}}
    numbers = read_inspect(inspect(tmp_path / f"n-{name}", [0.25, 7, True]))
    assert numbers.items[0].values == {"org/m": {"0": 0.25, "1": 7.0, "2": 1.0}}


@pytest.mark.parametrize("form", ["json", "eval"])
def test_a_log_that_inspect_wrote(tmp_path: Path, form: str) -> None:
    log = pytest.importorskip("inspect_ai.log", reason="pip install inspect_ai")
    from inspect_ai.scorer import Score

    samples = [
        log.EvalSample(id=f"s{i}", epoch=1, input="a", target="a",
                       scores={"match": Score(value=value, answer="a")})
        for i, value in enumerate("CCI")
    ]  # fmt: skip
    metrics = {"accuracy": log.EvalMetric(name="accuracy", value=2 / 3)}
    spec = log.EvalSpec(
        created="2026-01-02T03:04:05+00:00", task="tiny", model="mockllm/model",
        dataset=log.EvalDataset(), config=log.EvalConfig(),
    )  # fmt: skip
    score = log.EvalScore(name="match", scorer="match", scored_samples=3, metrics=metrics)
    whole = log.EvalLog(
        status="success", eval=spec, results=log.EvalResults(scores=[score]), samples=samples
    )
    log.write_eval_log(whole, str(tmp_path / f"log.{form}"), format=form)
    claims = read_inspect(tmp_path)
    (figure,) = claims.figures
    assert (figure.metric, figure.value, figure.n) == ("match/accuracy", 2 / 3, 3)
    (items,) = claims.items
    assert items.values == {"mockllm/model": {"s0": 1.0, "s1": 1.0, "s2": 0.0}}


def test_rows_that_the_writer_of_lm_eval_wrote(tmp_path: Path) -> None:
    loggers = pytest.importorskip("lm_eval.loggers", reason="pip install lm_eval")
    tracker = loggers.EvaluationTracker(output_path=str(tmp_path))
    tracker.general_config_tracker.log_experiment_args("hf", "pretrained=tiny", "", "", False)
    samples = [
        {"doc_id": i, "doc": {"q": i}, "target": 0, "arguments": [("a",)], "resps": [["x"]],
         "filtered_resps": ["x"], "filter": "none", "metrics": ["acc"], "acc": float(i % 3 > 0),
         "doc_hash": "a", "prompt_hash": "b", "target_hash": "c"}
        for i in range(9)
    ]  # fmt: skip
    own = {"alias": "arc", "acc,none": 6 / 9, "acc_stderr,none": 0.1}
    tracker.save_results_aggregated({"results": {"arc": own}}, {"arc": samples})
    tracker.save_results_samples("arc", samples)
    claims = read_lm_eval(tmp_path)
    assert [(one.task, one.metric, one.value) for one in claims.figures] == [("arc", "acc", 6 / 9)]
    (items,) = claims.items
    assert items.values.popitem()[1] == {str(i): float(i % 3 > 0) for i in range(9)}


def test_samples_of_one_figure_of_every_eval_ever_are_right_or_wrong(
    command: Command, tmp_path: Path
) -> None:
    paths = []
    for name, right in (("old", OLD), ("new", NEW)):
        path = tmp_path / f"{name}_samples.jsonl"
        told = (
            {"evaluation_id": "e", "evaluation_result_id": "acc", "sample_id": f"s{i}",
             "evaluation": {"score": float(value), "is_correct": bool(value)}}
            for i, value in enumerate(right)
        )  # fmt: skip
        path.write_text("".join(json.dumps(row) + "\n" for row in told))
        paths.append(path)
    records = compared(command, *paths, tmp_path / "runs")
    assert records["new"].metric("NFR").value == 2 / 8
    two = paths[0].read_text() + paths[0].read_text().replace('"acc"', '"f1"')
    paths[0].write_text(two)
    answer = command(
        *("score", "--task", "flips/results", "--data", paths[0], "--predictions", paths[1]),
        *("--model-name", "m", "--out", tmp_path / "more"),
    )
    assert answer.code == 1
    assert "holds the items of 2 figures: 'acc', 'f1'. marginbench import eee" in answer.err


Damage = Callable[[str], str]
DAMAGED: list[tuple[str, str, Damage, str]] = [
    ("lm-eval", "results_*", lambda text: text.replace("0.75", "NaN"), "not strict JSON"),
    ("lm-eval", "results_*", lambda text: text.replace("0.75", '"a"'), "acc,none: not a number"),
    ("lm-eval", "results_*", lambda text: text[:-9], "not strict JSON"),
    ("lm-eval", "results_*", lambda text: text.replace('"results"', '"r"'), "no results"),
    ("lm-eval", "samples_*", lambda text: text + text, "documents stand there"),
    ("lm-eval", "samples_*", lambda text: text[:-9], "not valid JSON"),
    ("lm-eval", "samples_*", lambda text: text.replace('"acc": 1.0', '"acc": 1e999', 1), "finite"),
    ("lm-eval", "samples_*", lambda text: text.replace('"doc_id"', '"id"', 1), "no doc_id"),
    ("nemo", "eval-*", lambda text: text.replace("0.25", "Infinity"), "not strict JSON"),
    ("nemo", "eval-*", lambda text: text.replace("0.25", "true"), "ci_lower: not a number"),
    ("nemo", "eval-*", lambda text: text.replace('"benchmark"', '"b"'), "no benchmark"),
    ("nemo", "results*", lambda text: text.replace("1.0", "NaN", 1), "not a finite number"),
    ("nemo", "results*", lambda text: text.replace('"repeat": 0, ', "", 1), "missing"),
    ("nemo", "results*", lambda text: text + text.splitlines()[0], "second value"),
    ("nemo", "results*", lambda text: "[" * 10_000, "not valid JSON"),
    ("inspect", "log.json", lambda text: text.replace("success", "error"), "ended with 'error'"),
    ("inspect", "log.json", lambda text: text.replace("0.75", "NaN"), "not strict JSON"),
    ("inspect", "log.json", lambda text: text.replace('"I"', '"Q"'), "not a number"),
    ("inspect", "log.json", lambda text: text.replace('"id": 1', '"id": 0'), "second value"),
    ("inspect", "log.json", lambda text: text.replace('"scores": {', '"s": {', 1), "no score"),
    ("inspect", "log.json", lambda text: "{}", "no eval"),
]


@pytest.mark.parametrize(("form", "name", "change", "said"), DAMAGED)
def test_a_damaged_log_is_one_line(
    command: Command, tmp_path: Path, form: str, name: str, change: Damage, said: str
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    inspect(logs / "log.json", ["C", "I"]) if form == "inspect" else None
    lm_eval(logs, "m", OLD) if form == "lm-eval" else None
    nemo(logs, "m", [1.0, 0.0, 0.5]) if form == "nemo" else None
    path = next(logs.rglob(name))
    path.write_text(change(path.read_text()))
    answer = command("import", form, logs, "--out", tmp_path / "out")
    assert len(answer.err.splitlines()) == 1, answer.err
    assert answer.code in (1, 2)  # 2 where a choice among several would do
    assert said in answer.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:100], "log.eval"),
        (lambda data: data.replace(b"header.json", b"footer.json"), "no header.json"),
    ],
)
def test_a_damaged_zip_is_one_line(
    command: Command, tmp_path: Path, damage: Callable[[bytes], bytes], said: str
) -> None:
    path = inspect(tmp_path / "log.eval", ["C"])
    path.write_bytes(damage(path.read_bytes()))
    answer = command("import", "inspect", path, "--out", tmp_path / "out")
    assert (answer.code, len(answer.err.splitlines())) == (1, 1), answer.err
    assert said in answer.err
