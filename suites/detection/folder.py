"""``detection/folder``: anybody's own texts, in one table or several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from harness.data import ItemData
from harness.data.asked import Told
from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.strict_json import Json
from harness.tasks.tables import (
    ENDINGS,
    Called,
    Row,
    find_columns,
    read_table,
    require,
    stem,
    tables_in,
)
from harness.tasks.told_columns import check_told
from suites.clustering import Chosen, Names, choose
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
    "split": ("split",),
}
"""Role -> the column names that may have it, the first one found being taken."""

CLUSTERS = Names(sure=("source_id", "prompt_id", "pair", "cluster"), unsure=("source",))
"""Columns that name what texts share. ``source`` is the generator in some sets (DAIGT), in others
the domain (SemEval 2024 task 8, M4), and the text that others were made from in yet others."""

_NEAR_LABEL = ("labels", "class", "target", "is_ai", "is_machine", "generated", "y", "gold")
_OPTIONAL = ("domain", "generator", "attack", "decoding", "repetition_penalty")


def read_own(
    data: Path, *, limit: int | None = None, told: Told | None = None, texts: bool = True
) -> ItemData:
    """Read a table, or all tables directly in a folder, as texts to detect.

    Columns: ``text``; ``label``, without which the labels count as hidden; and the optional
    ones of :data:`ROLES` and :data:`CLUSTERS`. In a folder with several tables and no split column,
    a file called ``valid`` or ``test`` is that split. Where ``texts`` are not needed, as nobody
    needs them to score finished predictions, tables may lack them. Raises one line for whatever is
    wrong.
    """
    paths = [data] if data.is_file() else tables_in(data)
    if not paths:
        endings = ", ".join(ENDINGS)
        raise UsageError(f"{data} holds no table", fix=f"Put one there that ends in {endings}")
    several = len(paths) > 1
    chosen: dict[Chosen, None] = {}
    entries = [
        entry
        for path in paths
        for entry in entries_in(path, several=several, told=told, chosen=chosen, texts=texts)
    ]
    entries, said = _settled(entries, list(chosen))
    origin = {"files": {path.name: sha256_file(path) for path in paths}, **said}
    texts = texts or any(entry.text for entry in entries)
    return assemble(entries, where=str(data), limit=limit, origin=origin, texts=texts)


def _settled(entries: list[Entry], chosen: list[Chosen]) -> tuple[list[Entry], dict[str, Json]]:
    """The texts with their clusters, or without where a column need not hold any."""
    named = next((column for column in chosen if column.column), Chosen(""))
    taken, said = named.settled(
        [entry.cluster for entry in entries],
        [entry.label for entry in entries],
        mixed=True,
        apart="by text",
    )
    bare = entries if taken else [entry._replace(cluster="") for entry in entries]
    return bare, said


def entries_in(
    path: Path,
    *,
    several: bool,
    told: Told | None = None,
    chosen: dict[Chosen, None] | None = None,
    texts: bool = True,
) -> Iterator[Entry]:
    """The texts of one table; ``several`` puts the file's name into what it numbers.

    Columns that clusters are read from are put into ``chosen``. Without ``texts`` a table may lack
    them.
    """
    told = told or Told()
    check_told(told.column, ROLES, CLUSTERS.sure, CLUSTERS.unsure)
    words = cells.label_words(told.label_map)
    cluster = Chosen("")
    split = cells.SPLITS.get(stem(path).lower(), "") if several else ""
    roles: dict[str, str] = {}
    known: frozenset[str] = frozenset()
    prefix = f"{stem(path)}/" if several else ""
    for row in read_table(path, called=told.column):
        if row.values.keys() != known:  # lines of a JSON file may differ
            known, roles = frozenset(row.values), _roles(row, roles, texts=texts)
            cluster = choose(row, CLUSTERS, told.cluster)
            if chosen is not None:
                chosen[cluster] = None
        label = _label(row, roles["label"], words, path, told.column) if "label" in roles else None
        shared = cells.name_of(row.values[cluster.column]) if cluster.column else ""
        yield _entry(row, roles, label, split, prefix, shared)


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


def _entry(
    row: Row, roles: dict[str, str], label: float | None, split: str, prefix: str, cluster: str
) -> Entry:
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
    return Entry(text=text, label=label, id=own, cluster=cluster, split=split, **named)


def _label(
    row: Row, column: str, words: tuple[frozenset[str], frozenset[str]], path: Path, called: Called
) -> float:
    human, machine = words
    label = cells.label_of(row, column, human=human, machine=machine)
    if label is None:
        first = cells.word_of(row.values.get(column))
        if not first:
            raise InvalidError(f"{row.where}: column {column!r} is empty")
        written: dict[str, str] = {}
        for other in read_table(path, called=called):
            value = other.values.get(column)
            written.setdefault(cells.word_of(value), cells.name_of(value))
        unknown = sorted(written.keys() - human - machine - {""})
        first = written.get(first, first)
        raise InvalidError(
            f"{row.where}: column {column!r} holds words that are known for neither class: "
            f"{first_ids([written[word] for word in unknown], most=8)}",
            fix=f"Say what each of them means, such as --label-map {quote(f'{first}=machine')} "
            f"(or {quote(f'{first}=human')})",
        )
    return label
