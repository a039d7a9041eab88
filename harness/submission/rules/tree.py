"""Rules about names, kinds and sizes of files."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from harness.submission.confined.pool import Ended
from harness.submission.folders.tree import FILE, FOLDER
from harness.submission.layout import (
    LARGEST_FILE,
    LARGEST_SUBMISSION,
    MANIFEST_FILE,
    MOST_FILES,
)
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject

SMALLER = "See the sizes in docs/submit.md, and pack the runs with marginbench submit"


def strays(board: Board) -> Iterator[Fault]:
    """Whatever lies beside submissions and is none."""
    for stray in board.strays:
        yield Fault(
            stray.path, f"is not {stray.expected}", "Remove it, or give it a name that fits"
        )


def names(subject: Subject, board: Board) -> Iterator[Fault]:
    """The folders are called as the manifest says."""
    manifest = subject.manifest
    if manifest is not None and manifest.id != subject.id:
        yield Fault(
            subject.at(MANIFEST_FILE),
            f"is of {manifest.id}, not of the folder that it lies in",
            f"Rename the folder to {manifest.id}, or change org, model or revision",
        )


def kinds(subject: Subject, board: Board) -> Iterator[Fault]:
    """Nothing but plain files in plain folders."""
    if subject.tree.fault:
        yield Fault(subject.id, f"cannot be read ({subject.tree.fault})", "Check its permissions")
    for entry in subject.tree.entries:
        if entry.kind not in (FILE, FOLDER):
            what = "a link" if entry.kind == "link" else "no plain file"
            yield Fault(subject.at(entry.path), f"is {what}", "Put the file itself there")
        elif entry.odd:
            yield Fault(
                subject.at(entry.path), entry.odd, "Make it a plain file: chmod a-x, or copy it"
            )


def unexpected(subject: Subject, board: Board) -> Iterator[Fault]:
    """Nothing but what ``marginbench submit`` writes."""
    for entry in subject.tree.entries:
        if not entry.belongs:
            name = entry.path.rpartition("/")[2]
            repository = name in (".git", ".gitmodules")
            submodule = " (a submodule or a repository of its own)" if repository else ""
            yield Fault(
                subject.at(entry.path),
                f"does not belong into a submission{submodule}",
                "Remove it: the manifest, records/*.json and predictions/*.parquet are all",
            )


def collisions(subject: Subject, board: Board) -> Iterator[Fault]:
    """No two names that some file systems take for one."""
    seen: dict[str, str] = {}
    for entry in subject.tree.entries:
        folded = unicodedata.normalize("NFC", entry.path).casefold()
        other = seen.setdefault(folded, entry.path)
        if other != entry.path:
            yield Fault(
                subject.at(entry.path),
                f"differs from {other} by the case of its letters alone",
                "Keep one of them",
            )


def file_sizes(subject: Subject, board: Board) -> Iterator[Fault]:
    """No file is larger than the repository can carry."""
    for entry in subject.tree.files.values():
        if entry.size > LARGEST_FILE:
            yield Fault(
                subject.at(entry.path),
                f"has {entry.size:,} bytes, {LARGEST_FILE:,} at most",
                "Keep it elsewhere: pack again with --larger TASK=https://...",
            )


def total_size(subject: Subject, board: Board) -> Iterator[Fault]:
    """Nor are all of them together."""
    total = sum(entry.size for entry in subject.tree.files.values())
    if total > LARGEST_SUBMISSION:
        yield Fault(
            subject.id,
            f"has {total:,} bytes in all, {LARGEST_SUBMISSION:,} at most",
            "Keep large predictions elsewhere: pack again with --larger TASK=https://...",
        )


def file_count(subject: Subject, board: Board) -> Iterator[Fault]:
    """There are no more files than tasks could make."""
    count = len(subject.tree.files)
    if subject.tree.cut or count > MOST_FILES:
        said = "far more files" if subject.tree.cut else f"{count:,} files"
        yield Fault(subject.id, f"holds {said}, {MOST_FILES} at most", "Submit fewer runs at once")


def costs(board: Board) -> Iterator[Fault]:
    """No submission costs more to read than any may."""
    for id, ended in board.stopped.items():
        yield cost(id, ended)


def cost(id: str, ended: Ended) -> Fault:
    """What a limit that was broken says of a submission."""
    return Fault(ended.at or id, f"reading it takes {ended.stopped}", SMALLER)
