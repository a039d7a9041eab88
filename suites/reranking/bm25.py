"""BM25 as the first stage: analysis, index and top-k, all written down.

Scoring is Lucene's variant as in Kamphuis et al., "Which BM25 do you mean?" (ECIR 2020), by
bm25s: sum over query tokens of ``ln(1 + (N - df + .5) / (df + .5)) * tf / (tf + k1 * (1 - b + b *
length / mean length))``. A token that occurs twice in the query counts twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.strict_json import Json
from suites.reranking import tokens
from suites.reranking.corpus import Corpus

K1 = 0.9
B = 0.4
# fmt: off
STOP_WORDS = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is",
    "it", "no", "not", "of", "on", "or", "such", "that", "the", "their", "then", "there",
    "these", "they", "this", "to", "was", "will", "with",
))
# fmt: on
"""Lucene's 33 English stop words."""


class Ranked(NamedTuple):
    """Document ids and scores of one query, best first."""

    documents: tuple[str, ...]
    scores: tuple[float, ...]


def parameters() -> dict[str, Json]:
    """All that is needed to make the same lists again."""
    return {
        "method": "lucene",
        "k1": K1,
        "b": B,
        "tokens": f"lower-cased, {tokens.TOKEN.pattern}, final 's removed; beyond ASCII composed "
        "(NFC), wide forms narrowed, marks kept with their letters",
        "tokens_without_spaces": tokens.PAIRED,
        "stop_words": "lucene-english-33",
        "stemmer": "porter",
        "bm25s": version("bm25s"),
        "PyStemmer": version("PyStemmer"),
    }


class Analyser:
    """Text to token ids: lower case, words, stop words out, possessive ending off, Porter stem."""

    def __init__(self) -> None:
        import Stemmer

        self._stem = Stemmer.Stemmer("porter").stemWord
        self._words: dict[str, int] = {}
        self.vocabulary: dict[str, int] = {}

    def ids(self, text: str, *, grow: bool) -> array[int]:
        """Token ids of a text, in order, repeats kept; ``grow`` numbers words never met."""
        words = self._words
        out = array("i")
        for word in tokens.words(text.lower()):
            token = words.get(word)
            if token is None:
                token = words[word] = self._number(word, grow=grow)
            if token >= 0:
                out.append(token)
        return out

    def _number(self, word: str, *, grow: bool) -> int:
        if word in STOP_WORDS:
            return -1
        stem = self._stem(word.removesuffix("'s").removesuffix("’s"))
        if grow:
            return self.vocabulary.setdefault(stem, len(self.vocabulary))
        return self.vocabulary.get(stem, -1)


class Index:
    """A BM25 index over the documents that have any text.

    ``empty`` counts the documents that were left out because they have none. Documents are
    streamed: only ids and token ids are held. A repeated id counts once, as first met.
    """

    def __init__(self, corpus: Corpus) -> None:
        import bm25s

        self._analyser = Analyser()
        self.empty = 0
        rows: list[array[int]] = []
        self._numbers: dict[str, int] = {}
        for document, text in corpus.texts():
            if not text:
                self.empty += 1
            elif document not in self._numbers:
                self._numbers[document] = len(rows)
                rows.append(self._analyser.ids(text, grow=True))
        self._ids = list(self._numbers)
        self._scorer: Any = None
        if self._analyser.vocabulary:
            self._scorer = bm25s.BM25(k1=K1, b=B, method="lucene", backend="numpy")
            vocabulary = self._analyser.vocabulary
            self._scorer.index((rows, vocabulary), create_empty_token=False, show_progress=False)

    def search(self, query: str, *, depth: int, without: Collection[str] = ()) -> Ranked:
        """The best ``depth`` documents that share a token with the query.

        Documents in ``without`` are taken out before the cut. Ties keep corpus order.
        """
        asked = self._analyser.ids(query, grow=False)
        if self._scorer is None or not asked:
            return Ranked((), ())
        scores = self._scorer.get_scores_from_ids(np.frombuffer(asked, np.int32))
        scores[[self._numbers[i] for i in without if i in self._numbers]] = 0
        best = _top(scores, depth)
        return Ranked(tuple(self._ids[i] for i in best), tuple(float(scores[i]) for i in best))


def search_all(
    corpus: Corpus,
    queries: Mapping[str, str],
    exclusions: Mapping[str, Collection[str]],
    *,
    depth: int,
) -> tuple[dict[str, Ranked], int]:
    """Lists for all queries, and the number of documents without any text."""
    index = Index(corpus)
    lists = {
        query: index.search(text, depth=depth, without=exclusions.get(query, ()))
        for query, text in queries.items()
    }
    return lists, index.empty


def _top(scores: NDArray[np.float32], depth: int) -> list[int]:
    found = np.flatnonzero(scores > 0)
    if len(found) > depth:
        values = scores[found]
        cut = np.partition(values, len(values) - depth)[len(values) - depth]
        found = found[values >= cut]
    order = np.argsort(-scores[found], kind="stable")  # stable: ties keep corpus order
    best: list[int] = found[order][:depth].tolist()
    return best
