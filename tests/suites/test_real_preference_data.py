"""Known figures on real files: RewardMATH under five rules for ties, ImageReward's counts.

Expected values are those of ``golden_preference.json`` beside the data, computed by others.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.nouns import LoadRequest
from suites.preference.catalogue import find
from suites.preference.scoring import Board
from suites.preference.tied import ITEM_FIGURES, POOLED_TIES, Compared, Judged

pytestmark = pytest.mark.shared_data
KEYS = {
    "strict": "best of n[strict]",
    "ties_win": "best of n[ge]",
    "ties_share": "best of n[share]",
    "mrr_worst": "MRR[worst]",
    "pairwise_half": "pair accuracy[half]",
}
"""Name in the golden file -> ours."""


@cache
def golden(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "golden_preference.json").read_text())
    return found


def percent(value: float) -> float:
    return round(100 * value, 2)


def test_rewardmath_under_five_rules_for_ties(shared_data: Path) -> None:
    """One right solution of ten: chatgpt's whole numbers are 0.21 % or 64.74 %, by the rule."""
    folder = shared_data / "preference"
    expected = golden(folder)["rewardmath"]
    scores: dict[str, list[list[float]]] = {model: [] for model in expected}
    with (folder / "rewardmath" / "scores.jsonl").open() as lines:
        for line in map(json.loads, lines):
            if line["model"] in scores:
                scores[line["model"]].append(line["score"])
    for model, rows in scores.items():
        judged = Judged.of([[1] + [0] * (len(row) - 1) for row in rows])
        one = Compared(judged, np.array([score for row in rows for score in row]))
        found: dict[str, float] = {"n": len(rows)}
        for name, metric in KEYS.items():
            found[name] = percent(float(ITEM_FIGURES[metric](one).mean()))
        assert found == pytest.approx(expected[model], abs=0.0051), model


def test_rewardbench_pairs(shared_data: Path) -> None:
    folder = shared_data / "preference"
    expected = golden(folder)["rewardbench_math_prm_strict"]
    right: dict[str, list[bool]] = {model: [] for model in expected}
    with (folder / "rewardmath" / "rewardbench_math_scores.jsonl").open() as lines:
        for row in map(json.loads, lines):
            if row["model"] in right:
                one = Compared(Judged.of([[1, 0]]), np.array([row["chosen"], row["rejected"]]))
                right[row["model"]].append(bool(one.pair_shares(0.0)[0]))
    assert {
        model: [len(values), percent(sum(values) / len(values))] for model, values in right.items()
    } == expected


def test_imagereward_and_its_file_order(shared_data: Path) -> None:
    """6,399 pairs told apart (arXiv 2304.05977) and 831 tied; the file's order gives 59.02 %."""
    request = LoadRequest(data=shared_data / "preference" / "imagereward" / "test.json")
    task = find("preference/folder")
    assert task is not None
    board = Board.of(task.load(request))
    assert (
        len(board.judged.pairs[0])
        == golden(shared_data / "preference")["imagereward_test"]["untied_pairs"]
    )
    assert int((~board.judged.apart).sum()) == 831
    assert len(board.data.groups) == 466
    order = board.blind["order"]
    for metric in POOLED_TIES:
        value = board.value(metric, order)
        assert value is not None
        assert percent(value) == 59.02
    published = golden(shared_data / "preference")["imagereward_test"]["published_micro"]
    assert sum(value < 59.02 for value in published.values()) == 3  # of CLIP, Aesthetic, BLIP


def test_sugarcrepe_is_read_as_it_is_published(shared_data: Path) -> None:
    """Seven files are seven subsets; the shorter caption is right in most added ones."""
    task = find("preference/folder")
    assert task is not None
    assert task.resolve is not None
    request = LoadRequest(data=shared_data / "preference" / "sugarcrepe" / "swap_obj.json")
    assert task.resolve(request).primary_metric == "pair accuracy[strict]"
    assert len(task.load(request).groups) == 245
    data = task.load(LoadRequest(data=shared_data / "preference" / "sugarcrepe" / "add_att.json"))
    board = Board.of(data)
    value = board.value("pair accuracy[strict]", board.blind["shorter"])
    assert value is not None
    assert value == pytest.approx(0.996, abs=5e-4)
