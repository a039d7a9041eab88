"""Columns of numbers and strings in MATLAB files (up to version 7), which scipy reads.

One variable is one column; a list of names may be a cell array of strings. Damaged bytes can crash
scipy's reader, and with it the process: the reading is done by another one, which may.
"""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal

from harness.errors import InvalidError
from harness.tasks.reading.columns import check_names
from harness.tasks.reading.holes import check_holes
from harness.tasks.reading.spelled import Spelled
from harness.tasks.reading.unfolding import check_size

MATLAB = ".mat"
_NUMBERS = ("double", "single", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32)))
_READABLE = (*_NUMBERS, "int64", "uint64", "char", "cell")
MOST_MEMORY = 4 << 30
"""Bytes that the other process may have."""

MOST_SECONDS = 120
"""Seconds that it may take."""

_HEAD, _PACKED, _CELL = 128, 15, 8
"""Bytes of a file's head (MATLAB's "MAT-File Format", version 5), the type of what is packed, and
bytes that a value takes at least once it is read."""

_BLOCK = 1 << 20

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
    if path.is_file():
        _check_packed(path)
    code = _CHILD.format(path=repr(sys.path), module=__name__)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps([str(path), names]).encode(),
            capture_output=True,
            check=False,
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise InvalidError(
            f"{path}: cannot be read as a table (its reader took more than {MOST_SECONDS} s)"
        ) from None
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise InvalidError(
            f"{path}: cannot be read as a table (its reader ended with {done.returncode})"
        ) from None
    if "error" in told:
        raise InvalidError(told["error"], fix=told["fix"])
    return told["found"]


def _check_packed(path: Path) -> None:
    """Raise :class:`InvalidError` where what is packed in a file of version 5 is a bomb.

    Damage is left to the reader.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        order: Literal["little", "big"] = "little" if head[126:] == b"IM" else "big"
        total = 0
        while len(tag := file.read(8)) == 8:
            kind, size = (int.from_bytes(part, order) for part in (tag[:4], tag[4:]))
            if kind != _PACKED:
                file.seek(size, io.SEEK_CUR)
                continue
            for count in _unpacked(file, size):
                total += count
                check_size(path, total)


def _unpacked(file: IO[bytes], size: int) -> Iterator[int]:
    """How many bytes come out of so many packed ones, as they come."""
    unpacker, end = zlib.decompressobj(), file.tell() + size
    while block := file.read(min(_BLOCK, end - file.tell())):
        try:
            while block:
                yield len(unpacker.decompress(block, _BLOCK))
                block = unpacker.unconsumed_tail
        except zlib.error:
            break
    file.seek(end)


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
    listed = _listed(path)
    kinds = {name: kind for name, (_, kind) in listed.items()}
    wanted = [name for name in names if name in kinds]
    for name in wanted:
        if kinds[name] not in _READABLE:
            raise InvalidError(f"{path}: {name} is a {kinds[name]}, neither numbers nor strings")
        check_size(path, _CELL * math.prod(listed[name][0]))
    if not wanted:
        return {}
    from scipy.io import loadmat

    found = _matlab(path, lambda: loadmat(path, appendmat=False, variable_names=wanted))
    return {name: _vector(found[name], f"{path}: {name}") for name in wanted if name in found}


def _kinds(path: Path) -> dict[str, str]:
    return {name: kind for name, (_, kind) in _listed(path).items()}


def _listed(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and class of every variable."""
    from scipy.io import whosmat

    listed = _matlab(path, lambda: whosmat(path, appendmat=False))
    check_names(path, [name for name, _, _ in listed], what="variable")
    return {name: (shape, kind) for name, shape, kind in listed}


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
    if isinstance(value, Spelled):
        return value.text
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    raise InvalidError(f"{where}: {str(value)[:40]!r} is neither a number nor a string")
