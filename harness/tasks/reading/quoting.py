"""Whether the quotes of a table of text set its cells off, or belong to what stands in them.

Two ways of writing look alike. By RFC 4180 a cell that begins with a quote goes on to the quote
that ends it, over separators and line ends. Collections of texts (MS MARCO's, BEIR's) are written
without any such rule: a line is a row, and a quote is a letter. Read in the wrong way, a text that
begins with a quote takes the rows after it in. So all of a file is looked at:

- quotes set cells off where each one that begins a cell has its end at the end of a cell;
- lines are rows where each has as many cells as there are columns;
- where both hold, a comma or a semicolon means the first, a tab or a bar the second if a quoted
  cell would hold line ends, or if a few cells are in quotes that nothing in them calls for.
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import InvalidError
from harness.tasks.reading.content import UTF8, opened

QUOTE = '"'
_PLAIN = ("\t", "|")
"""Separators of files that are mostly written without quotes that mean anything."""

_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Quoting:
    """Whether quotes set cells off, and what is to be said of that, if anything."""

    quoted: bool = True
    note: str = ""


@dataclass(slots=True)
class _Seen:
    """What the lines of a file are in both ways of reading them."""

    separator: str
    width: int
    spaced: bool
    inside: bool = False
    cells: int = 1
    rows: int = 0
    """Rows by the quotes, and cells of the one at hand."""

    line: int = 0
    opened_in: int = 0
    broken_in: int = 0
    """Lines: that in which the last quoted cell begins, and that of the first which ends badly."""

    ragged: bool = False
    uneven: bool = False
    """Whether a row by the quotes, or a line, has more or fewer cells than there are columns."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    """The first and the last line of the first quoted cell that holds line ends."""

    idle: Counter[int] = field(default_factory=Counter)
    """Cells in quotes that nothing in them calls for, by column."""

    every: Counter[int] = field(default_factory=Counter)
    first_idle: int = 0

    def add(self, line: str) -> None:
        """Take in one more line, without its end."""
        self.line += 1
        if not line.strip():
            return
        self.uneven |= line.count(self.separator) + 1 != self.width
        if self.broken_in:
            return
        if self.inside or QUOTE in line:
            self._scan(line)
        else:
            self.cells += line.count(self.separator)
        if not self.inside:
            self.rows += 1
            self.ragged |= self.cells != self.width
            self.cells = 1

    def _scan(self, line: str) -> None:
        place = begin = 0
        while not self.broken_in:
            if not self.inside:
                place = self._blanks(line, place) if self.spaced else place
                if not line.startswith(QUOTE, place):
                    place = line.find(self.separator, place) + 1
                    if not place:
                        return
                    self.cells += 1
                    continue
                self.inside, self.opened_in = True, self.line
                begin = place = place + 1
            end = self._end(line, place)
            if end < 0:
                return
            place = self._closed(line, begin, end)
            if not place:
                return

    def _blanks(self, line: str, place: int) -> int:
        while line.startswith(" ", place):
            place += 1
        return place

    def _end(self, line: str, place: int) -> int:
        """Where the quote is that ends the cell, -1 where it is in no such line."""
        while (found := line.find(QUOTE, place)) >= 0:
            if not line.startswith(QUOTE, found + 1):
                return found
            place = found + 2
        return -1

    def _closed(self, line: str, begin: int, end: int) -> int:
        """Where the next cell begins, 0 where the line ends or the quote ends no cell."""
        self.inside = False
        column, after = self.cells, self._blanks(line, end + 1)
        if after < len(line) and line[after] != self.separator:
            self.broken_in = self.opened_in
            return 0
        self.every[column] += 1
        if self.opened_in != self.line:
            self.spans = self.spans or [(self.opened_in, self.line)]
        elif not any(mark in line[begin:end] for mark in (self.separator, QUOTE, ",", ";")):
            self.idle[column] += 1
            self.first_idle = self.first_idle or self.line
        if after == len(line):
            return 0
        self.cells += 1
        return after + 1


def quoting_of(
    path: Path, encoding: str, separator: str, *, skip: int, width: int, spaced: bool = False
) -> Quoting:
    """How the quotes of a table are meant, whose rows begin after ``skip`` lines.

    Raises :class:`InvalidError` that names the line where they can be meant in neither way.
    """
    if encoding in UTF8 and not spaced and not _begins_cells(path, separator.encode()):
        return Quoting()
    seen = _Seen(separator, width, spaced)
    with opened(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as file:
        for number, line in enumerate(file):
            if number >= skip:
                seen.add(line.rstrip("\r\n"))
    return _meant(path, seen, skip)


def _begins_cells(path: Path, separator: bytes) -> bool:
    """Whether a quote begins a cell anywhere."""
    marks = tuple(before + b'"' for before in (separator, b"\n", b"\r"))
    with opened(path) as file:
        before = b"\n"
        while block := file.read(_BLOCK):
            data = before + block.removeprefix(b"\xef\xbb\xbf")
            if b'"' in data and any(mark in data for mark in marks):
                return True
            before = block[-1:]
    return False


def _meant(path: Path, seen: _Seen, skip: int) -> Quoting:
    broken = seen.broken_in or (seen.opened_in if seen.inside else 0)
    if not broken and not seen.ragged:
        return _both(path, seen, skip) if not seen.uneven else Quoting()
    if not seen.uneven:
        where = broken or (seen.spans[0][0] if seen.spans else 1)
        return Quoting(quoted=False, note=_as_letters(path, where + skip))
    if broken:
        raise InvalidError(
            f"{path}, line {broken + skip}: a quote begins a cell and ends in the middle of one, "
            "or nowhere",
            fix="Double the quotes inside of quoted cells; or write no quotes around cells, and "
            "each row in one line",
        )
    return Quoting()


def _both(path: Path, seen: _Seen, skip: int) -> Quoting:
    plain = seen.separator in _PLAIN
    if seen.spans:
        first, last = (line + skip for line in seen.spans[0])
        if plain:
            return Quoting(quoted=False, note=_as_letters(path, first))
        return Quoting(
            note=f"{path}: lines {first} to {last} are one row, by the quotes; were they rows of "
            "their own, the quotes in their texts would have to be doubled"
        )
    few = any(2 * seen.every[column] < seen.rows for column in seen.idle)
    if plain and few:
        return Quoting(quoted=False, note=_as_letters(path, seen.first_idle + skip))
    return Quoting()


def _as_letters(path: Path, line: int) -> str:
    return (
        f"{path}: quotes were read as part of the texts, each line being a row: by line {line} "
        "they do not set cells off"
    )
