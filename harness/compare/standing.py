"""What a baseline's folder says of itself: which tasks it has, their files elsewhere, its policy.

``baseline.json`` stands at its root, beside ``policy.toml`` where it has one. Baselines without
them are as good as before.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.compare.policy import Policy, read_policy
from harness.compare.sides import Side
from harness.compare.work import matched
from harness.errors import InvalidError, UsageError
from harness.files import read_regular, write_atomic
from harness.records.record import Record, read_record
from harness.runs.folder import RECORD_FILE
from harness.strict_json import load_strict
from harness.tasks.fetching import fetch

INDEX_FILE, POLICY_FILE = "baseline.json", "policy.toml"

_DEPTH = 4
"""Folders between a record and the root of its baseline, at most."""


class Strict(BaseModel):
    """No key that is unknown, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Elsewhere(Strict):
    """A file that is not committed: where it is, and which."""

    url: str = Field(pattern=r"^https://[!-~]+$", max_length=2000)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)


class Entry(Strict):
    """One task: the command that made it, and files of it that lie elsewhere."""

    task: str
    command: str
    records_only: bool = False
    elsewhere: dict[str, Elsewhere] = {}


class Index(Strict):
    """``baseline.json``: tasks by their folders, and the policy's file if there is one."""

    version: int = Field(default=1, ge=1, le=1)
    policy: str | None = Field(default=None, pattern=rf"^{POLICY_FILE}$")
    tasks: dict[str, Entry] = Field(default_factory=dict, max_length=2000)


@dataclass(frozen=True, slots=True)
class Standing:
    """A baseline that knows itself, by its root."""

    root: Path
    index: Index

    def records(self, known: Mapping[Path, Record]) -> dict[str, Record]:
        """The records of all its tasks by id, ``known`` by folder or read.

        Raises :class:`UsageError` when one is missing.
        """
        found = {}
        for key in self.index.tasks:
            folder = self.root.absolute() / key
            if not (folder / RECORD_FILE).is_file():
                raise UsageError(
                    f"{self.root / INDEX_FILE} names {key}, which is not there",
                    fix="Put it back (git checkout), or let it go: marginbench baseline update "
                    f"RUN --to {self.root}",
                )
            record = known.get(folder) or read_record(folder / RECORD_FILE)
            found[record.task.id] = record
        return found

    def policy(self) -> Policy | None:
        """The policy that stands in it. Raises :class:`UsageError` when it is gone or none."""
        if self.index.policy is None:
            return None
        path = self.policy_file
        if not path.is_file():
            raise UsageError(
                f"{self.root / INDEX_FILE} names {POLICY_FILE}, and there is no {path}",
                fix="Put it back, or write another with 'marginbench baseline update --policy FILE "
                f"--to {self.root}'",
            )
        return read_policy(path)

    @property
    def policy_file(self) -> Path:
        """Where its policy stands."""
        return self.root / POLICY_FILE


def read_index(root: Path) -> Index:
    """The index of a baseline; an empty one where there is none.

    Raises :class:`InvalidError` in one line when it is damaged.
    """
    path = root / INDEX_FILE
    try:
        return Index.model_validate(load_strict(read_regular(path)))
    except FileNotFoundError:
        return Index()
    except ValidationError as error:
        first = error.errors()[0]
        said = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise _damaged(path, said) from error
    except (OSError, ValueError, RecursionError) as error:
        said = getattr(error, "strerror", None) or str(error).splitlines()[0][:200]
        raise _damaged(path, said) from error


def write_index(root: Path, index: Index) -> None:
    """Write it, tasks in the order of their folders, so that the same gives the same bytes."""
    ordered = index.model_copy(update={"tasks": dict(sorted(index.tasks.items()))})
    write_atomic(root / INDEX_FILE, (ordered.model_dump_json(indent=1) + "\n").encode())


