"""Names of classes for a control row that classifies: it has learned none by itself."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.files import read_names


def classes_named(checkpoint: str, adapter: str) -> tuple[str, ...]:
    """The classes that ``a,b,c`` or a file of them, one a line, names; none for ``""``.

    Raises :class:`UsageError` for a class that is named twice, and for one alone.
    """
    if not checkpoint:
        return ()
    path = Path(checkpoint)
    names = list(read_names(path)) if path.is_file() else checkpoint.split(",")
    found = tuple(name.strip() for name in names if name.strip())
    if len(found) < 2 or len(set(found)) < len(found):
        raise UsageError(
            f"{adapter}:{checkpoint[:60]} names {len(set(found))} classes",
            fix=f"Type --model {adapter}, or for classes {adapter}:a,b,c or {adapter}:FILE with "
            "one a line, each once",
        )
    return found
