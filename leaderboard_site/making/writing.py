"""The folder of a built site: files that a build wrote, and nothing of anybody else."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from stat import S_ISREG
from typing import Any

from harness.errors import InvalidError, UsageError
from harness.files import make_folder, storage_errors, write_atomic
from harness.strict_json import load_plain

MANIFEST = ".marginbench-site.json"
"""Names the files a build wrote, so that the next one removes those and nothing else."""


def write_site(files: Mapping[str, bytes], out: Path) -> None:
    """Make ``out`` hold these files, by relative path, and nothing of an earlier build.

    Raises :class:`UsageError` when a file of somebody else is in the way, and
    :class:`InvalidError` when the list of an earlier build is damaged; nothing is written then.
    """
    make_folder(out)
    ours = _read_manifest(out)
    _refuse_foreign(files, ours, out)
    # The manifest goes first: after a crash the next build still knows every file as its own.
    _write_manifest(out, ours | files.keys())
    for folder in sorted({(out / name).parent for name in files}):
        make_folder(folder)
    for name in sorted(files):
        replace_file(out / name, files[name])
    for name in sorted(ours - files.keys()):
        _remove(out, name)
    _write_manifest(out, set(files))


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file at once where it differs; the next build mends what a power cut spoils."""
    if _holds(path, data):
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storage_errors(path):
        try:
            temporary.write_bytes(data)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _holds(path: Path, data: bytes) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return S_ISREG(found.st_mode) and found.st_size == len(data) and path.read_bytes() == data


def _refuse_foreign(files: Mapping[str, bytes], ours: set[str], out: Path) -> None:
    for name in sorted(files):
        path = out / name
        linked_folder = path.parent != out and path.parent.is_symlink()
        known = name in ours and not path.is_symlink()
        if linked_folder or (not known and (path.exists() or path.is_symlink())):
            raise UsageError(
                f"{path} is in the way and was not written by marginbench site",
                fix="Choose an empty folder with --out",
            )


def _read_manifest(out: Path) -> set[str]:
    path = out / MANIFEST
    if not path.exists():
        return set()
    try:
        names = load_plain(path.read_bytes())["files"]
        if not all(_is_inside(name) for name in names):
            raise ValueError("a name leaves the folder")
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidError(
            f"{path}: not a list of files as marginbench site writes it ({error})",
            fix="Choose an empty folder with --out",
        ) from error
    return set(names)


def _is_inside(name: Any) -> bool:
    if not isinstance(name, str) or "\\" in name or ":" in name:
        return False
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _write_manifest(out: Path, names: set[str]) -> None:
    text = json.dumps({"files": sorted(names)}, indent=1) + "\n"
    write_atomic(out / MANIFEST, text.encode())


def _remove(out: Path, name: str) -> None:
    path = out / name
    if path.parent.resolve() != (out.resolve() / name).parent:
        return  # a folder on the way is now a link to somewhere else
    with storage_errors(path):
        if path.is_file() or path.is_symlink():
            path.unlink()
        folder = path.parent
        if folder != out and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
