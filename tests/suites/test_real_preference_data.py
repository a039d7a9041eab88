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
from harness.errors import InvalidError
from harness.nouns import Task
from harness.records.scored import Scoring
from harness.tasks.cache import FETCHED
from harness.tasks.load import task_fingerprint
from harness.tasks.reading.verdicts import FIRST, SECOND, TIE, UNPARSED, verdict_of
from suites.preference.board import Board
from suites.preference.catalogue import find
from suites.preference.published import pins
from suites.preference.tied import ITEM_FIGURES, POOLED_TIES, Compared, Judged
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


def task_of(name: str) -> Task:
    task = find(f"preference/{name}")
    assert task is not None
    return task


def test_rewardmath_through_its_task(shared_data: Path) -> None:
    """Models with a row for each of the 483 problems; the others have two problems twice."""
    folder = shared_data / "preference" / "rewardmath"
    task = task_of("rewardmath")
    data = task.load(LoadRequest(data=folder))
    told = golden(shared_data / "preference")["rewardmath"]
    expected = {model: row for model, row in told.items() if row["n"] == 483}
    assert len(expected) == 10
    sides = ("chosen", *(f"rejected-{n}" for n in range(1, 10)))
    scores: dict[str, dict[str, float]] = {model: {} for model in expected}
    with (folder / "scores.jsonl").open() as lines:
        for line in map(json.loads, lines):
            if line["model"] in expected:
                for side, one in zip(sides, line["score"], strict=True):
                    scores[line["model"]][f"{line['problem_id']}/{side}"] = one
    names = [name for group in data.groups for name in group.candidates]
    for model, row in expected.items():
        found = task.score(task, data, np.array([scores[model][n] for n in names]), Scoring())
        values = {one.name: one.value for one in found.metrics}
        ours = {key: percent(values[metric]) for key, metric in KEYS.items()}
        assert ours == pytest.approx({key: row[key] for key in KEYS}, abs=0.0051), model


def test_rewardbench_pairs_through_its_task(shared_data: Path, tmp_path: Path) -> None:
    """Nine models on the 447 pairs of mathematics, which are a subset of RewardBench."""
    folder = shared_data / "preference"
    expected = golden(folder)["rewardbench_math_prm_strict"]
    rows = [{"id": n, "prompt": f"p{n}", "chosen": "x", "rejected": "y", "subset": "math-prm"}
            for n in range(447)]  # fmt: skip
    path = tmp_path / "math.json"
    path.write_text(json.dumps(rows))
    task = task_of("rewardbench")
    data = task.load(LoadRequest(data=path, limit=447))
    scores: dict[str, dict[str, float]] = {model: {} for model in expected}
    with (folder / "rewardmath" / "rewardbench_math_scores.jsonl").open() as lines:
        for row in map(json.loads, lines):
            if row["model"] in scores:
                for side in ("chosen", "rejected"):
                    scores[row["model"]][f"{row['i']}/{side}"] = row[side]
    names = [name for group in data.groups for name in group.candidates]
    for model, told in expected.items():
        found = task.score(task, data, np.array([scores[model][n] for n in names]), Scoring())
        (subset,) = found.part.subsets
        assert [subset.items, percent(subset.value)] == told, model


def test_imagereward_and_its_file_order(shared_data: Path) -> None:
    """6,399 pairs told apart (arXiv 2304.05977) and 831 tied; the file's order gives 59.02 %."""
    told = golden(shared_data / "preference")["imagereward_test"]
    data = task_of("imagereward").load(LoadRequest(data=shared_data / "preference" / "imagereward"))
    board = Board.of(data)
    assert len(board.judged.pairs[0]) == told["untied_pairs"]
    assert int((~board.judged.apart).sum()) == told["tied_pairs"]
    assert len(board.data.groups) == told["prompts"]
    order = board.blind["order"]
    for metric in POOLED_TIES:
        value = value_of(board, metric, order)
        assert value is not None
        assert percent(value) == 59.02
    published = told["published_micro"]
    assert sum(value < 59.02 for value in published.values()) == 3  # of CLIP, Aesthetic, BLIP


