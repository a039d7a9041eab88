"""Face verification and the like: a list of pairs that are, or are not, of one class.

``pairs.csv`` (or any other table) has the columns ``a``, ``b`` (pictures below the folder) and
``same`` (1 or 0, yes or no, -1 for no). ``pairs.txt`` is the list of Labeled Faces in the Wild:
``name i j`` for a pair of one person, ``name i other j`` for two, whose pictures are
``name/name_0001.jpg`` (or ``.png``, ...); or a list of ``picture picture same``, with ``same`` in
front or behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.strict_json import Json
from harness.tasks.images import FileImage
from harness.tasks.item_ids import alike
from harness.tasks.reading.content import text_lines
from harness.tasks.reading.delimited import Bare
from harness.tasks.tables import Called, Row, find_columns, read_table, require, stem, tables_in
from harness.tasks.told_columns import check_told
from suites.families import given

TABLES = ("pairs.csv", "pairs.jsonl", "pairs.parquet")
LFW = "pairs.txt"
SAME = {
    **dict.fromkeys(("1", "true", "yes", "same", "match", "genuine"), 1),
    **dict.fromkeys(("0", "-1", "false", "no", "different", "mismatch", "impostor"), 0),
}
ROLES = {
    "a": ("a", "image1", "img1", "path1", "file1", "first", "left"),
    "b": ("b", "image2", "img2", "path2", "file2", "second", "right"),
    "same": ("same", "label", "is_same", "issame", "match", "target"),
}
BARE: Bare = {("a", "b", "same"): ("same",), ("same", "a", "b"): ("same",)}


def load_own(family: str, request: LoadRequest) -> ItemData:
    """What ``--data`` names; :class:`UsageError` without it."""
    return read_pairs(given(family, request, what="items", fix="Add --data PATH"), request)


def read_pairs(data: Path, request: LoadRequest) -> ItemData:
    """Pictures and pairs in the order of names; pairs as row numbers in ``facts["pairs"]``."""
    check_told(request.told.column, ROLES)
    pairs = _pairs(data, request.told.column)
    _refuse_both(pairs, data)
    pairs = pairs[: request.limit]
    if len({same for _, _, same in pairs}) < 2:
        raise InvalidError(f"{data}: pairs of both kinds are needed, same and different")
    names = sorted({name for a, b, _ in pairs for name in (a, b)})
    lost = [name for name in names if not _inside(data, name)]
    if lost:
        there = {path.relative_to(data).as_posix() for path in data.rglob("*")}
        written = alike(lost, there)
        raise InvalidError(
            f"{len(lost)} of {len(names)} pictures are not in {data}: {first_ids(lost)}"
            + (f"; {written}" if written else "")
        )
    row = {name: number for number, name in enumerate(names)}
    return ItemData(
        ids=tuple(names),
        contents=[FileImage(name, data / name, request.told.bits) for name in names],
        gold=tuple(float(number) for number in range(len(names))),
        clusters=tuple(name.partition("/")[0] for name in names),
        facts={"pairs": sorted([row[a], row[b], same] for a, b, same in pairs)},
        origin={"layout": "pairs", "files": _digests(data)},
        classes=tuple(names),
    )


def _refuse_both(pairs: Sequence[tuple[str, str, int]], data: Path) -> None:
    said: dict[tuple[str, str], int] = {}
    for a, b, same in pairs:
        if said.setdefault((min(a, b), max(a, b)), same) != same:
            raise InvalidError(f"{data}: {a!r} and {b!r} are said to be the same and different")


def _digests(data: Path) -> dict[str, Json]:
    path = _list_in(data)
    return {} if path is None else {path.name: sha256_file(path)}


def _list_in(data: Path) -> Path | None:
    """The list of pairs in a folder: a table called so before LFW's own."""
    table = next((path for path in tables_in(data) if stem(path).lower() == "pairs"), None)
    return table or (data / LFW if (data / LFW).is_file() else None)


def _inside(data: Path, name: str) -> bool:
    try:
        plain = ".." not in Path(name).parts and not Path(name).is_absolute()
        return plain and (data / name).is_file()
    except (OSError, ValueError):  # a name longer than names can be, or with a zero in it
        return False


def _pairs(data: Path, called: Called) -> list[tuple[str, str, int]]:
    path = _list_in(data)
    if path is None:
        raise UsageError(f"{data} holds neither {' nor '.join((*TABLES, LFW))}")
    if path.name != LFW:
        return [_pair(row) for row in read_table(path, bare=BARE, called=called)]
    lines = [(number, _words(line)) for number, line in text_lines(path)]
    if lines and len(lines[0][1]) < 3 and all(word.isdecimal() for word in lines[0][1]):
        lines = lines[1:]  # how many folds there are, and how many pairs of a kind in each
        by_name = True
    else:
        by_name = any(len(w) == 4 or (len(w) == 3 and _numbers(w[1:])) for _, w in lines)
    if by_name:
        return [_lfw(words, f"{LFW}:{n}", data) for n, words in lines]
    first = bool(lines) and all(words[0].lower() in SAME for _, words in lines)
    return [_paths(words, f"{LFW}:{n}", first=first) for n, words in lines]


def _words(line: str) -> list[str]:
    """The three or four words of a line, by tabs, commas or semicolons, else by blanks."""
    for separator in ("\t", ",", ";"):
        words = [word.strip() for word in line.split(separator)]
        if len(words) in (3, 4):
            return words
    return line.split()


def _numbers(words: Sequence[str]) -> bool:
    return all(word.isascii() and word.isdecimal() for word in words)


def _pair(row: Row) -> tuple[str, str, int]:
    columns = find_columns(row, ROLES)
    require(row, [role for role in ROLES if role not in columns])
    a, b, same = (row.values[columns[role]] for role in ROLES)
    if a is None or b is None:
        raise InvalidError(f"{row.where}: a pair of one picture")
    return str(a), str(b), _same(str(same), row.where)


def _same(word: str, where: str, said: str = "") -> int:
    plain = word.strip().lower().removesuffix(".0")
    if plain not in SAME:
        raise InvalidError(f"{where}: {said or f'same is {plain[:40]!r}, not 1 or 0'}")
    return SAME[plain]


def _paths(words: Sequence[str], where: str, *, first: bool) -> tuple[str, str, int]:
    """A line ``picture picture same``, or ``same picture picture``."""
    if len(words) != 3:
        raise InvalidError(f"{where}: not a line of pairs: {' '.join(words)[:80]!r}")
    same, a, b = words if first else (words[2], words[0], words[1])
    return a, b, _same(same, where, f"not a line of pairs: {' '.join(words)[:80]!r}")


def _lfw(words: Sequence[str], where: str, data: Path) -> tuple[str, str, int]:
    if len(words) == 3 and _numbers(words[1:]):
        name, first, second = words
        return _face(data, name, first), _face(data, name, second), 1
    if len(words) == 4 and _numbers(words[1::2]):
        name, first, other, second = words
        return _face(data, name, first), _face(data, other, second), 0
    raise InvalidError(f"{where}: not a line of pairs: {' '.join(words)[:80]!r}")


def _face(data: Path, name: str, number: str) -> str:
    """The picture of a person; aligned ones are often written in another format."""
    plain = f"{name}/{name}_{number.lstrip('0').zfill(4)}"
    names = [plain + end for end in (".jpg", ".png", ".jpeg", ".bmp", ".webp")]
    return next((name for name in names if _inside(data, name)), names[0])
