"""Joining ids of a run file to those of a collection (:mod:`harness.predictions.trec_ids`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import InvalidError, first_ids
from harness.predictions.trec_ids import meant, written, written_forms
from harness.tasks.item_ids import alike
from suites.reranking.bm25 import Ranked
from suites.reranking.candidates import CandidateFile
from suites.reranking.corpus import Collection, Corpus


def joined_queries(file: CandidateFile, collection: Collection) -> dict[str, str]:
    """Map query id -> the id it has in the run, for every query of the run.

    Raises :class:`InvalidError` for queries that the collection does not know at all; where only
    judgements are known, unless one of the run's queries is judged.
    """
    forms = written_forms(collection.queries)
    names: dict[str, str] = {}
    unknown = []
    for name in file.lists:
        query = meant(name, forms, file.path)
        if query is None:
            unknown.append(name)
        elif query in names:
            raise InvalidError(f"{file.path}: {name!r} and {names[query]!r} are one query")
        else:
            names[query] = name
    if collection.judgements_alone and names:
        return names | {name: name for name in unknown}
    if unknown:
        raise InvalidError(
            f"{file.path} names {len(unknown)} queries that the task does not know: "
            f"{first_ids(unknown)}" + writing_of(unknown, collection.queries)
        )
    return names


def joined_documents(lists: Mapping[str, Ranked], corpus: Corpus, path: Path) -> dict[str, Ranked]:
    """The lists with the corpus's own ids. Ids that stay unknown are left as they are."""
    suspects = {i for ranked in lists.values() for i in ranked.documents if "_" in i}
    if not suspects:
        return dict(lists)
    forms = written_forms(i for i, _ in corpus.texts() if written(i) in suspects)
    found = {form: meant(form, forms, path) for form in suspects}
    changed = {form: i for form, i in found.items() if i is not None and i != form}
    if not changed:
        return dict(lists)
    return {
        query: Ranked(tuple(changed.get(i, i) for i in ranked.documents), ranked.scores)
        for query, ranked in lists.items()
    }


def writing_of(unknown: Iterable[str], known: Iterable[str]) -> str:
    """What ends a message on unknown ids that differ from known ones in their writing alone."""
    said = alike(unknown, set(known))
    return f"; {said}" if said else ""
