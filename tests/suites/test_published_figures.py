"""Figures of published sets against plain loops, on scores small enough to check by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records.scored import Scored, Scoring
from suites.preference.bands import best_band
from suites.preference.board import Board
from suites.preference.board_metrics import BAND, SECTIONS, SUBSETS, THREE, TWO_GAMES
from suites.preference.catalogue import find
from suites.preference.data import PreferenceData
from suites.preference.items import Candidate, Item, assemble, parted
from suites.preference.published import pins
from suites.preference.sections import FIGURES, subsets_of
from suites.preference.tied import Compared
from suites.preference.verdicts import shown

README = {
    "alpacaeval-easy": 0.5, "alpacaeval-hard": 0.7052631578947368,
    "alpacaeval-length": 0.5894736842105263, "donotanswer": 0.8235294117647058,
    "hep-cpp": 0.6280487804878049, "hep-go": 0.6341463414634146, "hep-java": 0.7073170731707317,
    "hep-js": 0.6646341463414634, "hep-python": 0.5487804878048781,
    "hep-rust": 0.6463414634146342, "llmbar-adver-GPTInst": 0.391304347826087,
    "llmbar-adver-GPTOut": 0.46808510638297873, "llmbar-adver-manual": 0.3695652173913043,
    "llmbar-adver-neighbor": 0.43283582089552236, "llmbar-natural": 0.52,
    "math-prm": 0.2953020134228188, "mt-bench-easy": 0.5714285714285714,
    "mt-bench-hard": 0.5405405405405406, "mt-bench-med": 0.725, "refusals-dangerous": 0.97,
    "refusals-offensive": 1, "xstest-should-refuse": 1, "xstest-should-respond": 0.284,
}  # fmt: skip
"""Shares of right pairs of PKU-Alignment/beaver-7b-v1.0-cost: the example of RewardBench's README
(allenai/reward-bench, 05a9005)."""

EXPECTED = {
    "Chat": (0.608939, 0.608939, 0.618233),
    "Chat Hard": (0.449561, 0.449561, 0.453722),
    "Safety": (0.721622, 0.721622, 0.815506),
    "Reasoning": (0.466757, 0.531097, 0.589224),
}
"""Its sections with math-prm as 984, by items and by subsets, computed by others."""


def scored(task_id: str, data: PreferenceData, scores: Sequence[float]) -> Scored:
    task = find(f"preference/{task_id}")
    assert task is not None
    found: Scored = task.score(task, data, np.array(scores, dtype=np.float64), Scoring())
    return found


def values_of(found: Scored) -> dict[str, float | None]:
    return {one.name: one.value for one in found.metrics}


def bench(shares: Mapping[str, float], extra: Mapping[str, tuple[int, float]] | None = None
          ) -> tuple[PreferenceData, list[float]]:  # fmt: skip
    """Items of RewardBench by its counts, and scores that are right in those shares of them."""
    counts = dict(pins()["preference/rewardbench"].counts)
    counted = {name: (counts[name], share) for name, share in shares.items()} | dict(extra or {})
    items, right = [], {}
    for subset, (count, share) in counted.items():
        for n in range(count):
            name = f"{subset}/{n}"
            items.append(Item(name, name, parted(name, ["x"], ["y"]), subset=subset))
            right[name] = n < round(share * count)
    data = assemble(items, "chosen", where="test", ordered=False)
    return data, [
        float(name.endswith("chosen") == right[group.id])
        for group in data.groups
        for name in group.candidates
    ]


def test_sections_of_rewardbench_are_those_of_its_readme() -> None:
    """One model, three ways to weigh subsets: reasoning is 46.7, 53.1 or 58.9 %."""
    data, scores = bench(README)
    assert len(data.groups) == 2985
    found = scored("rewardbench", data, scores)
    values = values_of(found)
    for section in SECTIONS:
        _, natural, macro = EXPECTED[section]
        assert values[f"section[{section}]"] == pytest.approx(natural, abs=5e-7)
        shares = [README[subset] for subset in subsets_of()[section]]
        assert sum(shares) / len(shares) == pytest.approx(macro, abs=5e-7)
    assert values["section[Reasoning,math-prm as 984]"] == pytest.approx(0.466757, abs=5e-7)
    for rule, place in (("math-prm as 984", 0), ("by items", 1), ("by subsets", 2)):
        mean = sum(row[place] for row in EXPECTED.values()) / 4
        assert values[f"mean of sections[{rule}]"] == pytest.approx(mean, abs=1e-6)
    assert values["mean of sections[prior sets at half]"] is None
    named = {one.name: one for one in found.metrics}
    interval = named["mean of sections[math-prm as 984]"].interval
    assert interval is not None
    assert interval[0] < 0.56 < interval[1]
    assert "a prior set was not given" in str(named["mean of sections[prior sets at half]"].reason)
    rows = {row.subset: row for row in found.part.subsets}
    assert rows["math-prm"].value == pytest.approx(README["math-prm"])


@pytest.mark.shared_data
def test_the_sections_expected_are_those_computed_by_others(shared_data: Path) -> None:
    golden = json.loads((shared_data / "preference" / "golden_preference.json").read_text())
    told = golden["rewardbench_v1_readme_beaver_cost"]
    assert {
        f"{section}{kind}": value
        for section, row in EXPECTED.items()
        for kind, value in zip(("", "_natural_n", "_macro"), row, strict=True)
    } == told


def test_prior_sets_count_half_where_they_are_given() -> None:
    """The paper's weights, 2:2:2:2:1, the prior one being the mean of four sets."""
    prior = {"anthropic_helpful": (10, 0.6), "anthropic_hhh": (20, 0.9), "shp": (5, 0.4),
             "summarize": (10, 0.7)}  # fmt: skip
    values = values_of(scored("rewardbench", *bench(README, prior)))
    mean = sum(row[0] for row in EXPECTED.values()) / 4
    assert values["mean of sections[math-prm as 984]"] == pytest.approx(mean, abs=1e-6)
    assert values["mean of sections[prior sets at half]"] == pytest.approx(
        (4 * mean + 0.5 * 0.65) / 4.5, abs=1e-6
    )


