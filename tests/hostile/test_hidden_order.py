"""Verdicts made elsewhere on pairs whose order a table does not tell: refused, not a toss of coins.

A table that parts chosen from rejected has no first one. Which of them is A was settled here by a
digest, so that a file in which A is the chosen one of all pairs agreed with people on two in five.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.hostile.scored import Desk

COUNT = 20


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("orders", [("",), ("/AB", "/BA")])
def test_an_order_that_nobody_can_know_is_not_guessed(
    desk: Desk, kind: str, orders: tuple[str, ...]
) -> None:
    rows = "".join(f"{n},p{n},good {n},bad {n}\n" for n in range(COUNT))
    parted = desk.file("parted.csv", f"id,prompt,chosen,rejected\n{rows}")
    said = "".join(f"{n},p{n},good {n},bad {n},A\n" for n in range(COUNT))
    told = desk.file("told.csv", f"id,prompt,response_a,response_b,label\n{said}")
    ids = [f"{n}{order}" for n in range(COUNT) for order in orders]
    words = ["B" if name.endswith("/BA") else "A" for name in ids]
    answers = desk.folder / f"verdicts.{kind}"
    if kind == "csv":
        lines = "".join(f"{name},{word}\n" for name, word in zip(ids, words, strict=True))
        desk.file("verdicts.csv", f"item,verdict\n{lines}")
    else:
        pq.write_table(pa.table({"item": ids, "verdict": words}), answers)
    task = "preference/verdicts" if len(orders) == 1 else "preference/both-orders"
    assert desk.score(task, told, answers).values["agreement"] == 1
    refused = desk.score(task, parted, answers)
    assert refused.code == 2
    assert "which of two is A and which B" in refused.error


def test_verdicts_of_a_run_of_ours_are_scored_again(desk: Desk) -> None:
    from harness.cli import run

    rows = "".join(f"{n},p{n},good {n},bad {n}\n" for n in range(COUNT))
    parted = desk.file("parted.csv", f"id,prompt,chosen,rejected\n{rows}")
    code = (
        "def judge_texts(texts):\n    return ['A' if 'good' in t.first else 'B' for t in texts]\n"
    )
    judge = desk.file("judge.py", code)
    out = desk.folder / "own"
    command = ["evaluate", "--model", f"python:{judge}", "--task", "preference/verdicts"]
    assert run([*command, "--data", str(parted), "--out", str(out)]) == 0
    made = next(out.rglob("predictions.parquet"))
    assert desk.score("preference/verdicts", parted, made).values["agreement"] == 1
    assert run(["score", str(out)]) == 0
