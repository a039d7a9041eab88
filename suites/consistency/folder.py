"""A user's own classes: a folder of images by class, an .npz of embeddings, or a table.

A folder has one subfolder per class. An ``.npz`` holds ``labels`` and optionally ``ids``,
``split``, ``role`` and ``embeddings`` (for ``--model embeddings:FILE``). A table of any kind has
``id`` and ``label``, optionally ``text``, ``split`` (calibration or test) and ``role`` (query or
gallery), or ``is_query`` and ``is_gallery`` in its place. A column of paths (``path``,
``image``, ...) makes it a table of pictures, taken from its folder on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.strict_json import Json
from harness.tasks.images import FileImage
from harness.tasks.picture_files import Pictures, class_folders
from harness.tasks.reading.arrays import read_arrays
from harness.tasks.tables import ENDINGS, Called, ending, find_columns, read_table, require
from harness.tasks.told_columns import check_told
from suites.consistency.assemble import Example, assemble
from suites.consistency.protocol import CALIBRATION, GALLERY, QUERY, TEST
from suites.families import given
from suites.picture_paths import NAMES, PATHS, picture_column, picture_of, require_pictures

ROLES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "item", "image", "filename"),
    "label": ("label", "class", "identity", "target"),
    "text": ("text", "utterance", "sentence"),
    "split": ("split",),
    "role": ("role",),
    "query": ("is_query",),
    "gallery": ("is_gallery",),
}
ARRAYS: Mapping[str, tuple[str, ...]] = {
    "labels": ("labels", "label", "y", "targets"),
    "ids": ("ids", "id", "items", "names"),
    **{role: ROLES[role] for role in ("split", "role", "query", "gallery")},
}
TRUTHS = {
    **dict.fromkeys(("1", "true", "yes"), True),
    **dict.fromkeys(("", "0", "false", "no", "none", "nan"), False),
}
SPLITS = {
    **dict.fromkeys(("", "test"), TEST),
    **dict.fromkeys(("calibration", "validation", "valid", "val", "dev"), CALIBRATION),
}


def kind_of(data: Path, called: Called = ()) -> str:
    """``images``, ``texts`` or ``items``, by what the path holds."""
    if data.is_dir():
        return "images"
    if data.suffix == ".npz":
        return "items"
    if not ending(data):
        raise UsageError(
            f"{data} is neither a folder of images by class, an .npz, nor a table",
            fix=f"Known endings: {', '.join(ENDINGS)}",
        )
    first = next(read_table(data, called=called), None)
    if first is not None and "text" in find_columns(first, ROLES):
        return "texts"
    return "items" if picture_column(first, data) is None else "images"


def load_own(family: str, request: LoadRequest) -> ItemData:
    """What ``--data`` names; :class:`UsageError` without it."""
    return read_own(given(family, request, what="items", fix="Add --data PATH"), request)


def read_own(data: Path, request: LoadRequest) -> ItemData:
    """Read whichever of the three it is."""
    check_told(request.told.column, ROLES, PATHS, NAMES)
    if request.told.column and (data.is_dir() or data.suffix == ".npz"):
        raise UsageError(f"--column names a column, and {data} is no table of items")
    pictures = Pictures()
    if data.is_dir():
        found, layout = _images(data, pictures, request.told.bits), "images by class"
    elif data.suffix == ".npz":
        found, layout = _arrays(data), "npz"
    else:
        found, layout = _table(data, request.told.column, needed=request.contents), "table"
    examples = list(found)
    origin: dict[str, Json] = {"layout": layout, **pictures.told()}
    if data.is_file():
        origin["files"] = {data.name: sha256_file(data)}
    return assemble(examples, where=str(data), limit=request.limit, origin=origin)


def _images(data: Path, pictures: Pictures, bits: int) -> Iterator[Example]:
    folders = class_folders(data, pictures)
    if not folders:
        raise UsageError(f"{data} holds no folder per class")
    # DIR/test/CLASS and DIR/calibration/CLASS, or DIR/CLASS where all are test.
    split = {path.name for path in folders} <= SPLITS.keys()
    if not split:
        _check_whole(data, folders)
    for folder in folders:
        for place in class_folders(folder, pictures) if split else [folder]:
            for path in pictures.of_class(place):
                name = path.relative_to(data).as_posix()
                part = SPLITS[folder.name] if split else TEST
                yield Example(name, place.name, FileImage(name, path, bits), part)


def _check_whole(data: Path, folders: Sequence[Path]) -> None:
    """DIR/train beside DIR/test would be read as two classes, which is never meant."""
    nested = [f for f in folders if f.name in SPLITS and any(p.is_dir() for p in f.iterdir())]
    if nested:
        others = [path.name for path in folders if path.name not in SPLITS]
        raise InvalidError(
            f"{data}: {first_ids([path.name for path in nested])} is a split, and "
            f"{first_ids(others)} is neither calibration nor test",
            fix="Give a folder of classes, or one that holds calibration and test alone",
        )


def _arrays(data: Path) -> Iterator[Example]:
    columns, there = read_arrays(data, ARRAYS)
    if "labels" not in columns:
        raise InvalidError(f"{data} holds no array 'labels', only {', '.join(there) or 'nothing'}")
    for name, values in columns.items():
        if values.ndim != 1:
            raise InvalidError(f"{data}: {name} have shape {values.shape}, one for each is needed")
    columns.setdefault("ids", [f"{row:06d}" for row in range(len(columns["labels"]))])
    if len({len(values) for values in columns.values()}) > 1:
        raise InvalidError(f"{data}: {', '.join(columns)} are of different lengths")
    names = list(columns)
    for number, cells in enumerate(zip(*columns.values(), strict=True)):
        cell = dict(zip(names, cells, strict=True))
        where = f"{data}: row {number}"
        yield Example(
            str(cell["ids"]),
            str(cell["labels"]),
            split=_split(str(cell.get("split", TEST)), str(data)),
            role=role_of(cell, where),
        )


def _table(data: Path, called: Called, *, needed: bool) -> Iterator[Example]:
    """The items of a table, without contents where pictures are neither there nor needed."""
    examples = list(_rows(data, called))
    if not require_pictures([one.content for one in examples], data, needed=needed):
        examples = [replace(one, content=None) for one in examples]
    return iter(examples)


def _rows(data: Path, called: Called) -> Iterator[Example]:
    texts = False
    picture: str | None = None
    for row in read_table(data, called=called):
        roles = find_columns(row, ROLES)
        texts = texts or "text" in roles
        picture = None if texts else picture or picture_column(row, data)
        if picture and "id" not in roles:
            roles["id"] = picture
        require(row, [role for role in ("id", "label") if role not in roles])
        cell = {role: row.values[column] for role, column in roles.items()}
        for role in ("id", "text") if texts else ("id",):
            if cell.get(role) is None:
                raise InvalidError(f"{row.where}: there is no {role}")
        content: Any = str(cell["text"]) if "text" in cell else None
        if picture:
            content = picture_of(row, picture, data, name=str(cell["id"]))
        yield Example(
            id=str(cell["id"]),
            label="" if cell["label"] is None else str(cell["label"]),
            content=content,
            split=_split(str(cell.get("split") or ""), row.where),
            role=role_of(cell, row.where),
        )


def role_of(cell: Mapping[str, Any], where: str) -> str:
    """``query``, ``gallery`` or empty, by a cell ``role`` or by ``is_query`` and ``is_gallery``.

    Raises :class:`InvalidError` for another word, and for an item that is to be both.
    """
    if "query" not in cell and "gallery" not in cell:
        role = str(cell.get("role") or "").lower()
        if role not in ("", QUERY, GALLERY):
            raise InvalidError(f"{where}: role {role[:40]!r} is neither query nor gallery")
        return role
    marked = [role for role in (QUERY, GALLERY) if _truth(cell.get(role), f"{where}: {role}")]
    if len(marked) > 1:
        raise InvalidError(
            f"{where}: an item that is query and gallery at once",
            fix="Where all items are both, leave the columns out",
        )
    return marked[0] if marked else ""


def _truth(value: Any, what: str) -> bool:
    word = "" if value is None else str(value).strip().lower().removesuffix(".0")
    if word not in TRUTHS:
        raise InvalidError(f"{what} is {word[:40]!r}, neither true nor false")
    return TRUTHS[word]


def _split(word: str, where: str) -> str:
    if word.lower() not in SPLITS:
        raise InvalidError(f"{where}: split {word!r} is neither calibration nor test")
    return SPLITS[word.lower()]
