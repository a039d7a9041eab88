"""The run folder: where the stages of one model on one task meet in files.

``manifest.json`` says what the folder is for, ``parts-*/`` hold finished parts, ``run.json`` is
the journal of how they were made; predictions, per-group values and the record lie beside them.
Every file is written atomically, so what exists is complete; parts and the journal carry a
checksum, so that what has rotted since is not gone on with.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.environment import upgrade
from harness.errors import IncompleteError, InvalidError
from harness.files import make_folder, read_regular, storage_errors, sweep, write_atomic
from harness.fingerprint import SHORT
from harness.strict_json import Json, load_plain

MANIFEST_VERSION = 1

PREDICTIONS_FILE, GROUPS_FILE = "predictions.parquet", "groups.parquet"
RECORD_FILE, MANIFEST_FILE = "record.json", "manifest.json"
"""Files of a run: raw answers, values per group, the record, and what the folder is for."""


IDENTITY = ("task", "task_fingerprint", "model_fingerprint")
"""Keys of a manifest that say whose folder it is."""


def slug(name: str) -> str:
    """A name fit for a folder: letters, digits, dot, dash and underscore, 80 at most."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", name.replace("/", ".")).strip("-.")
    return cleaned[:80] or "unnamed"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One model on one task. Make with :func:`run_folder` or from an existing folder."""

    path: Path

    @property
    def predictions(self) -> Path:
        """The predictions file."""
        return self.path / PREDICTIONS_FILE

    @property
    def groups(self) -> Path:
        """The per-group values file."""
        return self.path / GROUPS_FILE

    @property
    def record(self) -> Path:
        """The record."""
        return self.path / RECORD_FILE

    @property
    def manifest(self) -> Path:
        """What the folder is for."""
        return self.path / MANIFEST_FILE

    @property
    def journal(self) -> Path:
        """How the parts were made."""
        return self.path / "run.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the lock goes with the process, even when it is killed.

        What a killed one was just writing is removed.

        Raises :class:`IncompleteError` when another run holds it.
        """
        made = [path for path in (self.path, *self.path.parents) if not path.exists()]
        make_folder(self.path)
        from filelock import FileLock, Timeout  # only who writes needs it

        lock = FileLock(self.path / "lock")
        with storage_errors(self.path):
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise IncompleteError(
                    f"another run is at work in {self.path}",
                    fix="Wait for it to end, or choose another folder with --out",
                ) from None
        try:
            sweep(self.path)
            yield
        except BaseException:
            self._forget_if_unused(made)
            raise
        finally:
            lock.release()

    def _forget_if_unused(self, made: Sequence[Path]) -> None:
        """Remove the folders that were ``made`` for work that ended before it had a result.

        What failed before its first part has nothing to go on from, and would be listed as a run.
        """
        ours = {"lock", self.journal.name, self.manifest.name}
        try:
            if self.path not in made or {path.name for path in self.path.iterdir()} - ours:
                return
            for name in ours:
                (self.path / name).unlink(missing_ok=True)
            for path in made:  # the innermost comes first
                path.rmdir()
        except OSError:  # something else is in it by now
            return

    def open(self, manifest: dict[str, Json]) -> None:
        """Claim the folder for what ``manifest`` describes.

        Raises :class:`InvalidError` when it already belongs to other work, or to a newer version.
        """
        data = {"manifest_version": MANIFEST_VERSION, **manifest}
        if self.manifest.exists():
            found = read_manifest(self.manifest)
            if {k: found.get(k) for k in IDENTITY} != {k: data.get(k) for k in IDENTITY}:
                raise InvalidError(
                    f"{self.path} holds other work ({found.get('task')})",
                    fix="Choose another folder with --out",
                )
        write_json(self.manifest, data)

    def read_part(self, plan: str, index: int, beside: str = "") -> NDArray[Any] | None:
        """A finished part, or ``None`` when it is not there or is not as it was written.

        ``beside`` names something else that is kept of that part.
        """
        try:
            data = read_regular(self._part(plan, index, beside), most=LARGEST_PART)
        except OSError:
            return None
        rows, seal = data[:-_SEAL], data[-_SEAL:]
        if seal != _seal(plan + beside, index, rows):
            return None
        try:
            found: NDArray[Any] = np.load(io.BytesIO(rows), allow_pickle=False)
        except (ValueError, EOFError):
            return None
        return found

    def write_part(self, plan: str, index: int, rows: NDArray[Any], beside: str = "") -> None:
        """Keep a finished part, with its checksum behind the rows."""
        path = self._part(plan, index, beside)
        make_folder(path.parent)
        buffer = io.BytesIO()
        np.save(buffer, np.ascontiguousarray(rows), allow_pickle=False)
        data = buffer.getvalue()
        write_atomic(path, data + _seal(plan + beside, index, data))

    def _part(self, plan: str, index: int, beside: str = "") -> Path:
        ending = f".{beside}.npy" if beside else ".npy"
        return self.parts(plan) / f"{index:05d}{ending}"

    def parts(self, plan: str) -> Path:
        """The folder of the parts of a plan."""
        return self.path / f"parts-{plan[:SHORT]}"


LARGEST_PART = 1 << 36
_SEAL = hashlib.sha256().digest_size


def _seal(plan: str, index: int, rows: bytes) -> bytes:
    """The checksum of a part, which is one of no other place. NumPy does not read that far."""
    return hashlib.sha256(f"{plan} {index} ".encode() + rows).digest()


def run_folder(
    root: Path, *, model: str, model_fingerprint: str, task: str, task_fingerprint: str
) -> RunFolder:
    """The folder of one model on one task below ``root``; the names carry both fingerprints."""
    return RunFolder(
        model_folder(root, model=model, model_fingerprint=model_fingerprint)
        / f"{slug(task)}-{task_fingerprint[:SHORT]}"
    )


def model_folder(root: Path, *, model: str, model_fingerprint: str) -> Path:
    """The folder of one model below ``root``."""
    return root / f"{slug(model)}-{model_fingerprint[:SHORT]}"


def read_manifest(path: Path) -> dict[str, Any]:
    """What a run folder is for. Raises as :func:`read_json`, and for one of a newer version."""
    found = read_json(path)
    version = found.get("manifest_version", MANIFEST_VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InvalidError(
            f"{path}: manifest_version {str(version)[:20]!r} is no version",
            fix="Delete it and run again",
        )
    if version > MANIFEST_VERSION:
        raise InvalidError(
            f"{path}: version {str(version)[:20]} is newer than {MANIFEST_VERSION}, "
            "the newest known here",
            fix=upgrade(),
        )
    return found


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of ours; :class:`InvalidError` when it is damaged."""
    try:
        data = load_plain(read_regular(path))
    except (OSError, ValueError) as error:
        raise InvalidError(
            f"{path} cannot be read ({error})", fix="Delete it and run again"
        ) from error
    if not isinstance(data, dict):
        raise InvalidError(f"{path} is not a JSON object", fix="Delete it and run again")
    return data


def write_json(path: Path, data: dict[str, Json]) -> None:
    """Write a JSON object atomically."""
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_atomic(path, (text + "\n").encode())
