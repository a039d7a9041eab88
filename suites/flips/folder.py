"""A user's own classification set: a table, or a folder of images by class.

A table (CSV, JSONL, Parquet) has an id, a label, and optionally a text, a source that items share,
a domain, a condition, and ``reference``: the answer of the model that flips are counted against.
Any further column may hold a model's answers. A folder has one subfolder per class, and optionally
``reference.csv`` (id, prediction).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from harness.data import ItemData
from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.nouns import LoadRequest
from harness.tasks.images import FileImage
from harness.tasks.picture_files import Pictures, class_folders, is_hidden_name, refuse_splits
from harness.tasks.tables import (
    ENDINGS,
    Called,
    Row,
    ending,
    find_columns,
    read_table,
    require,
    tables_in,
)
from suites.clustering import Chosen, Names, choose
from suites.families import given
from suites.flips.assemble import Example, assemble

ROLES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "item", "image", "imagename", "image_id", "filename"),
    "label": ("label", "gold", "truth", "category", "target", "intent"),
    "text": ("text", "utterance", "utt", "sentence"),
    "reference": ("reference",),
    "domain": ("domain",),
    "condition": ("condition",),
}
"""Role -> names that the column may have, the first one found being taken."""

CLUSTERS = Names(sure=("source_id", "subject", "cluster"), unsure=("source", "group"))
"""Columns that name what items share; ``source`` and ``group`` may as well be a kind of item."""

SPLITS = ("train", "training", "val", "valid", "validation", "dev", "test", "testing")
REFERENCE_FILE = "reference.csv"


def kind_of(data: Path, called: Called = ()) -> str:
    """``images``, ``texts`` or ``items``, by what the path holds.

    Raises :class:`UsageError` when it holds neither a table nor a folder of images by class.
    """
    if data.is_dir() and not _own_tables(data):
        if any(path.is_dir() and not is_hidden_name(path.name) for path in data.iterdir()):
            return "images"
        raise UsageError(
            f"{data} holds neither a table nor a folder of images per class",
            fix=f"Put images into {data}/CLASS/, or a table ({', '.join(ENDINGS)}) there",
        )
    first = next(read_table(_table(data), called=called), None)
    return "texts" if first is not None and "text" in find_columns(first, ROLES) else "items"


def has_reference(data: Path, called: Called = ()) -> bool:
    """Whether flips can be counted against answers that the data hold."""
    if data.is_dir() and not _own_tables(data):
        return (data / REFERENCE_FILE).is_file()
    first = next(read_table(_table(data), called=called), None)
    return first is not None and "reference" in find_columns(first, ROLES)


def load_own(family: str, request: LoadRequest) -> ItemData:
    """What ``--data`` names; :class:`UsageError` without it."""
    fix = "Add --data PATH: a folder of images by class, or a table with id and label"
    return read_own(given(family, request, what="items", fix=fix), request)


def read_own(data: Path, request: LoadRequest) -> ItemData:
    """Read a table, the one table of a folder, or a folder of images by class."""
    if kind_of(data, request.told.column) == "images":
        if request.told.cluster:
            raise UsageError(f"--cluster names a column, and {data} is a folder of images")
        pictures = Pictures()
        examples = list(_images(data, pictures, request.told.bits))
        return assemble(
            examples,
            where=str(data),
            limit=request.limit,
            facts=_named_reference(data),
            origin={"layout": "images by class", **pictures.told()},
        )
    table = _table(data)
    chosen: dict[Chosen, None] = {}
    examples = list(
        examples_in(table, cluster=request.told.cluster, chosen=chosen, called=request.told.column)
    )
    named = next((column for column in chosen if column.column), Chosen(""))
    taken, said = named.settled(
        [item.cluster for item in examples],
        [item.label for item in examples],
        mixed=False,
        apart="by item",
    )
    return assemble(
        examples if taken else [replace(item, cluster="") for item in examples],
        where=table.name,
        limit=request.limit,
        facts={"reference": "column reference"},
        origin={"layout": "table", "files": {table.name: sha256_file(table)}, **said},
    )


def examples_in(
    path: Path, *, cluster: str, chosen: dict[Chosen, None], called: Called = ()
) -> Iterator[Example]:
    """The items of one table; columns that clusters are read from are put into ``chosen``."""
    roles: dict[str, str] = {}
    known: frozenset[str] = frozenset()
    for row in read_table(path, called=called):
        if row.values.keys() != known:  # lines of a JSON file may differ
            known, roles = frozenset(row.values), find_columns(row, ROLES)
            require(row, [role for role in ("id", "label") if role not in roles])
            found = choose(row, CLUSTERS, cluster)
            chosen[found] = None
            roles |= {"cluster": found.column} if found.column else {}
        yield _example(row, roles)


def _example(row: Row, roles: Mapping[str, str]) -> Example:
    def cell(role: str) -> str:
        value = row.values.get(roles[role]) if role in roles else None
        if isinstance(value, float):
            raise InvalidError(f"{row.where}: {role} {value!r} is a number with a fraction")
        return "" if value is None else str(value)

    if not cell("id"):
        raise InvalidError(f"{row.where}: the id is empty")
    if not cell("label"):
        raise InvalidError(f"{row.where}: the label is empty")
    return Example(
        id=cell("id"),
        label=cell("label"),
        content=cell("text") if "text" in roles else None,
        cluster=cell("cluster"),
        reference=cell("reference") if "reference" in roles else None,
        columns={name: cell(name) for name in ("domain", "condition")},
    )


def _table(data: Path) -> Path:
    if data.is_file():
        return data
    if not data.is_dir():
        raise UsageError(f"nothing at {data}")
    found = _own_tables(data)
    if len(found) != 1:
        raise UsageError(
            f"{data} holds {len(found)} tables: {first_ids([path.name for path in found])}",
            fix="Give one of them to --data",
        )
    return found[0]


def _own_tables(data: Path) -> list[Path]:
    return [path for path in tables_in(data) if path.name != REFERENCE_FILE and ending(path)]


def _images(data: Path, pictures: Pictures, bits: int) -> Iterator[Example]:
    reference = _reference(data)
    folders = class_folders(data, pictures)
    refuse_splits(folders, SPLITS)
    for folder in folders:
        for path in pictures.of_class(folder):
            name = path.relative_to(data).as_posix()
            content = FileImage(name, path, bits)
            yield Example(name, folder.name, content, reference=reference.get(name))


def _reference(data: Path) -> dict[str, str]:
    path = data / REFERENCE_FILE
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    for row in read_table(path):
        require(row, ["id", "prediction"])
        found[str(row.values["id"])] = str(row.values["prediction"])
    return found


def _named_reference(data: Path) -> dict[str, str]:
    return {"reference": REFERENCE_FILE} if (data / REFERENCE_FILE).is_file() else {}
