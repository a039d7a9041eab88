"""What a submission of this suite carries: counts and nearest-neighbour hits, no embeddings.

Embeddings are large and can tell whose face or voice they are of. Every value but a few facts
about the vectors themselves (their lengths, their dimension) follows from the counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.nouns import EvidenceTables
from harness.registry import Lazy

TABLES: Mapping[str, tuple[str, ...]] = {
    "groups": ("label", "nearest_hit", "split", "role"),
    "class_counts": (
        *("class", "size", "same_total", "other_total", "same", "other"),
        *("carried_same", "carried_other", "same@FAR=*"),
    ),
    "thresholds": ("distance",),
}
"""Table beside a record -> its columns; ids of pictures are left out."""


def ids(data: Any) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The columns that are left out, as the task has them."""
    return {"groups": {"item": data.ids, "cluster": data.clusters}}


TELLING = {"class_counts": ("carried_same", "carried_other", "same@FAR=*")}
"""Counts of each class at the cuts: the totals are the task's, and distances are in order."""

EVIDENCE = EvidenceTables(TABLES, ids, Lazy("suites.consistency.recount:recount"), TELLING)
