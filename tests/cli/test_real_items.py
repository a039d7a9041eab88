"""Detection and image quality on real data, through the command line."""

from __future__ import annotations

import csv
import importlib.metadata
import json
from pathlib import Path

import pytest

from harness.records.record import Record, read_record
from suites.detection.record import DetectionPart
from suites.image_quality.record import OpinionPart
from tests.cli.conftest import Command


def only_record(folder: Path) -> Record:
    (path,) = folder.rglob("record.json")
    return read_record(path)


@pytest.mark.shared_data
def test_outfox_end_to_end(command: Command, shared_data: Path, tmp_path: Path) -> None:
    """Fitted on valid, thresholds from valid, measured on test, by attack and generator.

    AUROC 1.000 on ChatGPT and .995 under DIPPER are the figures of the research notes for this
    kind of baseline.
    """
    pytest.importorskip("sklearn", reason="the baseline needs scikit-learn")
    data = shared_data / "detection"
    model = tmp_path / "model"
    task = ("--task", "detection/outfox", "--data", data)
    assert command("train-baseline", *task, "--out", model).code == 0
    done = command("evaluate", "--model", f"tfidf:{model}", *task, "--out", tmp_path / "runs")
    assert done.code == 0, done.err
    record = only_record(tmp_path / "runs")
    part = record.part
    assert isinstance(part, DetectionPart)
    assert (part.n_neg, part.n_pos) == (500, 3500)
    assert "calibration split" in part.calibration
    areas = {tuple(a.slice.items()): a.auroc for a in part.aurocs}
    assert areas[("generator", "chatgpt"),] == pytest.approx(0.998, abs=0.003)
    assert areas[("attack", "outfox"),] == pytest.approx(1.0, abs=0.002)
    slices = {tuple(p.slice.items()) for p in part.points if p.policy == "calibrated"}
    assert {(("attack", a),) for a in ("none", "outfox", "dipper")} <= slices
    assert {(("generator", g),) for g in ("chatgpt", "flan_t5_xxl")} <= slices
    oracle = record.metric("TPR@FPR=1%[oracle_per_domain]")
    realised = record.metric("FPR[calibrated@1%]")
    assert oracle is not None
    assert realised is not None
    assert oracle.interval is not None
    assert realised.value is not None
    assert realised.value > 0.01, "the baseline has learned its calibration texts"
    shown = command("show", tmp_path / "runs")
    assert "  ! model learned from the very texts" in shown.out
    assert "attack dipper" in shown.out


@pytest.mark.shared_data
def test_published_scores_through_the_command_line(
    command: Command, shared_data: Path, tmp_path: Path
) -> None:
    """A score list of Fast-DetectGPT: its AUROC as the authors store it, its points as expected."""
    folder = shared_data / "detection/fastdetectgpt"
    row = json.loads((folder / "scores_reported.jsonl").open().readline())
    wanted = json.loads((folder / "expected_tpr_at_fpr.jsonl").open().readline())
    texts, scores = tmp_path / "texts.jsonl", tmp_path / "scores.csv"
    pairs = [("h", 0, s) for s in row["human"]] + [("a", 1, s) for s in row["ai"]]
    with texts.open("w") as file, scores.open("w") as other:
        other.write("id,score\n")
        for number, (side, label, value) in enumerate(pairs):
            name = f"{side}{number}"
            file.write(json.dumps({"id": name, "text": f"text {name}", "label": label}) + "\n")
            other.write(f"{name},{value!r}\n")
    done = command(
        *("score", "--task", "detection/folder", "--data", texts, "--predictions", scores),
        *("--model-name", "published", "--out", tmp_path / "runs"),
    )
    assert done.code == 0, done.err
    record = only_record(tmp_path / "runs")
    area = record.metric("AUROC")
    assert area is not None
    assert area.value == pytest.approx(row["roc_auc"], abs=1e-12)
    assert isinstance(record.part, DetectionPart)
    points = {
        str(p.target): p for p in record.part.points if p.policy == "oracle_pooled" and not p.slice
    }
    resolved = [target for target in points if float(target) * len(row["human"]) >= 1]
    assert 0 < len(resolved) < len(points)
    for target, at in wanted["at"].items():
        known = (at["tp"], at["fp"]) if target in resolved else (None, None)
        assert (points[target].tp, points[target].fp) == known


@pytest.mark.shared_data
def test_brisque_on_live(command: Command, shared_data: Path, tmp_path: Path) -> None:
    """Documented .980 of the package brisque 0.2.0, whose model was trained on this set."""
    try:
        importlib.metadata.distribution("brisque")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("BRISQUE's coefficients are not installed")
    data = shared_data / "image-quality/live_subset/live_subset.csv"
    done = command(
        *("evaluate", "--model", "brisque", "--task", "image-quality/folder", "--data", data),
        *("--out", tmp_path / "runs"),
    )
    assert done.code == 0, done.err
    record = only_record(tmp_path / "runs")
    assert record.primary.value == pytest.approx(0.980, abs=0.01)
    assert record.intervals.clusters == 6
    assert isinstance(record.part, OpinionPart)
    assert record.part.sign.srcc_sign_agrees
    assert record.part.opinion == "lower"


@pytest.mark.shared_data
def test_stored_scores_on_live(command: Command, shared_data: Path, tmp_path: Path) -> None:
    """Figures of golden_stats.json for scores that others computed."""
    folder = shared_data / "image-quality/live_subset"
    wanted = json.loads((folder.parent / "golden_stats.json").read_text())["live_subset_77"]
    with (folder / "offline_model_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    scores = tmp_path / "scores.csv"
    lines = [f"{row['image']},{row['piqe_pypiqe_1.2']}\n" for row in rows]
    scores.write_text("id,score\n" + "".join(lines))
    done = command(
        *("score", "--task", "image-quality/folder", "--data", folder / "live_subset.csv"),
        *("--predictions", scores, "--model-name", "piqe", "--direction", "lower"),
        *("--out", tmp_path / "runs"),
    )
    assert done.code == 0, done.err
    record = only_record(tmp_path / "runs")
    for name in ("SRCC", "KRCC", "PLCC"):
        metric = record.metric(name)
        assert metric is not None
        assert metric.value == pytest.approx(wanted["piqe"][name.lower()], abs=6e-5)
