"""Folders in BEIR layout: a corpus, queries and judgements.

``corpus`` and ``queries`` are ``.jsonl`` or any other table, or folders of them (the hub's
shards), each compressed or not. A document has ``_id`` (or ``id``), ``text`` and optionally
``title``, a query ``_id``, ``text`` and optionally ``excluded_ids`` as in BRIGHT. Judgements are
``qrels/<split>.tsv`` (or ``.jsonl``, ``.parquet``, ...), shards of a split below ``qrels``,
``data`` or ``default``, or one ``qrels.jsonl``, the form of LIMIT. What lies there in several
forms must be the same in all of them: taking one of two that differ would be a guess.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, MarginBenchError, UsageError, first_ids
from harness.tasks.reading.content import COMPRESSED
from harness.tasks.reading.json_text import objects
from harness.tasks.reading.run_json import document_id
from harness.tasks.tables import ending, kind_of, plain_files, read_table
from harness.tasks.trec import read_qrels
from suites.reranking.corpus import Collection, document_text

EXCLUDED_GRADE = -100
"""Grade by which ir_datasets marks documents that must not be ranked for a query (BRIGHT)."""

_LAYOUT = "A BEIR folder has corpus.jsonl, queries.jsonl and qrels/test.tsv (each may end in .gz)"
_IDS = ("_id", "id", "docid", "doc_id", "qid", "query_id", "query-id")
_TEXTS = ("text", "contents", "query")
_SHARD = re.compile(r"-\d+-of-\d+$")


HELD_CHARACTERS = 1 << 25
"""Characters of texts up to which those of a corpus are kept from its first reading."""


@dataclass(frozen=True, slots=True)
class FileCorpus:
    """Corpus files that are read again for each need, so that only ids are held.

    ``held`` are all (id, text) of a corpus whose texts are few, which is not read again.
    """

    paths: tuple[Path, ...]
    ids: frozenset[str]
    held: Sequence[tuple[str, str]] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every (id, text), in file order."""
        if self.held is not None:
            yield from self.held
            return
        for _, entry in _entries(self.paths, quick=True):
            yield _text_of(entry)

    def lookup(self, ids: Iterable[str]) -> dict[str, str]:
        """Texts of those ids that the corpus has; one pass over the file."""
        wanted = self.ids.intersection(ids)
        return {i: text for i, text in self.texts() if i in wanted} if wanted else {}

    def present(self, ids: Iterable[str]) -> set[str]:
        """Those ids that the corpus has."""
        return set(self.ids.intersection(ids))


def is_beir_folder(folder: Path) -> bool:
    """Whether the folder holds a corpus file in BEIR layout."""
    return bool(_forms(folder, "corpus"))


def read_folder(folder: Path, *, split: str | None = None) -> Collection:
    """Read a BEIR folder.

    ``split`` names the judgements; without it ``test`` is taken, or the only split there is.
    Raises :class:`UsageError` for a missing file or an unclear split and :class:`InvalidError`,
    with file and line, for what cannot be read.
    """
    corpus = _required(folder, "corpus")
    judged = _read_judgements(folder, split)
    gold, exclusions = split_exclusions(judged)
    queries = {}
    for where, query, entry in _unique_entries(_required(folder, "queries")):
        queries[query] = _text(where, query, entry, "text")
        excluded = _excluded(where, query, entry)
        if excluded:
            exclusions[query] = exclusions.get(query, frozenset()).union(excluded)
    return Collection(
        corpus=_corpus(corpus),
        queries=queries,
        gold=gold,
        exclusions=exclusions,
    )


def split_exclusions(
    judged: Mapping[str, Mapping[str, int]],
) -> tuple[dict[str, dict[str, int]], dict[str, frozenset[str]]]:
    """Part judgements into gold and excluded documents (grade -100)."""
    gold = {
        query: {i: grade for i, grade in grades.items() if grade != EXCLUDED_GRADE}
        for query, grades in judged.items()
    }
    exclusions = {
        query: frozenset(i for i, grade in grades.items() if grade == EXCLUDED_GRADE)
        for query, grades in judged.items()
    }
    return (
        {query: grades for query, grades in gold.items() if grades},
        {query: ids for query, ids in exclusions.items() if ids},
    )


