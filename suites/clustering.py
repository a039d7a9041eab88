"""Which column of a person's own table names what items share, and how a record says so.

Intervals resample whole clusters, so a column that is something else makes them several times too
narrow or too wide. A column is taken when the person names it, when its name says nothing else, or
when its values can only be clusters: many, each of few items, and each of every kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import UsageError
from harness.strict_json import Json
from harness.tasks.tables import Row, find_columns

NONE = "none"
FEWEST = 20
"""Values below which a column that may be something else is not taken for clusters."""

LARGEST = 20
"""Items of a cluster, on average, above which it is not."""

MIXED = 0.9
"""Share of the items that must lie in clusters of more than one class."""


@dataclass(frozen=True, slots=True)
class Names:
    """Columns whose name says that they hold clusters, and those that may as well not."""

    sure: tuple[str, ...]
    unsure: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The column, ``""`` for none, and whether its values have still to show that they can be."""

    column: str
    unsure: bool = False

    def settled(
        self, clusters: Sequence[str], labels: Sequence[object], *, mixed: bool, apart: str
    ) -> tuple[bool, dict[str, Json]]:
        """Whether the clusters are taken, and what the record's origin says of them.

        ``mixed`` asks for clusters of more than one label, as sources of texts have them;
        ``apart`` says what is a cluster without a column, such as ``"by text"``.
        """
        if not self.column:
            return False, {"clusters": apart}
        if self.unsure and not can_be_clusters(clusters, labels, mixed=mixed):
            values = len(set(clusters))
            return False, {
                "clusters": f"{apart}; {self.column} ({values:,} values) may be something else, "
                f"--cluster {self.column} takes it"
            }
        return True, {"clusters": f"by {self.column}"}


def choose(row: Row, names: Names, told: str) -> Chosen:
    """The column of a row that clusters are read from; ``told`` is what the person names.

    Raises :class:`UsageError` when the named one is not there.
    """
    there = {column.strip().lower(): column for column in reversed(row.values)}
    if told.lower() == NONE:
        return Chosen("")
    if told:
        if told in row.values:  # to the letter, whatever others are called
            return Chosen(told)
        named = find_columns(row, {told: (told.strip().lower(),)})
        if not named:
            columns = ", ".join(map(repr, row.values))
            raise UsageError(
                f"{row.file} has no column {told!r} for --cluster; columns there: {columns[:500]}",
                fix=f"Name one of them, or {NONE}",
            )
        return Chosen(named[told])
    for group, unsure in ((names.sure, False), (names.unsure, True)):
        for name in group:
            if name in there:
                return Chosen(there[name], unsure)
    return Chosen("")


def can_be_clusters(clusters: Sequence[str], labels: Sequence[object], *, mixed: bool) -> bool:
    """Whether a column's values, one for each item, can be nothing but clusters."""
    kinds: dict[str, set[object]] = {}
    for cluster, label in zip(clusters, labels, strict=True):
        kinds.setdefault(cluster, set()).add(label)
    many = FEWEST <= len(kinds) < len(clusters) <= LARGEST * len(kinds)
    within = sum(len(kinds[cluster]) > 1 for cluster in clusters)
    return many and (not mixed or within >= MIXED * len(clusters))
