"""Face verification and the like: a list of pairs that are, or are not, of one class.

``pairs.csv`` (or .jsonl, .parquet) has the columns ``a``, ``b`` (pictures below the folder) and
``same`` (1 or 0). ``pairs.txt`` is the list of Labeled Faces in the Wild: ``name i j`` for a pair
of one person, ``name i other j`` for two; pictures are ``name/name_0001.jpg``.
"""

from __future__ import annotations

from pathlib import Path

from harness.data import ItemData
from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.nouns import LoadRequest
from harness.strict_json import Json
from harness.tasks.images import FileImage
from harness.tasks.tables import read_table, require
from suites.families import given

TABLES = ("pairs.csv", "pairs.jsonl", "pairs.parquet")
LFW = "pairs.txt"
SAME = {"1": 1, "true": 1, "0": 0, "false": 0}


def load_own(family: str, request: LoadRequest) -> ItemData:
    """What ``--data`` names; :class:`UsageError` without it."""
    return read_pairs(given(family, request, what="items", fix="Add --data PATH"), request)


def read_pairs(data: Path, request: LoadRequest) -> ItemData:
    """Pictures and pairs in the order of names; pairs as row numbers in ``facts["pairs"]``."""
    pairs = _pairs(data)[: request.limit]
    if len({same for _, _, same in pairs}) < 2:
        raise InvalidError(f"{data}: pairs of both kinds are needed, same and different")
    names = sorted({name for a, b, _ in pairs for name in (a, b)})
    lost = [name for name in names if not _inside(data, name)]
    if lost:
        raise InvalidError(
            f"{len(lost)} of {len(names)} pictures are not in {data}: {first_ids(lost)}"
        )
    row = {name: number for number, name in enumerate(names)}
    return ItemData(
        ids=tuple(names),
        contents=[FileImage(name, data / name) for name in names],
        gold=tuple(float(number) for number in range(len(names))),
        clusters=tuple(name.partition("/")[0] for name in names),
        facts={"pairs": sorted([row[a], row[b], same] for a, b, same in pairs)},
        origin={"layout": "pairs", "files": _digests(data)},
        classes=tuple(names),
    )


def _digests(data: Path) -> dict[str, Json]:
    names = [name for name in (*TABLES, LFW) if (data / name).is_file()]
    return {name: sha256_file(data / name) for name in names[:1]}


def _inside(data: Path, name: str) -> bool:
    return ".." not in Path(name).parts and not Path(name).is_absolute() and (data / name).is_file()


def _pairs(data: Path) -> list[tuple[str, str, int]]:
    table = next((data / name for name in TABLES if (data / name).is_file()), None)
    if table is not None:
        return [_pair(row) for row in read_table(table)]
    if not (data / LFW).is_file():
        raise UsageError(f"{data} holds neither {' nor '.join((*TABLES, LFW))}")
    try:
        lines = (data / LFW).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise InvalidError(f"{data / LFW}: not UTF-8") from None
    return [_lfw(line, f"{LFW}:{n}") for n, line in enumerate(lines, 1) if len(line.split()) > 2]


def _pair(row: object) -> tuple[str, str, int]:
    from harness.tasks.tables import Row

    assert isinstance(row, Row), "rows of a table"
    require(row, ["a", "b", "same"])
    word = str(row.values["same"]).strip().lower().removesuffix(".0")
    if word not in SAME:
        raise InvalidError(f"{row.where}: same is {word!r}, not 1 or 0")
    return str(row.values["a"]), str(row.values["b"]), SAME[word]


def _lfw(line: str, where: str) -> tuple[str, str, int]:
    words = line.split()
    try:
        if len(words) == 3:
            name, first, second = words
            return _face(name, first), _face(name, second), 1
        name, first, other, second = words
        return _face(name, first), _face(other, second), 0
    except ValueError:
        raise InvalidError(f"{where}: not a line of pairs: {line[:80]!r}") from None


def _face(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"