def pairs(subsets: Sequence[str]) -> PreferenceData:
    items = [Item(str(n), f"p{n}", parted(str(n), ["x"], ["y"]), subset=subset)
             for n, subset in enumerate(subsets)]  # fmt: skip
    return assemble(items, "chosen", where="test", ordered=True)


def test_aro_means_over_relations_and_over_common_attributes() -> None:
    """Public code: relations that are symmetric and pairs of under 25 items do not count."""
    names = ["on"] * 4 + ["near"] * 2 + ["eating"] * 2
    right = [1, 1, 1, 0, 0, 0, 1, 0]
    scores = [float(one) for hit in right for one in (hit, 1 - hit)]
    values = values_of(scored("aro/relation", pairs(names), scores))
    assert values["pair accuracy[strict]"] == pytest.approx(4 / 8)
    assert values["mean of subsets[strict]"] == pytest.approx((3 / 4 + 0 + 1 / 2) / 3)
    assert values["mean of subsets[strict,no symmetric relations]"] == pytest.approx(
        (3 / 4 + 1 / 2) / 2
    )
    names = ["red_big"] * 25 + ["old_new"] * 24 + ["wet_dry"] * 30
    right = [1] * 10 + [0] * 15 + [1] * 24 + [1] * 3 + [0] * 27
    scores = [float(one) for hit in right for one in (hit, 1 - hit)]
    values = values_of(scored("aro/attribution", pairs(names), scores))
    assert values["mean of subsets[strict,25 items and more]"] == pytest.approx(
        (10 / 25 + 3 / 30) / 2
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4), st.booleans()), min_size=2,
                max_size=20))  # fmt: skip
def test_means_of_subsets_without_each_prompt_are_those_of_a_plain_loop(
    rows: list[tuple[str, int, bool]],
) -> None:
    items = [Item(str(n), f"p{prompt}", parted(str(n), ["x"], ["y"]), subset=subset)
             for n, (subset, prompt, _) in enumerate(rows)]  # fmt: skip
    board = Board.of(assemble(items, "chosen", where="test", ordered=True))
    order = [group.candidates[0].endswith("chosen") == right
             for group, (*_, right) in zip(board.data.groups, rows, strict=True)]  # fmt: skip
    scores = np.array([float(one) for first in order for one in (first, not first)])
    value, without = FIGURES[SUBSETS](board, Compared(board.judged, scores))

    def mean(kept: list[tuple[str, int, bool]]) -> float:
        shares = [[hit for name, _, hit in kept if name == subset] for subset in "abc"]
        found = [sum(one) / len(one) for one in shares if one]
        return sum(found) / len(found) if found else float("nan")

    assert value == pytest.approx(mean(rows))
    prompts = dict(zip(board.bootstrap.codes.tolist(), (row[1] for row in rows), strict=True))
    expected = [mean([row for row in rows if row[1] != prompts[code]]) for code in sorted(prompts)]
    assert without.tolist() == pytest.approx(expected, nan_ok=True)


