"""Shards as they lie in folders, and whether they belong together."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import __version__
from harness.errors import InvalidError, UsageError
from harness.fingerprint import SHORT
from harness.runs.folder import RunFolder, read_manifest
from harness.runs.journal import Journal
from harness.runs.shards import ENTRY, Entry, entry_of, shard_folders

ELSEWHERE = ("data", "first_stage", "trained_on")
"""Paths of a request, which may differ from machine to machine: what they hold is fingerprinted,
or stands in the model's details."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One shard of one task: its folder, and what manifest and journal say."""

    folder: RunFolder
    entry: Entry
    manifest: Mapping[str, Any]
    journal: Journal

    @property
    def task(self) -> str:
        """Id of its task."""
        return str(self.manifest.get("task"))

    @property
    def finished(self) -> bool:
        """Whether its last attempt came to its end."""
        return bool(self.journal.finished)

    def __str__(self) -> str:
        return f"shard {self.entry.shard} ({self.folder.path})"


def read_shards(paths: Sequence[Path]) -> list[Kept]:
    """Every shard at or below some paths, each folder once, by task and place.

    Raises :class:`UsageError` for a path without any, :class:`InvalidError` for a damaged one.
    """
    found: dict[Path, Kept] = {}
    for path in paths:
        folders = shard_folders(path)
        if not folders:
            raise UsageError(
                f"{path} holds no shard of a run",
                fix="Give folders that 'marginbench evaluate --shard I/N' wrote",
            )
        for folder in folders:
            found[folder.path.resolve()] = _read(folder)
    return sorted(found.values(), key=_order)


def _read(folder: RunFolder) -> Kept:
    manifest = read_manifest(folder.manifest)
    entry = entry_of(manifest)
    named = all(isinstance(manifest.get(key), str) for key in _FINGERPRINTS)
    parts = all(isinstance(manifest.get(key), dict) for key in ("model", "request"))
    if entry is None or not (named and parts):
        raise InvalidError(f"{folder.manifest} is damaged", fix="Delete it and run evaluate again")
    return Kept(folder, entry, manifest, Journal.read(folder))


_FINGERPRINTS = ("task", "task_fingerprint", "model_fingerprint")


def _order(kept: Kept) -> tuple[str, int, int, str]:
    shard = kept.entry.shard
    return kept.task, shard.count, shard.index, str(kept.folder.path)


def check_one_model(shards: Sequence[Kept]) -> None:
    """Raise :class:`UsageError` for shards of several models."""
    first = shards[0]
    for other in shards:
        if other.manifest["model_fingerprint"] != first.manifest["model_fingerprint"]:
            raise UsageError(
                f"the shards are of several models: {_model(first)} and {_model(other)}",
                fix="Merge one model at a time: "
                + shlex.join(["marginbench", "merge", str(first.folder.path.parent)]),
            )


def _model(kept: Kept) -> str:
    name = kept.manifest["model"].get("name")
    return f"{name} ({kept.manifest['model_fingerprint'][:SHORT]}) in {kept.folder.path}"


def check_alike(shards: Sequence[Kept]) -> None:
    """Raise :class:`InvalidError` where shards of one task cannot be of one run.

    They must be of the same data, asked for alike, in batches alike, and made by the same
    software, which is that at hand; the two that differ are named, and in what.
    """
    first = shards[0]
    for other in shards[1:]:
        task = "task_fingerprint"
        _same(first, other, "data", {task: first.manifest[task]}, {task: other.manifest[task]})
        _same(first, other, "model", first.manifest["model"], other.manifest["model"])
        _same(first, other, "request", _request(first), _request(other))
    done = [kept for kept in shards if kept.finished]
    for other in done[1:]:
        _same(done[0], other, "batch", done[0].journal.batch, other.journal.batch)
        _same(done[0], other, "environment", done[0].journal.environment, other.journal.environment)
    for one in done[:1]:
        _check_version(one)


def _request(kept: Kept) -> dict[str, Any]:
    return {key: value for key, value in kept.manifest["request"].items() if key not in ELSEWHERE}


def _check_version(kept: Kept) -> None:
    made = kept.journal.environment.get("marginbench")
    if made != __version__:
        raise InvalidError(
            f"{kept} was made with MarginBench {made}, and this is {__version__}, which may cut a "
            "task into other parts",
            fix=f"Merge with MarginBench {made}",
        )


def _same(
    first: Kept, other: Kept, what: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> None:
    for name, one, two in differing(ours, theirs):
        raise InvalidError(
            f"{first.task}: {first} and {other} differ in {what}: {name} is {_short(one)} and "
            f"{_short(two)}",
            fix="Run one of them again as the other was, then merge; or delete the one that is "
            "not meant",
        )


def differing(ours: Any, theirs: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two JSON values differ: the dotted name of the place, and what stands in each."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in sorted({*ours, *theirs}):
            place = f"{name}.{key}" if name else str(key)
            yield from differing(ours.get(key), theirs.get(key), place)
    elif ours != theirs:
        yield name, ours, theirs


def _short(value: Any) -> str:
    text = "not there" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def root_of(shards: Sequence[Kept]) -> Path:
    """The folder that the shards were written to with ``--out``.

    Raises :class:`UsageError` when they are in several, or were moved.
    """
    roots = {root and root.resolve(): root for root in map(_root, shards)}
    if len(roots) == 1 and (root := next(iter(roots.values()))) is not None:
        return root
    raise UsageError(
        "the shards do not lie together as evaluate wrote them, so it is not clear where the run "
        "is to go",
        fix="Say where with --out DIR",
    )


def _root(kept: Kept) -> Path | None:
    path = kept.folder.path.resolve()
    whole = RunFolder(path.parent.parent / kept.entry.run)
    if path != kept.entry.shard.folder(whole).path:
        return None
    as_given = kept.folder.path
    return as_given.parent.parent if as_given.parts[-2:] == path.parts[-2:] else path.parent.parent


def manifest_of_whole(kept: Kept, data: Path | None) -> dict[str, Any]:
    """The manifest of the whole run, which is that of a shard but for its being one."""
    about = {key: value for key, value in kept.manifest.items() if key != ENTRY}
    if data is not None:
        about["request"] = {**about["request"], "data": str(data.absolute())}
    return about
