"""What preferences show beside their figures: styles, places, reliability; and what ties keep."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.sides import all_sides
from harness.exhibits import Dots, Exhibit, Matrix, Remark, Shown, Table, exhibits_of
from suites.preference.board import Board
from suites.preference.boards import with_partners
from suites.preference.composites import Spread, ties_composite
from suites.preference.items import Item, assemble, parted
from suites.preference.styles import matrix
from suites.preference.tied import Compared
from tests.cli.conftest import Command, command

__all__ = ["command"]

DOMAINS = ("chat", "safety-refuse", "safety-response", "code")
SCORE = st.sampled_from([0.0, 1.0, 2.0])
THREE = st.tuples(SCORE, SCORE, SCORE)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(THREE, THREE), min_size=4, max_size=10))
def test_the_matrix_of_styles_is_that_of_a_plain_loop(
    rows: list[tuple[tuple[float, ...], ...]],
) -> None:
    """Of every cell the mean over a domain's items, of parts, then of domains."""
    items = [Item(f"i{n}", f"p{n}", parted(f"i{n}", ["a"] * 3, ["b"] * 3), subset=DOMAINS[n % 4])
             for n in range(len(rows))]  # fmt: skip
    board = Board.of(with_partners(assemble(items, "chosen", where="test", ordered=True)))
    scores = np.array([score for ours, other in rows for score in (*ours, *other)])
    found = matrix(board, Compared(board.judged, scores))
    cells = {
        key: value
        for *key_, value in zip(found["domain"], found["chosen"], found["rejected"],
                                found["value"], strict=True)
        for key in [tuple(key_)]
    }  # fmt: skip
    for ours in (1, 2, 3):
        for other in (1, 2, 3):
            parts = {
                name: [float(a[ours - 1] > b[other - 1]) for n, (a, b) in enumerate(rows)
                       if DOMAINS[n % 4] == name]
                for name in DOMAINS
            }  # fmt: skip
            means = {name: sum(part) / len(part) for name, part in parts.items()}
            safety = (means["safety-refuse"] + means["safety-response"]) / 2
            want = {"chat": means["chat"], "code": means["code"], "safety": safety}
            assert {name: cells[name, ours, other] for name in want} == pytest.approx(want)
            assert cells["", ours, other] == pytest.approx(sum(want.values()) / 3)


TIE = st.tuples(
    st.lists(st.integers(-40, 40), min_size=2, max_size=4), st.integers(-40, 40),
    st.lists(st.integers(-40, 40), min_size=1, max_size=3),
)  # fmt: skip


def composite(rows: list[tuple[list[int], int, list[int]]], turn) -> float:  # type: ignore[no-untyped-def]
    tied = {str(n): Spread.of([turn(x) for x in right], [turn(x) for x in wrong])
            for n, (right, _, wrong) in enumerate(rows)}  # fmt: skip
    ref = {str(n): Spread.of([turn(one)], [turn(x) for x in wrong])
           for n, (_, one, wrong) in enumerate(rows)}  # fmt: skip
    return ties_composite(ref, tied)


@settings(max_examples=80, deadline=None)
@given(st.lists(TIE, min_size=1, max_size=6), st.sampled_from([0.25, 2.0, 8.0]),
       st.integers(-9, 9))  # fmt: skip
def test_ties_are_the_same_for_shifted_and_multiplied_scores(
    rows: list[tuple[list[int], int, list[int]]], factor: float, shift: int
) -> None:
    plain = composite(rows, float)
    assert composite(rows, lambda x: factor * x + shift) == plain
    assert -0.01 <= plain <= 1.01 + 1e-12


def test_ties_of_logits_and_of_their_tanh_are_two_figures() -> None:
    """A rising function of the scores changes the figure: .3 + .3 stay, margins do not."""
    rows = [([12, 8, 2], 9, [1]), ([30, 20], 25, [4]), ([5, 3], 4, [-6])]
    logits = composite(rows, lambda x: x / 8)
    squashed = composite(rows, lambda x: math.tanh(x / 8))
    by_hand = 0.3 + 0.3 + (0.2 * 2 + 0.2 * 2) / 3 + 0.01 / 3 * sum(
        math.tanh(min(gap, ref) / width - 1)
        for gap, ref, width in ((1, 8, 10), (16, 21, 10), (9, 10, 2)))  # fmt: skip
    assert logits == pytest.approx(by_hand)
    assert abs(squashed - logits) > 0.001


def shown_of(folder: Path) -> list[Exhibit]:
    return list(exhibits_of([Shown(side.record.model.name, side) for side in all_sides([folder])]))


