"""Candidates as single answers behind their prompts: tasks that ask how likely a model finds them.

One run gives sums and numbers of tokens, from which every figure of a policy follows: by the sum,
by token, by byte, and against a reference where its sums are given.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.data.shown import Answered
from harness.errors import InvalidError, first_ids
from suites.preference.data import PreferenceData
from suites.preference.folder import load_own


def load_likelihoods(family: str, request: LoadRequest) -> ItemData:
    """The candidates of a preference table, each an item."""
    return answered(load_own(family, request))


def answered(data: PreferenceData) -> ItemData:
    """Every candidate as an item under its own id.

    Raises :class:`InvalidError` for a candidate of several items.
    """
    rows = [(group, name, subset)
            for group, subset in zip(data.groups, data.subsets, strict=True)
            for name in group.candidates]  # fmt: skip
    ids = [name for _, name, _ in rows]
    if len(set(ids)) < len(ids):
        twice = sorted({name for name in ids if ids.count(name) > 1})
        raise InvalidError(
            f"{len(twice)} candidates belong to several items: {first_ids(twice)}",
            fix="Give each candidate of each item an id of its own",
        )
    texts = data.documents
    return ItemData(
        ids=tuple(ids),
        contents=[Answered(group.query, texts[name]) for group, name, _ in rows] if texts else [],
        gold=tuple(float(data.gold[group.id][name]) for group, name, _ in rows),
        clusters=tuple(group.cluster for group, _, _ in rows),
        columns={
            "group": tuple(group.id for group, _, _ in rows),
            "prompt": tuple(group.query for group, _, _ in rows),
            **({"subset": tuple(subset for _, _, subset in rows)} if any(data.subsets) else {}),
        },
        numbers={"bytes": tuple(float(len(texts[name].encode())) for name in ids)} if texts else {},
        facts={"signal": data.signal, "ordered": data.ordered},
        notes=data.notes,
        origin=data.origin,
        on_error=data.on_error,
    )


def starts_of(groups: Sequence[str]) -> NDArray[np.int64]:
    """Where each group of rows that stand together begins, and the end."""
    names = np.array(groups, dtype=np.str_)
    begins = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    return np.concatenate([begins, [len(names)]]).astype(np.int64)
