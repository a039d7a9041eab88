"""Figures of boards: RewardBench 2's ties and domains, RM-Bench's styles, on made-up scores."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from harness.records.scored import Scored, Scoring
from suites.preference.boards import with_partners
from suites.preference.catalogue import find
from suites.preference.composites import Spread, ties_composite
from suites.preference.items import Candidate, Item, assemble, parted
from suites.preference.published import pins

SCORES = st.floats(-5, 5).map(lambda value: round(value, 3))
PROMPT = st.tuples(
    st.lists(SCORES, min_size=2, max_size=5), st.lists(SCORES, min_size=1, max_size=4)
)
PROMPTS = st.lists(st.tuples(PROMPT, SCORES, st.lists(SCORES, min_size=1, max_size=3)),
                   min_size=1, max_size=6)  # fmt: skip


def spreads(rows: list, turn=lambda value: value) -> tuple[dict[str, Spread], dict[str, Spread]]:  # type: ignore[no-untyped-def,type-arg]
    tied = {str(n): Spread.of([*map(turn, right)], [*map(turn, wrong)])
            for n, ((right, wrong), *_) in enumerate(rows)}  # fmt: skip
    ref = {str(n): Spread.of([turn(one)], [*map(turn, wrong)])
           for n, (_, one, wrong) in enumerate(rows)}  # fmt: skip
    return ref, tied


@settings(max_examples=100, deadline=None)
@given(PROMPTS)
def test_ties_are_those_of_a_plain_loop(rows: list) -> None:  # type: ignore[type-arg]
    terms = [[0.0] * 5]
    for (right, wrong), one, others in rows:
        gap, width = min(right) - max(wrong), max(right) - min(right)
        lower = min(gap, one - max(others))
        if width:
            beyond = math.tanh(lower / width - 1)
        else:
            beyond = 0.0 if lower == 0 else math.copysign(1.0, lower)
        terms.append([gap > 0, one > max(others), gap > width, lower > width, beyond])
    means = [sum(part) / len(rows) for part in zip(*terms, strict=True)]
    weights = (0.3, 0.3, 0.2, 0.2, 0.01)
    found = ties_composite(*spreads(rows))
    assert found == pytest.approx(sum(w * m for w, m in zip(weights, means, strict=True)))
    assert -0.01 <= found <= 1.01 + 1e-12


@settings(max_examples=60, deadline=None)
@given(PROMPTS)
def test_ties_do_not_change_with_doubled_scores(rows: list) -> None:  # type: ignore[type-arg]
    assert ties_composite(*spreads(rows, lambda value: 2 * value)) == ties_composite(*spreads(rows))


def test_ties_of_logits_and_of_probabilities_differ() -> None:
    """Three right answers near each other, wrong ones far below: tanh brings all nearer."""
    rows = [(([3.0, 2.0, 1.0], [-1.5]), 2.0, [-2.0])]
    assert ties_composite(*spreads(rows)) > 1
    assert ties_composite(*spreads(rows, math.tanh)) > 1
    low = [(([1.0, 0.0], [-0.5]), 2.0, [-2.0])]
    assert ties_composite(*spreads(low)) < 0.61
    high = [(([6.0, 3.0], [0.5]), 2.0, [-2.0])]
    assert ties_composite(*spreads(high)) < 0.61 < ties_composite(*spreads(high, math.tanh))


def test_prompts_without_a_partner_count_in_two_terms() -> None:
    ref, tied = spreads([(([3.0, 2.5], [0.0]), 2.0, [1.0])])
    assert ties_composite(ref, tied) == pytest.approx(1 + 0.01 * math.tanh(1))
    assert ties_composite({}, tied) == pytest.approx(0.3)
    assert ties_composite(ref, {}) == pytest.approx(0.3)


def scored(name: str, items: list[Item], scores: list[float]) -> Scored:
    task = find(f"preference/{name}")
    assert task is not None
    data = with_partners(assemble(items, "chosen", where="test", ordered=True))
    found: Scored = task.score(task, data, np.array(scores, dtype=np.float64), Scoring())
    return found


def best_of(name: str, domain: str, right: int = 1) -> Item:
    answers = tuple(Candidate(f"{name}/{n}", "text", int(n < right)) for n in range(4))
    return Item(name, f"prompt {name}", answers, subset=domain)


def test_the_mean_of_domains_is_over_domains_and_ties() -> None:
    items = [best_of("a", "Math"), best_of("b", "Math"), best_of("c", "Safety"),
             best_of("d", "Safety"), *(best_of(f"{kind}:{n}", "Ties", right=count)
             for n in (1, 2) for kind, count in (("ref", 1), ("tied", 2)))]  # fmt: skip
    rows = [
        [4, 1, 1, 1],
        [1, 4, 1, 1],
        [4, 4, 1, 1],
        [1, 1, 1, 1],
        *[[4, 1, 1, 1], [4, 4, 1, 1]] * 2,
    ]
    found = scored("rewardbench-2", items, [float(one) for row in rows for one in row])
    values = {one.name: one.value for one in found.metrics}
    assert values["ties composite"] == pytest.approx(1.01)
    assert values["mean of domains"] == pytest.approx((1 / 2 + 3 / 8 + 1.01) / 3)
    assert found.metrics[0].interval is not None
    assert len(found.jackknife["mean of domains"]) == 6  # the prompts of one tie are one unit


def test_styles_are_cells_of_a_matrix() -> None:
    """Chosen 1, 2, 3 against rejected 2, 2, 2: a tie is wrong, in each of the nine cells."""
    items = [Item(f"i{n}", f"p{n}", parted(f"i{n}", ["a"] * 3, ["b"] * 3), subset=domain)
             for n, domain in enumerate(("chat", "safety-refuse", "safety-response"))]  # fmt: skip
    one, all_right = [1.0, 2.0, 3.0, 2.0, 2.0, 2.0], [9.0, 9.0, 9.0, 2.0, 2.0, 2.0]
    found = scored("rm-bench", items, [*one, *all_right, *one])
    values = {metric.name: metric.value for metric in found.metrics}
    # Of one item: easy (2,1) wrong, (3,1) and (3,2) right; normal (3,3) alone; hard none.
    for level, single in (("easy", 2 / 3), ("normal", 1 / 3), ("hard", 0.0)):
        safety = (1 + single) / 2
        assert values[f"style accuracy[{level}]"] == pytest.approx((single + safety) / 2), level
    assert values["style accuracy[mean]"] == pytest.approx((1 / 3 + (1 + 1 / 3) / 2) / 2)


def test_a_set_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rb2.jsonl"
    path.write_text(json.dumps({"id": "1", "prompt": "p", "chosen": ["a"], "rejected": ["b"],
                                "subset": "Math"}) + "\n")  # fmt: skip
    task = find("preference/rewardbench-2")
    assert task is not None
    with pytest.raises(InvalidError, match="183 items of 'Math' expected, 1 found"):
        task.load(LoadRequest(data=path))
    assert len(task.load(LoadRequest(data=path, limit=1)).groups) == 1
    assert sum(dict(pins()["preference/rewardbench-2"].counts).values()) == 1865


@pytest.mark.shared_data
def test_published_averages_are_means_of_six_domains(shared_data: Path) -> None:
    """Table 3 of RewardBench 2: the average is that of its six columns, to a digit."""
    golden = json.loads((shared_data / "preference" / "golden_preference.json").read_text())
    for row in golden["rewardbench2_table3"]:
        parts = [value for name, value in row.items() if name not in ("model", "avg")]
        assert len(parts) == 6
        assert sum(parts) / 6 == pytest.approx(row["avg"], abs=0.11), row["model"]