def test_sets_from_where_they_were_published(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of the pinned digests and sizes, as the cache has them after they were fetched."""
    folder, cache = shared_data / "preference", tmp_path / "cache"
    monkeypatch.setenv("MARGINBENCH_CACHE", str(cache))
    (cache / FETCHED).mkdir(parents=True)
    for pin, place in (("sugarcrepe", "sugarcrepe"), ("sugarcrepe-pp", "sugarcrepe-pp"),
                       ("imagereward", "imagereward")):  # fmt: skip
        for one in pins()[f"preference/{pin}"].remote:
            plain = folder / place / one.name
            packed = plain.with_name(f"{one.name}.gz")
            content = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
            assert len(content) == one.size
            (cache / FETCHED / one.sha256).write_bytes(content)
        if pin == "sugarcrepe":  # the longest, and no other way
            continue
        task = task_of(pin)
        whole = task_fingerprint(task, task.load(LoadRequest()))
        assert whole == task_fingerprint(task, task.load(LoadRequest(data=folder / place)))


def test_sugarcrepe_as_it_is_published(shared_data: Path) -> None:
    """7,511 pairs of seven subsets; the shorter caption is right in most added ones."""
    task = task_of("sugarcrepe")
    data = task.load(LoadRequest(data=shared_data / "preference" / "sugarcrepe"))
    board = Board.of(data)
    assert data.groups[-1].id == "swap_att/665"
    shorter = board.blind_items("pair accuracy[strict]")["shorter"]
    names = np.array(data.subsets)
    rows = {name: float(shorter[names == name].mean()) for name in set(data.subsets)}
    assert rows["add_obj"] == pytest.approx(0.988, abs=5e-4)
    assert rows["add_att"] == pytest.approx(0.996, abs=5e-4)
    assert rows["replace_rel"] == pytest.approx(0.592, abs=5e-4)
    added = value_of(board, "mean of subsets[strict,add]", board.blind["shorter"])
    assert added == pytest.approx((rows["add_obj"] + rows["add_att"]) / 2)
    one = LoadRequest(data=shared_data / "preference" / "sugarcrepe" / "add_att.json")
    with pytest.raises(InvalidError, match="2,062 items of 'add_obj' expected, 0 found"):
        task.load(one)


def test_gpt4v_on_sugarcrepe_in_both_orders(shared_data: Path) -> None:
    """Its choices are stored in both orders: ten published counts, and four more of both orders."""
    folder = shared_data / "preference"
    task = task_of("sugarcrepe/both-orders")
    data = task.load(LoadRequest(data=folder / "sugarcrepe"))
    said: dict[tuple[str, str], tuple[str, bool]] = {}
    with (folder / "sugarcrepe" / "gpt4v_choices.jsonl").open() as lines:
        for row in map(json.loads, lines):
            answer = row["free_form_answer"]
            said[f"{row['subset']}/{row['id']}", row["order"]] = (answer, row["correct"])
    verdicts, places = [], []
    for pair, gold in zip(data.columns["pair"], data.gold, strict=True):
        answer, right = said[pair, "positive-first" if gold == FIRST else "negative-first"]
        named = ("(1)" in answer) != ("(2)" in answer)
        other = SECOND if gold == FIRST else FIRST
        verdicts.append((gold if right else other) if named else UNPARSED)
        places.append(gold == FIRST)
    found = task.score(task, data, np.array(verdicts, dtype=np.float32), Scoring())
    subsets, first = np.array(data.columns["subset"]), np.array(places)
    columns = {name: np.array(found.columns[name]) for name in
               ("agreement", "right in both orders", "right in one order")}  # fmt: skip
    for subset, expected in golden(folder)["sugarcrepe_gpt4v"].items():
        at = subsets == subset
        assert {
            "n": int((at & first).sum()),
            "positive_first": int(columns["agreement"][at & first].sum()),
            "negative_first": int(columns["agreement"][at & ~first].sum()),
            "both_orders_correct": int(columns["right in both orders"][at & first].sum()),
            "inconsistent": int(columns["right in one order"][at & first].sum()),
            "data_n": expected["data_n"],
        } == expected, subset


def test_all_cells_of_genai_bench(shared_data: Path) -> None:
    """36 of 36 through the task, a bare tie being one; one verdict for all beats most judges."""
    folder = shared_data / "preference" / "genai-bench"
    published = json.loads((folder / "published_correct.json").read_text())
    cells, below = 0, {}
    for name, expected in published.items():
        task = task_of(f"genai-bench/{name.replace('_', '-')}")
        data = task.load(LoadRequest(data=folder))
        with gzip.open(folder / f"{name}.jsonl.gz", "rt") as lines:
            rows = [json.loads(line) for line in lines]
        best = 0
        for judge, cell in expected.items():
            said = [verdict_of(row["verdicts"][judge]) for row in rows]
            found = task.score(task, data, np.array(said, dtype=np.float32), Scoring())
            assert found.metrics[0].name == "agreement"
            right = np.array(found.columns["agreement"])
            assert (int(right.sum()), len(right)) == (cell["correct"], cell["n"]), (name, judge)
            # The row of one answer for all that does best, as the record has it beside the judge.
            best = round(len(rows) * found.part.best_blind("agreement")[1])
            cells += 1
        below[name] = (best, sum(cell["correct"] < best for cell in expected.values()))
    assert cells == 36
    assert below == {"image_generation": (663, 15), "image_edition": (392, 16)}
    assert verdict_of("[[A=B]]") == TIE  # item 823 of image_generation, by gemini-1.5-pro


def test_sugarcrepe_pp_has_two_captions_of_one_meaning(shared_data: Path) -> None:
    """Files as they are published: 4,757 triplets, five subsets; both captions are chosen."""
    task = task_of("sugarcrepe-pp")
    data = task.load(LoadRequest(data=shared_data / "preference" / "sugarcrepe-pp"))
    assert len(data.groups) == 4757
    assert all(sorted(grades.values()) == [0, 1, 1] for grades in data.gold.values())