def test_reliability_and_margins_are_shown_of_every_run(command: Command, tmp_path: Path) -> None:
    """Two of three pairs are right: by 2.5 sure of .92, by .5 of .62."""
    data = tmp_path / "pairs.jsonl"
    data.write_text("".join(
        json.dumps({"id": f"i{n}", "prompt": f"p{n}", "chosen": "ab", "rejected": "cd"}) + "\n"
        for n in range(60)))  # fmt: skip
    for name, factor in (("plain", 1.0), ("rated", 4.0)):
        margins = [(2.5, 0.5, -0.5)[n % 3] * factor for n in range(60)]
        rows = [f"i{n},i{n}/{side},{margin if side == 'chosen' else 0}"
                for n, margin in enumerate(margins) for side in ("chosen", "rejected")]  # fmt: skip
        (tmp_path / f"{name}.csv").write_text("\n".join(["group,item,score", *rows]) + "\n")
        done = command("score", "--task", "preference/predictions", "--data", data, "--predictions",
                       tmp_path / f"{name}.csv", "--model-name", name,
                       "--out", tmp_path / "runs" / name)  # fmt: skip
        assert done.code == 0, done.err
    found = shown_of(tmp_path / "runs")
    dots = next(one for one in found if isinstance(one, Dots) and "Reliability" in one.title)
    # Whole numbers are ratings: there is nothing to be calibrated.
    assert [one.name for one in dots.series] == ["plain"]
    (low, high) = dots.series[0].dots
    assert (low.slice, low.figure.value) == ("0.60 to 0.65", 0.5)
    assert (high.slice, high.figure.value) == ("0.90 to 0.95", 1.0)
    assert low.figure.interval is not None
    tables = {one.title: one for one in found if isinstance(one, Table)}
    assert {str(row[0]) for row in tables["Margins of pairs, quantiles"].rows} == {"plain", "rated"}
    assert [row[2] for row in tables["Reliability, bin by bin"].rows] == [40, 20]


def test_styles_and_subsets_are_shown_by_their_own_metrics(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model of style alone: every cell is 0 or 1, and people's answer is the fancier in three."""
    monkeypatch.setattr("suites.preference.boards.check_counts", lambda *_: None)
    names = [f"{domain}{n}" for domain in ("chat", "code") for n in range(12)]
    (tmp_path / "rm.jsonl").write_text("".join(
        json.dumps({"id": name, "prompt": f"p {name}", "chosen": ["a", "bb", "ccc"],
                    "rejected": ["d", "ee", "fff"], "domain": name[:4]}) + "\n"
        for name in names))  # fmt: skip
    rows = [f"{name},{name}/{side}-{style},{style}" for name in names
            for side in ("chosen", "rejected") for style in (1, 2, 3)]  # fmt: skip
    (tmp_path / "s.csv").write_text("\n".join(["group,item,score", *rows]) + "\n")
    done = command("score", "--task", "preference/rm-bench", "--data", tmp_path / "rm.jsonl",
                   "--predictions", tmp_path / "s.csv", "--model-name", "style",
                   "--out", tmp_path / "run")  # fmt: skip
    assert done.code == 0, done.err
    found = shown_of(tmp_path / "run")
    matrices = [one for one in found if isinstance(one, Matrix)]
    assert [one.title.rpartition(", ")[2] for one in matrices] == [
        "mean of domains", "chat", "code"]  # fmt: skip
    for one in matrices:
        values = [[figure.value for figure in figures] for _, figures in one.rows]
        assert values == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
        assert one.columns == ("rejected concise", "rejected detailed", "rejected markdown")
    (subsets,) = (one for one in found if isinstance(one, Dots) and "by subset" in one.title)
    assert subsets.title == "pair accuracy[strict] by subset"
    assert [dot.figure.value for dot in subsets.series[0].dots] == pytest.approx([1 / 3, 1 / 3])
    assert any("No model beats" in one.text for one in found if isinstance(one, Remark))


def test_places_are_shown_of_judges(command: Command, tmp_path: Path) -> None:
    """A judge that always names the first: right where the better one stands there alone."""
    data = tmp_path / "v.csv"
    data.write_text("id,prompt,response_a,response_b,label\n" + "".join(
        f"i{n},p{n},x,y,{'AB'[n % 2]}\n" for n in range(30)))  # fmt: skip
    rows = [f"i{n},{order},A" for n in range(30) for order in ("AB", "BA")]
    (tmp_path / "a.csv").write_text("\n".join(["id,order,verdict", *rows]) + "\n")
    done = command("score", "--task", "preference/both-orders", "--data", data, "--predictions",
                   tmp_path / "a.csv", "--model-name", "first",
                   "--out", tmp_path / "r")  # fmt: skip
    assert done.code == 0, done.err
    table = next(one for one in shown_of(tmp_path / "r") if isinstance(one, Table)
                 and one.title == "What place did to verdicts")  # fmt: skip
    ((name, *figures),) = table.rows
    assert name == "first"
    assert [figure.value for figure in figures] == [1, 1, 0, 0, 1]  # type: ignore[union-attr]
    assert all(figure.interval is not None for figure in figures)  # type: ignore[union-attr]
