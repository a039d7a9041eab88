"""Every manifest in sight, each read once by a child with limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import InvalidError
from harness.strict_json import Json
from harness.submission.confined.child import Watch
from harness.submission.confined.limits import MIB, Limits
from harness.submission.confined.pool import confined
from harness.submission.folders.gather import Gathered, id_of
from harness.submission.layout import MANIFEST_FILE
from harness.submission.manifest.manifest import Manifest, parse_manifest, read_manifest

READING = Limits(seconds=6, memory=512 * MIB)
"""What reading one submission may cost, with all its tables."""


@dataclass(frozen=True)
class Manifests:
    """Manifests by id, ``None`` where one cannot be read; then ``faults`` says why.

    ``lost`` says what this machine failed at.
    """

    known: Mapping[str, Manifest | None]
    faults: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()

    def tasks(self, ids: Iterable[str]) -> set[str]:
        """Ids of the tasks that some submissions say they have runs of."""
        found = [self.known.get(id) for id in ids]
        return {run.task for manifest in found if manifest for run in manifest.runs}


def read_manifests(found: Gathered, base: Path | None) -> Manifests:
    """Every manifest in sight by id, those of ``base`` where the folder is gone."""
    folders = {id_of(folder): folder for folder in (*found.subjects, *found.others)}
    if base is not None:
        folders = {**{id: base / id for id in found.merged}, **folders}
    ids = sorted(folders)
    known: dict[str, Manifest | None] = {}
    faults, lost = {}, []
    for id, ended in zip(ids, confined(_read, [folders[id] for id in ids], _limits), strict=True):
        manifest, fault = ended.value or (None, f"reading it takes {ended.stopped}")
        known[id] = None if manifest is None else parse_manifest(manifest, where=id)
        if ended.lost:
            lost.append(f"{id}/{MANIFEST_FILE}: {ended.lost}")
        elif manifest is None:
            faults[id] = fault
    return Manifests(known, faults, tuple(lost))


def _limits(folder: Path) -> Limits:
    return READING


def _read(folder: Path, watch: Watch) -> Json:
    path = folder / MANIFEST_FILE
    try:
        return read_manifest(path).model_dump(mode="json"), ""
    except InvalidError as error:
        return None, str(error).removeprefix(str(path)).lstrip(": ")