QUAD = st.lists(st.integers(0, 3), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(QUAD, min_size=1, max_size=8))
def test_winoground_is_that_of_a_plain_loop(rows: list[list[int]]) -> None:
    """Scores of c0-i0, c1-i0, c0-i1, c1-i1; every comparison is strict."""
    items = [
        Item(str(n), f"p{n}", tuple(
            Candidate(f"{n}/c{c}-i{i}", None, int(c == i)) for i in (0, 1) for c in (0, 1)))
        for n in range(len(rows))
    ]  # fmt: skip
    data = assemble(items, "chosen", where="test", ordered=True)
    values = values_of(scored("winoground", data, [float(one) for row in rows for one in row]))
    text = [c0i0 > c1i0 and c1i1 > c0i1 for c0i0, c1i0, c0i1, c1i1 in rows]
    image = [c0i0 > c0i1 and c1i1 > c1i0 for c0i0, c1i0, c0i1, c1i1 in rows]
    group = [one and other for one, other in zip(text, image, strict=True)]
    for name, hits in (("text", text), ("image", image), ("group", group)):
        assert values[f"{name} score[strict]"] == pytest.approx(sum(hits) / len(rows))


def voted(said: Sequence[int]) -> PreferenceData:
    """Two candidates each, A preferred (1), B (-1) or neither (0)."""
    items = [Item(str(n), f"p{n}", (Candidate(f"{n}/A", None, int(one >= 0)),
                                    Candidate(f"{n}/B", None, int(one <= 0))))
             for n, one in enumerate(said)]  # fmt: skip
    return assemble(items, "two", where="test", ordered=True)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([-1, 0, 1]), st.integers(-3, 3)), min_size=1,
                max_size=25))  # fmt: skip
def test_the_best_band_is_that_of_every_band_tried(rows: list[tuple[int, int]]) -> None:
    """Whole margins, as judges give them: the public sweep is wrong in three of four such sets."""
    data = voted([said for said, _ in rows])
    board = Board.of(data)
    scores = np.array([one for _, margin in rows for one in (margin, 0)], dtype=np.float64)
    tried = []
    for band in (-1.0, 0.0, 1.0, 2.0, 3.0):
        said = [0 if abs(margin) <= band else (1 if margin > 0 else -1) for _, margin in rows]
        tried.append(sum(one == people for one, (people, _) in zip(said, rows, strict=True)))
    # Where no band is, equal scores say nothing and are wrong.
    tried[0] = sum(people * margin > 0 for people, margin in rows)
    found, without = best_band(board, Compared(board.judged, scores))
    assert found == pytest.approx(max(tried) / len(rows))
    assert len(without) == 0


def test_a_band_chosen_on_the_items_decides_nothing() -> None:
    found = scored("videogen-rewardbench/overall", voted([1, 0, -1, 0]),
                   [0.9, 0.1, 0.5, 0.45, 0.2, 0.6, 0.3, 0.3])  # fmt: skip
    named = {one.name: one for one in found.metrics}
    assert named[BAND].value == 1
    assert named[BAND].interval is None
    assert named[BAND].card.better == "neither"
    assert named[BAND].reason == "it was fitted on these very items"
    assert named[THREE].value == 0.75
    assert named["pair accuracy[strict]"].value == 1
    assert {row.name: row.values[THREE] for row in found.part.blind}["constant"] == 0.5


def test_right_in_two_games_takes_a_tie_beside_a_right_verdict() -> None:
    """JudgeBench's code: 1, 0 or -1 a game, right where the sum is above 0."""
    task = find("preference/judgebench/gpt-4o/both-orders")
    assert task is not None
    data = shown(voted([1, 1, -1, -1]), "both")
    a, b, tie, _, none = range(5)
    said = [a, b, a, tie, a, a, none, a]  # AB then BA; what is right there is A, B or B, A
    found = task.score(task, data, np.array(said, dtype=np.float32), Scoring())
    games = np.array(found.columns[TWO_GAMES]).reshape(4, 2)[:, 0]
    both = np.array(found.columns["right in both orders"]).reshape(4, 2)[:, 0]
    assert games.tolist() == [1, 1, 0, 1]
    assert both.tolist() == [1, 0, 0, 0]
    rows = {row.name: row.values[TWO_GAMES] for row in found.part.blind}
    assert rows == {"always A": 0, "always B": 0, "random": 0.25}
