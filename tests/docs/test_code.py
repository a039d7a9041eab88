"""Python on the pages runs as it stands, and what they compute is what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_code_for_referees_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own assertions hold its figures against ours."""
    for package in ("cwe2", "networkx", "pandas", "zippy"):
        pytest.importorskip(package)
    page = ROOT / "docs" / "referees.md"
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert len(blocks) >= 4
    monkeypatch.chdir(tmp_path)
    for number, block in enumerate(blocks, 1):
        assert "assert " in block, "what it computes is held against something"
        exec(compile(block, f"{page.name} block {number}", "exec"), {"__name__": "page"})


def test_every_block_of_python_is_python() -> None:
    for page in (ROOT / "docs").glob("*.md"):
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            compile(block, page.name, "exec")


def test_the_table_of_ppv_follows_from_its_formula() -> None:
    text = (ROOT / "docs" / "referees.md").read_text(encoding="utf-8")
    section = text.partition("## Prevalence and PPV")[2].partition("\n## ")[0]
    header, _, *rows = [line for line in section.splitlines() if line.startswith("|")]
    rates = [
        (float(tpr) / 100, float(fpr) / 100)
        for tpr, fpr in re.findall(r"TPR ([\d.]+) %, FPR ([\d.]+) %", header)
    ]
    assert len(rates) == 3
    assert len(rows) == 3
    for row in rows:
        share, *told = (float(cell) / 100 for cell in re.findall(r"([\d.]+) %", row))
        for (tpr, fpr), value in zip(rates, told, strict=True):
            assert value == pytest.approx(
                tpr * share / (tpr * share + fpr * (1 - share)), abs=0.005
            )


def test_the_sentence_to_report_is_that_of_a_merged_submission() -> None:
    from harness.records.record import read_record

    place = ROOT / "submissions" / "marginbench__all-minilm-l6-v2-int8" / "max-length-256"
    record = read_record(place / "records" / "reranking.code-search.networkx.json")
    value, first = record.metrics[0], record.first_stage.differences[0]
    figures = [value.value, *value.interval, value.value - first.value, first.value]
    page = (ROOT / "docs" / "which-number.md").read_text(encoding="utf-8")
    for figure in (*figures, *first.interval):
        assert f"{abs(figure):.4f}".removeprefix("0") in page
    assert f"on {value.n} queries" in page
