"""Known figures on real files: RewardMATH under five rules for ties, ImageReward's counts.

Expected values are those of ``golden_preference.json`` beside the data, computed by others.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data.asked import LoadRequest
from harness.predictions.answers.verdict import FIRST, SECOND, TIE, UNPARSED, verdict_of
from harness.records.scored import Scoring
from suites.preference.board import Board
from suites.preference.catalogue import find
from suites.preference.items import Candidate, Item, assemble
from suites.preference.tied import ITEM_FIGURES, POOLED_TIES, Compared, Judged
from suites.preference.verdicts import shown
from suites.preference.whole import value_of

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
        value = value_of(board, metric, order)
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
    value = value_of(board, "pair accuracy[strict]", board.blind["shorter"])
    assert value is not None
    assert value == pytest.approx(0.996, abs=5e-4)


def verdicts_of_gpt4v(folder: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Subset -> item -> order -> the verdict in our words; the true caption is candidate A."""
    words = {("positive-first", True): FIRST, ("positive-first", False): SECOND,
             ("negative-first", True): SECOND, ("negative-first", False): FIRST}  # fmt: skip
    orders = {"positive-first": "AB", "negative-first": "BA"}
    found: dict[str, dict[str, dict[str, float]]] = {}
    with (folder / "sugarcrepe" / "gpt4v_choices.jsonl").open() as lines:
        for row in map(json.loads, lines):
            named = "(1)" in row["free_form_answer"] or "(2)" in row["free_form_answer"]
            both = "(1)" in row["free_form_answer"] and "(2)" in row["free_form_answer"]
            said = words[row["order"], row["correct"]] if named and not both else UNPARSED
            found.setdefault(row["subset"], {}).setdefault(row["id"], {})[orders[row["order"]]] = (
                said
            )
    return found


def test_gpt4v_on_sugarcrepe_in_both_orders(shared_data: Path) -> None:
    """Its choices are stored in both orders: ten published counts, and four more of both orders."""
    folder = shared_data / "preference"
    task = find("preference/both-orders/sugarcrepe")
    assert task is not None
    said = verdicts_of_gpt4v(folder)
    for subset, expected in golden(folder)["sugarcrepe_gpt4v"].items():
        items = [
            Item(name, f"picture {name}", (Candidate(f"{name}/A", None, 1),
                                           Candidate(f"{name}/B", None, 0)))
            for name in said[subset]
        ]  # fmt: skip
        data = shown(assemble(items, "two", where=subset, ordered=True), "both")
        rows = [said[subset][name][order] for name in said[subset] for order in ("AB", "BA")]
        found = task.score(task, data, np.array(rows, dtype=np.float32), Scoring())
        values = {one.name: one.value for one in found.metrics}
        n = len(items)
        right = np.array(found.columns["agreement"]).reshape(n, 2).sum(axis=0)
        assert {
            "n": n,
            "positive_first": int(right[0]),
            "negative_first": int(right[1]),
            "both_orders_correct": round(values["right in both orders"] * n),
            "inconsistent": round(values["right in one order"] * n),
            "data_n": n,
        } == expected
        assert values["pair accuracy[strict,preferred first]"] == pytest.approx(right[0] / n)
        assert values["pair accuracy[strict,preferred second]"] == pytest.approx(right[1] / n)


def test_all_cells_of_genai_bench(shared_data: Path) -> None:
    """36 of 36, a bare tie being one; one verdict for all gets more than most judges."""
    folder = shared_data / "preference" / "genai-bench"
    published = json.loads((folder / "published_correct.json").read_text())
    people = {"leftvote": 0, "rightvote": 1, "tievote": 2, "bothbad_vote": 3}
    cells, below = 0, {}
    for name, expected in published.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "rt") as lines:
            rows = [json.loads(line) for line in lines]
        told = [people[row["human"]] for row in rows]
        best = max(told.count(word) for word in range(4))
        for judge, cell in expected.items():
            right = [verdict_of(row["verdicts"][judge]) == word
                     for row, word in zip(rows, told, strict=True)]  # fmt: skip
            assert (sum(right), len(right)) == (cell["correct"], cell["n"]), (name, judge)
            cells += 1
        below[name] = (best, sum(cell["correct"] < best for cell in expected.values()))
    assert cells == 36
    assert below == {"image_generation": (663, 15), "image_edition": (392, 16)}
    assert verdict_of("[[A=B]]") == TIE  # item 823 of image_generation, by gemini-1.5-pro


def test_sugarcrepe_pp_has_two_captions_of_one_meaning(shared_data: Path) -> None:
    """Files as they are published: 4,757 triplets, five subsets; both captions are chosen."""
    task = find("preference/folder")
    assert task is not None
    assert task.resolve is not None
    folder = shared_data / "preference" / "sugarcrepe-pp"
    request = LoadRequest(data=folder / "swap_obj.json.gz")
    assert "exact ranking[strict]" in task.resolve(request).metrics
    data = task.load(request)
    assert len(data.groups) == 245
    assert all(sorted(grades.values()) == [0, 1, 1] for grades in data.gold.values())
