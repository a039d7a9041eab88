"""docs/from-other-tools.md: every line of ours is typed, in the order of the page."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from glob import glob
from pathlib import Path

import numpy as np
import pytest

from harness.records.finding import read_records
from tests.exchange.conftest import ROOT, Command, table, vectors
from tests.exchange.test_logs import NEW, OLD, lm_eval
from tests.exchange.test_rankings import result

PAGE = ROOT / "docs" / "from-other-tools.md"


def typed() -> list[str]:
    return re.findall(r"`(marginbench [^`]+)`", PAGE.read_text())


def beir(folder: Path) -> None:
    """60 documents and 20 queries in BEIR's layout."""
    words = ("river", "stone", "cloud", "maple", "engine", "copper", "violin", "harbour")
    texts = [" ".join(words[(i * k) % 8] for k in (1, 3, 7)) + f" doc{i}" for i in range(60)]
    (folder / "qrels").mkdir(parents=True)
    for name, rows in (("corpus", texts), ("queries", [t.split()[0] + t[-3:] for t in texts[:20]])):
        kind = name[0]
        lines = (json.dumps({"_id": f"{kind}{i}", "text": text}) for i, text in enumerate(rows))
        (folder / f"{name}.jsonl").write_text("\n".join(lines))
    rows = ("query-id\tcorpus-id\tscore", *(f"q{i}\tc{i}\t1" for i in range(20)))
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows))


def rankings(folder: Path, made: Path) -> None:
    """Judgements and a run in three forms, and a folder of two runs."""
    shutil.copy(made / "qrels.txt", folder)
    shutil.copy(made / "run.txt", folder)
    lists: dict[str, dict[str, float]] = {}
    for line in (made / "run.txt").read_text().splitlines():
        query, _, document, _, score, _ = line.split()
        lists.setdefault(query, {})[document] = float(score)
    (folder / "run.json").write_text(json.dumps(lists))
    (folder / "my-runs").mkdir()
    shutil.copy(made / "run.txt", folder / "my-runs" / "one.trec")
    turned = [
        f"{query} Q0 {document} 0 {-score} two\n"
        for query, own in lists.items()
        for document, score in own.items()
    ]
    (folder / "my-runs" / "two.trec").write_text("".join(turned))


def pictures(folder: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(3)
    (folder / "my-pictures").mkdir()
    rows = []
    for i in range(12):
        pixels = (128 + (i + 1) * 8 * rng.standard_normal((24, 24))).clip(0, 255).astype("uint8")
        image.fromarray(pixels).save(folder / "my-pictures" / f"p{i}.png")
        rows.append((f"p{i}.png", i))
    table(folder / "my-pictures" / "opinions.csv", ("image", "mos"), rows)


@pytest.fixture
def place(tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with everything that the page's lines name."""
    for model, right in (("old", OLD * 5), ("new", NEW * 5)):
        logs = lm_eval(tmp_path / "logs", model, right)
        for path in list(logs.iterdir()):
            path.rename(path.with_name(path.name.replace("_arc_", "_arc_easy_")))
    for model in ("org__a", "org__b"):
        for task in ("One", "Two"):
            path = tmp_path / "mteb-results" / model / "0123456789" / f"{task}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({**result(), "task_name": task}))
    beir(tmp_path / "my-collection")
    rankings(tmp_path, runs.parent)
    shutil.copy(runs.parent / "opinions.csv", tmp_path)
    shutil.copy(runs.parent / "j.csv", tmp_path / "scores.csv")
    vectors(tmp_path)
    pictures(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_line_of_the_page_runs(command: Command, place: Path) -> None:
    pytest.importorskip("networkx")
    lines = typed()
    assert len(lines) >= 18
    for line in lines:
        words = [found for word in shlex.split(line)[1:] for found in (glob(word) or [word])]
        answer = command(*words)
        # Of two models the one may be worse, which is what compare is asked for.
        assert answer.code == 0 or (words[0] == "compare" and answer.code == 1), (line, answer.err)
    names = {record.model.name for _, record in read_records([place / "runs"])}
    assert {"old", "new", "bm25", "a-run", "ranx-run", "musiq"} <= names


def test_lines_of_both_rank_alike(command: Command, place: Path) -> None:
    """The same list as a TREC run and as ranx writes it is one figure."""
    for name in ("txt", "json"):
        words = ("score", "--task", "reranking/folder", "--data", "qrels.txt", "--out", name)
        files = ("--first-stage", f"run.{name}", "--predictions", f"run.{name}")
        assert command(*words, *files, "--model-name", "m").code == 0
    (one,), (two,) = (read_records([place / name]) for name in ("txt", "json"))
    assert one[1].primary.value == two[1].primary.value
