"""A model as a folder of plain files: a manifest that names the others by their sha256, no pickle.

What ``marginbench train-baseline`` writes is read back with checks; equal input, equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import InvalidError, UsageError
from harness.files import make_folder, read_regular, write_atomic
from harness.fingerprint import digest_files
from harness.strict_json import Json, load_plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MANIFEST = "manifest.json"
ASKED = "asked.json"
"""Beside the model and no part of its digest: where the learning data lay is not what it is."""

MOST_BYTES = 1 << 32
_MOST_MANIFEST = 1 << 26
FIT = "Fit a model first: marginbench train-baseline --model {} --task ID --out MODEL_DIR"


def write_model(
    folder: Path, *, form: str, files: Mapping[str, bytes], values: Mapping[str, Json]
) -> None:
    """Write a model; the manifest comes last, so that a folder with one is complete."""
    make_folder(folder)
    manifest: dict[str, Json] = {
        **values,
        "format": form,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, data in files.items():
        write_atomic(folder / name, data)
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    write_atomic(folder / MANIFEST, text.encode() + b"\n")


def read_manifest(checkpoint: str, *, form: str, keys: set[str], model: str) -> dict[str, Any]:
    """The manifest of a model folder with just these keys (and ``format``, ``files``, ``facts``).

    ``model`` stands for ``--model`` in the advice. Raises :class:`UsageError` when there is no such
    folder, :class:`InvalidError` when it holds something else.
    """
    folder = folder_of(checkpoint, model)
    path = folder / MANIFEST
    try:
        found = load_plain(_bytes(path, _MOST_MANIFEST))
    except ValueError as error:
        raise InvalidError(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict) or found.get("format") != form:
        raise InvalidError(f"{path} is not a manifest of format {form}")
    wanted = {*keys, "format", "files", "facts"}
    if found.keys() != wanted:
        odd = ", ".join(sorted(found.keys() ^ wanted))
        raise InvalidError(f"{path} has unknown or missing keys: {odd}")
    files = found["files"]
    if not isinstance(files, dict) or not all(_plain(name) for name in files):
        raise InvalidError(f"{path}: unusable value of files")
    if not isinstance(found["facts"], dict):
        raise InvalidError(f"{path}: unusable value of facts")
    return found


def folder_of(checkpoint: str, model: str) -> Path:
    """The folder. Raises :class:`UsageError` when there is none, or none that is complete."""
    folder = Path(checkpoint).expanduser()
    if not checkpoint or not folder.is_dir():
        said = f"no folder {checkpoint!r}" if checkpoint else "no folder of a model is given"
        raise UsageError(said, fix=f"{FIT.format(model)}; then type --model ADAPTER:MODEL_DIR")
    if not (folder / MANIFEST).is_file():
        raise UsageError(f"{checkpoint} holds no {MANIFEST}", fix=FIT.format(model))
    return folder


def write_asked(folder: Path, data: Path | None) -> None:
    """Keep the name of what ``--data`` gave to fit a model on."""
    name = None if data is None else data.absolute().name
    write_atomic(folder / ASKED, json.dumps({"data": name}).encode() + b"\n")


def read_asked(folder: Path) -> dict[str, Json]:
    """What a record tells of that; empty when nothing was given, or nothing readable is there."""
    try:
        name = load_plain(_bytes(folder / ASKED, 1 << 16))["data"]
    except (InvalidError, ValueError, TypeError, KeyError):
        return {}
    return {"fitted_data": name} if isinstance(name, str) else {}


def digest_model(folder: Path, manifest: Mapping[str, Any]) -> str:
    """Digest of the manifest and all files that it names.

    Raises :class:`UsageError` if one is absent, :class:`InvalidError` if one is too large to read.
    """
    names = (MANIFEST, *sorted(manifest["files"]))
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise UsageError(f"{folder} lacks {', '.join(missing)}", fix="Fit the model again")
    check_sizes([folder / name for name in names], MOST_BYTES)
    return digest_files({name: folder / name for name in names})


def check_sizes(files: Iterable[Path], most: int) -> None:
    """Raise :class:`InvalidError` for a file that will not be read, before it is digested."""
    for path in files:
        if path.stat().st_size > most:
            raise InvalidError(f"{path} is larger than {most} bytes")


def read_file(folder: Path, manifest: Mapping[str, Any], name: str) -> bytes:
    """A file that the manifest names. Raises :class:`InvalidError` when it is another one."""
    data = _bytes(folder / name, MOST_BYTES)
    if hashlib.sha256(data).hexdigest() != manifest["files"].get(name):
        raise InvalidError(f"{folder / name} is not the file its manifest names (sha256)")
    return data


def arrays_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as the bytes of an ``.npz`` file; the same arrays give the same bytes."""
    import numpy as np

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue())
    return buffer.getvalue()


def read_arrays(
    data: bytes, path: Path, wanted: Mapping[str, tuple[tuple[int, ...], type[np.generic]]]
) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz`` file, each of the shape and dtype that is wanted, and finite.

    Raises :class:`InvalidError` otherwise. No file decides how much memory is asked for.
    """
    import numpy as np

    found: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name, (shape, dtype) in wanted.items():
                size = int(np.prod(shape)) * np.dtype(dtype).itemsize
                content = _member(archive, f"{name}.npy", size)
                found[name] = np.load(io.BytesIO(content), allow_pickle=False)
                if found[name].shape != shape or found[name].dtype != np.dtype(dtype):
                    raise ValueError(f"{name} is not {np.dtype(dtype)} of shape {shape}")
                if not np.isfinite(found[name]).all():
                    raise ValueError(f"{name} holds numbers that are not finite")
    except (*(ValueError, KeyError, EOFError, OSError, MemoryError, zipfile.BadZipFile),) as error:
        line = " ".join(str(error).split())
        raise InvalidError(f"{path} does not hold the arrays of the model: {line}") from error
    return found


def _member(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    entry = archive.getinfo(name)
    if not size <= entry.file_size <= size + 65_536:  # the array and its header
        raise ValueError(f"{name} has {entry.file_size} bytes, not those of {size}")
    return archive.read(entry)


def _plain(name: Any) -> bool:
    return isinstance(name, str) and name == Path(name).name and name not in ("", MANIFEST)


def _bytes(path: Path, most: int) -> bytes:
    try:
        if path.stat().st_size > most:
            raise InvalidError(f"{path} is larger than {most} bytes")
        return read_regular(path, most=most)
    except OSError as error:
        raise InvalidError(f"{path} cannot be read ({error.strerror})") from error
