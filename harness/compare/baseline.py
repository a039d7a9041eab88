"""A committed baseline: a record with the tables that a comparison needs, one folder per task.

Nothing else ever writes there, so that a baseline moves only by a command whose diff is reviewed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.compare.sides import Side, read_sides
from harness.errors import InvalidError
from harness.files import make_folder, sha256_file, write_atomic
from harness.records.record import Record
from harness.runs.folder import RECORD_FILE, slug

MOST_BYTES = 5_000_000
"""A file above this size is left out, and what needs it says so when it compares."""


@dataclass(frozen=True, slots=True)
class Change:
    """One task of a baseline: the record there before, if any, the new one, and files left out."""

    task: str
    folder: Path
    before: Record | None
    after: Record
    left_out: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Whether the baseline is another one now."""
        return self.before != self.after


def update_baseline(sources: Mapping[str, Side], folder: Path) -> list[Change]:
    """Write the sides into a baseline's folder; tasks that they lack stay as they are.

    Raises :class:`InvalidError` when a file is not the one its record was made with, before
    anything is written.
    """
    known = read_sides(folder) if any(folder.rglob(RECORD_FILE)) else {}
    for side in sources.values():
        for path, sha256 in _files(side):
            if path.is_file() and sha256_file(path) != sha256:
                raise InvalidError(
                    f"{path} is not the file its record was made with",
                    fix=f"Score it again: marginbench score {side.folder}",
                )
    return [_write(side, folder / slug(task), known.get(task)) for task, side in sources.items()]


def _files(side: Side) -> list[tuple[Path, str]]:
    record = side.record
    named = [e for e in (record.predictions, record.groups, *record.files) if e is not None]
    return [(side.folder / evidence.file, evidence.sha256) for evidence in named]


def _write(side: Side, folder: Path, before: Side | None) -> Change:
    place = before.folder if before is not None else folder
    make_folder(place)
    left_out = []
    for path, _ in _files(side):
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            left_out.append(path.name)
            (place / path.name).unlink(missing_ok=True)
        else:
            write_atomic(place / path.name, path.read_bytes())
    # The record last: a baseline that was cut short never claims files that are not there.
    write_atomic(place / RECORD_FILE, (side.folder / RECORD_FILE).read_bytes())
    return Change(
        side.record.task.id,
        place,
        before.record if before else None,
        side.record,
        tuple(left_out),
    )
