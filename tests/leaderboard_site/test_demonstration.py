"""A board of public rerankers, made on demand: see benchmarks/demonstration.py."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest

from benchmarks.demonstration import MODELS, main


@pytest.mark.shared_data
def test_four_rerankers_and_bm25_on_their_board(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of its six sets: every cell equals golden.json, a model is one system, BM25 is a line."""
    pytest.importorskip("vl_convert")
    monkeypatch.setenv("MARGINBENCH_SHARED_DATA", str(shared_data))
    sets = ("dl19", "trec-covid")
    page = main(["--out", str(tmp_path), "--sets", *sets])
    models = {path.name for path in (page.parent / "m").iterdir()}
    assert models == {f"local__{name.lower()}" for name in (*MODELS, "BM25")}
    task = unescape((page.parent / "tasks" / "reranking.trec-dl.2019.html").read_text("utf-8"))
    assert "All 4 systems are known to beat BM25 (50.6)" in task
    assert "None of 4 systems has a certain rank" in task
    assert "First place by value hangs on 1 item of 43" in task
