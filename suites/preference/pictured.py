"""Preference tables with pictures at hand: captions of one picture, or pictures of one prompt.

Every candidate is an item: a text with its picture. Which columns hold pictures is known by their
names: ``image`` or ``filename`` beside captions, a list such as ``images`` or ``generations``
beside a prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError, first_ids
from harness.tasks.reading.content import say
from harness.tasks.tables import Called, Row, find_columns, read_table
from suites.families import given
from suites.preference.cells import texts_in
from suites.preference.data import PreferenceData
from suites.preference.folder import read_own, tables_of
from suites.preference.items import Item
from suites.preference.layouts import COMMON, LISTED, Layout, layout_of
from suites.preference.likelihoods import answered
from suites.preference.shown_pictures import Pictured, picture_below, require_there

ONE = ("image", "filename", "image_path")
"""Columns that hold the one picture of captions."""

MANY = tuple(name for name in LISTED["paths"] if name != "videos")
"""Columns that hold a list of pictures, each a candidate."""

FIX = (
    "Add --data FOLDER of a table and its pictures: chosen, rejected and image; or prompt, images "
    "and ranking"
)
CAPTIONS, PICTURES = "captions", "pictures"
"""What candidates are."""


def load_pictured(family: str, request: LoadRequest) -> ItemData:
    """The candidates of a preference table, each an item with its picture.

    Raises :class:`UsageError` where no column names pictures, or several could;
    :class:`InvalidError` for pictures that are not there, unless predictions are at hand.
    """
    data = given(family, request, what="preferences with pictures", fix=FIX)
    kind, layout = _layout(data, request.told.column)
    found = read_own(data, request, layout)
    base = data if data.is_dir() else data.parent
    return with_pictures(found, kind, base, needed=request.contents)


def with_pictures(data: PreferenceData, kind: str, base: Path, *, needed: bool) -> ItemData:
    """Every candidate as an item: of captions the item's prompt is the picture's name, of pictures
    the candidate's text is."""
    plain = answered(data)
    prompts, texts = plain.columns["prompt"], [str(text) for text in plain.contents]
    names, said = (prompts, texts) if kind == CAPTIONS else (tuple(texts), list(prompts))
    files = {name: picture_below(base, name) for name in dict.fromkeys(names)}
    if needed:
        require_there(files.values(), base)
    return replace(
        plain,
        contents=[Pictured(text, files[name]) for text, name in zip(said, names, strict=True)],
        columns={**plain.columns, "picture": names},
        numbers={},
        facts={**plain.facts, "candidates": kind},
    )


def _layout(data: Path, called: Called) -> tuple[str, Layout]:
    """What candidates are by the first row, and a layout that keeps the pictures of all rows."""
    first = next(read_table(tables_of(data)[0], called=called), None)
    if first is None:
        raise InvalidError(f"{data}: there are no rows")
    kind, own = _kind(first), layout_of(first)

    def items(rows: Sequence[Row]) -> Iterator[Item]:
        there = layout_of(rows[0])
        if (_kind(rows[0]), there.signal) != (kind, own.signal):
            raise InvalidError(f"{data}: its tables are of different layouts")
        return (_captions if kind == CAPTIONS else _pictures)(rows, there)

    return kind, Layout(own.signal, items, ordered=own.ordered, texts=True)


def _kind(row: Row) -> str:
    layout = layout_of(row)
    if layout.items.__name__ == "_from_long":
        raise UsageError(
            f"{row.file} has a row for each candidate, of which no column says the picture",
            fix="Give a row for each item: chosen, rejected and image; or prompt, images, ranking",
        )
    one = _there(row, ONE)
    listed = layout.items.__name__ == "_from_lists" and "texts" not in find_columns(row, LISTED)
    if not listed:
        _single(row, one, "image")
        return CAPTIONS
    many = _there(row, MANY)
    one = [column for column in one if column not in many]
    if one:
        raise UsageError(
            f"{row.file}: the pictures could be {first_ids([*many, *one])}",
            fix="Leave the column out that is not meant",
        )
    _single(row, many, "images")
    return PICTURES


def _there(row: Row, names: Sequence[str]) -> list[str]:
    """Columns of these names; that one alone which a person named by ``--column``."""
    found = find_columns(row, {name: (name,) for name in names})
    told = [column for column in found.values() if column in row.told]
    return told or list(found.values())


def _single(row: Row, columns: Sequence[str], role: str) -> str:
    if not columns:
        there = ", ".join(map(repr, row.values))[:500]
        raise UsageError(
            f"{row.file}: no column names pictures; columns there: {there}",
            fix=f"Call it {role!r}, or say which it is: --column {role}=NAME",
        )
    if len(columns) > 1:
        raise UsageError(
            f"{row.file}: the pictures could be {first_ids(list(columns))}",
            fix=f"Say which is meant: --column {role}={columns[0]}",
        )
    return columns[0]


def _captions(rows: Sequence[Row], layout: Layout) -> Iterator[Item]:
    """Items of captions; the prompt of each is its picture's name, and no other prompt is shown."""
    column = _single(rows[0], _there(rows[0], ONE), "image")
    named = find_columns(rows[0], {name: (name,) for name in COMMON["prompt"]}).values()
    unshown = [name for name in named if name not in ONE]
    if unshown:
        say(f"{rows[0].file}: a caption is shown with its picture; {first_ids(unshown)} is not")
    bare = [_without(row, named) for row in rows]
    for row, item in zip(rows, layout.items(bare), strict=True):
        (name,) = _names(row, column, most=1)
        yield replace(item, prompt=name)


def _pictures(rows: Sequence[Row], layout: Layout) -> Iterator[Item]:
    """Items of pictures, whose texts are their names."""
    column = _single(rows[0], _there(rows[0], MANY), "images")
    for row, item in zip(rows, layout.items(rows), strict=True):
        if not item.prompt.strip():
            raise InvalidError(f"{row.where}: no prompt that a picture could fit")
        names = _names(row, column)
        pairs = zip(item.candidates, names, strict=True)
        yield replace(item, candidates=tuple(replace(one, text=name) for one, name in pairs))


def _names(row: Row, column: str, most: int = 0) -> list[str]:
    value: Any = row.values.get(column)
    if isinstance(value, bytes | Mapping):
        raise InvalidError(
            f"{row.where}: {column} holds a picture itself, and no name of a file",
            fix="Write the pictures to files, and their names into the table",
        )
    found = [] if value is None else texts_in(row, column)
    if not found or not all(name.strip() for name in found) or (most and len(found) > most):
        raise InvalidError(f"{row.where}: {column} {str(value)[:60]!r} names no picture")
    return found


def _without(row: Row, columns: Any) -> Row:
    left = {name: value for name, value in row.values.items() if name not in columns}
    return replace(row, values=left)
