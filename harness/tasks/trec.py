"""TREC run files and relevance judgements (qrels), plain or gzip.

A run line is ``query Q0 document rank score tag``, separated by white space. Judgements are
TREC's ``query iteration document grade`` or BEIR's tab-separated ``query-id corpus-id score``
with a header line, in which ids may hold spaces. Only ASCII white space separates fields.
"""

from __future__ import annotations

import gzip
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file, write_atomic
from harness.tasks.trec_columns import Columns, opened, read_columns


class RunList(NamedTuple):
    """One query's documents and scores, best first."""

    documents: list[str]
    scores: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run in file order, as columns of equal length.

    ``queries`` are the distinct query ids in order of appearance; ``query_codes`` point into
    them. ``documents`` is a pyarrow array of ids. ``name`` is the tag of the first line (the
    file's stem when there is none); ``sha256`` is that of the file as it lies on disk.
    """

    name: str
    sha256: str
    queries: tuple[str, ...]
    query_codes: NDArray[np.int32]
    documents: Any
    ranks: NDArray[np.int64]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scores)

    def groups(self) -> RunGroups:
        """Per query the list sorted by score (descending), ties by rank, then file order."""
        return RunGroups(self)


class RunGroups(Mapping[str, RunList]):
    """A read-only mapping query id -> :class:`RunList`, in order of first appearance.

    Lists are made when asked for, so that millions of lines cost no millions of objects.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._order = _ranked_order(run)
        counts = np.bincount(run.query_codes, minlength=len(run.queries))
        self._ends = np.cumsum(counts)
        self._starts = self._ends - counts
        self._code = {query: code for code, query in enumerate(run.queries)}

    def __getitem__(self, query: str) -> RunList:
        code = self._code[query]
        rows = self._order[self._starts[code] : self._ends[code]]
        return RunList(self._run.documents.take(rows).to_pylist(), self._run.scores[rows])

    def __iter__(self) -> Iterator[str]:
        return iter(self._code)

    def __len__(self) -> int:
        return len(self._code)


def read_run(path: Path) -> Run:
    """Read a TREC run file, plain or ``.gz``.

    Raises :class:`UsageError` when the file is missing, and :class:`InvalidError` that names
    file and line for a wrong number of fields, a rank that is no integer or a score that is no
    finite number; also for an empty file and for repeated (query, document) pairs.
    """
    _require_file(path, "run file")
    columns = read_columns(path) or _read_lines(path)
    run = Run(name=columns.tag or _stem(path), sha256=sha256_file(path), **columns.fields)
    _refuse_duplicates(run, path)
    return run


def write_run(
    path: Path, lists: Iterable[tuple[str, Sequence[str], Sequence[float]]], *, name: str
) -> None:
    """Write ``(query, documents, scores)`` lists, best first, as a TREC run; ranks start at 1.

    White space inside ids becomes ``_``; raises :class:`InvalidError` when that would make two
    documents of a query the same. ``.gz`` paths are compressed.
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
    data = "".join(lines).encode()
    write_atomic(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read judgements: query id -> document id -> grade, in file order.

    Raises :class:`UsageError` when the file is missing, and :class:`InvalidError` for malformed
    lines (file and line), repeated (query, document) pairs, and a file without judgements.
    """
    _require_file(path, "judgements file")
    qrels: dict[str, dict[str, int]] = {}
    repeated = []
    for number, line in _numbered_lines(path):
        fields = _qrels_fields(line)
        if fields is None:
            raise _malformed(path, number, "expected 'query 0 document grade', or three fields")
        query, document, grade = fields
        try:
            value = int(grade)
        except ValueError:
            if number == 1:
                continue  # the header line of BEIR files
            raise _malformed(path, number, f"grade {grade!r} is not an integer") from None
        judged = qrels.setdefault(query, {})
        if document in judged:
            repeated.append(f"{query} {document}")
        judged[document] = value
    _refuse(path, repeated)
    if not qrels:
        raise InvalidError(f"{path} holds no judgements")
    return qrels


def _qrels_fields(line: str) -> tuple[str, str, str] | None:
    fields = line.rstrip("\r\n").split("\t")
    if len(fields) < 3:
        fields = _split(line)
    if len(fields) == 4:
        return fields[0], fields[2], fields[3]
    return (fields[0], fields[1], fields[2]) if len(fields) == 3 else None


def _read_lines(path: Path) -> Columns:
    import pyarrow as pa

    queries: dict[str, int] = {}
    documents: list[str] = []
    query_codes = array("i")
    ranks, scores = array("q"), array("d")
    tag = ""
    for number, line in _numbered_lines(path):
        fields = _split(line)
        if len(fields) != 6:
            raise _malformed(
                path,
                number,
                f"expected 6 fields (query Q0 document rank score tag), found {len(fields)}",
            )
        tag = tag or fields[5]
        query_codes.append(queries.setdefault(fields[0], len(queries)))
        documents.append(fields[2])
        ranks.append(_rank(fields[3], path, number))
        scores.append(_score(fields[4], path, number))
    if not queries:
        raise InvalidError(f"{path} is empty: a run needs at least one line")
    fields_out = {
        "queries": tuple(queries),
        "documents": pa.array(documents, pa.large_string()),
        "query_codes": np.array(query_codes, np.int32),
        "ranks": np.array(ranks, np.int64),
        "scores": np.array(scores, np.float64),
    }
    return Columns(tag, fields_out)


def _rank(text: str, path: Path, number: int) -> int:
    try:
        rank = int(text)
    except ValueError:
        raise _malformed(path, number, f"rank {text!r} is not an integer") from None
    if abs(rank) >= 1 << 63:
        raise _malformed(path, number, f"rank {text!r} is out of range")
    return rank


def _score(text: str, path: Path, number: int) -> float:
    try:
        score = float(text)
    except ValueError:
        raise _malformed(path, number, f"score {text!r} is not a number") from None
    if not math.isfinite(score):
        raise _malformed(path, number, f"score {text!r} is not finite")
    return score


def _ranked_order(run: Run) -> NDArray[np.int64]:
    codes, scores, ranks = run.query_codes, run.scores, run.ranks
    same = codes[1:] == codes[:-1]
    falling = (scores[1:] < scores[:-1]) | ((scores[1:] == scores[:-1]) & (ranks[1:] >= ranks[:-1]))
    if bool(((codes[1:] > codes[:-1]) | (same & falling)).all()):
        return np.arange(len(codes))
    return np.lexsort((ranks, -scores, codes))  # stable: file order decides what is left


def _refuse_duplicates(run: Run, path: Path) -> None:
    repeated = []
    for query, (documents, _) in run.groups().items():
        if len(set(documents)) < len(documents):
            counts = Counter(documents)
            repeated += [f"{query} {document}" for document, n in counts.items() if n > 1]
    _refuse(path, repeated)


def _refuse(path: Path, repeated: list[str]) -> None:
    if repeated:
        raise InvalidError(
            f"{path}: {len(repeated)} repeated (query, document) pairs: {first_ids(repeated)}"
        )


def _numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise _malformed(path, number, f"not UTF-8 ({error.reason})") from None
            if text.strip():
                yield number, text


def _split(line: str) -> list[str]:
    # str.split() would also split at the no-break spaces that ids may hold.
    return [part.decode() for part in line.encode().split()]


def _one_word(text: str) -> str:
    return "_".join(_split(text)) if text.strip() else "_"


def _malformed(path: Path, number: int, what: str) -> InvalidError:
    return InvalidError(f"{path}:{number}: {what}")


def _require_file(path: Path, kind: str) -> None:
    if not path.is_file():
        raise UsageError(f"{kind} {path} does not exist")


def _stem(path: Path) -> str:
    return Path(path.stem).stem if path.suffix == ".gz" else path.stem
