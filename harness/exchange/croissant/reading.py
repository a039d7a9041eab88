"""A data set that a Croissant card describes, as tables for tasks of your own data.

Files lie beside the card, under the path that it gives; nothing is downloaded, and no path leads
out of the card's folder. What has a digest is held against it. Of each record set, fields that are
columns of one file become a table with the fields' names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from harness.errors import InvalidError, UsageError
from harness.exchange.base import File
from harness.exchange.claims import Claims, lines_of
from harness.exchange.fields import At, read_json
from harness.files import sha256_file
from harness.runs.folder import slug
from harness.tasks.tables import columns_of, read_table

_SHA256 = re.compile(r"[0-9a-f]{64}")


def read(path: Path) -> Claims:
    """The record sets of a card as tables, ``tables/NAME.jsonl``.

    Raises :class:`UsageError` where none can be made of it, :class:`InvalidError` in one line for a
    card that is damaged or a file that is not the one it describes.
    """
    card = read_json(path)
    card.need("@context")
    files: dict[str, At] = {}
    for one in _listed(card, "distribution"):
        if files.setdefault(one.need("@id").text(), one) is not one:
            raise one.wrong(f"{one.need('@id').text()[:60]!r} stands twice")
    made: list[File] = []
    notes: list[str] = []
    for number, records in enumerate(_listed(card, "recordSet"), 1):
        name = records.words("@id") or records.words("name") or str(number)
        try:
            table = _table(records, files, path.parent)
        except UsageError as error:
            notes.append(f"record set {name[:60]}: {error.message}")
            continue
        made.append(File(f"tables/{number}-{slug(name)}.jsonl", table))
    if not made:
        said = "; ".join(notes) or "it has no recordSet"
        raise UsageError(f"{path}: no table can be made of it ({said})")
    return Claims("the data of a Croissant card", files=made, notes=notes)


def _listed(card: At, key: str) -> list[At]:
    """A list, or the one thing that stands for a list of one."""
    found = card.maybe(key)
    if found is None:
        return []
    return [found] if isinstance(found.value, dict) else found.list()


def _table(records: At, files: Mapping[str, At], folder: Path) -> bytes:
    columns: dict[str, str] = {}
    sources: dict[str, None] = {}
    for field in _listed(records, "field"):
        source = field.maybe("source")
        extract = None if source is None else source.maybe("extract")
        column = None if extract is None else extract.maybe("column")
        if source is None or column is None or source.maybe("transform") is not None:
            raise UsageError(f"field {_name(field)[:60]!r} is no column as it stands")
        sources[_source(source)] = None
        name = _name(field)
        if name in columns:
            raise field.wrong(f"field {name[:60]!r} stands twice")
        columns[name] = column.text()
    if len(sources) != 1:
        raise UsageError(f"its fields come from {len(sources)} files")
    identity = next(iter(sources))
    if identity not in files:
        raise records.wrong(f"file {identity[:60]!r} is not in its distribution")
    return _copied(_lying(files[identity], folder), columns)


def _name(field: At) -> str:
    """``texts/label`` is ``label``."""
    return (field.words("name") or field.need("@id").text()).rpartition("/")[2]


def _source(source: At) -> str:
    given = source.maybe("fileObject")
    if given is None:
        raise UsageError("a field is of no single file")
    return given.text() if isinstance(given.value, str) else given.need("@id").text()


def _lying(file: At, folder: Path) -> Path:
    """The file beside the card, held against its digest."""
    said = file.need("contentUrl").text()
    place = PurePosixPath(said)
    if "://" in said or place.is_absolute() or ".." in place.parts or "\\" in said:
        raise UsageError(f"{said[:80]} does not lie beside the card; download it there first")
    path = folder / place
    if not path.is_file() or folder.resolve() not in path.resolve().parents:
        raise UsageError(f"{said[:80]} does not lie beside the card")
    digest = file.words("sha256")
    if _SHA256.fullmatch(digest) and sha256_file(path) != digest:
        raise InvalidError(f"{path} is not the file that the card describes: its sha256 differs")
    return path


def _copied(path: Path, columns: Mapping[str, str]) -> bytes:
    missing = sorted(set(columns.values()) - set(columns_of(path)))
    if missing:
        raise InvalidError(f"{path} has no column {missing[0][:60]!r}, of which the card tells")
    rows = (
        {name: row.values.get(own) for name, own in columns.items()} for row in read_table(path)
    )
    try:
        return lines_of(rows)
    except (TypeError, ValueError) as error:
        raise InvalidError(f"{path}: a cell that is no plain value ({str(error)[:80]})") from None
