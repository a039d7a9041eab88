"""``flips/results``: items of which only right or wrong is known, against those in ``--data``.

``--data`` is a file of results of the model that flips are counted against; any other file of the
same items is then scored, or compared with yet others.
"""

from __future__ import annotations

from pathlib import Path

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.tasks.results import DOCUMENTS, RIGHT, WRONG, documents_of, read_results
from suites.families import given
from suites.flips.protocol import REFERENCE


def load_results(request: LoadRequest) -> ItemData:
    """The items of a file of results, all of them truly ``right``, and what it says as reference.

    Raises :class:`UsageError` without a file, :class:`InvalidError` for one without results.
    """
    fix = "Add --data FILE: lm-eval samples, an inspect log, or a table with id and acc"
    path = given("flips/results", request, what="results", fix=fix)
    if not path.is_file():
        raise UsageError(f"{path} is not a file", fix=fix)
    found = results_of(path)
    items = list(found)[: request.limit]
    documents = documents_of(path, items)
    return ItemData(
        ids=tuple(items),
        contents=[],
        gold=tuple(0.0 for _ in items),
        clusters=tuple(items),
        columns={REFERENCE: tuple(found[item] for item in items)},
        facts={REFERENCE: "the results in --data"},
        origin={
            "files": {path.name: sha256_file(path)},
            **({DOCUMENTS: documents} if documents else {}),
        },
        classes=(RIGHT, WRONG),
    )


def results_of(path: Path) -> dict[str, str]:
    """The results of a file; :class:`InvalidError` when it holds none."""
    found = read_results(path)
    if found is None:
        raise InvalidError(
            f"{path} holds no results",
            fix="It needs an id (doc_id, id) and a column of 0 and 1 (acc, exact_match, correct)",
        )
    return found
