"""``detection/folder``: anybody's own texts, in one table or several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.data import ItemData
from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.tasks.tables import (
    ENDINGS,
    Row,
    find_columns,
    read_table,
    require,
    stem,
    tables_in,
)
from suites.detection import columns as cells
from suites.detection.assemble import Entry, assemble

ROLES = {
    "text": ("text",),
    "label": ("label",),
    "id": ("id",),
    "domain": ("domain",),
    "generator": ("generator", "model"),
    "attack": ("attack",),
    "decoding": ("decoding",),
    "repetition_penalty": ("repetition_penalty",),
    "cluster": ("source_id", "source", "prompt_id", "pair"),
    "split": ("split",),
}
"""Role -> the column names that may have it, the first one found being taken."""

_NEAR_LABEL = ("labels", "class", "target", "is_ai", "is_machine", "generated", "y", "gold")
_OPTIONAL = ("domain", "generator", "attack", "decoding", "repetition_penalty", "cluster")


def read_own(data: Path, *, limit: int | None = None, texts: bool = True) -> ItemData:
    """Read a table, or all tables directly in a folder, as texts to detect.

    Columns: ``text``; ``label``, without which the labels count as hidden; and the optional
    ones of :data:`ROLES`. In a folder with several tables and no split column, a file called
    ``valid`` or ``test`` is that split. Where ``texts`` are not needed, as nobody needs them to
    score finished predictions, tables may lack them. Raises one line for whatever is wrong.
    """
    paths = [data] if data.is_file() else tables_in(data)
    if not paths:
        endings = ", ".join(ENDINGS)
        raise UsageError(f"{data} holds no table", fix=f"Put one there that ends in {endings}")
    several = len(paths) > 1
    entries = [entry for path in paths for entry in entries_in(path, several=several, texts=texts)]
    origin = {"files": {path.name: sha256_file(path) for path in paths}}
    texts = texts or any(entry.text for entry in entries)
    return assemble(entries, where=str(data), limit=limit, origin=origin, texts=texts)


def entries_in(path: Path, *, several: bool, texts: bool = True) -> Iterator[Entry]:
    """The texts of one table; ``several`` puts the file's name into what it numbers.

    Without ``texts`` a table may lack them.
    """
    split = cells.SPLITS.get(stem(path).lower(), "") if several else ""
    roles: dict[str, str] = {}
    known: frozenset[str] = frozenset()
    prefix = f"{stem(path)}/" if several else ""
    for row in read_table(path):
        if row.values.keys() != known:  # lines of a JSON file may differ
            known, roles = frozenset(row.values), _roles(row, roles, texts=texts)
        label = _label(row, roles["label"], path) if "label" in roles else None
        yield _entry(row, roles, label, split, prefix)


def _roles(row: Row, before: dict[str, str], *, texts: bool) -> dict[str, str]:
    roles = find_columns(row, ROLES)
    lacking = "text" not in roles and (texts or "text" in before)
    require(row, [before.get("text", "text")] if lacking else [])
    if "label" not in roles:
        if "label" in before:
            raise InvalidError(f"{row.where}: no {before['label']!r}, which rows before it have")
        near = find_columns(row, {"label": _NEAR_LABEL})
        if near:
            raise UsageError(
                f"{row.file} has no column 'label' but {near['label']!r}",
                fix="Call it label (1 or machine, 0 or human), or take it out to hide the labels",
            )
    return roles


def _entry(row: Row, roles: dict[str, str], label: float | None, split: str, prefix: str) -> Entry:
    named = {
        role: cells.slice_name(role, row.values[roles[role]]) for role in _OPTIONAL if role in roles
    }
    own = cells.name_of(row.values[roles["id"]]) if "id" in roles else f"{prefix}{row.number}"
    if not own:
        raise InvalidError(f"{row.where}: the id is empty")
    if label == 0.0 and "generator" in named:
        named["generator"] = "human"
    if "split" in roles:
        split = cells.split_of(row, roles["split"])
    text = cells.text_of(row, roles["text"]) if "text" in roles else ""
    return Entry(text=text, label=label, id=own, split=split, **named)


def _label(row: Row, column: str, path: Path) -> float:
    label = cells.label_of(row, column, human=cells.HUMAN_WORDS, machine=cells.MACHINE_WORDS)
    if label is None:
        found = {cells.word_of(other.values.get(column)) for other in read_table(path)}
        words = sorted(found - cells.HUMAN_WORDS - cells.MACHINE_WORDS)
        raise InvalidError(
            f"{row.where}: column {column!r} is not binary, it holds {first_ids(words, most=8)}",
            fix="Write 0, false or human; 1, true, machine, ai or generated",
        )
    return label
