"""The compatibility mode equals raid-bench 0.2.0 to the bit, on its own real outputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from suites.detection.raid_bench import ALL, Frame, evaluate, find_threshold

GOLDEN = (
    "gpt-j-6B_gpt-neo-2.7B.sampling_discrepancy_analytic.json",
    "gpt-neo-2.7B.likelihood.json",
    "outfox_tfidf.json",
    "roberta-base-openai-detector.json",
)


@pytest.mark.shared_data
def test_the_search_ends_where_raid_bench_ends(shared_data: Path) -> None:
    cases = json.loads(
        (shared_data / "detection/raid_golden/find_threshold_edge_cases.json").read_text()
    )
    assert len(cases) == 27
    for case in cases:
        found = find_threshold(np.array(case["human"], dtype=np.float64), case["target_fpr"])
        wanted = case["raid_bench"]
        assert found == (wanted["threshold"], wanted["fpr"]), case["case"]


@pytest.mark.shared_data
@pytest.mark.parametrize("name", GOLDEN)
def test_every_cell_is_raid_benchs(shared_data: Path, name: str) -> None:
    golden = json.loads((shared_data / "detection/raid_golden" / name).read_text())
    columns = {
        column: np.array([row[i] for row in golden["rows"]])
        for i, column in enumerate(golden["columns"])
    }
    frame = Frame(columns["score"].astype(np.float64), columns)
    found = evaluate(frame, golden["target_fpr"])
    wanted = golden["result"]
    assert {str(t): dict(v) for t, v in found.thresholds.items()} == wanted["thresholds"]
    assert {str(t): dict(v) for t, v in found.fpr.items()} == wanted["fpr"]
    axes = ("domain", "attack", "model", "decoding", "repetition_penalty")
    by_slice = {tuple(row[axis] for axis in axes): row for row in wanted["scores"]}
    ours = {tuple(cell.slice[axis] for axis in axes): cell for cell in found.cells}
    assert ours.keys() == by_slice.keys()
    for key, row in by_slice.items():
        assert ours[key].auroc == row["auroc"], key
        for target, counts in ours[key].counts.items():
            theirs = row["accuracy"][str(target)]
            assert counts == (None if theirs is None else (theirs["tp"], theirs["fn"])), key
            if counts and theirs:
                assert counts[0] / sum(counts) == theirs["accuracy"]


def test_a_lost_domain_loses_the_total_and_says_nothing_of_others() -> None:
    half = np.arange(200) / 200
    scores = np.concatenate([half, half + 0.5, np.repeat([0.0, 1.0], 100), np.ones(50)])
    domain = np.array(["a"] * 400 + ["b"] * 250)
    model = np.array(["human"] * 200 + ["m"] * 200 + ["human"] * 200 + ["m"] * 50)
    same = np.full(len(scores), "none")
    columns = {"domain": domain, "model": model, "attack": same, "decoding": same,
               "repetition_penalty": same}  # fmt: skip
    found = evaluate(Frame(scores, columns))
    lost = {(c.slice["domain"], c.counts[0.05] is None) for c in found.cells}
    assert lost == {("a", False), ("b", True), (ALL, True)}
