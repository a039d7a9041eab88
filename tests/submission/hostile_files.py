"""Hostile files: predictions that are none, that unfold without end, that claim too much; trees."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.submission.hostile_seed import (
    RECORD,
    ROWS,
    RTL,
    TABLE,
    Cases,
    answers,
    parquet,
    put_table,
    with_bytes,
    with_table,
)

MANY, MILLION = 21_000_000, 1_000_000
LONG = 135_000_000
"""Rows and bytes that are too many to unfold; each file has a few kilobytes."""


class Run:
    """Runs a program when a pickle of it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch pwned",)


def half(folder: Path) -> None:
    """Predictions whose second half is lost."""
    data = (folder / TABLE).read_bytes()
    put_table(folder, data[: len(data) // 2])


def floats(value: float, rows: int = ROWS) -> Any:
    """A column of one float32."""
    return pa.array(np.full(rows, value, dtype=np.float32))


def repeated(text: str | None, rows: int = ROWS) -> Any:
    """A column of one text."""
    return pa.repeat(pa.scalar(text, pa.string()), rows)


def long_text() -> dict[str, Any]:
    """Answers, the first of which is very long."""
    return answers(prediction=pa.array(["0" * LONG, *["1"] * (ROWS - 1)]))


def million() -> dict[str, Any]:
    """More answers than the task has items."""
    return {"prediction": repeated("1", MILLION), "confidence": floats(0.5, MILLION)}


SHARED = {"prediction": "DELTA_BYTE_ARRAY", "confidence": "PLAIN"}
"""Encodings of which one lets values share their beginnings, so that a small page unfolds far."""

PREDICTIONS: Cases = {
    "missing": ("predictions-missing", lambda folder: (folder / TABLE).unlink()),
    "pickle": ("predictions-format", lambda folder: put_table(folder, pickle.dumps(Run()))),
    "truncated": ("predictions-format", half),
    "many-rows": ("predictions-size", with_table(lambda: {"confidence": floats(0.5, MANY)})),
    "long-text": ("predictions-size", with_table(long_text)),
    "prefixes": (
        "predictions-size",
        with_table(answers, use_dictionary=False, column_encoding=SHARED),
    ),
    "million-rows": ("predictions-rows", with_table(million)),
    "more-columns": ("predictions-columns", with_table(lambda: answers(gold=repeated("1")))),
    "wide": ("predictions-columns", with_table(lambda: answers(prediction=repeated("x" * 2000)))),
    "infinite-score": (
        "predictions-values",
        with_table(lambda: answers(confidence=floats(float("inf")))),
    ),
    "null": ("predictions-values", with_table(lambda: answers(prediction=repeated(None)))),
    "constant": (
        "predictions-constant",
        with_table(lambda: answers(prediction=repeated("1"), confidence=floats(0.5))),
    ),
    "other-file": (
        "predictions-digest",
        lambda folder: (folder / TABLE).write_bytes(parquet(answers())),
    ),
    "zz-copied": ("predictions-duplicate", lambda folder: None),
}
"""Cases by their predictions."""


def link(folder: Path) -> None:
    """A link in place of the predictions."""
    (folder / TABLE).unlink()
    (folder / TABLE).symlink_to("/etc/passwd")


def sparse(path: Path, size: int) -> None:
    """A file that is large and takes no room."""
    with path.open("wb") as file:
        file.truncate(size)


def large(folder: Path) -> None:
    """Files that are too large together."""
    for number in range(5):
        sparse(folder / "records" / f"{number}.json", 7 * 2**20)


def many_files(folder: Path) -> None:
    """More files than a submission may have."""
    for number in range(500):
        (folder / "records" / f"{number}.json").write_text("{}")


def no_utf_8(folder: Path) -> None:
    """A file whose name is no text."""
    with open(os.fsencode(folder / "records") + b"/\xff\xfe.json", "wb") as file:
        file.write(b"{}")


TREES: Cases = {
    "symlink": ("tree-kind", link),
    "pipe": ("tree-kind", lambda folder: os.mkfifo(folder / "records" / "pipe.json")),
    "program": ("tree-kind", lambda folder: (folder / RECORD).chmod(0o755)),
    "code": ("tree-unexpected", with_bytes("setup.py", b"import os\n")),
    "submodule": ("tree-unexpected", with_bytes(".git", b"gitdir: ../../../.git/modules/x\n")),
    "device-name": ("tree-unexpected", with_bytes("con", b"")),
    "backslash": ("tree-unexpected", with_bytes("records/..\\..\\evil.json", b"{}")),
    "unseen-file": ("tree-unexpected", with_bytes(f"records/a{RTL}nosj.json", b"{}")),
    "no-utf-8-name": ("tree-unexpected", no_utf_8),
    "case": ("tree-collision", with_bytes("records/Flips.Digits.json", b"{}")),
    "large-file": (
        "tree-file-size",
        lambda folder: sparse(folder / "records" / "large.json", 9 * 2**20),
    ),
    "large": ("tree-size", large),
    "files": ("tree-files", many_files),
}
"""Cases by what lies in their folder."""
