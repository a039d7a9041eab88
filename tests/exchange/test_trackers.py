"""The callback on docs/exchange.md, run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import marginbench as mb
from tests.exchange.conftest import ROOT

TASK = "reranking/code-search/networkx-short"


class Tracker:
    """A tracker's one function, which keeps what it is told; names as MLflow has them."""

    def __init__(self) -> None:
        self.told: dict[str, float] = {}

    def log_metrics(self, found: dict[str, float]) -> None:
        for name, value in found.items():
            assert re.fullmatch(r"[\w./ :-]+", name), name
            assert isinstance(value, int | float)
            assert name not in self.told
            self.told[name] = value


def test_the_callback_hands_over_every_figure_as_runs_end(tmp_path: Path) -> None:
    pytest.importorskip("networkx")
    page = (ROOT / "docs" / "exchange.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(code.splitlines()) <= 20
    names: dict[str, Any] = {}
    exec(compile(code, "docs/exchange.md", "exec"), names)
    tracker = Tracker()
    results = mb.evaluate(
        "bm25", TASK, out=tmp_path, quiet=True, each=names["into"](tracker.log_metrics)
    )
    wanted = {}
    for metric in results[0].record.metrics:
        if metric.value is not None:
            name = f"{TASK}/{metric.name}".replace("@", "_").replace("(", "_")
            name = name.replace(")", "_").replace("=", "_")
            wanted |= {name: metric.value, f"{name}/n": metric.n}
            if metric.interval:
                wanted |= {f"{name}/low": metric.interval[0], f"{name}/high": metric.interval[1]}
    assert wanted
    assert tracker.told == wanted


def test_what_the_callback_raises_ends_the_evaluation_and_keeps_the_run(tmp_path: Path) -> None:
    pytest.importorskip("networkx")

    def no(run: mb.Run) -> None:
        raise ConnectionError("the tracker is gone")

    with pytest.raises(ConnectionError, match="the tracker is gone"):
        mb.evaluate("bm25", TASK, out=tmp_path, quiet=True, each=no)
    assert len(list(tmp_path.rglob("record.json"))) == 1
