"""Tables of text: columns set off by commas, semicolons, tabs, bars or blanks, with a header.

How a file is written is found out from its first lines: that separator is taken which gives every
line of the sample as many cells as the header. Python's ``csv`` takes the lines apart for that;
Arrow reads the rest, except where a dialect needs more than it knows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from harness.errors import InvalidError
from harness.tasks.reading.columns import check_names, named_columns
from harness.tasks.reading.content import UTF8, WINDOWS, encoding_of, opened, say
from harness.tasks.reading.numerals import has_comma, is_numeral
from harness.tasks.reading.quoting import Quoting, quoting_of

SEPARATORS = (",", ";", "\t", "|")
BLANKS = " "
"""The separator of columns set off by any number of blanks."""

_SAMPLE = 1 << 18
_RECORDS = 100
_LONGEST = 1 << 26
"""Bytes of text parsed at once: also the length of the longest row, 64 MiB."""

Bare = Mapping[tuple[str, ...], tuple[str, ...]]
"""Columns that a file without a header has, in order -> those of them that hold numbers."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written. ``skip`` is the number of lines before the first row.

    ``spaced`` says that a blank follows each separator. ``extra`` is what rows have one cell more
    for than the header: ``"index"`` for numbers in front (as R writes row names), ``"end"`` for a
    separator that ends each row. ``bare`` says that there is no header.
    """

    encoding: str
    separator: str
    header: tuple[str, ...]
    skip: int
    spaced: bool = False
    extra: str = ""
    bare: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all cells of a row."""
        return {"index": ("index", *self.header), "end": (*self.header, "")}.get(
            self.extra, self.header
        )


def dialect_of(path: Path, *, bare: Bare, blanks: bool) -> Dialect | None:
    """How a file is written, ``None`` for an empty one.

    ``blanks`` admits columns set off by blanks alone. Raises :class:`InvalidError` for a column
    that is there twice.
    """
    encoding = encoding_of(path)
    with opened(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as file:
        text = file.read(_SAMPLE)
        whole = not file.read(1)
    before, told = _before(text)
    text = text[sum(map(len, before)) :]
    if not text.strip():
        return None
    csv.field_size_limit(_LONGEST)
    found = [_candidate(text, s, whole=whole) for s in ([told] if told else SEPARATORS)]
    if blanks and not told:
        found.append(_candidate(text, BLANKS, whole=whole))
    best = max(found, key=lambda one: one.fitness)
    if best.cut:  # by a quote that has no end, it may be
        bare_words = [_candidate(text, s, whole=whole, quoted=False) for s in SEPARATORS]
        found = [one for one in bare_words if one.width > 1 and one.even]
        best = max(found, key=lambda one: one.fitness, default=best)
    if best.cut:  # what is left of its last name may be another's
        raise InvalidError(
            f"{path}: its first row is longer than {_SAMPLE // 1024} KiB, or a quote has no end"
        )
    return _named(path, best, encoding, skip=len(before), bare=bare)


def _before(text: str) -> tuple[list[str], str]:
    """Blank lines before the header, and the separator that a line ``sep=;`` of Excel's tells."""
    lines: list[str] = []
    told = ""
    for line in io.StringIO(text, newline=""):
        word = line.strip().lower()
        if not told and word.startswith("sep=") and len(line.strip("\r\n")) == 5:
            told = line[4]
        elif line.strip():
            break
        lines.append(line)
    return lines, told


@dataclass(frozen=True, slots=True)
class _Candidate:
    separator: str
    rows: list[list[str]]
    lines: int
    """Physical lines of the first row, whose cells may hold line ends."""

    cut: bool
    """Whether the text ended before the first row did."""

    @property
    def width(self) -> int:
        return len(self.rows[0])

    @property
    def even(self) -> bool:
        others = {len(row) for row in self.rows[1:]}
        return len(others) < 2 and others <= {self.width, self.width + 1}

    @property
    def fitness(self) -> tuple[bool, bool, bool, bool, int]:
        """The greater, the likelier; a decimal comma is no separator where a semicolon is one."""
        rows = self.rows[1:] or self.rows
        decimal = self.separator != "," and all(any(map(has_comma, row)) for row in rows)
        blanks = self.separator == BLANKS
        return self.width > 1, self.even, decimal, not blanks, self.width


def _candidate(text: str, separator: str, *, whole: bool, quoted: bool = True) -> _Candidate:
    if separator == BLANKS:
        rows = [line.split() for line in text.splitlines() if line.strip()]
        lines = 1
    else:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=separator, quoting=_quotes(quoted)
        )
        rows, lines = [], 0
        for row in islice(reader, _RECORDS + 1):
            rows += [row] if row else []
            lines = lines or reader.line_num
    cut = rows[: _RECORDS + 1] if whole or len(rows) > _RECORDS else rows[:-1] or rows
    return _Candidate(separator, cut, lines, cut=not whole and len(rows) == 1)


