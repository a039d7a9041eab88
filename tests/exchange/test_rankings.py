"""Rankings for other tools: TREC runs that ir_measures scores alike, and mteb's results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.exchange.base import Run
from harness.exchange.mteb import read as read_mteb
from tests.exchange.conftest import Command


def ranked(read: list[Run]) -> Run:
    return next(one for one in read if one.record.task.suite == "reranking")


def test_an_exported_run_has_the_figures_of_its_record_in_ir_measures(
    command: Command, runs: Path, read: list[Run], tmp_path: Path
) -> None:
    import ir_measures as ir

    answer = command("export", "trec", runs, "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    (file,) = (tmp_path / "out").rglob("*.trec")
    qrels = list(ir.read_trec_qrels(str(runs.parent / "qrels.txt")))
    theirs = ir.calc_aggregate(
        [ir.nDCG @ 10, ir.RR @ 10, ir.AP, ir.R @ 10], qrels, ir.read_trec_run(str(file))
    )
    record = ranked(read).record
    for measure, value in theirs.items():
        own = record.metric(str(measure))
        assert own is not None
        assert own.value == pytest.approx(value, abs=1e-12)
    assert "left out consistency/folder/faces, detection/folder" in answer.err


def test_the_same_run_scores_the_same_again(command: Command, runs: Path, tmp_path: Path) -> None:
    assert command("export", "trec", runs, "--out", tmp_path / "out").code == 0
    (file,) = (tmp_path / "out").rglob("*.trec")
    given = [line.split()[:3] + line.split()[4:5] for line in file.read_text().splitlines()]
    wanted = (runs.parent / "run.txt").read_text().splitlines()
    assert given == [line.split()[:3] + line.split()[4:5] for line in wanted]


def test_mteb_reads_our_results(command: Command, runs: Path, tmp_path: Path) -> None:
    result = pytest.importorskip("mteb.results.task_result", reason="pip install mteb")
    assert command("export", "mteb", runs, "--out", tmp_path / "out").code == 0
    (file,) = (tmp_path / "out").rglob("*.json")
    read = result.TaskResult.from_disk(file, load_historic_data=False)
    own = json.loads(file.read_text())["scores"]["test"][0]
    assert read.get_score() == own["main_score"] == own["ndcg_at_10"]


def test_what_goes_out_for_mteb_comes_back(
    command: Command, runs: Path, read: list[Run], tmp_path: Path
) -> None:
    answer = command("export", "mteb", runs, "--out", tmp_path / "out")
    assert "left out" in answer.err
    claims = read_mteb(tmp_path / "out")
    found = {one.metric: one.value for one in claims.figures}
    record = ranked(read).record
    low, high = record.primary.interval or (None, None)
    assert found["main_score"] == found["ndcg_at_10"] == record.primary.value
    assert (found["main_score_interval_low"], found["main_score_interval_high"]) == (low, high)
    assert found["main_score_n"] == 12
    mean = record.metric("RR@10")
    assert mean is not None
    assert found["mrr_at_10"] == mean.value


def result(**more: Any) -> dict[str, Any]:
    row = {"hf_subset": "default", "languages": ["eng-Latn"], "main_score": 0.5, **more}
    return {
        "dataset_revision": "a" * 40, "task_name": "SciDocsRR", "mteb_version": "2.26.24",
        "scores": {"test": [row]}, "evaluation_time": 1.0, "kg_co2_emissions": None,
    }  # fmt: skip


def test_a_result_of_mteb_is_read(tmp_path: Path) -> None:
    """From its own library where that is installed."""
    place = tmp_path / "org__model" / "0123456789"
    place.mkdir(parents=True)
    data = result(map_at_10=0.25, nauc_x=float("nan"))
    try:
        from mteb.results.task_result import TaskResult

        TaskResult.from_dict(data).to_disk(place / "SciDocsRR.json")
    except ImportError:
        (place / "SciDocsRR.json").write_text(json.dumps(data))
    claims = read_mteb(tmp_path)
    assert {one.metric: one.value for one in claims.figures} == {
        "main_score": 0.5, "map_at_10": 0.25, "nauc_x": None,
    }  # fmt: skip
    assert {(one.system, one.task) for one in claims.figures} == {
        ("org/model", "SciDocsRR:test:default")
    }
    assert any("no value (NaN)" in note for note in claims.notes)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0.5", "NaN", "not a finite number"),
        ("0.5", '"0.5"', "main_score: not a number"),
        ('"main_score"', '"other"', "no main_score"),
        ('"hf_subset": "default"', '"hf_subset": 7', "not a text"),
        ('"test"', '"task_name"', "1 other"),
        ('{"test":', '{"test": 1, "test":', "not valid JSON (key 'test' stands twice)"),
        ('"languages"', '"hf_subset"', "stands twice"),
        ("]}", "]", "not valid JSON"),
        ('[{"hf', "[" * 10_000 + '{"hf', "not valid JSON"),
    ],
)
def test_a_damaged_result_is_one_line(
    command: Command, tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "One.json"
    text = json.dumps(result()).replace(old, new)
    path.write_text(text)
    answer = command("import", "mteb", path, "--out", tmp_path / "out")
    if said == "1 other":
        assert answer.code == 0  # the name of a split may be anything
        return
    assert (answer.code, len(answer.err.splitlines())) == (1, 1), answer.err
    assert said in answer.err
