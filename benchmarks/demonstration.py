"""A board of real models to look at: four public rerankers and BM25 on six sets, made on demand.

Run: ``python benchmarks/demonstration.py --out FOLDER``. It needs the folder of real data that
``MARGINBENCH_SHARED_DATA`` names, and writes runs and a site; nothing of it belongs into the
repository. Every value is held against ``golden.json`` (by pytrec_eval, with the range that tied
scores leave open) before the site is built.

BM25's own order of the same candidates is at hand for two sets. In the others they stand by their
ids, an order that knows nothing, and the line through the table is called so.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.cli import run
from harness.records.finding import read_records
from harness.tasks.trec import read_run, write_run
from leaderboard_site.build import build_site

ROOT = Path(__file__).resolve().parent.parent
MODELS = ("MiniLM", "RankT5-base", "monoT5-base", "monoT5-large")
SETS = ("dl19", "scifact", "fiqa", "nfcorpus", "trec-covid", "dbpedia-entity")
BM25 = {
    "dl19": "trec-dl-2019/runs/BM25.top100.trec",
    "trec-covid": "golden-runs/bm25-top100.covid.trec.gz",
}
"""Runs of BM25 over the same candidates."""

CLOSE = 1e-6


def data_folder() -> Path:
    """The folder of reranking data."""
    named = os.environ.get("MARGINBENCH_SHARED_DATA", ROOT.parent / "shared" / "data")
    return Path(named) / "reranking"


def task_of(data: Path, name: str) -> tuple[str, Path]:
    """Task and data of a set: its judgements alone, but for TREC DL, which is there whole."""
    if name == "dl19":
        return "reranking/trec-dl/2019", data / "trec-dl-2019"
    return "reranking/folder", data / "beir-topics-qrels" / f"{name}.qrels.txt.gz"


def first_stage(data: Path, name: str, out: Path) -> Path:
    """BM25's run, or the candidates by their ids where there is none; named as it is shown."""
    own = data / BM25.get(name, f"reranker-runs/{name}/{MODELS[0]}.trec.gz")
    lists = read_run(own).groups()
    path = out / "stages" / name / ("BM25.trec" if name in BM25 else "order-of-ids.trec")
    path.parent.mkdir(parents=True, exist_ok=True)
    if name in BM25:
        ordered = ((q, found.documents, found.scores.tolist()) for q, found in lists.items())
    else:
        known = ((q, sorted(found.documents)) for q, found in lists.items())
        ordered = ((q, found, [-float(i) for i in range(len(found))]) for q, found in known)
    write_run(path, ordered, name=path.stem)
    return path


def score(data: Path, name: str, out: Path) -> None:
    """Score the four rerankers on one set, and BM25 where its run is there."""
    task, source = task_of(data, name)
    stage = first_stage(data, name, out)
    runs = [(model, data / "reranker-runs" / name / f"{model}.trec.gz") for model in MODELS]
    if name in BM25:
        runs.append(("BM25", stage))
    for model, predictions in runs:
        line = ["score", "--task", task, "--data", source, "--first-stage", stage]
        line += ["--predictions", predictions, "--model-name", model, "--missing", "zero"]
        code = run([str(word) for word in (*line, "--out", out / "runs")])
        if code:
            sys.exit(f"{name}, {model}: exit {code}")


def check(data: Path, out: Path, sets: Sequence[str]) -> int:
    """Hold every cell against golden.json; the number of cells. Raises for one that differs."""
    golden = json.loads((data / "reranker-runs" / "golden.json").read_text())
    names = {"reranking/trec-dl/2019": "dl19"}
    cells = 0
    for _, record in read_records([out / "runs"]):
        name = names.get(record.task.id, record.task.id.rpartition("/")[2])
        known = golden.get(f"{name}/{record.model.name}")
        if known is None:
            continue
        value = record.primary.value
        low, high = known["nDCG@10 worst ties"] - CLOSE, known["nDCG@10 best ties"] + CLOSE
        if value is None or not low <= value <= high:
            raise AssertionError(f"{name}, {record.model.name}: {value} is not in {low}..{high}")
        cells += 1
    if cells != len(sets) * len(MODELS):
        raise AssertionError(f"{cells} cells instead of {len(sets) * len(MODELS)}")
    return cells


def main(arguments: Sequence[str] | None = None) -> Path:
    """Make the board; returns its first page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, help="fewer sets")
    told = parser.parse_args(arguments)
    data = data_folder()
    for name in told.sets:
        score(data, name, told.out)
    print(f"{check(data, told.out, told.sets)} cells equal golden.json")
    page = build_site(told.out / "runs", told.out / "site")
    print(page.resolve().as_uri())
    return page


if __name__ == "__main__":
    main()
