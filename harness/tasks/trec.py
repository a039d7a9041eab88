"""Runs and relevance judgements (qrels), however they are written: TREC's lines above all."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.coded import Coded
from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file, write_atomic
from harness.tasks.arrow import as_numpy, from_numbers
from harness.tasks.reading.content import COMPRESSED, head_of, marked_encoding, say
from harness.tasks.reading.judgements import read_judgements
from harness.tasks.reading.run_columns import Columns, read_columns
from harness.tasks.reading.run_json import read_json_run
from harness.tasks.reading.run_lines import read_lines
from harness.tasks.reading.run_tables import is_header, read_table_run


class RunList(NamedTuple):
    """One query's documents and scores, best first."""

    documents: list[str]
    scores: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run in file order, as columns of equal length.

    ``queries`` are the distinct query ids in order of appearance; ``query_codes`` point into
    them. ``documents`` is a pyarrow dictionary array of ids. ``name`` is the tag of the first line
    (the file's stem when there is none); ``sha256`` is that of the file as it lies on disk.
    ``unscored`` says where the first score that is NaN stands, ``""`` where none is.
    """

    name: str
    sha256: str
    queries: tuple[str, ...]
    query_codes: NDArray[np.int32]
    documents: Any
    ranks: NDArray[np.int64]
    scores: NDArray[np.float64]
    unscored: str = ""

    def __len__(self) -> int:
        return len(self.scores)

    def query_ids(self) -> Coded:
        """The query of each line."""
        return Coded(self.queries, self.query_codes)

    def document_ids(self) -> Coded:
        """The document of each line."""
        names, codes = _parted(self.documents)
        return Coded(names.to_pylist(), codes)

    def groups(self) -> RunGroups:
        """Per query the list sorted by score (descending), ties by rank, then file order."""
        return RunGroups(self)


class RunGroups(Mapping[str, RunList]):
    """A read-only mapping query id -> :class:`RunList`, in order of first appearance.

    Lists are made when asked for, so that millions of lines cost no millions of objects.
    """

    def __init__(self, run: Run) -> None:
        order = _ranked_order(run)
        counts = np.bincount(run.query_codes, minlength=len(run.queries))
        self._ends = np.cumsum(counts)
        self._starts = self._ends - counts
        self._code = {query: code for code, query in enumerate(run.queries)}
        names, codes = _parted(run.documents)
        # Names that many lines share are one object; where most are there once, none is kept.
        self._names = names.to_pylist() if 2 * len(names) <= len(run) else None
        self._distinct = names
        self._codes = codes if order is None else codes[order]
        self._scores = run.scores if order is None else run.scores[order]

    def __getitem__(self, query: str) -> RunList:
        code = self._code[query]
        rows = slice(self._starts[code], self._ends[code])
        return RunList(self._documents(self._codes[rows]), self._scores[rows])

    def _documents(self, codes: NDArray[np.int32]) -> list[str]:
        if self._names is None:
            found: list[str] = self._distinct.take(from_numbers(codes)).to_pylist()
            return found
        return list(map(self._names.__getitem__, codes.tolist()))

    def __iter__(self) -> Iterator[str]:
        return iter(self._code)

    def __len__(self) -> int:
        return len(self._code)


def read_run(path: Path, *, failed: bool = False) -> Run:
    """Read a run in any form of :mod:`harness.tasks.reading`, compressed or not.

    ``failed`` admits scores that are NaN, of documents that could not be scored.

    Raises :class:`UsageError` when the file is missing, and :class:`InvalidError` that names
    file and line for a wrong number of fields, a rank that is no integer or a score that is no
    finite number; also for an empty file and for repeated (query, document) pairs.
    """
    _require_file(path, "run file")
    columns = _columns(path)
    if columns.unscored and not failed:
        raise InvalidError(columns.unscored)
    if columns.note:
        say(f"{path}: {columns.note}")
    run = Run(
        name=columns.tag or run_stem(path),
        sha256=sha256_file(path),
        unscored=columns.unscored,
        **{**columns.fields, "documents": _encoded(columns.fields.pop("documents"))},
    )
    _refuse_duplicates(run, path)
    return run


def _columns(path: Path) -> Columns:
    head = head_of(path, 1 << 16)
    if head.startswith((b"PAR1", b"PK\x03\x04")):
        return read_table_run(path)
    text = head.decode(marked_encoding(path), "ignore").lstrip()
    if text[:1] in ("[", "{"):
        return read_json_run(path) or read_table_run(path)
    first = text.partition("\n")[0]
    if is_header(re.split("[,;|]", first)) or is_header(first.split()):
        return read_table_run(path)
    return read_columns(path) or read_lines(path)


def write_run(
    path: Path, lists: Iterable[tuple[str, Sequence[str], Sequence[float]]], *, name: str
) -> None:
    """Write what :func:`run_bytes` gives. ``.gz`` paths are compressed."""
    data = run_bytes(lists, name=name)
    write_atomic(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def run_bytes(lists: Iterable[tuple[str, Sequence[str], Sequence[float]]], *, name: str) -> bytes:
    """``(query, documents, scores)`` lists, best first, as a TREC run; ranks start at 1.

    White space inside ids becomes ``_``; raises :class:`InvalidError` when that would make two
    documents of a query the same.
    """
    lines = []
    tag = _one_word(name)
    for query, documents, scores in lists:
        words = [_one_word(document) for document in documents]
        if len(set(words)) < len(words):
            raise InvalidError(f"documents of query {query!r} differ only in white space")
        pairs = zip(words, scores, strict=True)
        head = _one_word(query)
        lines += [f"{head} Q0 {d} {i} {float(s)!r} {tag}\n" for i, (d, s) in enumerate(pairs, 1)]
    return "".join(lines).encode()


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read judgements: query id -> document id -> grade, in file order.

    They may stand in any form of :mod:`harness.tasks.reading.judgements`. Raises
    :class:`UsageError` when the file is missing, and :class:`InvalidError` for malformed lines
    (file and line), documents with two grades, and a file without judgements.
    """
    _require_file(path, "judgements file")
    return read_judgements(path)


def _ranked_order(run: Run) -> NDArray[np.int64] | None:
    """Where each line of the sorted lists stands; ``None`` for a run that is sorted already."""
    codes, scores, ranks = run.query_codes, run.scores, run.ranks
    same = codes[1:] == codes[:-1]
    falling = (scores[1:] < scores[:-1]) | ((scores[1:] == scores[:-1]) & (ranks[1:] >= ranks[:-1]))
    if bool(((codes[1:] > codes[:-1]) | (same & falling)).all()):
        return None
    return np.lexsort((ranks, -scores, codes))  # stable: file order decides what is left


def _refuse_duplicates(run: Run, path: Path) -> None:
    if _all_differ(run):
        return
    repeated = []
    for query, (documents, _) in run.groups().items():
        if len(set(documents)) < len(documents):
            counts = Counter(documents)
            repeated += [f"{query} {document}" for document, n in counts.items() if n > 1]
    _refuse(path, repeated)


def _all_differ(run: Run) -> bool:
    """Whether no (query, document) pair stands twice, by columns."""
    names, own = _parted(run.documents)
    codes = run.query_codes.astype(np.int64) * max(len(names), 1) + own
    codes.sort()
    return bool((codes[1:] != codes[:-1]).all())


def _encoded(documents: Any) -> Any:
    """An array of ids in which each of them is kept once."""
    encoded = documents.dictionary_encode()
    return getattr(encoded, "combine_chunks", lambda: encoded)()


def _parted(documents: Any) -> tuple[Any, NDArray[np.int32]]:
    """The distinct documents of a run as a pyarrow array, and of each line its place there."""
    return documents.dictionary, as_numpy(documents.indices)


def _refuse(path: Path, repeated: list[str]) -> None:
    if repeated:
        raise InvalidError(
            f"{path}: {len(repeated)} repeated (query, document) pairs: {first_ids(repeated)}"
        )


def _one_word(text: str) -> str:
    # str.split() would also split at the no-break spaces that ids may hold.
    return b"_".join(text.encode().split()).decode() if text.strip() else "_"


def _require_file(path: Path, kind: str) -> None:
    if not path.exists():
        raise UsageError(f"{kind} {path} does not exist")


def run_stem(path: Path) -> str:
    """The name of a run's file without its endings."""
    return Path(path.stem).stem if path.suffix.lower() in COMPRESSED else path.stem
