"""A reranking collection of several parts, calls on it, and runs compared but for time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

OVERLAP = """
def score_pairs(pairs):
    return [len(set(q.split()) & set(d.split())) + len(d) / 1000 for q, d in pairs]
"""

SLOW = "import time\n" + OVERLAP.replace("    return", "    time.sleep(0.02)\n    return")

PARTS = 6
"""Parts of the collection for a scorer of pairs: 60 queries with 100 candidates, 1,000 a part."""


def write_collection(folder: Path, queries: int = 60, documents: int = 120) -> Path:
    """Documents that all have the query's first word, so that every list is 100 long."""
    (folder / "qrels").mkdir(parents=True)
    texts = [f"river w{n % 7} w{n % 11} {'long ' * (n % 5)}doc{n}" for n in range(documents)]
    rows = [{"_id": f"d{n}", "title": "", "text": text} for n, text in enumerate(texts)]
    asked = [{"_id": f"q{n}", "text": f"river w{n % 7} w{n % 11}"} for n in range(queries)]
    for name, lines in (("corpus", rows), ("queries", asked)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    judged = [f"q{n}\td{n}\t1" for n in range(queries)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *judged]))
    return folder


def words(model: Path, data: Path, out: Path, *more: object) -> list[str]:
    """What is typed behind the program's name."""
    return [
        *("evaluate", "--model", f"python:{model}", "--task", "reranking/folder"),
        *("--data", str(data), "--device", "cpu", "--out", str(out)),
        *map(str, more),
    ]


def start(line: list[str], **environment: str) -> subprocess.Popen[str]:
    """The command line as a process of its own, without what a cluster may have set."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SLURM_")}
    return subprocess.Popen(
        [sys.executable, "-m", "harness", *line],
        cwd=ROOT, env={**clean, "PYTHONPATH": str(ROOT), **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def whole_run(out: Path) -> Path:
    """The folder of the only run with a record below a folder."""
    (path,) = (path.parent for path in out.rglob("record.json"))
    return path


OF_TIME = {
    "wall_seconds", "load_seconds", "items_per_second", "peak_memory_bytes", "attempts",
}  # fmt: skip


def comparable(folder: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The tables of a run to the byte, and its record without what tells of time and memory."""
    tables = {path.name: path.read_bytes() for path in folder.glob("*.parquet")}
    record = json.loads((folder / "record.json").read_text())
    del record["created"]
    for name in OF_TIME:
        del record["run"][name]
    latency = record["run"]["latency"]
    if latency is not None:
        record["run"]["latency"] = latency["protocol"]
    effort = record["run"]["effort"]
    if effort is not None and effort["requests"] is not None:
        for name in ("median_seconds", "p95_seconds"):
            del effort["requests"][name]
    return tables, record
