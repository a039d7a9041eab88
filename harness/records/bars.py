"""Bars: what a record's figures are read against, and which records are such a thing themselves.

A first stage, a reference model and a control row are no rivals of the systems beside them: they
stand in the order of a table and have no rank in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FIRST_STAGE, REFERENCE = "first stage", "reference"
BLIND = "blind"
TO_BEAT = (FIRST_STAGE, REFERENCE, "random", "constant", "length", "order", BLIND)
CEILINGS = ("oracle", "human")
"""No system is ahead that is not told apart from the former; nobody need beat the latter. A blind
row is a model that is not shown what the task asks about."""

CONTROLS = (*TO_BEAT[2:], *CEILINGS)
"""What a submission may declare itself to be: a row that ranks nobody, nor itself."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A line through a table. ``kind`` is one of :data:`TO_BEAT` or :data:`CEILINGS`.

    ``values`` are figures by metric; those in ``fixed`` have theirs by definition, so that no
    system need reach them. ``columns``: metric -> the column of the per-group table that holds its
    values. ``itself`` tells that the model of the record answers as the bar does.
    """

    kind: str
    name: str
    values: Mapping[str, float] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)
    itself: bool = False


def stage_name(name: str) -> str:
    """A first stage as people write it, whatever its adapter is called."""
    return "BM25" if name == "bm25" else name


def control_of(details: Mapping[str, Any]) -> str:
    """The kind of control row that a model says it is in its details, ``""`` for none."""
    said = details.get("control")
    return said if isinstance(said, str) and said in CONTROLS else ""
