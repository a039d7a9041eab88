"""Collections through ir_datasets, offline: files are put where its cache looks for them.

ir_datasets reads ``IR_DATASETS_HOME`` when it is imported, hence the separate process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

ROOT = Path(__file__).resolve().parents[2]

_PROGRAM = """
import json, socket, sys
def refuse(*a, **k): raise OSError("no network in this test")
socket.getaddrinfo = refuse
from harness.errors import MarginBenchError
from harness.data.asked import LoadRequest
from suites.reranking import suite
from suites.reranking.irds import read_irds
from suites.reranking.protocol import build
name, task, run = sys.argv[1:]
out = {}
try:
    found = read_irds(name)
    data = build(found, LoadRequest(first_stage=run or None))
    out = {
        "documents": len(found.corpus), "queries": dict(found.queries), "gold": dict(data.gold),
        "exclusions": {q: sorted(ids) for q, ids in found.exclusions.items()},
        "texts": dict(found.corpus.texts()), "notes": dict(data.notes),
        "present": sorted(found.corpus.present(["d1", "nowhere"])),
        "lists": {g.id: list(g.candidates) for g in data.groups},
    }
except MarginBenchError as error:
    out["error"] = [type(error).__name__, str(error)]
try:
    if suite().find(task):
        suite().find(task).load(LoadRequest())
except MarginBenchError as error:
    out["task_error"] = [type(error).__name__, str(error)]
print(json.dumps(out))
"""


def _load(home: Path, name: str, *, run: Path | str = "") -> dict[str, Any]:
    environment = {
        **os.environ,
        "IR_DATASETS_HOME": str(home),
        "IR_DATASETS_TMP": str(home / "tmp"),
        "IR_DATASETS_DL_TRIES": "1",
        "MARGINBENCH_CACHE": str(home / "cache"),
        "PYTHONPATH": str(ROOT),
    }
    task = "reranking/" + name.removesuffix("/test")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, name, task, str(run)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _table(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(rows), path)


def test_a_beir_set(tmp_path: Path) -> None:
    folder = tmp_path / "beir" / "scifact"
    folder.mkdir(parents=True)
    documents = [("d1", "Title", "red fox"), ("d2", "", "fox "), ("d3", "", "")]
    files = {
        "corpus.jsonl": [
            {"_id": i, "title": title, "text": text, "metadata": {}} for i, title, text in documents
        ],
        "queries.jsonl": [
            {"_id": "q1", "text": "fox", "metadata": {}},
            {"_id": "q2", "text": "other split", "metadata": {}},
        ],
    }
    with zipfile.ZipFile(folder / "source.zip", "w") as archive:
        for name, entries in files.items():
            archive.writestr(f"scifact/{name}", "".join(json.dumps(e) + "\n" for e in entries))
        head = "query-id\tcorpus-id\tscore\n"
        archive.writestr("scifact/qrels/test.tsv", head + "q1\td1\t1\nq1\td2\t0\n")
        archive.writestr("scifact/qrels/train.tsv", head + "q2\td2\t1\n")
    found = _load(tmp_path, "beir/scifact/test")
    assert found["documents"] == 3
    assert found["queries"] == {"q1": "fox"}
    assert found["texts"] == {"d1": "Title red fox", "d2": "fox", "d3": ""}
    assert found["gold"] == {"q1": {"d1": 1, "d2": 0}}
    assert found["lists"] == {"q1": ["d2", "d1"]}
    assert found["present"] == ["d1"]
    kind, message = found["task_error"]
    assert kind == "InvalidError"
    assert "not the pinned reranking/beir/scifact" in message
    assert "5183 documents expected, 3 found; 300 queries expected, 1 found" in message


def test_a_nano_set(tmp_path: Path) -> None:
    home = tmp_path / "nano-beir" / "nq"
    _table(home / "corpus.parquet", [{"_id": "d1", "text": "fox"}, {"_id": "d2", "text": "owl"}])
    _table(home / "queries.parquet", [{"_id": "q1", "text": "owl"}])
    _table(home / "qrels.parquet", [{"query-id": "q1", "corpus-id": "d2"}])
    found = _load(tmp_path, "nano-beir/nq")
    assert found["lists"] == {"q1": ["d2"]}
    assert found["gold"] == {"q1": {"d2": 1}}
    assert "50 queries expected, 1 found" in found["task_error"][1]


def test_bright_with_exclusions_and_spaces_and_without_its_reasoning_files(
    tmp_path: Path,
) -> None:
    home = tmp_path / "bright"
    documents = {"a b/1.txt": "fox", "d1": "fox fox", "c d": "fox", "e": "fox fox fox"}
    _table(home / "leetcode.docs.parquet", [{"id": i, "content": t} for i, t in documents.items()])
    example = {"reasoning": "", "gold_answer": "", "gold_ids_long": ["N/A"]}
    queries = [
        {"id": "0", "query": "fox", "gold_ids": ["a b/1.txt"], "excluded_ids": ["e", "N/A"]},
        {"id": "1", "query": "fox", "gold_ids": ["d1", "d1"], "excluded_ids": ["N/A"]},
    ]
    _table(home / "leetcode.queries.parquet", [{**example, **query} for query in queries])
    run = tmp_path / "run.trec"
    run.write_text(
        "0 Q0 e 1 9 t\n0 Q0 a_b/1.txt 2 8 t\n0 Q0 c_d 3 7 t\n1 Q0 c_d 1 9 t\n1 Q0 e 2 8 t\n"
    )
    found = _load(tmp_path, "bright/leetcode")
    assert found["queries"] == {"0": "fox", "1": "fox"}
    assert found["gold"] == {"0": {"a b/1.txt": 1}, "1": {"d1": 1}}
    assert found["exclusions"] == {"0": ["e"]}
    assert found["lists"] == {"0": ["d1", "a b/1.txt", "c d"], "1": ["e", "d1", "a b/1.txt", "c d"]}
    assert "33485 exclusions expected, 1 found" in found["task_error"][1]
    assert _load(tmp_path, "bright/leetcode", run=run)["lists"] == {
        "0": ["a b/1.txt", "c d"],
        "1": ["c d", "e"],
    }


@pytest.mark.parametrize("name", ["beir/scifact/test", "nano-beir/nq", "bright/pony"])
def test_no_network_gives_one_line_and_the_way_offline(tmp_path: Path, name: str) -> None:
    found = _load(tmp_path, name)
    for kind, message in (found["error"], found["task_error"]):
        assert kind == "UsageError"
        assert message.startswith(f"{name} cannot be loaded through ir_datasets: ")
        assert f"--data DIR, where DIR/{name.removesuffix('/test')} is a folder" in message
        assert "\n" not in message


def test_a_name_it_does_not_know(tmp_path: Path) -> None:
    assert _load(tmp_path, "beir/nonsense")["error"][0] == "UsageError"
