"""Columns of numbers and strings in MATLAB files (up to version 7), which scipy reads.

One variable is one column; a list of names may be a cell array of strings. Damaged bytes can crash
scipy's reader, and with it the process: the reading is done by another one, which may.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.tasks.reading.holes import check_holes

MATLAB = ".mat"
_NUMBERS = ("double", "single", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32)))
_READABLE = (*_NUMBERS, "int64", "uint64", "char", "cell")
MOST_MEMORY = 4 << 30
"""Bytes that the other process may have."""

_CHILD = "import sys; sys.path[:] = {path}; from {module} import answer; answer()"


def columns_in(path: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """Those of the columns that the file has, as texts; nothing else in it is loaded.

    Raises :class:`InvalidError` for a variable that is neither numbers nor strings.
    """
    found: dict[str, list[str]] = _asked(path, list(names))
    return found


def variables(path: Path) -> dict[str, str]:
    """Variables of a MATLAB file and their class. Raises :class:`InvalidError` in one line."""
    found: dict[str, str] = _asked(path, None)
    return found


def _asked(path: Path, names: list[str] | None) -> Any:
    check_holes(path)
    code = _CHILD.format(path=repr(sys.path), module=__name__)
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps([str(path), names]).encode(),
        capture_output=True,
        check=False,
    )
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise InvalidError(
            f"{path}: cannot be read as a table (its reader ended with {done.returncode})"
        ) from None
    if "error" in told:
        raise InvalidError(told["error"], fix=told["fix"])
    return told["found"]


def answer() -> None:
    """What the other process does: read the question, write the answer as JSON."""
    path, names = json.load(sys.stdin)
    _bound()
    try:
        found = _kinds(Path(path)) if names is None else _columns(Path(path), names)
        told: dict[str, Any] = {"found": found}
    except InvalidError as error:
        told = {"error": error.message, "fix": error.fix}
    json.dump(told, sys.stdout)


def _bound() -> None:
    """Let this process have no more memory: a variable that is packed may be of any size."""
    try:
        import resource
    except ImportError:  # as on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _columns(path: Path, names: Sequence[str]) -> dict[str, list[str]]:
    kinds = _kinds(path)
    wanted = [name for name in names if name in kinds]
    for name in wanted:
        if kinds[name] not in _READABLE:
            raise InvalidError(f"{path}: {name} is a {kinds[name]}, neither numbers nor strings")
    if not wanted:
        return {}
    from scipy.io import loadmat

    found = _matlab(path, lambda: loadmat(path, appendmat=False, variable_names=wanted))
    return {name: _vector(found[name], f"{path}: {name}") for name in wanted if name in found}


def _kinds(path: Path) -> dict[str, str]:
    from scipy.io import whosmat

    listed = _matlab(path, lambda: whosmat(path, appendmat=False))
    return {name: kind for name, _, kind in listed}


def _matlab(path: Path, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except NotImplementedError as error:
        raise InvalidError(
            f"{path} is a MATLAB 7.3 file, which is not read", fix="Save it with -v7, or as CSV"
        ) from error
    except Exception as error:  # a broken file makes the reader stumble in many ways
        said = " ".join(str(error).split())[:200]
        raise InvalidError(f"{path}: cannot be read as a table ({said})") from error


def _vector(values: Any, where: str) -> list[str]:
    if sum(size > 1 for size in values.shape) > 1:
        raise InvalidError(f"{where} is neither one row nor one column, but {values.shape}")
    if values.dtype.kind != "O":
        return [cell_text(value, where) for value in values.ravel().tolist()]
    cells = values.ravel().tolist()
    if any(getattr(cell, "dtype", values.dtype).kind not in "Uiuf" for cell in cells):
        raise InvalidError(f"{where} holds cells that are neither numbers nor strings")
    if any(cell.size > 1 for cell in cells):
        raise InvalidError(f"{where} holds cells with several values")
    return [cell_text(cell.item(), where) if cell.size else "" for cell in cells]


def cell_text(value: object, where: str) -> str:
    """A number or a string as a text; :class:`InvalidError` for anything else."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    raise InvalidError(f"{where}: {str(value)[:40]!r} is neither a number nor a string")