def _excluded(where: str, query: str, entry: Mapping[str, Any]) -> list[str]:
    listed = entry.get("excluded_ids")
    if not isinstance(listed, list | tuple | None):
        raise InvalidError(f"{where}: the excluded_ids of {query!r} are no list")
    return [document_id(i, f"{where}: excluded_ids") for i in listed or () if i != "N/A"]


def _read_judgements(folder: Path, split: str | None) -> dict[str, dict[str, int]]:
    return _merged(_qrels_files(folder, split))


def _merged(paths: Iterable[Path]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for path in paths:
        for query, grades in read_qrels(path).items():
            judged = found.setdefault(query, {})
            twice = [i for i, grade in grades.items() if judged.get(i, grade) != grade]
            if twice:
                raise InvalidError(
                    f"{path}: other grades of {query!r} than before: {first_ids(twice)}"
                )
            judged.update(grades)
    return found


def _qrels_files(folder: Path, split: str | None) -> tuple[Path, ...]:
    alone = _forms(folder, "qrels")
    if alone and not (folder / "qrels").is_dir():
        return _same(alone, _merged)
    place = next((folder / n for n in ("qrels", "data", "default") if (folder / n).is_dir()), None)
    found: dict[str, list[Path]] = {}
    judged = (path for path in sorted((place or folder / "qrels").glob("*")) if _kind(path))
    for path in plain_files(judged):
        found.setdefault(_SHARD.sub("", _stem(path)), []).append(path)
    if not found:
        raise UsageError(f"{folder / 'qrels'} holds no <split>.tsv", fix=_LAYOUT)
    wanted = split or ("test" if "test" in found or len(found) > 1 else next(iter(found)))
    if wanted not in found:
        raise UsageError(
            f"{place} has no split {wanted!r}, only {first_ids(list(found))}",
            fix=f"Name the judgements to use {wanted}.tsv",
        )
    shards = tuple(path for path in found[wanted] if _SHARD.search(_stem(path)))
    forms = [(path,) for path in found[wanted] if path not in shards]
    # Who names a split does not mean a file that names none.
    return _same([*([shards] if shards else []), *forms, *([] if split else alone)], _merged)


def _same(
    forms: Sequence[tuple[Path, ...]], content: Callable[[tuple[Path, ...]], object]
) -> tuple[Path, ...]:
    """The first of several forms of one thing. Raises :class:`UsageError` unless all are alike."""
    if len(forms) > 1:
        first = content(forms[0])
        for other in forms[1:]:
            if not _alike(first, other, content):
                raise UsageError(
                    f"{forms[0][0]} and {_beside(other[0], forms[0][0])} are two forms of one "
                    "thing, and differ",
                    fix="Keep the one that counts in that folder",
                )
    return forms[0]


def _alike(
    first: object, other: tuple[Path, ...], content: Callable[[tuple[Path, ...]], object]
) -> bool:
    try:
        return content(other) == first
    except MarginBenchError:  # it cannot be read, and so does not say the same
        return False


def _beside(path: Path, other: Path) -> str:
    return path.name if path.parent == other.parent else str(path)


def _digest(paths: tuple[Path, ...]) -> tuple[int, int]:
    """Count and sum of hashes of all entries: a corpus need not fit into memory for it."""
    count = total = 0
    for where, entry in _entries(paths):
        listed = entry.get("excluded_ids") or ()
        said = [document_id(entry["_id"], where), entry.get("title") or "", entry["text"]]
        text = json.dumps([*said, sorted(map(str, listed))], default=str)
        hashed = sha256(text.encode()).digest()
        count, total = count + 1, (total + int.from_bytes(hashed)) % (1 << 256)
    return count, total


def _corpus(paths: tuple[Path, ...]) -> FileCorpus:
    ids: list[str] = []
    held: list[tuple[str, str]] = []
    room = HELD_CHARACTERS
    for where, document, entry in _unique_entries(paths):
        _text(where, document, entry, "text")
        if not isinstance(entry.get("title") or "", str):
            raise InvalidError(f"{where}: the title of {document!r} is not a string")
        ids.append(document)
        if room >= 0:
            held.append(_text_of(entry))
            room -= sum(map(len, held[-1]))
            if room < 0:
                held.clear()
    if not ids:
        raise InvalidError(f"{paths[0]} holds no documents")
    return FileCorpus(paths, frozenset(ids), tuple(held) if room >= 0 else None)


def _text_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    return str(entry["_id"]), document_text(entry.get("title") or "", entry["text"])


def _unique_entries(paths: Sequence[Path]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    seen: dict[str, str] = {}
    for where, entry in _entries(paths):
        name = document_id(entry["_id"], where)
        if name in seen:
            line = seen[name].rpartition(":")[2]
            raise InvalidError(f"{where}: id {name!r} was already used in line {line}")
        seen[name] = where
        yield where, name, entry


def _text(where: str, name: str, entry: dict[str, Any], field: str) -> str:
    value = entry[field]
    if not isinstance(value, str):
        raise InvalidError(f"{where}: the {field} of {name!r} is not a string")
    return value


def _entries(paths: Sequence[Path], *, quick: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where it stands, and an entry with ``_id`` and ``text`` whatever they are called."""
    for path in paths:
        for where, entry in _raw_entries(path, quick=quick):
            for wanted, names in (("_id", _IDS), ("text", _TEXTS)):
                if wanted not in entry:
                    name = next((name for name in names if name in entry), None)
                    if name is None:
                        raise InvalidError(f"{where}: field {wanted!r} is missing")
                    entry[wanted] = entry[name]
            yield where, entry


def _raw_entries(path: Path, *, quick: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    if ending(path).startswith((".jsonl", ".ndjson")):
        return ((f"{path}:{number}", entry) for number, entry in objects(path, quick=quick))
    return ((f"{path}:{row.number}", row.values) for row in read_table(path))


def _required(folder: Path, name: str) -> tuple[Path, ...]:
    found = _forms(folder, name)
    if not found:
        for path in sorted(folder.glob(f"{name}.*")):
            if _stem(path) == name and ending(path):
                raise UsageError(f"{path} is {kind_of(path)}, and no file", fix=_LAYOUT)
        raise UsageError(f"{folder / name}.jsonl is missing", fix=_LAYOUT)
    return _same(found, _digest)


def _forms(folder: Path, name: str) -> list[tuple[Path, ...]]:
    """Files called so, plain before compressed and lines before others, and a folder's shards."""
    if not folder.is_dir():
        return []
    order = (".jsonl", ".jsonl.gz", ".ndjson", ".parquet")
    files = [path for path in folder.glob(f"{name}.*") if path.is_file() and _stem(path) == name]
    known = sorted(
        (path for path in files if ending(path) or (name == "qrels" and _kind(path))),
        key=lambda path: (*(ending(path) != one for one in order), path.name),
    )
    inside = sorted((folder / name).glob("*")) if name != "qrels" else []
    shards = tuple(plain_files(path for path in inside if ending(path)))
    return [*((path,) for path in known), *([shards] if shards else [])]


def _kind(path: Path) -> str:
    """The ending by which a file is a table or a list of judgements, or ``""``."""
    name = path.name.lower()
    plain = next((name.removesuffix(end) for end in COMPRESSED if name.endswith(end)), name)
    text = next((end for end in (".txt", ".qrels", ".trec") if plain.endswith(end)), "")
    return ending(path) or (text and text + name[len(plain) :])


def _stem(path: Path) -> str:
    return path.name[: len(path.name) - len(_kind(path))]
