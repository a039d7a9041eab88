"""Rows of published sets as items, where they are not laid out as people's own tables are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from harness.errors import InvalidError, UsageError
from harness.tasks.tables import Row, find_columns
from suites.preference.cells import texts_in
from suites.preference.data import CHOSEN, LABELS, RANKING, TWO, VOTES
from suites.preference.items import Candidate, Item, parted
from suites.preference.layouts import (
    COMMON,
    GRADES,
    item_in,
    layout_of,
    name_in,
    said_in,
)

Rows = Sequence[Row]
SAYS = {
    CHOSEN: "which candidates are chosen",
    RANKING: "rankings",
    VOTES: "votes",
    LABELS: "labels of single candidates",
    TWO: "which of two is better",
}
"""What people say of candidates, in words."""

RIGHT_SOLUTION = "human_to_GPT-4"
"""What RewardMATH calls the source of its one right solution."""


def renamed(row: Row, columns: Sequence[tuple[str, Sequence[str]]], place: int) -> Row:
    """The row with its columns under the names of their roles.

    A subset of several words is one by ``_``. A row without an id has its ``place``, from 0, as in
    the arrays of public code.
    """
    found = find_columns(row, {role: tuple(names) for role, names in columns})
    rest = {name: value for name, value in row.values.items()
            if name not in found.values() and name not in found}  # fmt: skip
    ours = {role: row.values[column] for role, column in found.items()}
    if isinstance(ours.get("subset"), list | tuple):
        ours["subset"] = "_".join(map(str, ours["subset"]))
    own = {} if "id" in ours or find_columns(row, {"id": COMMON["id"]}) else {"id": place}
    return replace(row, values={**own, **rest, **ours})


def _table(rows: Rows, signal: str) -> Iterator[Item]:
    layout = layout_of(rows[0])
    if layout.signal != signal:
        raise UsageError(f"{rows[0].file} tells {SAYS[layout.signal]}, not {SAYS[signal]}")
    yield from layout.items(rows)


def _votes(rows: Rows, _: str) -> Iterator[Item]:
    """Two candidates that are pictures or videos, and which of them people prefer, if any."""
    for row in rows:
        name = name_in(row)
        _need(row, ("said",))
        grades = GRADES[said_in(row, {"said": "said"})]
        yield item_in(row, name, tuple(
            Candidate(f"{name}/{side}", None, grade)
            for side, grade in zip("AB", grades, strict=True)))  # fmt: skip


def _solutions(rows: Rows, _: str) -> Iterator[Item]:
    """One right solution and wrong ones: their texts, or who wrote each, the right one named."""
    for row in rows:
        name = name_in(row)
        if "writers" in row.values:
            writers = list(row.values["writers"])
            if writers.count(RIGHT_SOLUTION) != 1:
                raise InvalidError(f"{row.where}: not one solution of {RIGHT_SOLUTION}")
            candidates = parted(name, [None], [None] * (len(writers) - 1))
        else:
            sides = ("chosen", "rejected")
            _need(row, sides)
            candidates = parted(name, *(texts_in(row, side) for side in sides))
        yield item_in(row, name, candidates)


def _shuffled(rows: Rows, _: str) -> Iterator[Item]:
    """A caption and others made of its words, a column each."""
    for row in rows:
        _need(row, ("chosen",))
        name = name_in(row)
        others = [text for column in sorted(row.values) if column.startswith("hard_text_")
                  for text in texts_in(row, column)]  # fmt: skip
        if not others:
            raise UsageError(f"{row.where}: no column 'hard_text_1'")
        yield item_in(row, name, parted(name, texts_in(row, "chosen"), others))


def _quads(rows: Rows, _: str) -> Iterator[Item]:
    """Two captions with two pictures: each picture fits one caption, so two pairs of four do."""
    for row in rows:
        _need(row, ("caption_0", "caption_1"))
        name = name_in(row)
        yield item_in(row, name, tuple(
            Candidate(f"{name}/c{caption}-i{picture}", None, int(caption == picture))
            for picture in (0, 1) for caption in (0, 1)))  # fmt: skip


def _need(row: Row, roles: Sequence[str]) -> None:
    """Raise :class:`UsageError` where a row has no column for one of the roles."""
    lost = [role for role in roles if role not in row.values]
    if lost:
        there = ", ".join(map(repr, row.values))[:500]
        raise UsageError(f"{row.where}: no column for {lost[0]!r}; columns there: {there}")


READERS: Mapping[str, Callable[[Rows, str], Iterator[Item]]] = {
    "table": _table,
    "votes": _votes,
    "solutions": _solutions,
    "shuffled": _shuffled,
    "quads": _quads,
}
"""Name of a reader -> items of rows whose columns have the names of their roles.

The second argument is what people are to say by them. They raise :class:`UsageError` for a missing
column, :class:`InvalidError` for a cell that says nothing.
"""
