"""Collections through ir_datasets, which downloads what is not there yet.

Files that lie in ``IR_DATASETS_HOME`` already are used without any network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.tasks.cache import refuse_downloads
from harness.tasks.downloads import download_errors
from harness.tasks.parquet import read_parquet
from suites.reranking.corpus import Collection, document_text
from suites.reranking.folder import EXCLUDED_GRADE


@dataclass(frozen=True, slots=True)
class IrdsCorpus:
    """The documents of a dataset of ir_datasets, streamed or looked up in its store."""

    dataset: str

    def __len__(self) -> int:
        with _errors(self.dataset):
            dataset = _load(self.dataset)
            count = dataset.docs_count()
            return sum(1 for _ in dataset.docs_iter()) if count is None else int(count)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every (id, text), in the dataset's order."""
        with _errors(self.dataset):
            documents = iter(_load(self.dataset).docs_iter())
        while True:
            with _errors(self.dataset):
                document = next(documents, None)
            if document is None:
                return
            yield document.doc_id, _text_of(document)

    def lookup(self, ids: Iterable[str]) -> dict[str, str]:
        """Texts of those ids that the dataset has."""
        with _errors(self.dataset):
            found = _load(self.dataset).docs_store().get_many(list(ids))
            return {name: _text_of(document) for name, document in found.items()}

    def present(self, ids: Iterable[str]) -> set[str]:
        """Those ids that the dataset has."""
        return set(self.lookup(ids))


def read_irds(name: str) -> Collection:
    """Read queries and judgements of a dataset; documents are read when asked for.

    Judgements of grade -100 are exclusions (BRIGHT). Raises :class:`UsageError` with one line
    when anything cannot be downloaded or read.
    """
    with _errors(name):
        dataset = _load(name)
        gold: dict[str, dict[str, int]] = {}
        excluded: dict[str, set[str]] = {}
        for judgement in dataset.qrels_iter():
            query, document = judgement.query_id, judgement.doc_id
            if judgement.relevance != EXCLUDED_GRADE:
                gold.setdefault(query, {})[document] = int(judgement.relevance)
            elif document != "N/A":
                excluded.setdefault(query, set()).add(document)
        queries = dict(_queries(dataset))
    return Collection(
        corpus=IrdsCorpus(name),
        queries=queries,
        gold=gold,
        exclusions={query: frozenset(ids) for query, ids in excluded.items()},
    )


def _queries(dataset: Any) -> Iterator[tuple[str, str]]:
    # BRIGHT's own iterator fetches five more files of model-written reasoning; the text of the
    # queries is in the examples file.
    examples = getattr(dataset.queries_handler(), "_dlc", None)
    if dataset.queries_namespace() == "bright" and examples is not None:
        rows = read_parquet(Path(examples.path()), columns=["id", "query"]).to_pylist()
        yield from ((str(row["id"]), row["query"]) for row in rows)
        return
    for query in dataset.queries_iter():
        yield query.query_id, query.text


def _text_of(document: Any) -> str:
    return document_text(getattr(document, "title", None) or "", document.text)


def _load(name: str) -> Any:
    refuse_downloads(name)
    import ir_datasets

    return ir_datasets.load(name)


def _errors(name: str) -> AbstractContextManager[None]:
    folder = name.removesuffix("/test").removesuffix("/dev")
    offline = f"go offline with --data DIR, where DIR/{folder} is a folder in BEIR layout"
    return download_errors(name, "ir_datasets", offline=offline)
