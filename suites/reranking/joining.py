"""Joining the ids of a run file to those of a collection.

A TREC run cannot hold ids with spaces; tools write ``_`` instead. An id of the run that is not
known as such is therefore looked for among the ids with their spaces replaced; where that leaves
two possibilities, it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import InvalidError, first_ids
from suites.reranking.bm25 import Ranked
from suites.reranking.candidates import CandidateFile
from suites.reranking.corpus import Corpus


def joined_queries(file: CandidateFile, known: Mapping[str, str]) -> dict[str, str]:
    """Map query id -> the id it has in the run, for every query of the run.

    Raises :class:`InvalidError` for queries that the collection does not know at all.
    """
    written = _written_forms(known)
    names: dict[str, str] = {}
    unknown = []
    for name in file.lists:
        meant = _meant(name, written, file.path)
        if meant is None:
            unknown.append(name)
        elif meant in names:
            raise InvalidError(f"{file.path}: {name!r} and {names[meant]!r} are one query")
        else:
            names[meant] = name
    if unknown:
        raise InvalidError(
            f"{file.path} names {len(unknown)} queries that the task does not know: "
            f"{first_ids(unknown)}"
        )
    return names


def joined_documents(lists: Mapping[str, Ranked], corpus: Corpus, path: Path) -> dict[str, Ranked]:
    """The lists with the corpus's own ids. Ids that stay unknown are left as they are."""
    suspects = {i for ranked in lists.values() for i in ranked.documents if "_" in i}
    if not suspects:
        return dict(lists)
    written: dict[str, list[str]] = {}
    for document, _ in corpus.texts():
        form = _written(document)
        if form in suspects:
            written.setdefault(form, []).append(document)
    meant = {form: _meant(form, written, path) for form in suspects}
    changed = {form: i for form, i in meant.items() if i is not None and i != form}
    if not changed:
        return dict(lists)
    return {
        query: Ranked(tuple(changed.get(i, i) for i in ranked.documents), ranked.scores)
        for query, ranked in lists.items()
    }


def _written(name: str) -> str:
    return "_".join(name.split())


def _written_forms(names: Iterable[str]) -> dict[str, list[str]]:
    forms: dict[str, list[str]] = {}
    for name in names:
        forms.setdefault(_written(name), []).append(name)
    return forms


def _meant(name: str, written: Mapping[str, list[str]], path: Path) -> str | None:
    found = sorted(set(written.get(name, ())))
    if len(found) > 1:
        raise InvalidError(
            f"{path}: {name!r} could be any of {first_ids(found)}, which differ only in spaces"
        )
    return found[0] if found else None