def standings(sides: Iterable[Side]) -> list[tuple[Side, Standing, Entry]]:
    """The sides that a baseline names, with that baseline and what it says of them."""
    found, indices = [], dict[Path, Index | None]()
    for side in sides:
        folder = side.folder.absolute()
        for root in [folder, *folder.parents][:_DEPTH]:
            if root not in indices:
                there = os.path.lexists(root / INDEX_FILE)
                indices[root] = read_index(root) if there else None
            index = indices[root]
            entry = index.tasks.get(folder.relative_to(root).as_posix()) if index else None
            if index is not None and entry is not None:
                found.append((side, Standing(_as_given(side.folder, root), index), entry))
                break
    return found


def _as_given(folder: Path, root: Path) -> Path:
    """A parent of a folder in the words that the folder was given in."""
    return next((one for one in (folder, *folder.parents) if one.absolute() == root), root)


def policy_of(sides: Mapping[str, Side], file: Path | None = None) -> Policy:
    """The policy of a file, else that of the one baseline that sides are of, else no limits.

    Raises :class:`UsageError` when it is gone, when sides are of several baselines that have one,
    and when a task that the baseline names is gone.
    """
    told = standings(sides.values())
    known = {side.folder.absolute(): side.record for side, _, _ in told}
    by_root = {standing.root.absolute(): standing for _, standing, _ in told}
    records: dict[str, Record] = {}
    for standing in by_root.values():
        records |= standing.records(known)
    if file is not None:
        return read_policy(file)
    having = [standing for standing in by_root.values() if standing.index.policy is not None]
    if len(having) > 1:
        raise UsageError(
            f"{having[0].policy_file} and {having[1].policy_file} are policies of two baselines",
            fix="Say which one holds: --policy FILE",
        )
    policy = having[0].policy() if having else None
    if policy is None:
        return Policy()
    source = f"{policy.source}, which stands in the baseline"
    return replace(policy, source=source, made_for=records)


def with_files(
    baseline: Mapping[str, Side], candidate: Mapping[str, Side]
) -> tuple[dict[str, Side], dict[str, Side]]:
    """Both sides, files of common tasks that lie elsewhere fetched (:func:`fetched`)."""
    pairs = matched(baseline, candidate).values()
    old = fetched({side.record.task.id: side for side, _ in pairs})
    new = fetched({side.record.task.id: side for _, side in pairs})
    return {**baseline, **old}, {**candidate, **new}


def fetched(sides: Mapping[str, Side]) -> dict[str, Side]:
    """The sides with their files that lie elsewhere, from the cache or over https.

    Raises :class:`~harness.errors.IncompleteError` when one cannot be had, and
    :class:`InvalidError` when it is another one than the record was made with.
    """
    made = {told[0].folder: _fetched(*told) for told in standings(sides.values())}
    return {task: made.get(side.folder, side) for task, side in sides.items()}


def with_several(
    baseline: Mapping[str, Side], candidates: Mapping[str, Mapping[str, Side]]
) -> tuple[dict[str, Side], dict[str, dict[str, Side]]]:
    """The same for the baseline and each of several candidates, by where they lie."""
    old, made = dict(baseline), dict[str, dict[str, Side]]()
    for where, sides in candidates.items():
        old, made[where] = with_files(old, sides)
    return old, made


def _fetched(side: Side, standing: Standing, entry: Entry) -> Side:
    signed = digests(side.record)
    places = {}
    for name, other in entry.elsewhere.items():
        if name not in signed or (side.folder / name).is_file():
            continue
        if other.sha256 != signed[name]:
            raise InvalidError(
                f"{standing.root / INDEX_FILE} tells of another {name} of {side.record.task.id} "
                f"than its record (sha256 {other.sha256[:12]}, not {signed[name][:12]})",
                fix=f"Make it again: marginbench baseline update RUN --to {standing.root}",
            )
        places[name] = fetch(other.url, sha256=other.sha256, size=other.bytes)
    found = replace(side, elsewhere=places)
    found.memory["sha256"] = {name: signed[name] for name in places}
    return found


def digests(record: Record) -> dict[str, str]:
    """Files that a record names, with their digests."""
    named = (record.predictions, record.groups, *record.files)
    return {one.file: one.sha256 for one in named if one is not None}


def _damaged(path: Path, said: str) -> InvalidError:
    return InvalidError(
        f"{path} is damaged ({said})", fix="Put it back as it was committed: git checkout"
    )
