"""The files that a record names, held against their digests: what is there, and what is not."""

from __future__ import annotations

import os
from pathlib import Path

from harness.compare.sides import Side
from harness.errors import InvalidError
from harness.records.record import Evidence
from harness.runs.folder import MANIFEST_FILE

LFS = b"version https://git-lfs.github.com/spec/"


def check_files(side: Side) -> list[str]:
    """Names of the record's files that do not lie beside it, predictions among them.

    Raises :class:`InvalidError` when one that does is not as it was when the record was made, be it
    used or not: which of two is wrong, nobody can say.
    """
    record, absent = side.record, []
    for evidence in (record.predictions, record.groups, *record.files):
        if evidence is None:
            continue
        if not side.lies_there(evidence):
            _refuse_odd(side, evidence)
            absent.append(evidence.file)
        elif side.sha256(evidence.file) != evidence.sha256:
            raise _damaged(side, side.path(evidence.file), evidence)
    return absent


def _refuse_odd(side: Side, evidence: Evidence) -> None:
    """A pipe, a device or a folder in a file's place is no file that is merely not there."""
    if Path(evidence.file).name == evidence.file and os.path.lexists(side.path(evidence.file)):
        raise InvalidError(
            f"{side.path(evidence.file)} is not a plain file",
            fix="Put the file itself there, as it was when its record was made",
        )


def _damaged(side: Side, path: Path, evidence: Evidence) -> InvalidError:
    with path.open("rb") as file:
        pointer = file.read(len(LFS)) == LFS
    if pointer:
        return InvalidError(
            f"{path} is a pointer of Git LFS, not the file itself",
            fix="Fetch it: git lfs pull",
        )
    again = f"Score it again: marginbench score {side.folder}"
    if not (side.folder / MANIFEST_FILE).is_file():
        again = (
            "Fetch it again, or make the baseline again: marginbench baseline update RUN --to "
            + (str(side.folder.parent))
        )
    found, told = side.sha256(evidence.file)[:12], evidence.sha256[:12]
    return InvalidError(
        f"{path} is not the file its record was made with (sha256 {found}, the record tells of "
        f"{told})",
        fix=again,
    )
