"""Runs cells, several at a time, and keeps their rows as JSON lines, one file for all of them."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage_cases.base import Cell, Rates, Row, run
from coverage_cases.cells import cells
from coverage_cases.real_runs import data_folder


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every row says of how it was made."""

    version: str
    date: str


def chosen(only: str, *, short: bool) -> list[Cell | Rates]:
    """Cells whose key contains a text; those of the short form alone where asked.

    Cells of real runs are left out where the runs are not at hand.
    """
    there = data_folder() is not None
    return [
        cell
        for cell in cells()
        if only in cell.key and (cell.short or not short) and (there or not cell.real)
    ]


def run_all(
    wanted: Sequence[Cell | Rates], repetitions: int, processes: int
) -> Iterator[tuple[Cell | Rates, list[Row], float]]:
    """Every cell with its rows and seconds, as they are finished; the dearest start first."""
    work = [(cell.key, repetitions) for cell in sorted(wanted, key=lambda cell: cell.share)]
    by_key = {cell.key: cell for cell in wanted}
    if processes == 1:
        for key, rows, seconds in map(_one, work):
            yield by_key[key], rows, seconds
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for key, rows, seconds in pool.imap_unordered(_one, work):
            yield by_key[key], rows, seconds


def _one(work: tuple[str, int]) -> tuple[str, list[Row], float]:
    key, repetitions = work
    cell = next(cell for cell in cells() if cell.key == key)
    start = time.perf_counter()
    return key, run(cell, repetitions), time.perf_counter() - start


def read(path: Path) -> list[Row]:
    """The rows of a file, none where there is no file."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: Sequence[Row]) -> None:
    """All rows, in the order of the cells; rows of cells that are no more are left out."""
    path.parent.mkdir(exist_ok=True)
    place = {_cell(cell): number for number, cell in enumerate(cells())}
    kept = [row for row in rows if _name(row) in place]
    kept.sort(key=lambda row: place[_name(row)])
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def merged(old: Sequence[Row], cell: Cell | Rates, rows: Sequence[Row], stamp: Stamp) -> list[Row]:
    """The rows with those of one cell put in the place of its former ones."""
    stamped = [{**row, "version": stamp.version, "date": stamp.date} for row in rows]
    return [row for row in old if _name(row) != _cell(cell)] + stamped


def done(rows: Sequence[Row], cell: Cell | Rates) -> bool:
    """Whether a cell has rows."""
    return any(_name(row) == _cell(cell) for row in rows)


def _name(row: Row) -> tuple[str, str, int]:
    return row["situation"], row["population"], row["n"]


def _cell(cell: Cell | Rates) -> tuple[str, str, int]:
    return cell.situation, cell.population, cell.n
