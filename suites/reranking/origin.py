"""Where a collection came from, as its loader tells it to the record."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from harness.files import sha256_file
from harness.strict_json import Json

_FILES = ("corpus.*", "queries.*", "qrels.*", "qrels/*", "topics.*")
_LISTS = ("candidates/*", "runs/*")


def of_folder(folder: Path, *, lists: bool = False) -> dict[str, Json]:
    """sha256 of the files that a collection is read from; with ``lists`` its candidate lists too.

    Which of them were read depends on the layout; one more than was read says nothing wrong.
    """
    patterns = (*_FILES, *_LISTS) if lists else _FILES
    found = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    files = [path for path in found if path.is_file() and not path.name.startswith(".")]
    return {"files": {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}}


def of_ir_datasets(name: str, pinned: str) -> dict[str, Json]:
    """The data set's name, the version that read it, and what is pinned of its downloads."""
    package = f"ir_datasets {version('ir_datasets')}"
    return {"source": f"ir_datasets:{name}", "package": package, "pinned": pinned}
