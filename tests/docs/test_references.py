"""The references: in step with ``CITATION.cff``, which is valid, and with what the code names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from harness.metrics.intervals import base

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def citation() -> ModuleType:
    spec = spec_from_file_location("docs_citation", ROOT / "docs" / "book" / "citation.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_citation_file_holds_the_pages_list(citation: ModuleType) -> None:
    """Print it with ``python docs/book/citation.py > CITATION.cff``."""
    assert (ROOT / "CITATION.cff").read_text(encoding="utf-8") == citation.render()
    assert len(list(citation.rows())) > 60


def test_the_citation_file_fits_its_schema() -> None:
    if find_spec("check_jsonschema") is None:
        pytest.skip("no check-jsonschema (extra: dev)")
    command = ["--builtin-schema", "vendor.citation-file-format", str(ROOT / "CITATION.cff")]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *command], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_no_source_stands_twice_and_links_lead_to_what_they_name(citation: ModuleType) -> None:
    rows = list(citation.rows())
    named = [row["id"] for row in rows if row["id"]]
    assert len(set(named)) == len(named)
    assert len({row["title"].lower() for row in rows}) == len(rows)
    text = (ROOT / "docs" / "references.md").read_text(encoding="utf-8")
    for label, target in re.findall(r"\[((?:doi|arXiv):[^\]]+)\]\(([^ ]+)\) \|", text):
        kind, _, value = label.partition(":")
        start = {"doi": "https://doi.org/", "arXiv": "https://arxiv.org/abs/"}[kind]
        assert target == start + value


def test_the_source_of_every_interval_is_among_them(citation: ModuleType) -> None:
    rows = list(citation.rows())
    methods = [one for one in vars(base).values() if isinstance(one, base.Method)]
    assert len(methods) >= 15
    for method in methods:
        for year in re.findall(r"\((?:18|19|20)\d\d\)", method.source):
            known = [row["authors"] for row in rows if row["year"] == year.strip("()")]
            names = {name for authors in known for name in re.findall(r"[\w-]{4,}", authors)}
            assert names & set(re.findall(r"[\w-]+", method.source)), (method.name, year)


def test_what_the_docstrings_of_metrics_cite_is_among_them(citation: ModuleType) -> None:
    """Words such as ``Krasula et al., QoMEX 2016`` behind ``Source:``."""
    rows = list(citation.rows())
    known = {
        (name, row["year"]) for row in rows for name in re.findall(r"[\w-]{3,}", row["authors"])
    }
    cited = 0
    for path in (ROOT / "harness" / "metrics").rglob("*.py"):
        text = " ".join(path.read_text(encoding="utf-8").split())
        for words in re.findall(r"Sources?: ([^.]+(?:et al\.)?[^.]*)\.", text):
            for year in re.findall(r"(?<!arXiv:)\b(?:19|20)\d\d\b", words):
                if year == "2020" and "P.1401" in words:
                    continue
                cited += 1
                names = re.findall(r"[A-Z][\w-]{2,}", words)
                assert any((name, year) in known for name in names), (path.name, words)
    assert cited > 8


def test_the_file_is_plain_yaml_that_json_reads_word_for_word(citation: ModuleType) -> None:
    for row in citation.rows():
        assert json.loads(citation._text(row["title"])) == row["title"]
