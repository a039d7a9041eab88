"""Files that the writers of other tools wrote (golden/README.md), read without these tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.exchange.inspect_log import read as read_inspect
from harness.exchange.lm_eval import read as read_lm_eval
from harness.exchange.mteb import read as read_mteb
from harness.tasks.results import RIGHT, WRONG, read_results

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["inspect-0.3.285.json", "inspect-0.3.285.eval"])
def test_inspect(name: str) -> None:
    claims = read_inspect(GOLDEN / name)
    (figure,) = claims.figures
    assert (figure.metric, figure.value, figure.n) == ("match/accuracy", 2 / 3, 3)
    (items,) = claims.items
    assert items.values == {"mockllm/model": {"s0": 1.0, "s1": 1.0, "s2": 0.0}}
    assert read_results(GOLDEN / name) == {"s0": RIGHT, "s1": RIGHT, "s2": WRONG}


def test_lm_eval() -> None:
    claims = read_lm_eval(GOLDEN / "lm-eval-0.4.13")
    (figure,) = claims.figures
    assert (figure.system, figure.task, figure.metric) == ("tiny", "arc", "acc")
    assert (figure.value, figure.n, figure.higher_is_better) == (6 / 9, 9, True)
    assert figure.remark == "standard error 0.1"
    (items,) = claims.items
    assert items.values == {"tiny": {str(i): float(i % 3 > 0) for i in range(9)}}


def test_mteb() -> None:
    claims = read_mteb(GOLDEN / "mteb-2.26.24.json")
    assert {one.metric: one.value for one in claims.figures} == {
        "main_score": 0.5, "map_at_10": 0.25, "nauc_x": None,
    }  # fmt: skip
    assert {one.task for one in claims.figures} == {"SciDocsRR:test:default"}
