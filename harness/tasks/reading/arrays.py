"""Arrays of an ``.npz``: those that are asked for, and no others are looked at.

Objects, which would run code when read, are refused; texts that were written as bytes are texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, MarginBenchError
from harness.tasks.reading.columns import check_names
from harness.tasks.reading.unfolding import check_zip

_OBJECTS = "Object arrays"


def read_arrays(
    path: Path, wanted: Mapping[str, Sequence[str]], *, what: str = ".npz", fix: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Role -> the first array of its names that is there, and the names of all arrays.

    Raises :class:`InvalidError` in one line for anything that cannot be read; ``what`` says what
    the file should have been, ``fix`` how to write it.
    """
    import numpy as np

    check_zip(path)
    try:
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise ValueError("it is a single array")
        with archive:
            names = list(archive.files)
            check_names(path, names, what="array")
            chosen = {role: _first(known, names) for role, known in wanted.items()}
            found = {role: archive[name] for role, name in chosen.items() if name}
            other = [chosen[role] for role, values in found.items() if isinstance(values, bytes)]
            if other:
                raise ValueError(f"{other[0]} is no array")
            empty = [chosen[role] for role, values in found.items() if _nothing(values)]
            if empty:  # a shape of a billion texts of no length takes no byte
                raise ValueError(f"all values of {empty[0]} are of no length")
    except MarginBenchError:
        raise
    except (
        Exception
    ) as error:  # damaged bytes make zip, zlib and the header's parser raise anything
        line = " ".join(str(error).split()) or type(error).__name__
        if line.startswith(_OBJECTS):
            fix = "Write texts as texts: numpy.asarray(values, dtype=str)"
        raise InvalidError(f"{path} cannot be read as {what} ({line[:300]})", fix=fix) from error
    return {role: _texts(values, chosen[role], path) for role, values in found.items()}, names


def _first(known: Sequence[str], names: Sequence[str]) -> str:
    found = next((name for name in known if any(name == other.lower() for other in names)), None)
    alike = [name for name in names if name.lower() == found]
    if len(alike) > 1:
        shown = " and ".join(map(repr, alike[:3]))
        raise ValueError(f"the arrays {shown} have one name but for the case of its letters")
    return alike[0] if alike else ""


def _nothing(values: Any) -> bool:
    return bool(values.dtype.itemsize == 0 and values.size)


def _texts(values: Any, name: str, path: Path) -> Any:
    import numpy as np

    if values.dtype.kind != "S":
        return values
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError:
        raise InvalidError(f"{path}: {name} are not UTF-8") from None
