"""Likelihoods of candidates: every way to hold the sum against something, by plain loops."""

from __future__ import annotations

import csv
import json
import math
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from harness.compare.outcomes import Outcomes
from harness.data.shown import Answered
from harness.errors import InvalidError
from harness.records.scored import Scored, Scoring
from suites.preference.answers.likelihood import LikelihoodAnswer
from suites.preference.catalogue import find
from suites.preference.displaced import displaced
from suites.preference.items import Candidate, Item, assemble
from suites.preference.likelihoods import answered
from suites.preference.record import PreferencePart
from tests.cli.conftest import Command, command

__all__ = ["command"]

Row = tuple[int, str, float, int, float]
"""Votes, text, sum of log-probabilities, tokens, sum under the reference."""

ROWS = st.tuples(
    st.integers(0, 9), st.text("abcé", min_size=1, max_size=9),
    st.floats(-60, -0.1), st.integers(1, 12), st.floats(-60, -0.1),
)  # fmt: skip


def scored(items: Sequence[Sequence[Row]], *, reference: bool = True) -> Scored:
    made = [
        Item(f"i{n}", f"p{n}", tuple(
            Candidate(f"i{n}/{k}", row[1], row[0]) for k, row in enumerate(item)))
        for n, item in enumerate(items)
    ]  # fmt: skip
    data = answered(assemble(made, "votes", where="test", ordered=True))
    rows = np.array([[row[2], row[3], row[4] if reference else math.nan]
                     for item in items for row in item])  # fmt: skip
    task = find("preference/likelihoods/set")
    assert task is not None
    found: Scored = task.score(task, data, rows, Scoring())
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(ROWS, min_size=1, max_size=4), min_size=2, max_size=5))
def test_figures_are_those_of_a_plain_loop(items: Sequence[Sequence[Row]]) -> None:
    found = {metric.name: metric.value for metric in scored(items).metrics}
    del found["ECE[margin]"]  # of all items together: see test_preference_calibration
    for name, value in found.items():
        each = []
        for item in items:
            pairs = [(a, b) for a in item for b in item if a[0] > b[0]]
            if pairs:
                each.append(sum(right(name, a, b) for a, b in pairs) / len(pairs))
        assert value == (pytest.approx(sum(each) / len(each)) if each else None), name


def right(name: str, a: Row, b: Row) -> float:
    if name.startswith("idealized"):
        strength = float(name.partition("=")[2][:-1])
        share = min(a[0] / (a[0] + b[0]), 0.999)
        return float(a[4] - b[4] + math.log(share / (1 - share)) / strength > 0)
    if name.endswith("[margin]"):
        margin = (a[2] - a[4]) - (b[2] - b[4])
        chance = 1 / (1 + math.exp(-margin))
        if name == "Brier[margin]":
            return (1 - chance) ** 2
        return max(chance, 1 - chance) - (0.5 if margin == 0 else float(margin > 0))
    tie, by = name.partition("[")[2][:-1].split(",")
    ours, other = ({"sum": row[2], "per token": row[2] / row[3],
                    "per byte": row[2] / len(row[1].encode()),
                    "against reference": row[2] - row[4]}[by] for row in (a, b))  # fmt: skip
    return float(ours > other or (tie == "ge" and ours == other))


def test_closed_forms_of_margins() -> None:
    """By hand: ln 3 is a chance of 3/4; a reference against people by 2 nats is won at beta .1."""
    item: list[Row] = [(3, "a", -1.0, 1, -5.0), (1, "b", -1.0 - math.log(3), 1, -3.0)]
    bare = {m.name: m.value for m in scored([item], reference=False).metrics}
    assert bare["Brier[margin]"] == pytest.approx(1 / 16)
    assert bare["pair accuracy[strict,against reference]"] is None
    assert bare["idealized accuracy[beta=1]"] is None
    full = {m.name: m.value for m in scored([item]).metrics}
    # c = -2; logit(3/4) = ln 3 = 1.0986: -2 + 10.99, -2 + 1.0986, -2 + 0.10986
    assert [full[f"idealized accuracy[beta={b}]"] for b in ("0.1", "1", "10")] == [1, 0, 0]
    part = scored([item]).part
    assert isinstance(part, PreferencePart)
    assert part.margins == pytest.approx([math.log(3) + 2] * 5)
    # Theorem 4.1: right exactly where the loss is -log sigma(c) at most, c being the difficulty.
    files = scored([item]).files
    assert files["difficulty"]["value"] == pytest.approx([2.0] * 5)
    assert "difficulty" not in scored([item], reference=False).files


