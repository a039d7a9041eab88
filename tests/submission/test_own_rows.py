"""The page on our own rows is true: its code gives the answers that are submitted."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.data import RankingData
from harness.data.asked import LoadRequest
from suites.reranking import suite

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rows.md"
TASK = "reranking/code-search/networkx"
SOME = 20
"""Queries that are tried."""


@pytest.fixture(scope="module")
def data() -> RankingData:
    pytest.importorskip("networkx", reason="its functions are the documents")
    task = suite().find(TASK)
    assert task is not None
    loaded = task.load(LoadRequest())
    assert isinstance(loaded, RankingData)
    return loaded


def block(name: str) -> str:
    """A file that the page shows whole."""
    pattern = rf"^<!-- {re.escape(name)} -->\n```python\n(.*?)^```$"
    (found,) = re.findall(pattern, PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def submitted(system: str) -> list[float]:
    name = f"{TASK.replace('/', '.')}.parquet"
    (path,) = (ROOT / "submissions").glob(f"marginbench__{system}/predictions/{name}")
    scores: list[float] = pq.read_table(path)["score"].to_pylist()
    return scores


def test_the_file_on_the_page_gives_the_submitted_scores(data: RankingData) -> None:
    names: dict[str, Any] = {}
    exec(compile(block("tfidf_of_the_list.py"), "tfidf_of_the_list.py", "exec"), names)
    some = data.groups[:SOME]
    lists = [(one.query, [data.documents[name] for name in one.candidates]) for one in some]
    found = [score for scores in names["score_lists"](lists) for score in scores]
    assert len(found) > 10 * SOME
    assert found == submitted("tf-idf-of-the-list/v1")[: len(found)]


def test_the_script_on_the_page_gives_the_submitted_ranks(
    data: RankingData, tmp_path: Path
) -> None:
    some = data.groups[:SOME]
    pairs = [(one.id, name) for one in some for name in one.candidates]
    groups, items = zip(*pairs, strict=True)
    scores = submitted("tf-idf-of-the-list/v1")[: len(pairs)]
    table = pa.table({"group": groups, "item": items, "score": scores})
    pq.write_table(table, tmp_path / "predictions.parquet")
    out = tmp_path / "fused.csv"
    command = [sys.executable, "-c", block("fuse.py"), str(out), str(tmp_path)]
    subprocess.run(command, check=True)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    found = {(row["query_id"], row["doc_id"]): float(row["score"]) for row in rows}
    assert [found[pair] for pair in pairs] == submitted("bm25-and-tf-idf/*")[: len(pairs)]


def test_the_length_of_texts_is_what_was_submitted() -> None:
    from suites.detection.catalogue import find

    task = find("detection/embedded")
    assert task is not None
    texts = task.load(LoadRequest()).contents  # type: ignore[union-attr]
    names: dict[str, Any] = {}
    exec(compile(block("text_length.py"), "text_length.py", "exec"), names)
    (path,) = ROOT.glob(
        "submissions/marginbench__length-of-the-text/v1/predictions/detection.embedded.parquet"
    )
    assert names["score_texts"](texts) == pq.read_table(path)["score"].to_pylist()
