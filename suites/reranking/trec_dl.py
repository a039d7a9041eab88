"""TREC Deep Learning from a folder of candidate lists.

The folder has ``topics.tsv``, ``qrels.txt``, and ``candidates/*.json`` (lists with texts, as
rank_llm writes them) or ``runs/*.trec`` (ids only).
"""

from __future__ import annotations

from pathlib import Path

from harness.errors import InvalidError, UsageError
from harness.tasks.reading.content import text_lines
from harness.tasks.reading.run_json import read_entries
from harness.tasks.trec import read_qrels
from suites.reranking.corpus import Collection, MemoryCorpus, document_text


def is_trec_dl_folder(folder: Path) -> bool:
    """Whether the folder has topics and judgements of the kind read here."""
    return (folder / "topics.tsv").is_file() and (folder / "qrels.txt").is_file()


def read_trec_dl(folder: Path) -> Collection:
    """Read topics, judgements and the texts of every candidates file.

    The corpus is then only what those files hold. The first stage is the BM25 list of the
    folder, if it has one. Raises as the readers of the single files do.
    """
    return Collection(
        corpus=MemoryCorpus(_texts(folder)),
        queries=_topics(folder / "topics.tsv"),
        gold=read_qrels(folder / "qrels.txt"),
        complete=False,
        first_stage=_bm25_list(folder),
    )


def _topics(path: Path) -> dict[str, str]:
    topics: dict[str, str] = {}
    if not path.is_file():
        raise UsageError(f"topics file {path} does not exist")
    for number, line in text_lines(path):
        query, tab, text = line.partition("\t")
        if not tab or not text.strip():
            raise InvalidError(f"{path}:{number}: expected a query id, a tab and a text")
        if query in topics:
            raise InvalidError(f"{path}:{number}: query {query!r} is there twice")
        topics[query] = text.strip()
    return topics


def _texts(folder: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in sorted((folder / "candidates").glob("*.json")):
        for entry in read_entries(path):
            for hit in entry.hits:
                if hit.text is not None:
                    texts.setdefault(hit.document, document_text(hit.title, hit.text))
    return texts


def _bm25_list(folder: Path) -> Path | None:
    found = sorted((folder / "candidates").glob("BM25*.json"))
    found += sorted((folder / "runs").glob("BM25*.trec"))
    plain = [path for path in found if path.name.split(".")[0] == "BM25"]
    return next(iter([*plain, *found]), None)