def test_no_reference_is_said_and_blind_rows_stand_beside() -> None:
    found = scored([[(1, "long text", -9.0, 3, 0), (0, "x", -2.0, 1, 0)]] * 3, reference=False)
    reasons = {m.name: m.reason for m in found.metrics if m.value is None}
    assert "no reference" in (reasons["pair accuracy[strict,against reference]"] or "")
    assert isinstance(found.part, PreferencePart)
    rows = {row.name: row.values["pair accuracy[strict,sum]"] for row in found.part.blind}
    assert rows == {"constant": 0, "order": 1, "longer": 1, "shorter": 0, "random": 0.5}


@pytest.mark.parametrize(
    ("row", "said"),
    [((0.5, 3), "1 of 1 log-probabilities are above 0"), ((-1, 0), "no whole"),
     ((-1, 1.5), "numbers of tokens are no whole ones"), (("x", 1), "log_probability")],
)  # fmt: skip
def test_what_is_no_likelihood_is_refused(tmp_path: Path, row: Sequence[object], said: str) -> None:
    path = tmp_path / "x.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "log_probability", "tokens"), ("a", *row)])
    with pytest.raises(InvalidError, match=said):
        LikelihoodAnswer().read_file(path)


def test_an_answer_is_a_text_with_its_prompt() -> None:
    again = pickle.loads(pickle.dumps(Answered("p", "a")))
    assert (again, again.prompt) == ("a", "p")


MODEL = """
def answer_likelihoods(texts):
    return [(-float(len(text)) - len(text.prompt), max(len(text.split()), 1)) for text in texts]
"""


def test_a_model_of_ones_own_and_sums_made_elsewhere(command: Command, tmp_path: Path) -> None:
    data = tmp_path / "pairs.jsonl"
    data.write_text("".join(
        json.dumps({"id": f"i{n}", "prompt": f"p{n}", "chosen": "a b " * (1 + n % 3),
                    "rejected": "longer text"}) + "\n"
        for n in range(24)))  # fmt: skip
    (tmp_path / "model.py").write_text(MODEL)
    told = ("--task", "preference/likelihoods", "--data", data)
    done = command("evaluate", "--model", f"python:{tmp_path / 'model.py'}", *told,
                   "--out", tmp_path / "own")  # fmt: skip
    assert done.code == 0, done.err
    with (tmp_path / "s.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "logprob", "tokens", "reference"), *(
            (f"i{n}/{side}", -3 - (side == "chosen") - n, 2, -9.5)
            for n in range(24) for side in ("chosen", "rejected"))])  # fmt: skip
    done = command("score", *told, "--predictions", tmp_path / "s.csv", "--model-name", "theirs",
                   "--out", tmp_path / "theirs")  # fmt: skip
    assert done.code == 0, done.err
    record = json.loads(next((tmp_path / "theirs").rglob("record.json")).read_text())
    values = {one["name"]: one["value"] for one in record["metrics"]}
    assert values["pair accuracy[strict,sum]"] == 0
    assert values["pair accuracy[strict,against reference]"] == 0
    done = command("compare", tmp_path / "own", tmp_path / "theirs")
    assert "flips by choice" in done.out, done.err


def test_what_an_update_did_to_both_sides_is_told(command: Command, tmp_path: Path) -> None:
    """Of forty items the preferred one falls in thirty, and the other with it in twenty."""
    data = tmp_path / "pairs.jsonl"
    data.write_text("".join(
        json.dumps({"id": f"i{n}", "prompt": f"p{n}", "chosen": "c", "rejected": "r"}) + "\n"
        for n in range(40)))  # fmt: skip
    for name in ("old", "new"):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            rows = [("id", "logprob", "tokens")]
            for n in range(40):
                down, both = (name == "new") * (n < 30), (name == "new") * (n < 20)
                up = (name == "new") * (n >= 30)
                rows += [(f"i{n}/chosen", str(-5.0 - down + up), "2"),
                         (f"i{n}/rejected", str(-6.0 - 3.0 * both), "2")]  # fmt: skip
            csv.writer(file).writerows(rows)
        done = command("score", "--task", "preference/likelihoods", "--data", data, "--predictions",
                       tmp_path / f"{name}.csv", "--model-name", name,
                       "--out", tmp_path / name)  # fmt: skip
        assert done.code == 0, done.err
    report = tmp_path / "c.json"
    command("compare", tmp_path / "old", tmp_path / "new", "--json", report)
    (task,) = json.loads(report.read_text())["tasks"]
    _, second, quadrants, together = task["flips"]
    assert second["name"] == "likelihood"
    assert (second["n"], second["lost"], second["won"]) == (40, 30, 10)
    assert second["directions"] == {"the others fell too": 20, "the others did not fall": 10}
    # All that did not fall stayed or rose, so that the others alone fell in none.
    assert (quadrants["n"], quadrants["lost"], quadrants["won"]) == (40, 40, 0)
    assert quadrants["directions"] == {
        "neither fell": 10, "both fell": 20, "the preferred alone fell": 10}  # fmt: skip
    assert (together["lost"], together["won"]) == (30, 10)
    for flips, kind, count in ((quadrants, "both fell", 20), (together, "neither fell", 10)):
        exact = beta.ppf([0.025, 0.975], [count, count + 1], [41 - count, 40 - count])
        assert flips["direction_intervals"][kind] == pytest.approx(exact)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=20))
