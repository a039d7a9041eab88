"""Their side of ``reranking_vs_mteb.py``: ``mteb.evaluate`` on a reranking task of our data.

Arguments: ``task.json``, the model's folder, and ``full`` or ``candidates``: whether mteb is
given the whole corpus (as when it reranks a first stage of one of its retrieval tasks) or only
the documents that are in some list.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import mteb
from datasets import Dataset
from mteb.abstasks.retrieval import AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata
from sentence_transformers import SentenceTransformer


class CodeSearch(AbsTaskRetrieval):  # type: ignore[misc]
    """A reranking task as mteb wants it: corpus, queries, judgements, ``top_ranked``."""

    metadata = TaskMetadata(
        name="CodeSearchReranking",
        description="Find a function by the first paragraph of its docstring.",
        reference=None,
        dataset={"path": "local/code-search", "revision": "1"},
        type="Reranking",
        category="t2t",
        modalities=["text"],
        eval_splits=["test"],
        eval_langs=["eng-Latn"],
        main_score="ndcg_at_10",
        date=None,
        domains=None,
        task_subtypes=None,
        license=None,
        annotations_creators=None,
        dialect=None,
        sample_creation=None,
        bibtex_citation=None,
    )
    given: dict[str, Any]

    def load_data(self, num_proc: int | None = None, **_: Any) -> None:
        """Hand over what is in memory already."""
        task = self.given
        split = {
            "corpus": _rows(task["corpus"]),
            "queries": _rows(task["queries"]),
            "relevant_docs": task["qrels"],
            "top_ranked": task["candidates"],
        }
        self.dataset = {"default": {"test": split}}
        self.data_loaded = True


def _rows(texts: dict[str, str]) -> Dataset:
    return Dataset.from_dict({"id": list(texts), "text": list(texts.values())})


def main() -> None:
    """Evaluate and print nDCG@10 and where the time went."""
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    if sys.argv[3] == "candidates":
        kept = {document for ranked in given["candidates"].values() for document in ranked}
        given["corpus"] = {i: text for i, text in given["corpus"].items() if i in kept}
    model = SentenceTransformer(sys.argv[2], device="cpu")
    task = CodeSearch()
    task.given = given
    start = time.perf_counter()
    result = mteb.evaluate(
        model, task, cache=None, co2_tracker=False, encode_kwargs={"show_progress_bar": False}
    )
    seconds = time.perf_counter() - start
    found = result.task_results[0]
    phases = {p["name"]: p["end"] - p["start"] for p in found.evaluation_phases or []}
    encoding = sum(spent for name, spent in phases.items() if name.startswith("Encoding"))
    answer = {
        "evaluate": seconds,
        "encoding": encoding,
        "phases": phases,
        "ndcg": found.scores["test"][0]["ndcg_at_10"],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