def _named(path: Path, found: _Candidate, encoding: str, *, skip: int, bare: Bare) -> Dialect:
    first, rest = found.rows[0], found.rows[1:]
    spaced = found.separator != BLANKS and len(first) > 1 and all(c[:1] == " " for c in first[1:])
    cells = [cell.strip() for cell in first]
    names = _names_without_header(cells, bare)
    if names:
        return Dialect(encoding, found.separator, names, skip, spaced=spaced, bare=True)
    extra = ""
    if rest and all(len(row) == len(cells) + 1 for row in rest):
        if not any(row[-1].strip() for row in rest):
            extra = "end"
        elif _counts([row[0].strip() for row in rest]):
            extra = "index"
    check_names(path, cells)
    header = named_columns(cells)
    lines = skip + found.lines
    return Dialect(encoding, found.separator, header, lines, spaced=spaced, extra=extra)


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are 0, 1, 2, ... or 1, 2, 3, ...: anything else may be a cell cut in two."""
    numbers = [str(number) for number in range(len(cells) + 1)]
    return len(cells) > 1 and list(cells) in (numbers[:-1], numbers[1:])


def _names_without_header(cells: Sequence[str], bare: Bare) -> tuple[str, ...]:
    """Names for the cells of a first line that is no header, where only one reading is left.

    A header has no numbers, so a number where numbers are expected makes it a row.
    """
    fitting = [
        names
        for names, numeric in bare.items()
        if len(names) == len(cells)
        and all(is_numeral(cells[names.index(name)]) for name in numeric)
    ]
    return fitting[0] if len(fitting) == 1 else ()


def read_delimited(path: Path, dialect: Dialect) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number (from 1) and cells of every row, every cell the text that it is."""
    plain = not (dialect.spaced or dialect.extra) and dialect.separator != BLANKS
    quoting = _quoting(path, dialect)
    yield from (_by_arrow if plain else _by_csv)(path, dialect, quoting.quoted)
    if quoting.note:
        say(quoting.note)
    if dialect.bare:
        say(f"{path} has no header; its columns were taken for {', '.join(dialect.header)}")
    if dialect.encoding == WINDOWS:
        say(f"{path} is not UTF-8 and was read as Windows-1252")


def _quoting(path: Path, dialect: Dialect) -> Quoting:
    if dialect.separator == BLANKS:
        return Quoting()
    return quoting_of(
        path,
        dialect.encoding,
        dialect.separator,
        skip=dialect.skip,
        width=len(dialect.columns),
        spaced=dialect.spaced,
    )


def _by_arrow(path: Path, dialect: Dialect, quoted: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    from pyarrow import csv as arrow_csv

    from harness.tasks.reading.batches import numbered

    names = list(dialect.columns)
    with opened(path) as file:
        reader = arrow_csv.open_csv(
            file,
            read_options=arrow_csv.ReadOptions(
                block_size=_LONGEST,
                use_threads=False,
                column_names=names,
                skip_rows=dialect.skip,
                encoding="utf8" if dialect.encoding in UTF8 else dialect.encoding,
            ),
            parse_options=arrow_csv.ParseOptions(
                newlines_in_values=quoted,
                delimiter=dialect.separator,
                quote_char='"' if quoted else False,
            ),
            # Every cell stays the string that it is: "1e3" is a text, and so is "NA".
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, "string"), strings_can_be_null=False
            ),
        )
        yield from numbered(reader)


def _by_csv(path: Path, dialect: Dialect, quoted: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(_LONGEST)
    names = dialect.columns
    number = 0
    with opened(path) as raw, io.TextIOWrapper(raw, dialect.encoding, newline="") as file:
        for _ in range(dialect.skip):
            file.readline()
        for cells in _records(file, dialect, quoted):
            if not cells:
                continue
            number += 1
            if len(cells) != len(names) or (dialect.extra == "end" and cells[-1].strip()):
                raise InvalidError(
                    f"{path}, row {number}: {len(cells)} cells for {len(names)} columns"
                )
            pairs = zip(names, cells, strict=True)
            yield number, {name: cell for name, cell in pairs if name}


def _records(file: io.TextIOWrapper, dialect: Dialect, quoted: bool) -> Iterator[list[str]]:
    if dialect.separator == BLANKS:
        return (line.split() for line in file)
    return iter(
        csv.reader(
            file,
            delimiter=dialect.separator,
            skipinitialspace=dialect.spaced,
            quoting=_quotes(quoted),
        )
    )


def _quotes(quoted: bool) -> Literal[0, 3]:
    """What Python's ``csv`` is told of quotes: that they set cells off, or are letters."""
    return csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
