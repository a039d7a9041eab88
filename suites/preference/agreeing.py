"""What the rows of one preference table have to agree on, before items are made of them.

A row that says what people prefer in another way than the first, two columns that say it and
differ, cells that may be lists or texts: each would give another item than was meant, in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError
from harness.tasks.reading.content import say
from harness.tasks.reading.json_text import parse
from harness.tasks.reading.verdicts import FIRST, SECOND, TIE
from harness.tasks.tables import Row, ending, find_columns

TYPED = (".json", ".ndjson", ".parquet")
"""Tables whose cells hold lists as lists, so that a text is a text whatever it looks like."""

_CANDIDATE = re.compile(r"(response|answer|output|completion|candidate|text)s?[_ -]?(\d|[a-d])")
_ASKING = ("prompt", "question", "query", "instruction", "problem", "post", "context", "input")


def same_layout(rows: Sequence[Row], layout: Callable[[Row], Any]) -> None:
    """Raise :class:`InvalidError` at a row whose columns have another layout than the first's.

    Of a row without any it is for others to say what is missing.
    """
    known, wanted = {tuple(rows[0].values)}, layout(rows[0])
    for row in rows[1:]:
        columns = tuple(row.values)
        if columns in known:
            continue
        other = layout(row)
        if other is not None and (other.signal, other.items) != (wanted.signal, wanted.items):
            raise InvalidError(
                f"{row.where}: its columns say what people prefer in another way than those of "
                "the rows before it",
                fix="Give each kind of rows a table of its own",
            )
        known.add(columns)


def refuse_pointers(
    rows: Sequence[Row], sides: Mapping[str, tuple[str, ...]], words: Iterable[str]
) -> None:
    """Raise :class:`UsageError` where chosen and rejected are names of other columns' texts."""
    named = find_columns(rows[0], sides)
    others = [name for name in rows[0].values if _CANDIDATE.fullmatch(name.strip().lower())]
    known = {*words, *(name.strip().lower() for name in others)}
    cells = (row.values.get(column) for row in rows for column in named.values())
    if len(others) > 1 and all(_is_pointer(cell, known) for cell in cells):
        raise UsageError(
            f"{rows[0].file}: {' and '.join(map(repr, named.values()))} seem to say which of "
            f"{' and '.join(map(repr, others[:4]))} is meant, and hold no texts",
            fix="Write the texts there; or response_a, response_b and label, without these two",
        )


def _is_pointer(cell: Any, words: Iterable[str]) -> bool:
    if isinstance(cell, int):
        return True
    return isinstance(cell, str) and (cell.strip().isdecimal() or cell.strip().lower() in words)


def refuse_contrary(
    rows: Sequence[Row], roles: Mapping[str, tuple[str, ...]], words: Mapping[str, float]
) -> None:
    """Raise :class:`UsageError` where two columns say which of two people prefer, and differ."""
    told = rows[0].told & {*roles["said"], "votes_a", "votes_b"}
    columns = {name: (name,) for name in (*roles["said"], "votes_a", "votes_b")}
    if told or len(find_columns(rows[0], columns)) < 2:
        return
    for row in rows:
        there = find_columns(row, columns)
        said = {
            column: words.get(str(row.values[column]).strip().lower())
            for name, column in there.items()
            if name in roles["said"]
        }
        votes = [_number(row.values[there[f"votes_{side}"]]) for side in "ab"
                 if f"votes_{side}" in there]  # fmt: skip
        if len(votes) == 2 and None not in votes:
            a, b = votes
            said[there["votes_a"]] = FIRST if a > b else SECOND if b > a else TIE  # type: ignore[operator]
        known = {column: word for column, word in said.items() if word is not None}
        if len(set(known.values())) > 1:
            raise UsageError(
                f"{row.where}: {' and '.join(map(repr, known))} say different things of what "
                "people prefer",
                fix="Say which counts, such as --column label=COLUMN, or take the others out",
            )


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def check_cells(rows: Sequence[Row], columns: Iterable[str]) -> None:
    """Raise where cells of texts are lists in some rows and not in others, or lists of Python's.

    Tables of text alone are looked at: there a list is written as JSON, and may be a text.
    """
    if ending(Path(rows[0].file)).startswith(TYPED):
        return
    for column in columns:
        kinds: dict[str, Row] = {}
        for row in rows:
            kinds.setdefault(_kind(row.values.get(column)), row)
        if kinds.keys() == {"python"}:
            raise InvalidError(
                f"{rows[0].where}: {column} is a list as Python prints it",
                fix="Write lists as JSON (json.dumps), or give JSON lines or Parquet",
            )
        if "list" in kinds and len(kinds) > 1:
            other = next(row for kind, row in kinds.items() if kind != "list")
            raise InvalidError(
                f"{other.where}: {column} is a text, and a list of texts in row "
                f"{kinds['list'].number}: which is meant in which, the file does not say",
                fix="Write every cell of the column as a list, or give JSON lines or Parquet",
            )


def _kind(cell: Any) -> str:
    text = cell.strip() if isinstance(cell, str) else ""
    if not text.startswith("["):
        return "text"
    try:
        found = parse(text)
    except ValueError:
        return "python" if text[1:2] in ("'", '"', "{") and text.endswith("]") else "text"
    of_texts = isinstance(found, list) and all(isinstance(one, str | list | dict) for one in found)
    return "list" if of_texts else "text"


def check_groups(
    rows: Sequence[Row], group: tuple[str, ...], roles: Mapping[str, tuple[str, ...]]
) -> None:
    """Raise :class:`InvalidError` where rows of one group differ in what is of the whole item."""
    seen: dict[tuple[str, str], tuple[Any, Row]] = {}
    for row in rows:
        named = find_columns(row, {"group": group, **roles})
        name = str(row.values.get(named.pop("group", ""))).strip()
        for role, column in named.items():
            value = row.values[column]
            if value in (None, ""):
                continue
            first, where = seen.setdefault((name, role), (value, row))
            if first != value:
                raise InvalidError(
                    f"{row.where}: {column} of group {name[:60]!r} is another than in row "
                    f"{where.number}",
                    fix="Give each item a group of its own",
                )


def say_unshown(rows: Sequence[Row], prompt: tuple[str, ...]) -> None:
    """Say which columns that may be part of the prompt are not shown."""
    taken = find_columns(rows[0], {"prompt": prompt}).get("prompt")
    there = find_columns(rows[0], {name: (name,) for name in _ASKING if name in prompt})
    others = [column for column in there.values() if column != taken]
    kept = [column for column in others
            if any(row.values.get(column) not in (None, "", row.values.get(taken or ""))
                   for row in rows)]  # fmt: skip
    if taken in there.values() and kept:
        unshown = " and ".join(map(repr, kept))
        say(f"{rows[0].file}: the prompt is {taken!r} alone; {unshown} are not shown")
