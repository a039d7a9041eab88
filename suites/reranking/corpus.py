"""What a loader hands over: documents, queries, judgements and exclusions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


def document_text(title: str, text: str) -> str:
    """The one rule for the text of a document: title, a space, text; stripped."""
    return f"{title} {text}".strip()


class Corpus(Protocol):
    """Documents in a fixed order, which need not fit in memory."""

    def __len__(self) -> int:
        """Number of documents."""
        ...

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every (id, text), in corpus order."""
        ...

    def lookup(self, ids: Iterable[str]) -> dict[str, str]:
        """Texts of those ids that the corpus has."""
        ...

    def present(self, ids: Iterable[str]) -> set[str]:
        """Those ids that the corpus has."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryCorpus:
    """A corpus small enough to be held."""

    documents: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.documents)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every (id, text), in corpus order."""
        return iter(self.documents.items())

    def lookup(self, ids: Iterable[str]) -> dict[str, str]:
        """Texts of those ids that the corpus has."""
        return {i: self.documents[i] for i in ids if i in self.documents}

    def present(self, ids: Iterable[str]) -> set[str]:
        """Those ids that the corpus has."""
        return {i for i in ids if i in self.documents}


@dataclass(frozen=True, slots=True)
class Collection:
    """A test collection as loaded, before candidates are found.

    ``queries`` maps id to text in file order and may hold more than the judged ones. ``gold``
    maps query -> document -> grade; ``exclusions`` are documents that must never be ranked for a
    query. ``complete`` is false when the corpus holds only the texts of some candidate lists.
    ``first_stage`` is the collection's own candidate file, ``None`` for BM25; ``clusters`` name
    the source that queries share (default: each query is its own). ``judgements_alone`` is true
    where nothing but judgements was given, so that nobody knows which other queries there are.
    """

    corpus: Corpus
    queries: Mapping[str, str]
    gold: Mapping[str, Mapping[str, int]]
    exclusions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    first_stage: Path | None = None
    judgements_alone: bool = False


def corpus_digest(corpus: Corpus) -> str:
    """sha256 over all ids and texts in corpus order; lengths are part of it."""
    state = hashlib.sha256()
    for pair in corpus.texts():
        for part in pair:
            data = part.encode("utf-8", "surrogatepass")
            state.update(len(data).to_bytes(8, "little"))
            state.update(data)
    return state.hexdigest()
