"""Ids of a TREC run and ids of a task that hold spaces.

A run file cannot hold ids with spaces; tools write ``_`` instead. An id of the run is therefore
looked for among the task's ids with their spaces replaced; where that leaves two possibilities,
it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.data.coded import Coded
from harness.errors import InvalidError, first_ids

Forms = Mapping[str, Sequence[str]]

_SPACE = re.compile(r"\s")


def written(name: str) -> str:
    """An id as a run file writes it."""
    return "_".join(name.split())


def written_forms(names: Iterable[str]) -> Forms:
    """Written form -> the distinct ids that are written so, sorted."""
    forms: dict[str, set[str]] = {}
    for name in names:
        forms.setdefault(written(name), set()).add(name)
    return {form: sorted(found) for form, found in forms.items()}


def meant(name: str, forms: Forms, path: Path) -> str | None:
    """The id that ``name`` in the file at ``path`` stands for, or ``None`` when there is none.

    Raises :class:`InvalidError` when it could be several.
    """
    found = forms.get(name, ())
    if len(found) > 1:
        raise InvalidError(
            f"{path}: {name!r} could be any of {first_ids(found)}, which differ only in spaces"
        )
    return found[0] if found else None


def renamed(names: Coded, known: Sequence[str], path: Path) -> Coded:
    """``names`` from a file as the known ids they stand for; unknown ones stay as they are."""
    distinct = known.names if isinstance(known, Coded) else set(known)
    if not any(map(_SPACE.search, distinct)):  # millions of ids, hardly ever with spaces
        return names
    forms = written_forms(distinct)
    return names.named([meant(name, forms, path) or name for name in names.names])
