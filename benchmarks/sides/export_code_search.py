"""The data of ``reranking_vs_mteb.py``: code search over the functions of installed packages.

The embedded task's rule (query: first paragraph of the docstring; document: the function without
docstring and comments) applied to the packages named below, in an order that a hash decides.
Arguments: the folder to write, number of documents, number of queries. Written are a BEIR folder,
``bm25.trec`` with the top-100 lists of our own first stage, and ``task.json`` with the same for
readers that know neither.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path

from harness.tasks.trec import write_run
from suites.networkx_functions import Function, functions
from suites.reranking.bm25 import search_all
from suites.reranking.corpus import MemoryCorpus

PACKAGES = ("networkx", "numpy", "pandas", "scipy", "sklearn")
DEPTH = 100


def main() -> None:
    """Write everything."""
    folder, documents, queries = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    found = [function for name in PACKAGES for function in functions(_folder(name))]
    found.sort(key=_by_hash)
    corpus = {function.document_id: function.document for function in found[:documents]}
    chosen = {function.query_id: function for function in found[:queries]}
    texts = {query: function.query for query, function in chosen.items()}
    lists, _ = search_all(MemoryCorpus(corpus), texts, {}, depth=DEPTH)
    folder.mkdir(parents=True)
    _write_beir(folder, corpus, chosen)
    write_run(
        folder / "bm25.trec",
        ((query, ranked.documents, ranked.scores) for query, ranked in lists.items()),
        name="bm25",
    )
    task = {
        "corpus": corpus,
        "queries": texts,
        "qrels": {query: {function.document_id: 1} for query, function in chosen.items()},
        "candidates": {query: list(ranked.documents) for query, ranked in lists.items()},
    }
    (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    union = {document for ranked in lists.values() for document in ranked.documents}
    counts = {"documents": len(corpus), "queries": len(texts), "candidates": len(union)}
    print(json.dumps(counts))


def _write_beir(folder: Path, corpus: dict[str, str], chosen: dict[str, Function]) -> None:
    lines = {
        "corpus.jsonl": [{"_id": i, "title": "", "text": text} for i, text in corpus.items()],
        "queries.jsonl": [{"_id": i, "text": f.query} for i, f in chosen.items()],
    }
    for name, entries in lines.items():
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        (folder / name).write_text(text, encoding="utf-8")
    judged = "".join(f"{query}\t{f.document_id}\t1\n" for query, f in chosen.items())
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + judged)


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{package} is not installed")
    return Path(spec.submodule_search_locations[0])


def _by_hash(function: Function) -> bytes:
    return hashlib.sha256(function.document_id.encode()).digest()


if __name__ == "__main__":
    main()
