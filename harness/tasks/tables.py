"""Reading JSON Lines, CSV and Parquet row by row: whoever wrote them, one clear line on error."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from harness.errors import InvalidError, UsageError, did_you_mean
from harness.tasks.parquet import opened

ENDINGS = (".jsonl", ".csv", ".parquet", ".jsonl.gz", ".csv.gz")
_BLOCK = 1 << 26
"""Bytes of CSV parsed at once: also the length of the longest row, 64 MiB."""

_BATCH = 2048


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table and where it stands, such as ``texts.csv, row 7`` (from 1)."""

    file: str
    number: int
    values: dict[str, Any]

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.file}, row {self.number}"


def ending(path: Path) -> str:
    """Which of :data:`ENDINGS` the file has, in lower case, or ``""``."""
    name = path.name.lower()
    return next((end for end in ENDINGS if name.endswith(end)), "")


def stem(path: Path) -> str:
    """The file's name without its ending."""
    return path.name[: len(path.name) - len(ending(path))]


def tables_in(folder: Path) -> list[Path]:
    """The tables directly in a folder, by name; hidden files are left out."""
    files = (path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    return sorted(path for path in files if ending(path))


def read_table(path: Path, *, name: str | None = None) -> Iterator[Row]:
    """Every row, in file order; column names as they are in the file.

    Raises :class:`UsageError` for a file that is not there or of no known kind, and
    :class:`InvalidError` in one line for anything in it that cannot be read.
    """
    end = ending(path)
    if not path.is_file():
        raise UsageError(f"{path} is missing")
    if not end:
        raise UsageError(f"{path} is not a table", fix=f"Known endings: {', '.join(ENDINGS)}")
    reader = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}[end.removesuffix(".gz")]
    rows = reader(path)
    while True:  # errors of whoever uses the rows are not errors of the file
        with _one_clear_line(path):
            found = next(rows, None)
        if found is None:
            return
        yield Row(name or path.name, *found)


def find_columns(row: Row, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """For each role the first of its names that the row has, whatever the case of its letters."""
    there: dict[str, str] = {}
    for column in row.values:
        there.setdefault(column.strip().lower(), column)
    found = {
        role: next((there[name] for name in names if name in there), "")
        for role, names in wanted.items()
    }
    return {role: column for role, column in found.items() if column}


def require(row: Row, columns: Collection[str]) -> None:
    """Raise :class:`UsageError` in one line that names missing columns and those there."""
    missing = [column for column in columns if column not in row.values]
    if missing:
        words = ", ".join(repr(column) for column in missing)
        there = ", ".join(repr(column) for column in row.values) or "none"
        near = did_you_mean(missing[0], row.values)
        raise UsageError(
            f"{row.file} has no column {words}; columns there: {there[:500]}",
            fix=near if near.startswith("Did") else "",
        )


def _jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError:
                raise InvalidError(f"{path}:{number}: not UTF-8") from None
            except (ValueError, RecursionError) as error:
                raise InvalidError(f"{path}:{number}: not valid JSON ({error})") from None
            if not isinstance(entry, dict):
                raise InvalidError(f"{path}:{number}: not a JSON object")
            yield number, entry


def _csv(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    from pyarrow import csv as arrow_csv

    header = _header(path)
    if not header:
        return
    with _open(path) as file:
        reader = arrow_csv.open_csv(
            file,
            read_options=arrow_csv.ReadOptions(
                block_size=_BLOCK, use_threads=False, column_names=header, skip_rows=1
            ),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
            # Every cell stays the string that it is: "1e3" is a text, and so is "NA".
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(header, "string"), strings_can_be_null=False
            ),
        )
        yield from _numbered(reader)


def _header(path: Path) -> list[str]:
    with _open(path) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as file:
        header = [cell.strip() for cell in next(csv.reader([file.readline(1 << 20)]), [])]
    twice = sorted({cell for cell in header if header.count(cell) > 1 and cell})
    if twice:
        raise InvalidError(f"{path}: column {twice[0]!r} is there twice")
    return [cell or f"column {number}" for number, cell in enumerate(header, 1)]


def _parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with opened(path) as file:
        yield from _numbered(file.iter_batches(batch_size=_BATCH))


def _numbered(batches: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    for batch in batches:
        for start in range(0, batch.num_rows, _BATCH):
            for values in batch.slice(start, _BATCH).to_pylist():
                number += 1
                yield number, values


def _open(path: Path) -> IO[bytes]:
    zipped = path.name.lower().endswith(".gz")
    return cast(IO[bytes], gzip.open(path) if zipped else path.open("rb"))


@contextmanager
def _one_clear_line(path: Path) -> Iterator[None]:
    from pyarrow import ArrowException

    try:
        yield
    except (EOFError, gzip.BadGzipFile) as error:
        raise InvalidError(f"{path} is not a whole gzip file ({error})") from None
    except UnicodeDecodeError:
        raise InvalidError(f"{path}: not UTF-8") from None
    except (ArrowException, csv.Error, OSError) as error:
        line = " ".join(str(error).split())
        raise InvalidError(f"{path} cannot be read: {line[:300]}") from None