def test_quadrants_are_a_partition(changes: list[tuple[int, int]]) -> None:
    """Of every item the preferred candidate's change and the other's, counted by a loop."""
    sides = [DrawnSide(changes, times) for times in (0, 1)]
    found = {one.name: one for one in displaced(*sides)}  # type: ignore[arg-type]
    fell = [(ours < 0, other < 0) for ours, other in changes]
    quadrants, together = found["quadrants"], found["synchrony"]
    assert isinstance(quadrants, Outcomes)
    assert isinstance(together, Outcomes)
    assert {name: int(mask.sum()) for name, mask in quadrants.directions.items()} == {
        "neither fell": fell.count((False, False)),
        "both fell": fell.count((True, True)),
        "the preferred alone fell": fell.count((True, False)),
    }
    assert int(quadrants.won.sum()) == fell.count((False, True))
    assert int(together.lost.sum()) == sum(a == b for a, b in fell)
    shown = np.asarray(quadrants.shown["preferred"]) * 1.0
    order = np.argsort(np.array([f"i{n:02}" for n in range(len(changes))]))
    assert shown.tolist() == [changes[place][0] for place in order]


class DrawnSide:
    """The tables of a run whose sums are 10 below 0, changed so many times."""

    def __init__(self, changes: Sequence[tuple[int, int]], times: int) -> None:
        self._sums = [-10.0 + times * one for both in changes for one in both]
        names = [f"i{n:02}" for n in range(len(changes)) for _ in "ab"]
        self._columns = {"of": np.array(names), "preferred": np.array([True, False] * len(changes))}
        self.clusters = np.array(names)

    def column(self, name: str) -> object:
        return self._columns[name]

    def predictions(self) -> pa.Table:
        return pa.table({"log_probability": self._sums})


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS, st.floats(0.05, 5))
def test_a_pair_is_right_where_its_loss_is_low_enough(a: Row, b: Row, strength: float) -> None:
    """Theorem 4.1 of 2405.19534, of a pair with the loss of DPO: by sums, equal ones are right."""
    first: Row = (1, *a[1:])  # type: ignore[assignment]
    second: Row = (0, *b[1:])  # type: ignore[assignment]
    found = scored([[first, second]])
    values = {metric.name: metric.value for metric in found.metrics}
    margin = (first[2] - first[4]) - (second[2] - second[4])
    loss = math.log1p(math.exp(-strength * margin))
    difficulty = found.files["difficulty"]["value"][0]
    limit = math.log1p(math.exp(-strength * difficulty))
    if abs(first[2] - second[2]) > 1e-6:
        assert values["pair accuracy[ge,sum]"] == float(loss <= limit)


@pytest.mark.parametrize("votes", [(7, 0), (7, 1), (1, 1), (3, 2)])
@pytest.mark.parametrize("lead", [-3.0, -0.5, 0.25, 4.0])
def test_votes_make_the_best_that_a_policy_can_reach(votes: tuple[int, int], lead: float) -> None:
    """Corollary 3.3 as it is printed, by ratios of probabilities and powers, no logarithm."""
    item: list[Row] = [(votes[0], "a", -1.0, 1, -9.0 + lead), (votes[1], "b", -1.0, 1, -9.0)]
    values = {metric.name: metric.value for metric in scored([item]).metrics}
    alpha = min(votes[0] / sum(votes), 0.999)
    for strength in (0.01, 0.1, 1.0, 5.0, 10.0):
        name = f"idealized accuracy[beta={strength:g}]"
        if votes[0] == votes[1]:
            assert values[name] is None
        else:
            ratio = math.exp(lead) * (alpha / (1 - alpha)) ** (1 / strength)
            assert values[name] == float(ratio > 1)
