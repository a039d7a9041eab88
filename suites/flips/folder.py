"""A user's own classification set: a table, or a folder of images by class.

A table (CSV, JSONL, Parquet) has an id, a label, and optionally a text, a source that items share,
a domain, a condition, and ``reference``: the answer of the model that flips are counted against. A
column ``split`` (train, test) says which rows are asked for, and which a baseline learns from. A
column of paths (``path``, ``image``, ...) makes it a table of pictures, taken from its folder on.
Any further column may hold a model's answers. A folder has one subfolder per class, and optionally
``reference.csv`` (id, prediction).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.strict_json import Json
from harness.tasks.images import FileImage
from harness.tasks.picture_files import Pictures, class_folders, is_hidden_name, refuse_splits
from harness.tasks.results import METRICS
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
from harness.tasks.told_columns import check_told
from suites.clustering import Chosen, Names, choose
from suites.families import given
from suites.flips.assemble import Example, assemble
from suites.picture_paths import NAMES, PATHS, picture_column, picture_of, require_pictures

ROLES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "item", "image", "imagename", "image_id", "filename"),
    "label": ("label", "gold", "truth", "category", "target", "intent"),
    "text": ("text", "utterance", "utt", "sentence"),
    "reference": ("reference",),
    "domain": ("domain",),
    "condition": ("condition",),
    "split": ("split",),
}
"""Role -> names that the column may have, the first one found being taken."""

CLUSTERS = Names(sure=("source_id", "subject", "cluster"), unsure=("source", "group"))
"""Columns that name what items share; ``source`` and ``group`` may as well be a kind of item."""

LEARN, TEST = "learn", "test"
SPLITS = {
    **dict.fromkeys(("train", "training", "learn", "learning", "fit"), LEARN),
    **dict.fromkeys(("", "test", "testing", "eval"), TEST),
    **dict.fromkeys(("val", "valid", "validation", "dev", "calibration"), "other"),
}
"""What the words of a column ``split`` mean: to be learned from, to be answered, neither."""

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
    table = _table(data)
    first = next(read_table(table, called=called), None)
    if first is not None and "text" in find_columns(first, ROLES):
        return "texts"
    return "items" if picture_column(first, table) is None else "images"


def has_reference(data: Path, called: Called = ()) -> bool:
    """Whether flips can be counted against answers that the data hold."""
    if data.is_dir() and not _own_tables(data):
        return (data / REFERENCE_FILE).is_file()
    first = next(read_table(_table(data), called=called), None)
    return first is not None and "reference" in find_columns(first, ROLES)


def load_own(family: str, request: LoadRequest) -> ItemData:
    """What ``--data`` names; :class:`UsageError` without it."""
    fix = "Add --data PATH: a folder of images by class, or a table with id and label"
    pictures = not family.endswith("predictions")
    return read_own(given(family, request, what="items", fix=fix), request, pictures=pictures)


def learn_own(family: str, request: LoadRequest) -> ItemData:
    """The items of a table that are to be learned from: those whose ``split`` is ``train``.

    Raises :class:`UsageError` where there are none, and for a folder of images by class.
    """
    fix = "Add --data TABLE with the columns id, label, text (or path) and split (train or test)"
    data = given(family, request, what="items", fix=fix)
    if data.is_dir() and not _own_tables(data):
        raise UsageError(f"{data} has no learning split: it is a folder of classes", fix=fix)
    return read_own(data, request, part=LEARN)


def read_own(
    data: Path, request: LoadRequest, *, pictures: bool = True, part: str = TEST
) -> ItemData:
    """Read a table, the one table of a folder, or a folder of images by class.

    Without ``pictures`` a table's paths of pictures are ids and nothing more. Of a table with a
    column ``split`` only the rows of one ``part`` are taken.
    """
    check_told(request.told.column, ROLES, CLUSTERS.sure, CLUSTERS.unsure, PATHS, NAMES)
    kind = kind_of(data, request.told.column)
    if kind == "images" and data.is_dir() and not _own_tables(data):
        return _by_class(data, request)
    table = _table(data)
    chosen: dict[Chosen, None] = {}
    rows = list(
        examples_in(
            table,
            cluster=request.told.cluster,
            chosen=chosen,
            called=request.told.column,
            pictures=kind == "images" and pictures,
        )
    )
    examples, said = _clustered(_of_split(rows, part, table), chosen)
    contents = [example.content for example in examples]
    if not require_pictures(contents, table, needed=request.contents):
        examples = [replace(example, content=None) for example in examples]
    found = assemble(
        examples,
        where=table.name,
        limit=request.limit,
        facts={"reference": "column reference"},
        origin={"layout": "table", "files": {table.name: sha256_file(table)}, **said},
    )
    others = len(rows) - len(examples)
    return replace(found, notes={"rows_of_other_splits": others}) if others else found


def _by_class(data: Path, request: LoadRequest) -> ItemData:
    if request.told.cluster:
        raise UsageError(f"--cluster names a column, and {data} is a folder of images")
    if request.told.column:
        raise UsageError(f"--column names a column, and {data} is a folder of images")
    pictures = Pictures()
    examples = list(_images(data, pictures, request.told.bits))
    return assemble(
        examples,
        where=str(data),
        limit=request.limit,
        facts=_named_reference(data),
        origin={"layout": "images by class", **pictures.told()},
    )


def _clustered(
    examples: Sequence[Example], chosen: Iterable[Chosen]
) -> tuple[list[Example], dict[str, Json]]:
    """The items with their clusters, or without where a column need not hold any."""
    named = next((column for column in chosen if column.column), Chosen(""))
    taken, said = named.settled(
        [item.cluster for item in examples],
        [item.label for item in examples],
        mixed=False,
        apart="by item",
    )
    return list(examples) if taken else [replace(one, cluster="") for one in examples], said


def _of_split(examples: Sequence[Example], part: str, table: Path) -> list[Example]:
    """Rows of one part; where no row is of the test those of a validation split stand for it."""
    found = [example for example in examples if example.split == part]
    if not found and part == TEST:
        found = [example for example in examples if example.split not in (LEARN, TEST)]
    if not found and examples:
        raise UsageError(
            f"{table} has no {'learning' if part == LEARN else 'test'} split",
            fix="Write train and test into a column split",
        )
    return found


def examples_in(
    path: Path,
    *,
    cluster: str,
    chosen: dict[Chosen, None],
    called: Called = (),
    pictures: bool = False,
) -> Iterator[Example]:
    """The items of one table; columns that clusters are read from are put into ``chosen``.

    With ``pictures`` the files that a column of paths names are the items' contents.
    """
    roles: dict[str, str] = {}
    picture: str | None = None
    known: frozenset[str] = frozenset()
    for row in read_table(path, called=called):
        if row.values.keys() != known:  # lines of a JSON file may differ
            known, roles = frozenset(row.values), find_columns(row, ROLES)
            picture = (picture or picture_column(row, path)) if pictures else None
            if picture and "id" not in roles:
                roles["id"] = picture
            if "label" not in roles and find_columns(row, {"right": METRICS}):
                raise UsageError(
                    f"{row.file} has no column 'label', but says what was right or wrong",
                    fix="Results without labels are for --task flips/results",
                )
            require(row, [role for role in ("id", "label") if role not in roles])
            found = choose(row, CLUSTERS, cluster)
            chosen[found] = None
            roles |= {"cluster": found.column} if found.column else {}
        example = _example(row, roles)
        if picture:
            example = replace(example, content=picture_of(row, picture, path, name=example.id))
        yield example


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
    word = cell("split")
    if word.lower() not in SPLITS:
        raise InvalidError(
            f"{row.where}: split {word!r} is no split that is known", fix="Write train or test"
        )
    return Example(
        split=SPLITS[word.lower()],
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
